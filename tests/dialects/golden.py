"""Golden files: what a call is answered with, one JSON file each, under golden/<dialect>/.

    {"operation": "GET v1/messages/{message_id}",          as OpenAPI tells it
     "before": [{"method": "POST", "path": "v1/messages", "body": {…}, "keep": {"message": "id"}}],
     "request": {"method": "GET", "path": "v1/messages/<message>", "headers": {…}},
     "status": 200,
     "response": {"id": "<message>", "created_at": "<time>", …}}

`before` is called first; what it keeps, by the path to it in the answer such as "items.0.id", stands for "<name>"
wherever it is met. "key" of a request is `own` (when absent), `nobody` or `platform`. In a response "<id>", "<time>",
"<number>" and "<text>" stand for any of them, "<measure>" for a number or null; a text that is no JSON is given by some
of its "lines".
`GOLDEN=write pytest tests/dialects/test_golden.py` writes the responses that are answered now: look at the diff.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.dialects.speaking import Dialect

FOLDER = Path(__file__).with_name("golden")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def files(name: str) -> list[Path]:
    return sorted((FOLDER / name).glob("*.json"))


def read(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def operations(name: str) -> set[str]:
    """Those that a golden file shows."""
    return {str(read(file)["operation"]) for file in files(name)}


def filled(value: Any, kept: dict[str, Any]) -> Any:
    """With what was kept in the place of its name; a text that is nothing but a name becomes the value itself."""
    if isinstance(value, dict):
        return {name: filled(inner, kept) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, kept) for inner in value]
    if not isinstance(value, str):
        return value
    if value[1:-1] in kept and value == f"<{value[1:-1]}>":
        return kept[value[1:-1]]
    return re.sub(r"<(\w+)>", lambda found: str(kept.get(found[1], found[0])), value)


def at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part) if isinstance(value, list) else part]
    return value


def called(speakers: dict[str, Dialect], request: dict[str, Any], kept: dict[str, Any]) -> Any:
    """The answer; what the request keeps of it is in `kept` afterwards."""
    told = filled(request, kept)
    body = json.dumps(told["body"]).encode() if "body" in told else None
    answer = speakers[told.get("key", "own")].raw(told["method"], told["path"], body, **told.get("headers", {}))
    if request.get("keep"):
        assert answer.status_code < 300, answer.content
        kept |= {name: at(answer.json(), path) for name, path in request["keep"].items()}
    return answer


def body_of(answer: Any) -> Any:
    """JSON as it is; other text as its lines."""
    content = answer.getvalue()  # a stream is read to its end
    if not content:
        return None
    text = content.decode()
    return json.loads(text) if "json" in answer.headers["Content-Type"] else {"lines": text.splitlines()}


def alike(told: Any, answered: Any, at: str = "") -> list[str]:
    """Where an answer is not as its golden file tells it, and how."""
    if isinstance(told, dict) and set(told) == {"lines"}:
        there = [NUMBER.sub("<number>", line) for line in answered["lines"]]
        return [f"no line {line}" for line in told["lines"] if NUMBER.sub("<number>", line) not in there]
    if isinstance(told, dict) and isinstance(answered, dict):
        other = [f"only one has {at}/{name}" for name in sorted(set(told) ^ set(answered))]
        both = sorted(set(told) & set(answered))
        return other + [one for name in both for one in alike(told[name], answered[name], f"{at}/{name}")]
    if isinstance(told, list) and isinstance(answered, list) and len(told) == len(answered):
        return [one for i, inner in enumerate(told) for one in alike(inner, answered[i], f"{at}/{i}")]
    return [] if told == answered or told in stand_ins(answered) else [f"{at}: {answered!r} is not {told!r}"]


def stand_ins(value: Any) -> list[str]:
    """What may stand for a value, the most telling first."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ["<number>", "<measure>"]
    if value is None:
        return ["<measure>"]
    if not isinstance(value, str) or not value:
        return []
    return [*(["<id>"] if is_id(value) else []), *(["<time>"] if is_time(value) else []), "<text>"]


def is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text or UUID(text).hex == text
    except ValueError:
        return False


def is_time(text: str) -> bool:
    """ISO 8601, with its offset."""
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def written(answered: Any, before: Any, kept: dict[str, Any]) -> Any:
    """An answer as a golden file tells it: with stand-ins for what differs from call to call, and those there were."""
    if isinstance(answered, dict):
        old = before if isinstance(before, dict) else {}
        return {name: written(inner, old.get(name), kept) for name, inner in answered.items()}
    if isinstance(answered, list):
        old = before if isinstance(before, list) and len(before) == len(answered) else [None] * len(answered)
        return [written(inner, was, kept) for inner, was in zip(answered, old, strict=True)]
    names = [f"<{name}>" for name, value in kept.items() if value == answered and isinstance(value, str)]
    possible = stand_ins(answered)
    if before == answered or before in possible:
        return before
    usual = [name for name in possible if name in ("<id>", "<time>") or isinstance(answered, float)]
    return (names + usual + [answered])[0]
