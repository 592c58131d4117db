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
