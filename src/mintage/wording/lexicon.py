"""The words that the grammar-side parser knows: closed classes, colours, adjectives, verbs, media; one of several."""

import re

from mintage.core.nouns import ARTICLES, PREPOSITIONS, number


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NUMBERS = {
    word: i
    for i, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
NUMBERS |= {
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "twenty": 20,
    "dozen": 12,
    "hundred": 100,
    "single": 1,
    "both": 2,
}
OWN = word_set("my your his her its our their")
QUANTIFIERS = word_set(
    "some several many few various numerous multiple countless all every each any another other more most"
)
DETERMINERS = ARTICLES | OWN | QUANTIFIERS | word_set("this these those no whose")
PREPOSITIONS_ALL = (PREPOSITIONS - {"wearing", "holding"}) | word_set(
    "for to as about around up down off out opposite alongside throughout towards astride via per amidst amongst "
    "onboard than"
)
PRONOUNS = word_set(
    "it nobody itself him himself herself them themselves he she they i we you me us one's something nothing "
    "everything someone anyone everyone there here each-other what ones"
)
BE = word_set("is are was were be been being am")
HAVE = word_set("has have had having")
AUXILIARIES = word_set("do does did can could will would should shall may might must so too very")
DENIALS = word_set("not doesn't don't didn't isn't aren't wasn't weren't cannot can't won't never")
RELATIVES = word_set(
    "how that which who whom where while when because if as after before until although though since then but"
)
ADVERBS = word_set(
    "very quite almost nearly just also only then still again together apart away forward forwards backwards upside "
    "outdoors indoors upwards downwards overhead there here instead too so once already soon ahead aloft alone "
    "completely slightly else even ever now yet well much rather sideways aside etc"
)
NOT_ADVERBS = word_set(
    "family fly butterfly dragonfly firefly jelly lily belly ugly lovely friendly doily monopoly ally july italy "
    "fully bully curly silly woolly holly elderly lonely smelly wooly gully rally trolly assembly reply supply "
    "homely lively cuddly wobbly bubbly burly hilly chilly oily wrinkly prickly costly ghostly deadly emily kelly "
    "sly housefly"
)

COLOURS = word_set(
    "red orange yellow green blue purple pink brown black white gray grey gold golden silver violet turquoise teal "
    "cyan magenta beige tan maroon navy crimson scarlet indigo lavender ivory olive bronze blonde blond khaki lilac "
    "aqua burgundy mauve peach amber rainbow multicolored multicoloured colorful colourful"
)
SHADES = word_set("dark light bright pale deep hot neon pastel navy sky lime royal baby off")

ADJECTIVES = word_set(
    "big large small little tiny huge giant gigantic enormous massive mini miniature tall short long wide narrow "
    "thick thin slim fat chubby plump skinny round square oval flat sharp blunt straight curved curly wavy crooked "
    "bent hollow deep shallow high low steep old new young ancient modern antique vintage retro classic "
    "old-fashioned futuristic medieval contemporary elderly adult hot cold warm cool wet dry damp fresh rotten ripe "
    "raw stale frozen clean dirty messy tidy neat shiny dull bright dark light pale vivid vibrant glossy matte "
    "smooth rough soft hard hairy furry fluffy fuzzy bald spiky prickly striped spotted dotted checkered plaid "
    "floral patterned plain ornate fancy elegant simple beautiful pretty cute adorable lovely handsome gorgeous "
    "ugly scary creepy funny silly serious happy sad angry mad sleepy tired lonely proud brave friendly fierce wild "
    "tame calm quiet loud busy empty full open half-full half heavy strong weak fast slow real fake realistic "
    "lifelike abstract surreal magical mystical mysterious epic cinematic dramatic detailed intricate cartoon "
    "wooden woolen metallic golden transparent translucent clear opaque colored coloured alien sunny cloudy rainy "
    "stormy snowy windy foggy misty hazy starry lush rocky sandy muddy grassy dusty rusty icy leafy bare lone "
    "single double whole entire main good great bad nice fine rich poor famous popular royal grand magnificent "
    "majestic stunning gourmet delicious tasty sweet sour spicy salty juicy creamy crispy crunchy female male human "
    "blind deaf dead alive asleep awake upright upside-down intense robotic similar different same front rear upper "
    "lower left right top bottom back middle inner outer central distant nearby far close crowded silver-haired "
    "cozy cosy rustic urban rural suburban tropical northern southern eastern western super cyberpunk steampunk "
    "punk gothic baroque anthropomorphic towering fluorescent semi overall evil noble daytime such own first second "
    "third last next many-sided circular triangular rectangular spherical cubic cylindrical loose tight regular "
    "special extra strange weird odd unusual rare common french english british parallel sleek nerdy spooky wintry "
    "curvy bushy floppy puffy shaggy grumpy chunky flowery gloomy moody eerie frilly sparkly typical perfect "
    "tattered ruined sheer broken torn"
)
NOUNS_TOO = word_set("light orange human adult alien male female square round cartoon young peach olive")
"""Adjectives that are things before a verb: a light shining on a wall."""
ENDS_IN_S = word_set("lens gas canvas rhinoceros series species tennis iris atlas thermos mercedes chess basis")
_ADJECTIVE_END = re.compile(
    r".{2,}(?:ful|less|ous|ish|able|ible|esque|istic|ical|ular|ianic|iest|like|y-?looking|looking|sized|shaped|colou?red|"
    r"themed|haired|eyed|legged|headed|styled?|..al|..ic)$"
)
_NOT_ADJECTIVE = word_set(
    "animal medal pedal metal cereal crystal coral petal hospital sandal jackal portal terminal canal signal "
    "journal cathedral mineral mammal manual arsenal festival carnival capital pedestal meal seal material numeral "
    "admiral music mosaic traffic picnic fabric comic plastic ceramic magic clinic attic mechanic arctic relic "
    "tunic topic critic cleric logic garlic graphic republic public medic dish fish radish goldish varnish rubbish "
    "vegetable table cable stable bible octopus swordfish goldfish starfish jellyfish catfish cuttlefish crawfish "
    "crayfish polish brush timetable collectible forest chest nest test vest west east guest harvest contest crest "
    "quest pest priest style vertical turntable handful mouthful spoonful"
)
_NATION = re.compile(
    r"[A-Z]\w{2,}(?:ese|ian|ish|ean)$|(?:French|Greek|Dutch|German|Swiss|Mexican|American|Roman|African)$"
)

COMPOUNDS = word_set(
    "acoustic_guitar armored_truck back_yard baked_potato bald_eagle big_wheel black_hole blue_jay blue_whale "
    "cartoon_character cold_brew day_sky digital_clock double_bass electric_guitar ferris_wheel flying_fish "
    "flying_saucer french_fry fried_chicken fried_egg fried_rice front_door front_porch front_yard full_moon "
    "giant_panda gold_bar gold_coin gold_medal great_ape green_bean grizzly_bear half_moon high_chair high_heel "
    "high_school hot_air hot_chocolate hot_dog hot_rod hot_sauce hot_spring hot_tub human_being human_body "
    "human_face human_hand human_skeleton iced_tea light_bulb light_switch mashed_potato musical_instrument "
    "musical_note night_sky olive_oil olive_tree open_fire orange_juice orange_slice orange_tree peach_tree "
    "polar_bear potted_plant red_cabbage red_panda remote_control rolling_pin roman_numeral silver_medal soft_drink "
    "soft_toy solar_panel solar_system square_root stained_glass still_life stuffed_animal stuffed_bear stuffed_toy "
    "sweet_corn sweet_potato swiss_knife top_hat white_board white_shark wild_boar wild_cat wild_west"
)
"""An adjective and a noun that are one name together: a hot dog is no dog, and nobody sees that it is hot."""
PURPOSES = word_set(
    "dining parking washing sewing swimming living shopping cutting frying racing fishing hiking boxing baking "
    "ironing vending walking-stick wedding building painting drawing string coloring colouring bowling cooking "
    "diving driving writing reading-lamp training rocking changing filing recycling boarding waiting sailing "
    "wrapping weighing measuring drinking chewing whipping watering skating skiing spinning camping hunting landing "
    "loading shaving knitting welding milking mixing serving sleeping-bag meeting operating spring king ring wing "
    "opening closing"
)
"""Words in -ing that say what a thing is for: a dining table dines on nothing. They belong to its name."""
ING_NOUNS = word_set(
    "building painting drawing ring king string wing ceiling railing evening morning wedding clothing lightning "
    "pudding earring spring swing thing nothing something everything anything sling sting lettering gathering "
    "viking dumpling duckling sapling seedling herring being etching marking opening crossing inking carving "
    "engraving lighting meeting icing topping stuffing shavings frosting offspring stocking awning paneling"
)
ED_NOUNS = word_set(
    "bed shed sled seed weed reed feed steed moped speed need bleed breed deed creed seabed flatbed airbed red "
    "biped hundred wicked naked sacred aged"
)

VERBS = word_set(
    "become check comfort grapple lose paint peer scream whisper blast dash gleam swirl squirt spew smash forget "
    "fit stretch unwrap approach grip balance offer examine accept appear arrive attack bake bark bathe beat bend "
    "bite blow bounce break breathe bring brush build burn buy carry carve cast catch celebrate chase cheer chew "
    "climb cling come contain cook cover crash crawl cross cry cut dance dangle deliver depict dig display dive "
    "drag draw drift drink drive drop eat emerge enjoy enter erupt explode face fall feature feed fight fill fix "
    "float flow fly fold follow frolic gallop gather gaze get give glide glow go graze grow guard hang hatch head "
    "hide hit hold hover hug hunt include jog jump keep kick kiss kneel knit land laugh lay lead lean leap lick lie "
    "lift like listen look loom make march meet melt mow open orbit overlook pat perch perform pick pilot play "
    "point portray pose pour prepare present protrude pull push put race raise reach read reflect rest ride rise "
    "roam roar roll row run rush sail say serve shine shoot shout show shred sing sink sip sit skate skateboard ski "
    "sleep slide smell smile smoke snap soar spill spin splash spray sprint stand stare start stay steal step stick "
    "stir strike stroll strum study surf surround sweep swim swing take talk teach throw toss touch tower travel "
    "try turn type use wait walk wander wash watch water wave wear weave whistle wield wrap write yell"
)
_PAST = {
    "lost": "lose", "ran": "run", "sat": "sit", "stood": "stand", "rode": "ride", "ate": "eat", "flew": "fly",
    "held": "hold",
    "wore": "wear",
    "went": "go", "came": "come", "fell": "fall", "gave": "give", "took": "take", "threw": "throw", "caught": "catch",
    "sang": "sing", "swam": "swim", "drank": "drink", "slept": "sleep", "lay": "lie", "saw": "see", "hit": "hit",
}  # fmt: skip
PARTICIPLES = word_set(
    "spread shot stuck laid forgotten made drawn written worn hung seen built broken torn known shown taken cut set "
    "lit thrown woven hidden grown bent sunk spun driven eaten frozen swept carved blown burnt knit caught found "
    "inspired strewn sewn split"
)
_DOUBLED = word_set(
    "sit run swim cut get put hit dig jog hug pat spin step drop drag hop skip chop clap grab sip snap stir strum "
    "fit set"
)

MEDIA = word_set(
    "photo photograph picture image painting drawing sketch illustration render rendering portrait view close-up "
    "closeup closeups icon cartoon watercolor watercolour engraving etching diagram artwork shot snapshot woodcut "
    "lithograph collage mural photography anime doodle caricature wash art selfie silhouette screenshot scene "
    "depiction poster emoji pixelart"
)
"""What a picture may be of its own; within a picture (a poster on a wall) it is a thing like others."""
CAMERA = word_set(
    "depth focus bokeh lens exposure resolution quality angle perspective composition lighting light 4k 8k hd uhd"
)
"""How a picture is taken, where it stands alone or after "from": soft studio lighting, from a low angle."""
GROUPS = word_set(
    "pair pairs flock bunch group groups herd pile piles stack stacks row rows series set sets couple bundle "
    "collection crowd cluster clusters lot lots variety number swarm pack array assortment school dozens hundreds "
    "thousands plenty line trio kind type sort types kinds piece pieces bits slice slices slab load"
)
"""Before "of" and several things they only gather them: a flock of geese shows geese."""
PLACES = word_set(
    "top front back side left right middle center centre bottom base edge corner foot end inside outside background "
    "foreground distance surface midst surrounding face head half part rest"
)
"""Parts of space: "at the base of the tower" is where, and no thing."""
TIMES = word_set(
    "day night sunrise sunset dusk dawn noon midday midnight morning evening afternoon daytime twilight nighttime "
    "winter summer spring autumn fall christmas halloween daylight weather century time season"
)
SHAPES = word_set("shape form style manner colors colours color colour spirit look")
SPOKEN = word_set("word words text letter letters saying phrase slogan number title caption name message logo label")

_PAIRS = word_set(
    "pants trousers jeans shorts scissors glasses sunglasses goggles binoculars headphones earphones earbuds tights "
    "leggings pyjamas pajamas pliers tweezers overalls skis clothes stairs fireworks headquarters tongs clippers "
    "shears briefs boxers hieroglyphics graphics species series"
)
_ONE = {
    "people": "person", "children": "child", "feet": "foot", "teeth": "tooth", "geese": "goose", "mice": "mouse",
    "oxen": "ox", "cacti": "cactus", "fungi": "fungus", "dice": "die", "leaves": "leaf", "wolves": "wolf",
    "knives": "knife", "shelves": "shelf", "calves": "calf", "halves": "half", "loaves": "loaf", "thieves": "thief",
    "wives": "wife", "elves": "elf", "scarves": "scarf", "hooves": "hoof", "lenses": "lens", "irises": "iris",
    "canvases": "canvas", "quizzes": "quiz", "axes": "axe", "lives": "life", "persons": "person",
}  # fmt: skip
_IE = word_set(
    "movie cookie pie tie zombie selfie hoodie brownie genie smoothie collie necktie bowtie magpie beanie prairie "
    "pixie birdie veggie foodie rookie cutie potpie caddie"
)
_KEEP_E = word_set(
    "shoe toe canoe horseshoe oboe hoe moustache mustache avalanche quiche porsche brioche headache snowshoe"
)


def one_of(word: str) -> str:
    """One of what a word names: "box" of "boxes", "person" of "people"; scissors, sheep, glass stay as they are."""
    low = word.casefold()
    if low in _ONE:
        return _ONE[low]
    if low in _PAIRS or number(word) != "many":
        return word
    if low.endswith("men"):
        return word[:-2] + "an"
    if low.endswith("ies") and low[:-1] not in _IE and len(low) > 4:
        return word[:-3] + "y"
    es = low.endswith(("sses", "xes", "ches", "shes", "zzes", "oes")) or (
        low.endswith("uses") and low[-5:-4] not in ("o", "a")
    )
    return word[:-2] if es and low[:-1] not in _KEEP_E else word[:-1] if low.endswith("s") else word


def adjective(word: str) -> bool:
    """Whether a word before a noun says how a thing is, rather than what."""
    low = word.casefold()
    if low in ADJECTIVES or low in COLOURS or _NATION.match(word):
        return True
    if low in _NOT_ADJECTIVE or low in ED_NOUNS or low in ING_NOUNS:
        return False
    if "-" in low and len(low.split("-")[0]) > 1:
        return low.split("-")[-1].endswith(("ed", "ing", "d", "en", "up", "style", "time", "old")) or adjective(
            low.split("-")[-1]
        )
    return _ADJECTIVE_END.match(low) is not None or participle(low)


def participle(low: str) -> bool:
    """Covered, painted, made: what was done to a thing."""
    return low in PARTICIPLES or (low.endswith("ed") and len(low) > 4 and low not in ED_NOUNS)


def gerund(low: str) -> bool:
    """Running, holding: what a thing does. No king, no ceiling."""
    return low.endswith("ing") and len(low) > 4 and low not in ING_NOUNS


def adverb(low: str) -> bool:
    return low in ADVERBS or (low.endswith("ly") and len(low) > 4 and low not in NOT_ADVERBS)


def base(low: str) -> str:
    """The verb that a finite form belongs to: "fly" of "flies", "sit" of "sat"; "" where no verb is known."""
    if low in VERBS:
        return low
    if low in _PAST:
        return _PAST[low]
    for end, put in (("ies", "y"), ("es", ""), ("s", ""), ("s", "e"), ("ied", "y"), ("ed", ""), ("d", "")):
        if low.endswith(end) and low[: -len(end)] + put in VERBS:
            return low[: -len(end)] + put
    return ""


def doing(verb: str) -> str:
    """The form in -ing: "flying" of "fly", "riding" of "ride", "sitting" of "sit"."""
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    return f"{verb[:-1] if verb.endswith('e') and not verb.endswith('ee') else verb}ing"
