"""How importance fades with time, by kind: computed from where it began, so that asking twice is asking once."""

from dataclasses import dataclass

HALF_LIFE_DAYS = {"preference": 90.0, "goal": 60.0, "fact": 30.0, "event": 14.0, "context": 30.0, "habit": 90.0}
OTHER_HALF_LIFE = 30.0
FLOOR = 0.1
DECIMALS = 6


@dataclass(frozen=True)
class Fading:
    """`base` is the importance with which it began, `days` how long ago that was; `accesses` since it is there."""

    kind: str
    base: float  # 0 to 1
    days: float
    accesses: int
    confidence: float  # 0 to 1


def half_life(kind: str) -> float:
    """In days."""
    return HALF_LIFE_DAYS.get(kind, OTHER_HALF_LIFE)


def faded(memory: Fading, half_life_days: float = 0.0) -> float:
    """Importance in [0, 1] now; a half life of 0 is that of its kind.

    HippocampAI's formula on a scale from 0 to 1: base * 0.5 ^ (days / half life) * (1 + access boost) * confidence
    factor, with an access boost of 0.1 * min(0.5 * accesses, 3) and a factor of 1 + 0.6 * (confidence - 0.5), at least
    0.1. It only fades: it is never above the base, and what began below the floor stays there. So a memory that is
    believed, or often asked for, begins to fade later.
    """
    halves = max(memory.days, 0.0) / (half_life_days or half_life(memory.kind))
    boost = 0.1 * min(0.5 * memory.accesses, 3.0)
    factor = 1.0 + 0.6 * (memory.confidence - 0.5)
    value = memory.base * 0.5**halves * (1.0 + boost) * factor
    return round(min(memory.base, max(FLOOR, value)), DECIMALS)
