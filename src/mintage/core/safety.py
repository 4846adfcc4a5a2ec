"""A small list of what is not drawn: sexual pictures and gore. It stops mishaps, not somebody who means it.

`safety: off` in a spec lifts it, but for what shows minors: that is never worded.
"""

import re
import unicodedata

_SEXUAL = (
    r"porn(?:o|ographic|ography)?|hentai|nsfw|nudity|(?:naked|nude) (?:models?|bod(?:y|ies))|(?<!same )sex|"
    r"sexual (?:acts?|scenes?|intercourse)|intercourse|blow ?jobs?|hand ?jobs?|masturbat\w*|ejaculat\w*|genitals?|"
    r"genitalia|penis(?:es)?|vaginas?|vulvas?|erotic\w*|org(?:y|ies)|rap(?:e|ed|ing|ist)|incest|bestiality|"
    r"necrophilia|upskirt"
)
_GORE = (
    r"(?<!al )gore(?! tex)|gory|gorefest|behead\w*|decapitat\w*|dismember\w*|disembowel\w*|eviscerat\w*|"
    r"mutilat\w* (?:bod(?:y|ies)|corpses?|person|people|wom[ae]n|m[ae]n)|torture porn|snuff (?:film|movie)s?|"
    r"severed (?:head|limb|arm|leg|hand)s?|self harm|lynching"
)
_PERSON = (
    r"wom[ae]n|m[ae]n|persons?|people|lad(?:y|ies)|guys?|humans?|adults?|couples?|actors?|actress(?:es)?|"
    r"celebrit(?:y|ies)|girlfriends?|boyfriends?"
)
_UNDRESSED = r"naked|nude|topless|undressed"
_MINORS = (
    r"child|children|kids?|minors?|bab(?:y|ies)|infants?|toddlers?|teen|teens|teenagers?|teenaged?|preteens?|"
    r"school ?girls?|school ?boys?|(?:little|young) (?:girls?|boys?)|girls?|boys?|lolis?|lolicon|shota|underage"
)
_BARE = r"naked|nude|nudes|undressed|sexy|sexual|sexually|seductive|lingerie"

_UNSAFE = re.compile(rf"(?<![^\W_])(?:{_SEXUAL}|{_GORE})(?![^\W_])")
_UNCLAD = re.compile(rf"(?<![^\W_])(?:{_UNDRESSED})(?![^\W_])")
_SOMEBODY = re.compile(rf"(?<![^\W_])(?:{_PERSON})(?![^\W_])")
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
    if off:
        return ""
    found, bare = _UNSAFE.search(plain), _UNCLAD.search(plain)
    somebody = _SOMEBODY.search(plain) if bare else None
    if bare and somebody:
        return f"{bare[0]} {somebody[0]}"
    return found[0] if found else ""
