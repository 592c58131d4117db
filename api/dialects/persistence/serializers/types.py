"""The service's types of memories, both ways."""

from typing import Any

from rest_framework import serializers

from memory.models import Memory

Kind = Memory.Kind
# The service's types, and the kind of each; a kind of the house that is none of these is told as its next of kin.
TYPES = {
    "working": Kind.CONTEXT,
    "episodic": Kind.EVENT,
    "semantic": Kind.FACT,
    "procedural": Kind.PROCEDURE,
    "business": Kind.CONSTRAINT,
}
NEXT_OF_KIN = {
    Kind.TASK: "working",
    Kind.MESSAGE: "episodic",
    Kind.PREFERENCE: "semantic",
    Kind.SUMMARY: "semantic",
    Kind.HYPOTHESIS: "semantic",
    Kind.HABIT: "procedural",
    Kind.GOAL: "business",
}
TYPE_OF: dict[str, str] = {kind.value: name for name, kind in TYPES.items()} | {
    kind.value: name for kind, name in NEXT_OF_KIN.items()
}
USUAL = "semantic"  # for a type that nobody knows


def kinds_of(name: str) -> list[str]:
    """The kinds that are told as a type."""
    return [kind for kind, told in TYPE_OF.items() if told == name]


class MemoryType(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, help_text=", ".join(TYPES), **options)
