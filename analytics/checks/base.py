"""What a check of a component answers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # it works, and somebody should look
    DOWN = "down"
    UNKNOWN = "unknown"  # it cannot be told, as what would tell it is down itself


ORDER = (Status.OK, Status.UNKNOWN, Status.DEGRADED, Status.DOWN)  # the worst last


@dataclass(frozen=True)
class Component:
    """`latency_ms` is of one small use of it; `says` one sentence, `advice` what to do, empty where nothing is."""

    name: str
    status: Status
    says: str
    advice: str = ""
    latency_ms: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


Check = Callable[[], list[Component]]


def timed(use: Callable[[], Any]) -> tuple[Any, float]:
    """What a use answers, and how many milliseconds it took."""
    began = time.perf_counter()
    told = use()
    return told, round((time.perf_counter() - began) * 1000, 2)


def worst(found: list[Component]) -> Status:
    return max((one.status for one in found), key=ORDER.index, default=Status.UNKNOWN)
