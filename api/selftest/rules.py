"""When a probe has passed."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from api.selftest.doors import Answer
from api.selftest.probes import Probe
from api.selftest.sides import Side

Verdict = tuple[bool, int]  # whether it passed, and the status that was answered


def own(probe: Probe, me: Side, other: Side) -> Verdict:
    """My canary is there, the other's is not."""
    answer = _asked(probe, me, me.things)
    return answer.status < 300 and me.canary in answer.text and other.canary not in answer.text, answer.status


def foreign(probe: Probe, me: Side, other: Side) -> Verdict:
    """Nothing is there, and nothing in it tells the other's id from one that nobody has."""
    theirs, nobodys = (_asked(probe, me, things) for things in (other.things, other.ghosts))
    alike = told(theirs, other.things) == told(nobodys, other.ghosts)
    return alike and theirs.status == probe.nothing and other.canary not in told(theirs, {}), theirs.status


def clean(probe: Probe, me: Side, other: Side) -> Verdict:
    """It works; the other's canary is only where I sent it."""
    answer = _asked(probe, me, other.things)
    held = _without(answer.text, other.things)
    found = [one for kind in ("memory", "other", "cold", "message") if (one := other.things[kind]) in held]
    return answer.status < 300 and other.canary not in held and not found, answer.status


def named(how: Callable[[Side, Side], Answer], me: Side, other: Side) -> Verdict:
    """Who names another tenant beside the own key is told that there is nothing."""
    answer = how(me, other)
    return answer.status == 404 and other.canary not in answer.text, answer.status


def told(answer: Answer, given: dict[str, Any]) -> str:
    """The body without the request's id and path, and without what was given."""
    if answer.status < 400:
        return answer.body.decode("utf-8", "replace")
    body = {key: value for key, value in json.loads(answer.body).items() if key not in ("request_id", "instance")}
    return _without(json.dumps(body), given)


def _without(text: str, given: dict[str, Any]) -> str:
    """The text without names that were sent: an answer may repeat them, a filter for example."""
    for kind in ("user", "agent", "talk", "namespace", "tag", "person"):
        text = text.replace(str(given.get(kind, "\x00")), "")
    return text


def _asked(probe: Probe, me: Side, things: dict[str, Any]) -> Answer:
    quoted = {kind: quote(str(value), safe="") for kind, value in things.items()}
    return me.ask(probe.method, probe.path.format(**quoted), _filled(probe.body, things))


def _filled(value: Any, things: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, things) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, things) for inner in value]
    return things[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
