"""What the study is told: lessons, and what people say of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Feedback on an event; one of these at least is said. `rating` is 1 to 5."""

    correct: bool | None = None
    improved: bool | None = None
    rating: int | None = None
    explanation: str = ""

    def told(self) -> dict[str, Any]:
        """What it says, by the names of the fields; nothing of what it says nothing about."""
        return {name: value for name, value in vars(self).items() if value is not None and value != ""}


SILENT = Judgement()


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One learning event to be recorded: the fields of analytics.models.LearningEvent, in its units.

    `type` is one of LearningEvent.Type, `importance` and `confidence` are 0 to 1. `domain` is a namespace: the usual
    one, when it is empty. `occurred_at` None is now.
    """

    type: str
    domain: str = ""
    service: str = ""
    agent: str = ""
    user_id: str = ""
    session_id: str = ""
    importance: float | None = None
    input: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    output: dict[str, Any] = field(default_factory=dict)
    confidence: float | None = None
    feedback: Judgement = SILENT
    model_updated: bool = False
    performance_change: float | None = None
    affected_models: tuple[str, ...] = ()
    processing_ms: float | None = None
    tokens: int | None = None
    cost: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
