"""What servers say when they do not answer: their words, wherever they stand, and what those mean."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

NO_MONEY = {
    "1113",
    "access_terminated",
    "account_deactivated",
    "arrearage",
    "billing_hard_limit_reached",
    "billing_not_active",
    "exceeded_current_quota_error",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_quota",
    "insufficient_user_quota",
}
BROKE = re.compile(r"(?i)insufficient (balance|credits?|funds)|余额不足|欠费")
REFUSALS = re.compile(
    r"(?i)moderat|content_?(filter|policy|violation)|sensitive_?content|policy_?violation|data_?inspection|nsfw"
    r"|prohibited_content|image_safety|illegal_?detected"
)
"""How vendors' codes for a refusal look."""
REFUSING = re.compile(
    r"(?i)safety (system|filter|policy|setting|check)|safety_check|nsfw"
    r"|content (management )?(policy|polic|filter|moderation)"
    r"|(rejected|blocked|flagged|refused|stopped) (as|by|for|due|in|under)\b[^.]{0,60}"
    r"(moderat|safety|polic|sexual|violen)"
    r"|(was|been) (flagged|moderated)|(request|content|prompt) moderated|responsible ai"
    r"|(prohibited|inappropriate)[ _]content|sensitive (content|words)|contain sensitive information|new_sensitive"
    r"|(banned|forbidden) words|violat\w+ [^.]{0,30}(guideline|polic(y|ies)\b|terms of)"
    r"|敏感|违规|不安全|不适当|不当内容|内容审核|不適切|コンテンツ ?ポリシー|부적절|콘텐츠 ?정책|недопустим|запрещ[её]н"
    r"|inhaltsrichtlinie|sicherheitssystem|règles de contenu|politique de contenu|système de sécurité"
    r"|pol[ií]tica de conte(nido|údo)|sistema de (seguridad|segurança)"
)
ACCOUNT = re.compile(
    r"(?i)\b(account|organi[sz]ation|project|api key|access|ip address)\b( \w+){0,3} "
    r"(flagged|blocked|suspended|terminated|deactivated|disabled|banned|restricted)"
    r"|(blocked|denied|restricted) by an? (organi[sz]ation|project|admin)"
)
"""It is we who are shut out, whatever is asked for."""
NO_KEY = re.compile(r"(?i)api[ _]key (is |was )?(not valid|invalid|expired)|(invalid|expired|incorrect) api[ _]key")
SETTINGS = {"invalid_type", "invalid_value", "unknown_parameter", "unsupported_parameter", "unsupported_value"}
"""A setting is wrong: one named `moderation` is no refusal, and `the model's style is deprecated` tells of no model."""
NO_FIELD = re.compile(r"(?i)\b(unknown|unsupported|unrecogni[sz]ed|unexpected) (parameter|field|argument|option|key)\b")
_MODEL = r"(?i)\bmodel:?(?: name)?(?: ?[`'\"“][^`'\"”\n]{1,100}[`'\"”]| [\w./:@+-]{1,100})?,? "
GONE = re.compile(
    _MODEL + r"(?:(?!param|option|field|setting|value|size|quality|style|format)[^\n;:]){0,60}"
    r"\b(retired|deprecated|shut down|decommissioned|discontinued|no longer (available|supported))"
)
NO_SUCH = re.compile(
    _MODEL
    + r"((is|was|could) )?(not (be )?found|(does )?not exist|not a valid model|not (available|supported)|unavailable)"
    r"|\bmodel:? ?[`'\"][^`'\"\n]{1,100}[`'\"] is invalid|not a valid model"
    r"|\b(invalid|unknown|no such) model\b(?! (param|option|setting))"
)
_SAID = {"message", "msg", "detail", "errors", "error", "raw", "title", "status_msg", "error_msg"}
_CODES = {"code", "type", "name", "status", "reason"}


def message_of(body: Any) -> str:
    """The server's words, wherever its kind of server puts them; of a page its text."""
    said = list(_under(body, _SAID))
    if isinstance(body, str):
        said = [re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", body)]
    return "; ".join(dict.fromkeys(" ".join(s.split()) for s in said if s.strip()))[:2000]


def codes_of(body: Any) -> set[str]:
    """What the server calls it, in small letters."""
    return {code.casefold() for code in _under(body, _CODES)}


def is_refusal(codes: set[str], message: str) -> bool:
    """Whether a moderation refused it."""
    if _is_of_a_setting(codes, message) or ACCOUNT.search(message):
        return False
    return any(map(REFUSALS.search, codes)) or REFUSING.search(message) is not None


def is_gone(codes: set[str], message: str) -> bool:
    """Whether the model is there no more."""
    return "model_deprecated" in codes or (not _is_of_a_setting(codes, message) and GONE.search(message) is not None)


def is_unknown(codes: set[str], message: str) -> bool:
    """Whether there is no such model."""
    return "model_not_found" in codes or (not _is_of_a_setting(codes, message) and NO_SUCH.search(message) is not None)


def _is_of_a_setting(codes: set[str], message: str) -> bool:
    return bool(codes & SETTINGS) or NO_FIELD.search(message) is not None


def _under(body: Any, names: set[str], depth: int = 0) -> Iterator[str]:
    """The texts under these names at any depth of a reply; FastAPI's with the field that is meant."""
    if depth > 8:
        return
    if isinstance(body, Mapping):
        field = body.get("loc")
        where = ".".join(map(str, field[1:])) + ": " if isinstance(field, list) and len(field) > 1 else ""
        for name, value in body.items():
            if name in names and isinstance(value, str | int) and not isinstance(value, bool):
                yield f"{where}{value}" if name == "msg" else str(value)
            elif name in names and isinstance(value, list):
                yield from (v for v in value if isinstance(v, str))
            yield from _under(value, names, depth + 1)
    elif isinstance(body, list):
        for value in body[:50]:
            yield from _under(value, names, depth + 1)
