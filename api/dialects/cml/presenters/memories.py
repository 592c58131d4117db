"""Memories in the words of Cognitive Memory Layer: what type they are of, and in which status.

A type that our kinds do not tell apart is told by where the memory came from: a `tool_result` is a context that came
from a tool.
"""

from typing import Any

from api.dialects.base import metadata_of
from memory.models import Memory

TYPES = (
    "episodic_event", "semantic_fact", "procedure", "constraint", "hypothesis", "preference", "task_state",
    "conversation", "message", "tool_result", "reasoning_step", "scratch", "knowledge", "observation", "plan",
)  # fmt: skip
KINDS = {
    "episodic_event": "event", "semantic_fact": "fact", "procedure": "procedure", "constraint": "constraint",
    "hypothesis": "hypothesis", "preference": "preference", "task_state": "task", "message": "message",
    "observation": "context", "plan": "goal",
}  # fmt: skip
KINDS_BY_SOURCE = {  # the kind and the source of a type that its kind alone does not tell
    "conversation": ("message", "conversation"),
    "tool_result": ("context", "tool"),
    "reasoning_step": ("context", "reasoning"),
    "scratch": ("context", "scratch"),
    "knowledge": ("fact", "knowledge"),
}
_TYPE_OF_KIND = {kind: name for name, kind in KINDS.items()} | {"summary": "semantic_fact", "habit": "preference"}
_TYPE_OF_BOTH = {both: name for name, both in KINDS_BY_SOURCE.items()}


def kind_of(name: str) -> tuple[str, str]:
    """The kind and the source of a type; a fact when nobody knows it."""
    return KINDS_BY_SOURCE.get(name) or (KINDS.get(name, Memory.Kind.FACT.value), "")


def type_of(kind: str, source: str = "") -> str:
    return _TYPE_OF_BOTH.get((kind, source)) or _TYPE_OF_KIND[kind]


def of_types(names: list[str]) -> dict[str, Any]:
    """The filter of memories of any of these types; unknown ones are of no memory."""
    return {"OR": [_of_type(name) for name in names]}


def _of_type(name: str) -> dict[str, Any]:
    if name in KINDS_BY_SOURCE:
        kind, source = KINDS_BY_SOURCE[name]
        return {"kind": kind, "source": source}
    kinds = [kind for kind, told in _TYPE_OF_KIND.items() if told == name]
    others = [source for kind, source in KINDS_BY_SOURCE.values() if kind in kinds]
    only = {"kind": {"in": kinds or [""]}}
    return only | {"source": {"nin": others}} if others else only


def item(memory: Memory, relevance: float) -> dict[str, Any]:
    return {
        "id": memory.pk,
        "text": memory.content,
        "type": type_of(memory.kind, memory.source),
        "confidence": memory.confidence,
        "relevance": relevance,
        "timestamp": memory.event_time,
        "metadata": metadata_of(memory),
    }
