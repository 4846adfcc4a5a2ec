"""What a prompt says is in a picture: things, how they stand to each other, and what the picture itself is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the picture. `name` is one of it ("hot dog"); `count` None: several, or nobody said; 0: it is absent.

    `attributes` is what else is said of it ("small", "made of glass", "sleeping"). `many`: it is spoken of as several.
    `determiner`: what stood before ("a", "the", "one", "").
    """

    name: str
    count: int | None = None
    colours: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    many: bool = False
    proper: bool = False
    determiner: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a prompt says. `relations`: index of a thing, text ("left of", "riding"), index of another.

    `style`: what the picture is ("oil painting", "in the style of Dali"), `setting` when it is ("at sunrise"), `text`
    what can be read in it.
    """

    things: tuple[Thing, ...] = ()
    relations: tuple[tuple[int, str, int], ...] = ()
    style: tuple[str, ...] = ()
    setting: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
