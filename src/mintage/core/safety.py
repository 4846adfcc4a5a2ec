"""A small list of what is not drawn: sexual pictures and gore. It stops mishaps, not somebody who means it.

`safety: off` in a spec lifts it, but for what shows minors: that is never worded.
"""

import re
import unicodedata

_SEXUAL = (
    r"porn(?:o|ographic|ography)?|hentai|nsfw|naked (?:wom[ae]n|m[ae]n|person|people|body|bodies)|"
    r"nude (?:wom[ae]n|m[ae]n|model|person|people|body|bodies)|nudity|topless|sex(?:ual)? (?:act|acts|"
    r"scene|intercourse)|"
    r"having sex|intercourse|blow ?job|hand ?job|masturbat\w*|ejaculat\w*|genitals?|genitalia|erotic\w*|"
    r"orgy|fetish porn|"
    r"rap(?:e|ed|ing|ist)|incest|bestiality|necrophilia|upskirt"
)
_GORE = (
    r"behead\w*|decapitat\w*|dismember\w*|disembowel\w*|mutilat\w* (?:body|bodies|corpse|person|people|"
    r"wom[ae]n|m[ae]n)|"
    r"gory|gorefest|torture porn|eviscerat\w*|snuff (?:film|movie)|severed (?:head|limb|arm|leg|hand)s?|"
    r"self harm|lynching"
)
_MINORS = (
    r"child|children|kids?|minors?|bab(?:y|ies)|infants?|toddlers?|teen|teens|teenagers?|teenaged?|preteens?|"
    r"school ?girls?|school ?boys?|(?:little|young) (?:girls?|boys?)|girls?|boys?|lolis?|lolicon|shota|underage"
)
_BARE = r"naked|nude|nudes|undressed|sexy|sexual|sexually|seductive|lingerie"

_UNSAFE = re.compile(rf"(?<![^\W_])(?:{_SEXUAL}|{_GORE})(?![^\W_])")
_SEX = re.compile(rf"(?<![^\W_])(?:{_SEXUAL}|{_BARE})(?![^\W_])")
_CHILD = re.compile(rf"(?<![^\W_])(?:{_MINORS})(?![^\W_])")
_ALWAYS = re.compile(r"(?<![^\W_])(?:lolicon|shotacon|child porn\w*|kiddie porn|csam|jailbait|pa?edophil\w*)(?![^\W_])")


def unsafe(text: str, *, off: bool = False) -> str:
    """The word or words of a text that are not drawn; "": none. `off`: only what is never worded."""
    plain = " ".join(re.sub(r"[-_]", " ", unicodedata.normalize("NFKC", text).casefold()).split())
    always = _ALWAYS.search(plain)
    if always:
        return always[0]
    sexual = _SEX.search(plain)
    child = _CHILD.search(plain) if sexual else None
    if sexual and child:
        return f"{child[0]} … {sexual[0]}"
    found = None if off else _UNSAFE.search(plain)
    return found[0] if found else ""
