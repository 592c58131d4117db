"""The numbers of a health report, worked out by hand."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from memory.algorithms import health, vitals
from memory.algorithms.vitals import Item

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def item(key: str = "a", *, age: int = 0, idle: int | None = None, **fields: Any) -> Item:
    plain: dict[str, Any] = {
        "group": ("ada", "default"), "text": f"Some words of {key}.", "kind": "fact", "labels": frozenset(),
        "described": False, "importance": 0.5, "confidence": 1.0, "recalls": 0, "created": NOW - timedelta(days=age),
        "updated": NOW - timedelta(days=age if idle is None else idle),
    }  # fmt: skip
    return Item(key=key, **plain | fields)


def test_freshness_decays_with_age_and_idleness_and_rises_by_recalls() -> None:
    assert vitals.freshness([item()], NOW) == 100
    assert vitals.freshness([item(age=90, idle=60)], NOW) == pytest.approx(100 / math.e)
    assert vitals.freshness([item(age=90, idle=60, recalls=7)], NOW) == pytest.approx(100 / math.e + 14)
    assert vitals.freshness([item(age=90, idle=60, recalls=99)], NOW) == pytest.approx(100 / math.e + 20)
    assert vitals.freshness([item(), item(age=90, idle=60)], NOW) == pytest.approx((100 + 100 / math.e) / 2)


def test_diversity_is_of_kinds_labels_and_unlikeness() -> None:
    alone = np.ones((1, 1), dtype=np.float32)
    assert vitals.diversity([item()], alone) == pytest.approx(100 * (0.3 / 6 + 0 + 0.4 * 0.5))
    two = [item("a", labels=frozenset({"x"})), item("b", kind="event", labels=frozenset({"y"}))]
    half = np.array([[1, 0], [0.5, math.sqrt(0.75)]], dtype=np.float32)
    assert vitals.diversity(two, half) == pytest.approx(100 * (0.3 * 2 / 6 + 0.3 * 1 + 0.4 * 0.5))


def test_more_than_six_kinds_and_more_labels_than_memories_count_no_more() -> None:
    items = [item(str(n), kind=str(n), labels=frozenset({f"{n}a", f"{n}b"})) for n in range(8)]
    assert vitals.diversity(items, np.eye(8, dtype=np.float32)) == pytest.approx(100)


def test_only_the_first_fifty_are_asked_how_unlike_they_are() -> None:
    items = [item(str(n)) for n in range(60)]
    vectors = np.vstack([np.eye(50), np.tile(np.eye(50)[0], (10, 1))]).astype(np.float32)
    assert vitals.diversity(items, vectors) == pytest.approx(100 * (0.3 / 6 + 0.4))


def test_consistency_is_of_confidence_importance_and_completeness() -> None:
    assert vitals.consistency([item(confidence=0.5, importance=0.4)]) == pytest.approx(20 + 12 + 0.3 * 50)
    full = item(confidence=1.0, importance=1.0, labels=frozenset({"x"}), described=True)
    assert vitals.consistency([full]) == pytest.approx(100)
    assert vitals.consistency([item(text="ten chars.", confidence=0, importance=0)]) == pytest.approx(0.3 * 25)


def test_coverage_is_of_kinds_span_and_number() -> None:
    assert vitals.coverage([item()]) == pytest.approx(100 * (0.3 / 6 + 0.3 * 0.5 + 0.4 * 0.01))
    two = [item("a", age=15), item("b", kind="event")]
    assert vitals.coverage(two) == pytest.approx(100 * (0.3 * 2 / 6 + 0.3 * 0.5 + 0.4 * 0.02))
    many = [item(str(n), age=n) for n in range(120)]
    assert vitals.coverage(many) == pytest.approx(100 * (0.3 / 6 + 0.3 + 0.4))


def test_engagement_is_of_recalls_and_of_what_was_changed_this_week() -> None:
    assert vitals.engagement([item(age=7)], NOW) == 0
    assert vitals.engagement([item(age=6), item(age=7, recalls=4)], NOW) == pytest.approx(20 + 15)
    assert vitals.engagement([item(recalls=50)], NOW) == 100


@pytest.mark.parametrize(
    ("one", "stale"),
    [
        (item(), False),
        (item(expires=NOW - timedelta(seconds=1)), True),
        (item(expires=NOW + timedelta(days=1)), False),
        (item(confidence=0.29), True),
        (item(confidence=0.3), False),
        (item(age=61), True),
        (item(age=60), False),
        (item(age=61, recalls=1), False),
        (item(age=91, idle=31, recalls=1), True),
        (item(age=91, idle=30, recalls=1), False),
        (item(age=90, idle=31, recalls=1), False),
    ],
)
def test_what_is_stale(one: Item, stale: bool) -> None:
    assert vitals.is_stale(one, NOW) is stale


def test_how_stale_it_is() -> None:
    assert vitals.staleness(item(), NOW) == pytest.approx(0.2)
    assert vitals.staleness(item(age=45, idle=30, confidence=0.5, recalls=3), NOW) == pytest.approx(
        0.3 * 0.5 + 0.3 * 0.5 + 0.2 * 0.5 + 0.2 / 4
    )
    assert vitals.staleness(item(age=900, confidence=0.0), NOW) == 1


@pytest.mark.parametrize(
    ("one", "reason", "advice"),
    [
        (item(age=200, expires=NOW - timedelta(days=1)), "temporal_context", "delete"),
        (item(age=1, confidence=0.2), "low_confidence", "monitor"),
        (item(age=61), "no_activity", "archive"),
        (item(age=91, idle=31, recalls=1), "outdated", "review"),
        (item(age=61, replaced=True), "replaced", "archive"),
    ],
)
def test_a_stale_memory_has_a_reason_and_an_advice(one: Item, reason: str, advice: str) -> None:
    told = vitals.stale(one, NOW)
    assert (told["reason"], told["recommendation"]) == (reason, advice)


def test_topics_have_levels_qualities_and_gaps() -> None:
    items = [item(str(n), age=40, labels=frozenset({"tea"})) for n in range(2)]
    items += [item("c", kind="event", text="Of chess and TEA.")]
    told = {topic["topic"]: topic for topic in vitals.topics(items, NOW)}
    assert list(told) == ["event", "fact", "tea"]
    assert {name: topic["level"] for name, topic in told.items()} == {
        "event": "minimal", "fact": "sparse", "tea": "sparse",
    }  # fmt: skip
    assert told["fact"]["gaps"] == ["few", "none_recent"]
    assert told["tea"]["memories"] == 3
    assert told["tea"]["gaps"] == []
    assert told["fact"]["quality"] == pytest.approx(40 + 15 + 30 * math.exp(-40 / 90), abs=0.01)


@pytest.mark.parametrize(
    ("count", "level"),
    [(1, "minimal"), (2, "sparse"), (4, "sparse"), (5, "adequate"), (9, "adequate"), (10, "comprehensive")],
)
def test_a_topic_is_covered_by_its_number_of_memories(count: int, level: str) -> None:
    assert vitals.topics([item(str(n)) for n in range(count)], NOW)[0]["level"] == level


def test_the_overall_score_weighs_four_parts() -> None:
    assert health.overall(100, 80, 60, 40) == pytest.approx(30 + 20 + 15 + 8)


@pytest.mark.parametrize(
    ("score", "status"),
    [(100, "excellent"), (90, "excellent"), (89.9, "good"), (75, "good"), (74.9, "fair"), (60, "fair"), (59.9, "poor"),
     (40, "poor"), (39.9, "critical"), (0, "critical")],
)  # fmt: skip
def test_a_score_lies_in_a_band(score: float, status: str) -> None:
    assert health.status(score) == status


def test_a_report_of_nothing_is_critical_and_says_what_to_do() -> None:
    told = health.report([], np.zeros((0, 1), dtype=np.float32), NOW)
    assert (told["overall_score"], told["status"], len(told["recommendations"])) == (0, "critical", 1)
    assert told.keys() == health.report([item()], np.zeros((1, 1), dtype=np.float32), NOW).keys()


def test_a_report_counts_and_names_what_is_wrong() -> None:
    items = [
        item("a", text="Ada drinks tea."),
        item("b", text="Ada drinks tea!"),
        item("c", confidence=0.1),
        item("d", age=70),
    ]
    told = health.report(items, np.zeros((4, 1), dtype=np.float32), NOW)
    assert (told["total_memories"], told["stale_memories"], told["low_quality_memories"]) == (4, 2, 1)
    assert told["healthy_memories"] == 1
    assert told["duplicate_clusters"] == 1
    cluster = {"type": "exact", "memories": ["a", "b"], "representative": "b", "similarity": 1.0}
    assert told["duplicates"] == [cluster]
    assert [(issue["category"], issue["severity"]) for issue in told["issues"]] == [
        ("staleness", "high"), ("quality", "high"), ("duplicates", "medium"),
    ]  # fmt: skip
    assert [one["memory"] for one in told["stale"]] == ["d", "c"]
    assert told["metrics"]["stale_percentage"] == 50
    assert told["metrics"]["avg_importance"] == 5
    assert len(told["recommendations"]) == 4


def test_a_few_wrong_ones_of_many_are_told_more_softly() -> None:
    items = [item(str(n), text=f"{n}") for n in range(20)] + [item("x", age=70), item("y", confidence=0.1)]
    told = health.report(items, np.zeros((22, 1), dtype=np.float32), NOW)
    assert [(issue["category"], issue["severity"]) for issue in told["issues"]] == [
        ("staleness", "medium"), ("quality", "low"),
    ]  # fmt: skip


def test_what_two_users_say_alike_is_no_double() -> None:
    items = [item("a", text="Ada drinks tea."), item("b", text="Ada drinks tea.", group=("ben", "default"))]
    assert health.report(items, np.ones((2, 1), dtype=np.float32), NOW)["duplicate_clusters"] == 0


def test_a_report_holds_no_content() -> None:
    told = health.report([item("a", text="A secret word."), item("b", text="A secret word.")], np.ones((2, 1)), NOW)
    assert "secret" not in str(told)
