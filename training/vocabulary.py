"""What the rows of pack64 are called: our names of its classes, styles and places."""

CLOTHING = {
    "T-Shirt": "t-shirt",
    "Longsleeve": "long-sleeve shirt",
    "Shoes": "shoes",
    "Pants": "pants",
    "Dress": "dress",
    "Shorts": "shorts",
    "Outwear": "jacket",
    "Shirt": "shirt",
    "Skirt": "skirt",
    "Hat": "hat",
    "Polo": "polo shirt",
    "Undershirt": "undershirt",
    "Hoodie": "hoodie",
    "Blazer": "blazer",
    "Body": "bodysuit",
}

GROCERY = {
    "golden delicious": "yellow apple",
    "granny smith": "green apple",
    "pink lady": "red apple",
    "red delicious": "red apple",
    "royal gala": "red apple",
    "brown cap mushroom": "mushroom",
    "galia melon": "melon",
    "honeydew melon": "melon",
    "cantaloupe": "melon",
    "yellow onion": "onion",
    "green bell pepper": "green pepper",
    "orange bell pepper": "orange pepper",
    "red bell pepper": "red pepper",
    "yellow bell pepper": "yellow pepper",
    "floury potato": "potato",
    "solid potato": "potato",
    "beef tomato": "tomato",
    "regular tomato": "tomato",
    "vine tomato": "tomato",
    "anjou": "pear",
    "conference": "pear",
    "kaiser": "pear",
    "red beet": "beet",
    "red grapefruit": "grapefruit",
    "satsumas": "mandarin",
    "nectarine": "peach",
    "carrots": "carrot",
}
"""Grocery names of one kind, as colour and class; a name that is not here stays as it is."""

CARTONS = {
    "Juice": "juice carton",
    "Milk": "milk carton",
    "Oat-Milk": "milk carton",
    "Soy-Milk": "milk carton",
    "Sour-Milk": "milk carton",
}
TUBS = ("Yoghurt", "Oatghurt", "Soyghurt", "Sour-Cream")
"""Left out: at 64 pixels they are cartons again."""

CALTECH = {
    "airplanes": "airplane",
    "Motorbikes": "motorbike",
    "Leopards": "leopard",
    "car_side": "car",
    "ketch": "ship",
    "schooner": "ship",
    "hawksbill": "turtle",
    "grand_piano": "piano",
    "electric_guitar": "guitar",
    "soccer_ball": "soccer ball",
    "stop_sign": "stop sign",
    "windsor_chair": "chair",
    "headphone": "headphones",
    "water_lilly": "lotus",
    "cellphone": "phone",
    "cougar_face": "cougar",
    "cougar_body": "cougar",
    "yin_yang": "yin yang",
    "dollar_bill": "dollar bill",
    "joshua_tree": "joshua tree",
    "sea_horse": "seahorse",
    "ceiling_fan": "ceiling fan",
    "stegosaurus": "dinosaur",
    "brontosaurus": "dinosaur",
    "ewer": "jug",
    "inline_skate": "roller skate",
    "binocular": "binoculars",
    "flamingo_head": "flamingo",
    "crocodile_head": "crocodile",
    **{
        name: name
        for name in (
            *("watch", "bonsai", "ferry", "chandelier", "butterfly", "helicopter", "kangaroo", "starfish", "sunflower"),
            *("scorpion", "laptop", "ibis", "llama", "umbrella", "crab", "dragonfly", "dalmatian", "flamingo"),
            *("dolphin", "elephant", "chair", "lamp", "rhino", "cup", "pizza", "hedgehog", "rooster", "camera"),
            *("panda", "lobster", "scissors", "strawberry", "crocodile", "pyramid", "lotus", "wheelchair", "barrel"),
            *("octopus", "accordion", "menorah", "trilobite", "minaret", "anchor", "saxophone", "wrench", "pagoda"),
            *("gramophone", "stapler", "pigeon", "euphonium", "nautilus", "emu", "brain", "metronome", "mandolin"),
        )
    },
}

