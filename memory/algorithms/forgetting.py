"""How much a memory is still worth, and what becomes of it: kept, decayed, silenced, compressed or deleted."""

import math
from dataclasses import dataclass

KEEP, DECAY, SILENCE, COMPRESS, DELETE = "keep", "decay", "silence", "compress", "delete"
ACTIONS = (KEEP, DECAY, SILENCE, COMPRESS, DELETE)
WEIGHTS = {
    "importance": 0.25, "recency": 0.20, "frequency": 0.20, "confidence": 0.15, "type": 0.10, "dependency": 0.10,
}  # fmt: skip
TYPE = {
    "constraint": 1.0, "preference": 0.8, "fact": 0.7, "procedure": 0.6, "event": 0.3, "hypothesis": 0.2, "task": 0.1,
}  # fmt: skip
OTHER_TYPE = 0.5
PROTECTED = ("constraint", "preference", "procedure")
HALF_LIFE_DAYS = 30.0
DEPENDENTS = 10  # so many others that hang on a memory count as much as can be
HEAVY, BUSY_ACCESSES, BUSY_DAYS = 0.7, 5, 30.0
DECIMALS = 6  # of a score: what is shown is what is compared


@dataclass(frozen=True)
class Weighed:
    """What the score reads of a memory. `dependents` is how many others hang on it."""

    kind: str
    importance: float  # 0 to 1
    confidence: float  # 0 to 1
    age_days: float  # since it happened; less than none counts as none
    accesses: int
    dependents: int


@dataclass(frozen=True)
class Thresholds:
    """From which score on a memory is kept, decayed, silenced or compressed; below all of them it is deleted."""

    keep: float = 0.7
    decay: float = 0.5
    silence: float = 0.3
    compress: float = 0.1


def parts(memory: Weighed, half_life_days: float = HALF_LIFE_DAYS) -> dict[str, float]:
    """What the score is the sum of, each part already weighted by WEIGHTS.

    The forgetting formula of the Cognitive Memory Layer: 0.25 importance + 0.20 recency + 0.20 frequency +
    0.15 confidence + 0.10 type + 0.10 dependency. Recency is 0.5 ^ (age / half life), frequency
    min(log10(1 + accesses), 1), dependency min(dependents / 10, 1).
    """
    told = {
        "importance": memory.importance,
        "recency": 0.5 ** (max(memory.age_days, 0.0) / half_life_days),
        "frequency": min(math.log10(1 + memory.accesses), 1.0),
        "confidence": memory.confidence,
        "type": TYPE.get(memory.kind, OTHER_TYPE),
        "dependency": min(memory.dependents / DEPENDENTS, 1.0),
    }
    return {name: round(weight * told[name], DECIMALS) for name, weight in WEIGHTS.items()}


def score(told: dict[str, float]) -> float:
    """The sum of parts, 0 to 1."""
    return round(sum(told.values()), DECIMALS)


def action(
    value: float, memory: Weighed, thresholds: Thresholds = Thresholds(), protected: tuple[str, ...] = PROTECTED
) -> tuple[str, str]:
    """What becomes of a memory with this score, and why, where it is not the score alone that decides.

    A protected kind is kept from the threshold of decaying on, and otherwise decayed. What others hang on, what
    weighs HEAVY, and what was asked for BUSY_ACCESSES times within BUSY_DAYS of its age is silenced at most.
    """
    if memory.kind in protected:
        return (KEEP if value >= thresholds.decay else DECAY), "its kind is protected"
    if value >= thresholds.keep:
        return KEEP, ""
    if value >= thresholds.decay:
        return DECAY, ""
    if value >= thresholds.silence:
        return SILENCE, ""
    if why := guard(memory):
        return SILENCE, why
    return (COMPRESS if value >= thresholds.compress else DELETE), ""


def guard(memory: Weighed) -> str:
    """Why a memory is neither compressed nor deleted; empty when nothing speaks against it."""
    if memory.dependents:
        return "others hang on it"
    if memory.importance >= HEAVY:
        return "it is important"
    if memory.accesses >= BUSY_ACCESSES and memory.age_days <= BUSY_DAYS:
        return "it was asked for of late"
    return ""


def decayed(confidence: float, by: float = 0.1, floor: float = 0.05) -> float:
    """Confidence after one decay. It never falls below the floor, nor rises to it."""
    return min(confidence, max(floor, round(confidence - by, DECIMALS)))
