"""Small jobs of the tests' own, entered in the catalogue for as long as a test runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from automation import registry
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach, Touch


@dataclass(frozen=True)
class Options:
    below: float = option(0.5, "Memories of less importance are silenced.", least=0, most=1)


def hush(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Silence what matters little."""
    for memory in reach.rows().movable().order_by("id"):
        if memory.importance < options.below:
            yield Change(
                "silence",
                memory.pk,
                touches=(Touch(memory.pk, memory.version, {"state": "silent"}),),
                score=memory.importance,
            )
        else:
            yield Change("keep", memory.pk, effect="", score=memory.importance)


Enter = Callable[..., None]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Enter a plan as a job: `enter("hush", plan)`."""

    def entered(name: str, plan: Any, **more: Any) -> None:
        told = {"tell": lambda counts: {}, "options": Options} | more
        monkeypatch.setitem(registry.JOBS, name, registry.Job(name, name.title(), plan.__doc__ or "", plan, **told))

    return entered


@pytest.fixture
def hushing(enter: Enter) -> None:
    enter("hush", hush, tell=lambda counts: {"hushed": counts["silence"]})


@dataclass(frozen=True)
class Summarizing:
    age_days: int = option(30, "Days.", least=1, most=3_650)


@dataclass(frozen=True)
class Consolidating:
    similarity: float = option(0.85, "How much alike.", least=0, most=1)


@dataclass(frozen=True)
class Compressing:
    target_reduction: float = option(0.3, "By which share.", least=0.01, most=0.95)


@dataclass(frozen=True)
class Decaying:
    half_life_days: float = option(0.0, "Days.", least=0, most=36_500)


@dataclass(frozen=True)
class Checking:
    alert_threshold: float = option(60.0, "Of 100.", least=0, most=100)


@dataclass(frozen=True)
class Resolving:
    strategy: str = option("temporal", "Who wins.", among=("temporal", "confidence", "importance"))
    auto_resolve: bool = option(True, "What is clear.")


def silence(reach: Reach, options: Any, now: datetime) -> Iterator[Change]:
    """Silence all of them."""
    for memory in reach.rows().movable().order_by("id"):
        touch = Touch(memory.pk, memory.version, {"state": "silent"})
        yield Change("summarize", memory.pk, touches=(touch,), score=memory.importance)


def look(reach: Reach, options: Any, now: datetime) -> Iterator[Change]:
    """Only look."""
    for memory in reach.rows().movable().order_by("id"):
        yield Change("keep", memory.pk, effect="", score=memory.importance)


HEALTH = {"health_score": 47.5, "health_status": "poor", "recommendations": ["Say more."]}
SIX = {
    "summarize": Summarizing, "consolidate": Consolidating, "compress": Compressing, "decay": Decaying,
    "health_check": Checking, "resolve_conflicts": Resolving,
}  # fmt: skip


@pytest.fixture
def six(enter: Enter) -> None:
    """The jobs that HippocampAI's policies name, played by small ones with their options."""
    for name, options in SIX.items():
        enter(name, look, options=options)
    enter("health_check", look, options=Checking, brief=lambda changes: HEALTH)
    enter("summarize", silence, options=Summarizing, tell=lambda counts: {"summaries_created": counts["summarize"]})
