"""Values that an axis may have where no model is asked: by its name or role, and they suit any class."""

from collections.abc import Collection

from mintage.writers._phrases import readable, role_of


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_VALUES = {
    "environment": _list(
        "on grass, on a beach, in the snow, on a wooden floor, on a white background, on concrete, on gravel, "
        "in a field, in a garden, in a room, in front of a brick wall, on a carpet, on wet asphalt, under trees"
    ),
    "style": _list(
        "photo, painting, pencil sketch, watercolour, cartoon, 3d render, ink drawing, black-and-white photo, "
        "oil painting, charcoal drawing, woodcut, digital illustration"
    ),
    "light": _list(
        "daylight, dim light, soft light, harsh light, warm light, cold light, candlelight, moonlight, neon light, "
        "studio light, evening light, deep shade"
    ),
    "weather": _list("sunny, cloudy, rainy, snowy, foggy, windy, stormy, hazy, overcast, misty, drizzly, frosty"),
    "time": _list(
        "at dawn, in the morning, at noon, in the afternoon, at sunset, at dusk, in the evening, at night, in spring, "
        "in summer, in autumn, in winter"
    ),
    "view": _list(
        "from the front, from behind, from the left side, from the right side, from above, from below, close-up, "
        "from afar, at eye level, from a low angle, from a high angle, in profile"
    ),
    "scale": _list(
        "small, tiny, large, huge, life-size, miniature, oversized, giant, filling the picture, far away, up close, "
        "medium"
    ),
    "colour": _list("black, white, grey, red, orange, yellow, green, blue, purple, pink, brown, beige"),
    "material": _list("wooden, metal, plastic, glass, paper, stone, clay, cloth, rubber, ceramic, cardboard, marble"),
    "action": _list(
        "standing upright, lying on its side, facing left, facing right, facing the viewer, turned away, "
        "tilted forward, tilted backward, leaning to one side, partly hidden, in motion, at rest"
    ),
}
"""Role of an axis → values."""

_CONDITIONS = _list("clean, dirty, wet, dry, dusty, muddy, shiny, worn, old, new, faded, weathered")
_BY_NAME: dict[str, tuple[str, ...]] = {
    "condition": _CONDITIONS,
    "state": _CONDITIONS,
    "season": _list("in spring, in summer, in autumn, in winter"),
    "time of day": _VALUES["time"][:8],
    "daytime": _VALUES["time"][:8],
    "pattern": _list("plain, striped, spotted, dotted, checked, floral"),
    "texture": _list("smooth, rough, soft, hard, glossy, matte"),
    "finish": _list("glossy, matte, polished, brushed, rough, painted"),
    "age": _list("new, old, ancient, modern"),
    "era": (),
}
"""Names of axes that say more than their role does."""

_ACTIONS = {
    "animal": _list(
        "standing, sitting, lying down, walking, running, sleeping, eating, drinking, jumping, looking back, "
        "stretching, shaking its head"
    ),
    "person": _list(
        "standing, sitting, lying down, walking, running, sleeping, eating, drinking, jumping, waving, reading, dancing"
    ),
    "vehicle": _list(
        "parked, driving, turning left, turning right, speeding, waiting, going uphill, going downhill, reversing, "
        "being washed, being loaded, being repaired"
    ),
}
"""Kind of thing → actions; of other kinds only those are said that anything may do."""

_KINDS = {
    "animal": "animal mammal dog cat pet livestock",
    "person": "person people man woman human",
    "vehicle": "vehicle car truck van bus",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def values_of(axis: str, kinds: Collection[str]) -> tuple[str, ...]:
    """Values of an axis by its name; () where the name says nothing. `kinds`: those of all classes, as the spec has
    them: where they are one, its own actions are told."""
    name, role = readable(axis).casefold(), role_of(axis)
    if role == "action":
        known = {_KIND_OF.get(kind.casefold(), "") for kind in kinds}
        return _ACTIONS.get(known.pop(), _VALUES[role]) if len(known) == 1 else _VALUES[role]
    return _BY_NAME.get(name, _VALUES.get(role, ()))


def suits(axis: str, value: str, kind: str) -> bool:
    """Whether something of this kind can have it: an action that another kind alone does, it has not."""
    doing = [k for k, actions in _ACTIONS.items() if value in actions]
    return role_of(axis) != "action" or not doing or _KIND_OF.get(kind.casefold(), "") in doing


AXES = (*_VALUES, "condition")
"""Names of axes that are known, for a message."""
