"""What a step of upkeep changed, to be shown: what each of its memories said before and after. It is content."""

from typing import Any

from memory import history
from memory.algorithms import diffing
from memory.models import Step
from memory.upkeep.plan import NEW


def of(step: Step) -> list[dict[str, Any]]:
    """By memory: its `id`, and `fields` with `before` and `after` of each, for content also `words` (diffing).

    A step that is not applied has no `before`.
    """
    before = {one["id"]: one["was"] for one in step.outcome.get("touched", ())}
    made = step.outcome.get("made")
    return [
        {"id": key, "fields": _fields(before.get(key), told, made)} for key, _, told in step.change.get("touches", ())
    ]


def _fields(was: dict[str, Any] | None, told: dict[str, Any], made: str | None) -> dict[str, Any]:
    """Only what is said of a memory, and only what changed where that is known."""
    names = [name for name in told if name in (*history.SHOWN, "superseded_by") and (was is None or name in was)]
    return {name: _field(name, (was or {}).get(name), told[name], made) for name in names}


def _field(name: str, before: Any, after: Any, made: str | None) -> dict[str, Any]:
    after = made if after == NEW else after
    told = {"before": before, "after": after}
    if name == "content" and isinstance(before, str) and isinstance(after, str):
        told["words"] = diffing.words(before, after)
    return told