EMOJI = {
    "running shoe": "shoes",
    "man’s shoe": "shoes",
    "hiking boot": "shoes",
    "jeans": "blue pants",
    "coat": "jacket",
    "lab coat": "jacket",
    "billed cap": "hat",
    "top hat": "hat",
    "woman’s hat": "hat",
    "red apple": "red apple",
    "green apple": "green apple",
    "tangerine": "orange",
    "bell pepper": "green pepper",
    "kiwi fruit": "kiwi",
    "eggplant": "aubergine",
    "small airplane": "airplane",
    "motorcycle": "motorbike",
    "automobile": "car",
    "taxi": "yellow car",
    "racing car": "car",
    "ship": "ferry",
    "passenger ship": "ferry",
    "sailboat": "ship",
    "closed umbrella": "umbrella",
    "umbrella with rain drops": "umbrella",
    "rhinoceros": "rhino",
    "hot beverage": "cup",
    "teacup without handle": "cup",
    "headphone": "headphones",
    "mobile phone": "phone",
    "manual wheelchair": "wheelchair",
    "beverage box": "juice carton",
    "sauropod": "dinosaur",
    "roller skate": "roller skate",
    "dollar banknote": "dollar bill",
    "oil drum": "barrel",
    **{
        name: name
        for name in (
            *("t-shirt", "dress", "shorts", "banana", "carrot", "lemon", "tomato", "pear", "melon", "watermelon"),
            *("potato", "avocado", "pineapple", "cucumber", "mushroom", "onion", "mango", "peach", "garlic"),
            *("strawberry", "pizza", "airplane", "watch", "leopard", "turtle", "butterfly", "helicopter", "kangaroo"),
            *("sunflower", "scorpion", "laptop", "llama", "guitar", "umbrella", "crab", "flamingo", "dolphin"),
            *("elephant", "soccer ball", "stop sign", "chair", "hedgehog", "rooster", "camera", "panda", "lobster"),
            *("scissors", "crocodile", "lotus", "octopus", "accordion", "menorah", "anchor", "saxophone", "wrench"),
            *("brain",),
        )
    },
}

STYLES = {
    "photo": "photo",
    "3d render": "3d render",
    "flat cartoon": "cartoon",
    "shaded cartoon": "cartoon",
    "ink drawing": "ink drawing",
}

PLACES = {
    "red cloth": "on red cloth",
    "pink cloth": "on pink cloth",
    "brown wooden floor": "on a wooden floor",
    "light wooden floor": "on a wooden floor",
    "dark carpet": "on dark carpet",
    "white surface": "on a white surface",
    "white background": "on a white background",
    "grocery store": "in a grocery store",
    "": "",
}

COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige")

NO_UP = frozenset(
    {
        *("soccer ball", "pizza", "yin yang", "brain", "starfish", "sunflower", "lotus", "trilobite", "barrel"),
        *("scissors", "wrench", "crab", "scorpion", "lobster", "butterfly", "watch", "stop sign", "dollar bill"),
        *("shoes", "accordion", "ceiling fan", "turtle"),
    }
)
"""Classes whose photos look much the same when turned, or come turned anyway."""

ONLY_RANKED = frozenset(
    {
        *("polo shirt", "undershirt", "hoodie", "blazer", "bodysuit", "shirt", "milk carton", "juice carton"),
        *("mandarin", "grapefruit", "passion fruit", "peach", "plum", "papaya", "ginger", "beet", "asparagus", "leek"),
        *("zucchini", "sweet potato", "potato", "onion", "garlic", "mango", "melon", "lime", "pomegranate", "cabbage"),
        *("ibis", "emu", "llama", "kangaroo", "crocodile", "mandolin", "ferry", "metronome"),
        *("nautilus", "menorah", "jug", "stapler", "lamp", "octopus", "dragonfly"),
    }
)
"""Classes that the image-text model learns and the generator is not taught: too alike or too few at 32 pixels."""
