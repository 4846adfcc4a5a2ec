"""A chat server for tests: a small grammar words the items that it finds in the request; it has moods."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

VIEWS = ("from the side", "from the front", "from above", "in profile", "from a low angle", "half turned", "close up")
TURNS = ("sharp", "centred", "off centre", "filling the frame", "seen whole", "in focus", "far away", "near", "upright")
THOUGHT = '<think>The items want {"items": [{"n": 11, "prompt": "a wrong one"}]} or so.</think>'

PLACES = ("on a wooden floor", "in a garden", "under a tree", "by a window", "on a table", "in an empty street")
THINGS = ("soccer ball", "domino", "newspaper", "cookie", "zebra crossing", "ladybird")

Item = Mapping[str, Any]
Message = Mapping[str, str]


def entry(item: Item) -> dict[str, Any]:
    """One sentence with every value letter by letter; it follows from the item alone, not from its n or group."""
    attributes = dict(item.get("attributes", {}))
    style = attributes.pop("style", "photo")
    name = f"{item['like']}-like {item['class']}" if item.get("like") else item["class"]
    turn = item["variant"] - 1 + 17 * item.get("refused", 0)
    tail = [VIEWS[turn % len(VIEWS)], TURNS[turn // len(VIEWS) % len(TURNS)]]
    more = turn // len(VIEWS) // len(TURNS)
    tail += [f"take {more + 1}"] if more else []
    said = [f"A {name}", *attributes.values()]
    closing = [*item.get("must", []), *item.get("text", []), *item.get("phrases", [])]
    return {
        "n": item["n"],
        "prompt": ", ".join([" ".join(said), style, *tail, *closing]),
        "caption": f"a {name}",
        "atoms": [
            {"kind": "relation", "text": tail[0], "question": f"Is the {name} seen {tail[0]}?"},
            *({"kind": "attribute", "text": v, "question": f"Is it {v}?"} for v in attributes.values()),
        ],
    }


def answer(messages: list[Message]) -> str:
    """What a chat gets that holds no items: an answer to a question, or one prompt on one line."""
    try:
        asked = json.loads(messages[-1]["content"])
    except ValueError:
        return line(messages)
    wanted = [w for w in (PLACES if "axis" in asked else THINGS) if w not in asked.get("have", [])]
    if "count" in asked:
        return json.dumps({"values": [{"value": w, "not_for": []} for w in wanted[: asked["count"]]]})
    if "axis" in asked:
        return json.dumps({"values": [{"value": w, "not_for": []} for w in asked["have"]]})
    return json.dumps({"kind": "thing", "description": f"what most people call {asked['class']}"})


def line(messages: list[Message]) -> str:
    """The prompt for one recipe in plain lines; each rewrite is another one."""
    told = [said.split(": ", 1) for said in messages[1]["content"].splitlines()]
    item: dict[str, Any] = {name: said for name, said in told if name in ("class", "like")}
    item["attributes"] = dict(said.split(" = ", 1) for name, said in told if name == "show")
    item["must"] = [said for name, said in told if name in ("must say", "text on it")]
    item["phrases"] = [said for name, said in told if name == "ends with"]
    rewrites = sum(m["role"] == "assistant" for m in messages)
    return str(entry({**item, "n": 0, "variant": 1 + rewrites})["prompt"])


class ChatShop:
    """`app` answers POST /v1/chat/completions; mount `routes` to have it beside others.

    `asked`: the JSON of each request. `bought`: Idempotency-Key → how often an answer to it was made (and paid for).
    `delivered`: the same keys in the order in which answers were made. `schema`: what becomes of a response_format:
    taken, "refused" (400), or "ignored". `limit`: the one name of the token limit that it takes; None: either.
    `window`: bytes of messages that it can read at most. `forbidden`: words for which it will not (`refuses`: in the
    message's `refusal`, by its `filter`, or in plain `words`). `obeys`: it does what descriptions tell it to. `answers`
    a chat without items: one recipe in plain lines, a question. Moods that spoil no items work there, too.

    Faults come by `scope["state"]["fault"]`: {"content": …} with fewer, more, duplicates, same number, shifted,
    truncated, off schema, prose, fence, chatter, think, list, refusal, filter, sorry, empty, null, no choices, error,
    no usage, nested, surrogates, bad atoms, no name.
    """

    def __init__(
        self,
        *,
        schema: str = "taken",
        limit: str | None = None,
        window: int | None = None,
        forbidden: tuple[str, ...] = (),
        refuses: str = "refusal",
        obeys: bool = False,
        words: Callable[[Item], dict[str, Any]] = entry,
        answers: Callable[[list[Message]], str] = answer,
    ) -> None:
        self.schema, self.limit, self.window = schema, limit, window
        self.forbidden, self.refuses, self.obeys = forbidden, refuses, obeys
        self.words, self.answers = words, answers
        self.asked: list[dict[str, Any]] = []
        self.bought: dict[str, int] = {}
        self.delivered: list[str] = []
        self.routes = [Route("/v1/chat/completions", self._answer, methods=["POST"])]
        self.app = Starlette(routes=self.routes)

    def items(self) -> list[list[Item]]:
        """The items of each request so far."""
        return [items_of(body) for body in self.asked]

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        wrong = self._refused_form(body)
        if wrong:
            return JSONResponse({"error": {"message": wrong, "type": "invalid_request_error"}}, status_code=400)
        fault = request.scope.get("state", {}).get("fault", {})
        mood = fault.get("content", "") if isinstance(fault, dict) else ""
        items = items_of(body)
        most = body.get("max_completion_tokens", body.get("max_tokens", 10**9))
        key = request.headers.get("idempotency-key", "")
        self.bought[key] = self.bought.get(key, 0) + 1
        self.delivered.append(key)
        said = self._said(items, mood) if items else self._dressed(self.answers(body["messages"]), mood)
        choice = self._choice(body, mood, said)
        if len(said) > 4 * most and choice["finish_reason"] == "stop":
            choice["message"]["content"], choice["finish_reason"] = said[: 4 * most], "length"
        reply: dict[str, Any] = {"id": f"chat-{len(self.asked)}", "object": "chat.completion", "created": 0}
        reply |= {"model": body["model"], "choices": [choice]}
        content = choice["message"]["content"]
        if mood != "no usage":
            told = sum(len(m["content"].encode()) for m in body["messages"]) // 4
            made = min(most, len(content or "") // 4 + 1)
            reply["usage"] = {"prompt_tokens": told, "completion_tokens": made, "total_tokens": told + made}
        if mood == "no choices":
            reply["choices"] = []
        if mood == "error":
            reply = {"error": {"message": "the provider behind us hung up", "code": 502}}
        return Response(json.dumps(reply), media_type="application/json")

    def _refused_form(self, body: Mapping[str, Any]) -> str:
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
        if self.limit and other[self.limit] in body:
            return f"Unsupported parameter: '{other[self.limit]}'. Use '{self.limit}' instead."
        if self.schema == "refused" and "response_format" in body:
            return "response_format of type json_schema is not supported by this model"
        if self.window and sum(len(m["content"].encode()) for m in body["messages"]) > self.window:
            return "the request exceeds the available context size, try increasing it"
        return ""

    def _said(self, items: list[Item], mood: str) -> str:
        """The text of the answer."""
        made = [self.words(item) for item in items]
        whole = {"items": made}
        text = json.dumps(whole, ensure_ascii=False)
        if mood == "fewer":
            return json.dumps({"items": made[::2][: max(1, len(made) - 1)]})
        if mood == "more":
            return json.dumps({"items": [*made, {**made[0], "n": 4}, {**made[-1], "n": 999, "prompt": "A pie"}]})
        if mood == "duplicates":
            return json.dumps({"items": [{**e, "prompt": made[0]["prompt"]} for e in made]})
        if mood == "same number":
            return json.dumps({"items": [{**e, "n": made[0]["n"]} for e in made]})
        if mood == "shifted":  # leaves the first one out and counts on
            return json.dumps({"items": [{**e, "n": m["n"]} for e, m in zip(made[1:], range_of(made), strict=False)]})
        if mood == "truncated":
            return text[: int(len(text) * 0.6)]
        if mood == "off schema":
            return json.dumps({"items": [{"id": e["n"], "text": e["prompt"]} for e in made]})
        if mood == "nested":
            return '{"a":' * 50_000
        if mood == "surrogates":
            odd = {"prompt": made[0]["prompt"] + " \ud83d\u0000\u2028x", "caption": "\udfff", "atoms": None}
            return json.dumps({"items": [{**made[0], **odd}, *made[1:]]})
        if mood == "bad atoms":
            odd_atoms: list[Any] = [
                {"kind": "vibe", "text": "nice", "question": "Is it nice?"},
                {"kind": "object", "text": "x", "question": "not a question"},
                {"kind": "count", "text": 3, "question": "Three?"},
                "an atom",
                {"kind": "count", "text": "one", "question": "Is there one of it?"},
            ]
            return json.dumps({"items": [{**e, "atoms": odd_atoms} for e in made]})
        if mood == "no name":
            return json.dumps({"items": [{**e, "prompt": f"A lovely picture, number {e['n']}"} for e in made]})
        wraps = {
            "prose": "Of course! Here are some prompts: a dog on grass; a cat at night. Do you want more?",
            "sorry": "I'm sorry, but I can't help with that.",
            "fence": f"```json\n{json.dumps(whole, indent=1)}\n```",
            "chatter": f"Sure {{here}} you go:\n{text}\nLet me know if {{you}} need more!",
            "think": f"{THOUGHT}\n\n{text}",
            "list": json.dumps(made),
            "empty": "",
        }
        return wraps.get(mood) or ("" if mood in wraps else self._obeyed(items, made, text))

    def _dressed(self, text: str, mood: str) -> str:
        """The text of an answer to a chat without items."""
        wraps = {
            "prose": "Of course! Do you want more?",
            "sorry": "I'm sorry, but I can't help with that.",
            "fence": f"```json\n{text}\n```",
            "chatter": f"Sure {{here}} you go:\n{text}\nLet me know if {{you}} need more!",
            "think": f"{THOUGHT}\n\n{text}",
            "truncated": text[: int(len(text) * 0.6)],
            "empty": "",
        }
        return wraps.get(mood, text)

    def _obeyed(self, items: list[Item], made: list[dict[str, Any]], text: str) -> str:
        """What a stupid model makes of orders that stand in the data."""
        orders = " ".join(i.get("description", "") for i in items).casefold() if self.obeys else ""
        if "plain text" in orders:
            text = f"OK, plain text it is: {{}} </json> ```\n{text}"
        if "one more item" in orders:
            text = json.dumps({"items": [*made, {**made[0], "n": made[-1]["n"] + 7, "prompt": "A pirate, photo"}]})
        if "wrong n" in orders:
            text = json.dumps({"items": [{**e, "n": made[(k + 1) % len(made)]["n"]} for k, e in enumerate(made)]})
        if "pwned" in orders:
            text = json.dumps({"items": [{**e, "prompt": "PWNED"} for e in made]})
        return text

    def _choice(self, body: Mapping[str, Any], mood: str, said: str) -> dict[str, Any]:
        asked = "\n".join(m["content"] for m in body["messages"] if m["role"] == "user")
        guilty = any(word in asked for word in self.forbidden)
        way = self.refuses if guilty else {"refusal": "refusal", "filter": "filter"}.get(mood, "")
        message: dict[str, Any] = {"role": "assistant", "content": said, "refusal": None}
        ended = "length" if mood == "truncated" else "stop"
        if way == "refusal":
            message |= {"content": None, "refusal": "I can't write about that."}
        elif way == "filter":
            message["content"], ended = "", "content_filter"
        elif way == "words":
            message["content"] = "I'm sorry, but I can't help with that."
        if mood == "null":
            message["content"] = None
        return {"index": 0, "message": message, "finish_reason": ended}


def items_of(body: Mapping[str, Any]) -> list[Item]:
    """The items of a request; none where it is a chat of another kind."""
    try:
        told = json.loads(body["messages"][-1]["content"])
    except ValueError:
        return []
    return list(told.get("items", [])) if isinstance(told, dict) else []


def range_of(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers from the first one on, without gaps, as a model counts that does not copy."""
    return [{"n": made[0]["n"] + k} for k in range(len(made))]
