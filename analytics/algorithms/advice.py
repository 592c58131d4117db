"""Recommendations: what the numbers of a domain ask for, by fixed rules after the Memory Persistence Service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

FEEDBACK = 0.3  # a smaller share of events with feedback is too small
SUCCESS = 0.7  # a pattern that is right less often is weak
COST = 10.0  # of one improvement, in the tenant's currency; more is dear
HIGH = 2  # so many times worse than its bound is of high priority


@dataclass(frozen=True)
class Numbers:
    """What the rules look at; None: nobody knows."""

    events: int
    feedback_rate: float
    cost_per_improvement: float | None
    trend: str
    slope: float | None
    patterns: Sequence[tuple[str, str, int, float | None]]  # signature, type, judged events, success


@dataclass(frozen=True)
class Advice:
    """One recommendation; `numbers` is what its rule was decided by."""

    rule: str
    type: str
    priority: str
    description: str
    expected_impact: str
    implementation: str
    numbers: dict[str, float | int | str] = field(default_factory=dict)


def recommend(told: Numbers) -> list[Advice]:
    """What to do, the urgent first; nothing where there are no events."""
    found = [*_feedback(told), *_patterns(told), *_trend(told), *_cost(told)] if told.events else []
    return sorted(found, key=lambda advice: ("high", "medium", "low").index(advice.priority))


def _feedback(told: Numbers) -> Iterator[Advice]:
    if told.feedback_rate >= FEEDBACK:
        return
    yield Advice(
        "little_feedback",
        "feedback",
        "high" if told.feedback_rate < FEEDBACK / HIGH else "medium",
        f"Only {told.feedback_rate:.0%} of the events have feedback.",
        f"At {FEEDBACK:.0%} or more it can be told which answers are right.",
        "Ask people after each answer, and send what they say with the session's id.",
        {"feedback_rate": round(told.feedback_rate, 4), "events": told.events},
    )


def _patterns(told: Numbers) -> Iterator[Advice]:
    weak = [(success, judged, signature, type) for signature, type, judged, success in told.patterns
            if success is not None and success < SUCCESS]  # fmt: skip
    for success, judged, signature, type in sorted(weak)[:1]:
        others = f" {len(weak) - 1} more are below {SUCCESS:.0%}." if len(weak) > 1 else ""
        yield Advice(
            "weak_pattern",
            "training",
            "high" if success < SUCCESS / HIGH else "medium",
            f"A pattern of {type} is right in {success:.0%} of {judged} judged events.{others}",
            f"Each point up to {SUCCESS:.0%} is as much of these answers that become right.",
            "Look at its wrong answers; correct the memories that they rest on, and train on the corrections.",
            {"success": round(success, 4), "judged": judged, "signature": signature, "patterns": len(weak)},
        )


def _trend(told: Numbers) -> Iterator[Advice]:
    if told.trend != "declining" or told.slope is None:
        return
    yield Advice(
        "declining",
        "adaptation",
        "high",
        f"Performance falls by {-told.slope:.2f} a day.",
        "What is out of date gives way to what holds now.",
        "Let what is old weigh less, and look at what was changed when it began.",
        {"slope": round(told.slope, 4)},
    )


def _cost(told: Numbers) -> Iterator[Advice]:
    cost = told.cost_per_improvement
    if cost is None or cost <= COST:
        return
    yield Advice(
        "dear_improvement",
        "cost",
        "high" if cost > COST * HIGH else "medium",
        f"One improvement costs {cost:.2f}.",
        f"At {COST:.0f} or less for each the same learning costs {1 - COST / cost:.0%} less.",
        "Give the agent less to read: keep the gist of what is alike instead of all of it.",
        {"cost_per_improvement": round(cost, 4)},
    )
