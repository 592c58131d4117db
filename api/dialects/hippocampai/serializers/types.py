"""HippocampAI's nine types, both ways: its client stops at any other word, so no other is ever told."""

from collections.abc import Mapping
from typing import Any

from memory.algorithms import kinds
from memory.models import Memory

Kind = Memory.Kind
# What we make of each of its types, and what it is told of each of our kinds.
HEARD: dict[str, str] = {
    "fact": Kind.FACT.value, "preference": Kind.PREFERENCE.value, "goal": Kind.GOAL.value, "habit": Kind.HABIT.value,
    "event": Kind.EVENT.value, "context": Kind.CONTEXT.value, "summary": Kind.SUMMARY.value,
    "procedural": Kind.PROCEDURE.value, "prospective": Kind.TASK.value,
}  # fmt: skip
TOLD: dict[str, str] = {kind: word for word, kind in HEARD.items()} | {
    Kind.MESSAGE.value: "context", Kind.CONSTRAINT.value: "fact", Kind.HYPOTHESIS.value: "fact",
}  # fmt: skip


def kind_of(told: Any, text: str) -> str:
    """Our kind of a type that is told; of none, or of a foreign word, what the text itself says."""
    word = told.lower() if isinstance(told, str) else ""
    return HEARD[word] if word in HEARD else HEARD[TOLD[kinds.guess(text).kind]]


def counted(kinds: Mapping[str, int]) -> dict[str, int]:
    """Counts by our kinds as counts by its types."""
    told: dict[str, int] = {}
    for kind, count in kinds.items():
        word = TOLD.get(kind, "fact")
        told[word] = told.get(word, 0) + count
    return told


def kinds_of(word: Any) -> list[str]:
    """Our kinds that are told as this type; as a foreign word none is."""
    named = word.lower() if isinstance(word, str) else ""
    return [kind for kind, told in TOLD.items() if told == named]
