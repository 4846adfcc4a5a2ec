"""Word lists behind the phrases: which words are places, times, sizes, adjectives, and which axis plays which part."""

_ALIASES = {
    "environment": "environment background backdrop surface setting place location scene scenery context surroundings",
    "style": "style medium",
    "action": "action activity pose posture",
    "light": "light lighting illumination",
    "view": "view viewpoint angle perspective camera viewing_angle camera_angle",
    "time": "time season time_of_day daytime era",
    "weather": "weather",
    "scale": "scale size",
    "count": "count quantity",
    "condition": "condition state age pattern texture finish shape ripeness freshness",
    "colour": "colour color colours colors hue",
    "material": "material materials fabric",
    "accessory": "accessory accessories prop props decoration garnish topping",
}
ROLES = {name.replace("_", " "): role for role, names in _ALIASES.items() for name in names.split()}
"""The name of an axis → its role; `colour` and `color` are the same."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


ADVERBS = _set(
    "indoors outdoors underwater underground upstairs downstairs downtown abroad backstage overhead outside inside "
    "offshore midair nearby ashore aboard uphill downhill"
)
ING_NOUNS = _set(
    "building ceiling clearing parking living dining swimming shopping landing wedding crossing evening morning "
    "painting drawing lighting clothing wing ring spring string king bed seed oven kitchen garden children chicken "
    "screen linen"
)
PARTICIPLES = _set("made built held kept hung cut set lit bound worn torn shot left put split")
POSTURES = _set(
    "asleep awake alone upright upside worn hung bent shut lit sat flat mid-air mid-jump mid-flight afloat aloft"
)

ON = _set(
    "beach grass floor table desk chair shelf counter countertop street road sidewalk pavement lawn roof rooftop wall "
    "hill hillside mountain mountains cliff bridge boat ship train bus stage carpet rug mat blanket bed sofa couch "
    "bench surface background backdrop platform plate tray ice sand island farm path trail track runway motorway "
    "highway court pitch balcony porch deck terrace coast shore riverbank pier dock cloth paper concrete asphalt "
    "marble wood gravel dirt tiles stairs moon tablecloth cardboard leaves bed worktop doorstep windowsill branch "
    "planks tarmac canvas conveyor"
)
AT = _set(
    "airport station zoo concert market party crossing stop intersection crossroads site school university work home "
    "festival wedding fair port seaside playground table lake waterfall racetrack"
)
THE = _set(
    "sky ocean sea countryside wild jungle snow woods mountains suburbs moon dark shade air rain seaside foreground "
    "desert wilderness outdoors savanna savannah mud shadows sun fog"
)
PLACE_ADJECTIVES = _set(
    "urban rural indoor outdoor suburban industrial domestic tropical coastal alpine arctic natural"
)

MOMENTS = {
    "at": _set(
        "night noon midnight midday dawn dusk sunset sunrise twilight nightfall daybreak christmas easter halloween "
        "hour"
    ),
    "in the": _set("morning afternoon evening daytime"),
    "in": _set(
        "summer winter spring autumn fall january february march april may june july august september october "
        "november december daylight"
    ),
    "on": _set("monday tuesday wednesday thursday friday saturday sunday"),
    "by": _set("day"),
}
"""What goes before a time → the last words of times."""

WEATHERS = _set(
    "rain snow fog mist haze storm thunderstorm snowstorm blizzard wind sun sunshine drizzle hail sandstorm heat"
)
THE_WEATHER = _set("rain snow sun wind heat")
LIGHTS = _set(
    "light lighting sunlight daylight moonlight candlelight firelight lamplight torchlight streetlight floodlight "
    "spotlight twilight shade shadow shadows darkness glow illumination sun sunshine silhouette"
)
SIDES = _phrases(
    "above, below, behind, afar, front, back, rear, side, left, right, top, bottom, left side, right side, air, ground"
)
VIEWS = _set("view shot close-up closeup profile panorama perspective portrait silhouette section")
SIZES = _set(
    "small tiny large big huge giant gigantic little miniature enormous oversized life-size long short tall mini"
)

MEDIA = _set(
    "photo photograph photography picture image painting drawing sketch render rendering illustration cartoon "
    "watercolor watercolour print poster sculpture statue figurine toy model engraving etching woodcut linocut "
    "collage mosaic tattoo embroidery graffiti mural portrait close-up snapshot polaroid selfie screenshot scan x-ray "
    "comic doodle icon emoji logo sticker art artwork origami plush shot still frame diagram blueprint silhouette "
    "animation lithograph fresco scene stencil carving caricature clipart pictogram daguerreotype plushie balloon "
    "render gouache aquarelle view footage"
)

COLOURS = _set(
    "red orange yellow green blue purple violet pink brown black white grey gray beige turquoise teal cyan magenta "
    "maroon navy golden silver ivory cream tan khaki lilac lavender crimson scarlet indigo burgundy olive gold bronze "
    "copper"
)
ADJECTIVES = _set(
    "intact new old young open closed shut clean dirty happy sad angry neutral wet dry soft hard smooth rough dark "
    "bright light heavy thin thick long short tall round square full empty hot cold fresh loose tight broken worn "
    "torn bent frozen rotten ripe unripe raw cooked rusty dusty muddy shiny glossy matt matte plain striped spotted "
    "dotted checked ruffled modern vintage retro antique ancient abstract realistic photorealistic minimalist small "
    "large big tiny huge little medium low high good bad poor rich cheap busy blurry foggy rainy snowy sunny cloudy "
    "stormy windy misty wooden woollen woolen golden transparent opaque clear dim harsh strong weak gentle warm cool "
    "natural artificial flat curved straight crooked crushed cut whole single double sealed dented scratched faded "
    "stained furry hairy curly bald narrow wide deep shallow sharp blunt fluffy crumpled folded wrinkled ironed damp "
    "mouldy oval rectangular triangular circular grown adult green spotless plaid floral tidy messy cluttered crowded "
    "empty gloomy cheerful calm serious surprised front rear left right male female red-hot normal abnormal regular "
    "irregular missing rolled hidden visible bare pale mild extreme severe"
)

QUANTITIES = _phrases(
    "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, single, a single, several, many, "
    "multiple, a few, few, some, a dozen, both, numerous, countless, various"
)
SINGLE = _phrases("one, 1, single, a single")
