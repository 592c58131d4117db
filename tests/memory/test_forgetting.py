"""What a memory is worth, what becomes of it, how importance fades and words get fewer: by hand here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import decaying, forgetting, retention, shortening
from memory.algorithms.decaying import Fading
from memory.algorithms.forgetting import Thresholds, Weighed
from memory.algorithms.retention import Rule, Stored
from memory.algorithms.shortening import Text

FACT = Weighed(kind="fact", importance=0.5, confidence=1.0, age_days=30, accesses=9, dependents=5)
NOTHING = Weighed(kind="task", importance=0.0, confidence=0.0, age_days=10_000, accesses=0, dependents=0)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
weighed = st.builds(
    Weighed,
    kind=st.sampled_from(["fact", "message", "event", "preference", "constraint", "procedure", "task"]),
    importance=st.floats(0, 1),
    confidence=st.floats(0, 1),
    age_days=st.floats(-10, 10_000),
    accesses=st.integers(0, 10_000),
    dependents=st.integers(0, 100),
)


def test_the_score_is_the_sum_of_its_weighted_parts() -> None:
    parts = forgetting.parts(FACT)
    assert parts == {
        "importance": 0.125, "recency": 0.1, "frequency": 0.2, "confidence": 0.15, "type": 0.07, "dependency": 0.05,
    }  # fmt: skip
    assert forgetting.score(parts) == 0.695


def test_all_there_is_scores_one_and_nothing_nearly_nothing() -> None:
    best = Weighed("constraint", 1.0, 1.0, 0.0, 9, 10)
    assert forgetting.score(forgetting.parts(best)) == 1.0
    assert forgetting.score(forgetting.parts(NOTHING)) == 0.01


@pytest.mark.parametrize(
    ("kind", "bonus"),
    [("constraint", 1.0), ("preference", 0.8), ("fact", 0.7), ("procedure", 0.6), ("event", 0.3), ("hypothesis", 0.2),
     ("task", 0.1), ("message", 0.5), ("summary", 0.5), ("goal", 0.5)],
)  # fmt: skip
def test_a_kind_has_its_bonus(kind: str, bonus: float) -> None:
    assert forgetting.parts(replace(FACT, kind=kind))["type"] == pytest.approx(0.1 * bonus)


def test_recency_halves_in_a_half_life_and_the_future_is_now() -> None:
    assert [forgetting.parts(replace(FACT, age_days=days))["recency"] for days in (-5, 0, 30, 60)] == [
        0.2,
        0.2,
        0.1,
        0.05,
    ]
    assert forgetting.parts(replace(FACT, age_days=10), half_life_days=10)["recency"] == 0.1


@given(weighed)
def test_a_score_is_from_nought_to_one_and_is_what_its_parts_sum_to(memory: Weighed) -> None:
    parts = forgetting.parts(memory)
    assert 0 <= forgetting.score(parts) <= 1
    assert forgetting.score(parts) == pytest.approx(sum(parts.values()))


@pytest.mark.parametrize(
    ("score", "becomes"),
    [(0.7, "keep"), (0.699999, "decay"), (0.5, "decay"), (0.499999, "silence"), (0.3, "silence"),
     (0.299999, "compress"), (0.1, "compress"), (0.099999, "delete"), (0.0, "delete"), (1.0, "keep")],
)  # fmt: skip
def test_at_a_threshold_the_gentler_action_is_taken(score: float, becomes: str) -> None:
    assert forgetting.action(score, NOTHING) == (becomes, "")


def test_thresholds_can_be_others() -> None:
    moved = Thresholds(0.9, 0.8, 0.7, 0.6)
    assert [forgetting.action(score, NOTHING, moved)[0] for score in (0.9, 0.85, 0.75, 0.65, 0.55)] == list(
        forgetting.ACTIONS
    )


@pytest.mark.parametrize("kind", forgetting.PROTECTED)
def test_a_protected_kind_is_kept_or_decayed_and_nothing_else(kind: str) -> None:
    told = [forgetting.action(score, replace(NOTHING, kind=kind))[0] for score in (1.0, 0.5, 0.499999, 0.2, 0.0)]
    assert told == ["keep", "keep", "decay", "decay", "decay"]
    assert forgetting.action(0.0, replace(NOTHING, kind=kind), protected=()) == ("delete", "")


@pytest.mark.parametrize(
    ("guarded", "why"),
    [
        (replace(NOTHING, dependents=1), "others hang on it"),
        (replace(NOTHING, importance=0.7), "it is important"),
        (replace(NOTHING, accesses=5, age_days=30), "it was asked for of late"),
    ],
)
def test_what_is_guarded_is_silenced_at_most(guarded: Weighed, why: str) -> None:
    assert forgetting.action(0.2, guarded) == ("silence", why)
    assert forgetting.action(0.0, guarded) == ("silence", why)
    assert forgetting.action(0.4, guarded) == ("silence", "")


@pytest.mark.parametrize(
    "open_one",
    [replace(NOTHING, importance=0.69), replace(NOTHING, accesses=4, age_days=30),
     replace(NOTHING, accesses=5, age_days=30.01)],
)  # fmt: skip
def test_just_beside_a_guard_there_is_none(open_one: Weighed) -> None:
    assert forgetting.action(0.0, open_one) == ("delete", "")


@given(weighed, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_is_never_treated_worse(memory: Weighed, one: float, other: float) -> None:
    low, high = sorted((one, other))
    worse, better = (forgetting.ACTIONS.index(forgetting.action(score, memory)[0]) for score in (low, high))
    assert better <= worse


@given(weighed, st.floats(0, 1))
def test_no_guarded_or_protected_memory_is_ever_compressed_or_deleted(memory: Weighed, score: float) -> None:
    action, _ = forgetting.action(score, memory)
    if memory.kind in forgetting.PROTECTED:
        assert action in ("keep", "decay")
    if forgetting.guard(memory):
        assert action not in ("compress", "delete")


def test_confidence_falls_by_a_tenth_to_the_floor_and_never_rises_to_it() -> None:
    assert [forgetting.decayed(value) for value in (1.0, 0.3, 0.12, 0.05, 0.02)] == [0.9, 0.2, 0.05, 0.05, 0.02]


FADING = Fading(kind="fact", base=0.8, days=30, accesses=0, confidence=0.5)


def test_importance_halves_in_the_half_life_of_its_kind() -> None:
    assert decaying.faded(FADING) == 0.4
    lives = {"preference": 90, "goal": 60, "fact": 30, "event": 14, "context": 30, "habit": 90, "message": 30}
    for kind, days in lives.items():
        assert decaying.faded(replace(FADING, kind=kind, days=days)) == 0.4
    assert decaying.faded(replace(FADING, days=10), half_life_days=10) == 0.4


def test_recalls_and_belief_slow_the_fading() -> None:
    assert decaying.faded(replace(FADING, accesses=2)) == pytest.approx(0.4 * 1.1)
    assert decaying.faded(replace(FADING, accesses=100)) == pytest.approx(0.4 * 1.3)
    assert decaying.faded(replace(FADING, confidence=1.0)) == pytest.approx(0.4 * 1.3)
    assert decaying.faded(replace(FADING, confidence=0.0)) == pytest.approx(0.4 * 0.7)


def test_importance_does_not_fade_below_the_floor_nor_rise_above_where_it_began() -> None:
    assert decaying.faded(replace(FADING, days=10_000)) == 0.1
    assert decaying.faded(replace(FADING, base=0.04, days=10_000)) == 0.04
    assert decaying.faded(replace(FADING, days=0, accesses=100, confidence=1.0)) == 0.8


@given(st.floats(0, 1), st.floats(0, 5_000), st.floats(0, 5_000), st.integers(0, 50), st.floats(0, 1))
def test_with_time_importance_only_falls(
    base: float, one: float, other: float, accesses: int, confidence: float
) -> None:
    early, late = sorted((one, other))
    told = [decaying.faded(Fading("goal", base, days, accesses, confidence)) for days in (early, late)]
    assert told[1] <= told[0] <= round(base, 6)


STORY = (
    "Dr. Smith said the Berlin office opens in May. It was raining.\n"
    'Ada will lead the Berlin office with 12 desks, she said. "Good," said Ben! Nobody else spoke.'
)


def test_the_best_sentence_is_a_whole_one_where_one_fits() -> None:
    assert shortening.best_sentence(STORY) == "Dr. Smith said the Berlin office opens in May."
    assert shortening.best_sentence(STORY, 20) == '"Good," said Ben!'


def test_a_sentence_that_does_not_fit_is_cut_at_a_word() -> None:
    long = "one sentence " * 30
    told = shortening.best_sentence(long, 40)
    assert told == "one sentence one sentence one sentence…"
    assert shortening.best_sentence("x" * 300, 50) == "x" * 49 + "…"


def test_fewer_sentences_stay_in_their_order_and_lines_stay_lines() -> None:
    told = shortening.shortened(STORY, 110)
    assert told == (
        "Dr. Smith said the Berlin office opens in May.\nAda will lead the Berlin office with 12 desks, she said."
    )
    assert shortening.shortened(STORY, len(STORY)) == STORY


@given(st.text(max_size=400), st.integers(1, 300))
def test_what_is_shortened_fits_and_says_nothing_new(text: str, room: int) -> None:
    told = shortening.shortened(text, room)
    assert len(told) <= max(room, 0)
    assert set(told) <= set(text) | {"…", " "}
    best = shortening.best_sentence(text, room)
    assert len(best) <= room


def test_the_lightest_tier_that_reaches_the_goal_is_taken() -> None:
    texts = [Text(1_000, 1_000)] * 4
    assert [shortening.tier_for(texts, goal) for goal in (0, 800, 801, 2_000, 3_000, 3_600, 4_000)] == [
        "none", "light", "medium", "medium", "heavy", "archival", "archival",
    ]  # fmt: skip


def test_the_first_are_shortened_until_the_goal_is_reached() -> None:
    texts = [Text(1_000, 1_000)] * 4
    assert shortening.targets(texts, 1_200) == [500, 500, 500, 1_000]
    assert shortening.targets(texts, 0) == [1_000] * 4
    assert shortening.targets([Text(500, 1_000), Text(1_000, 1_000)], 500) == [500, 500]


RULE = Rule("a", "old facts", 30, retention.DELETE, kind="fact")
ROW = Stored("default", "ada", "fact", 0.5, 0, ("x",), NOW - timedelta(days=30))


def test_a_rule_takes_what_is_as_old_as_it_says() -> None:
    assert retention.verdict(ROW, [RULE], NOW).action == "delete"
    assert retention.verdict(replace(ROW, created_at=NOW - timedelta(days=29.99)), [RULE], NOW).action == ""
    assert retention.verdict(replace(ROW, kind="event"), [RULE], NOW).why == "no rule is for it"
    assert retention.verdict(ROW, [replace(RULE, user_id="ben")], NOW).action == ""


@pytest.mark.parametrize(
    "rule",
    [replace(RULE, min_importance=0.5), replace(RULE, min_recalls=3), replace(RULE, tags_to_preserve=("x", "y"))],
)
def test_what_a_rule_preserves_stays(rule: Rule) -> None:
    assert retention.verdict(replace(ROW, recalls=3), [rule], NOW).action == ""


def test_of_two_rules_the_longest_retention_wins_and_what_one_preserves_no_other_takes() -> None:
    longer = replace(RULE, key="b", retention_days=60)
    assert retention.verdict(ROW, [RULE, longer], NOW).rule == "b"
    assert retention.verdict(ROW, [RULE, longer], NOW).action == ""
    old = replace(ROW, created_at=NOW - timedelta(days=60))
    assert retention.verdict(old, [RULE, longer], NOW).action == "delete"
    assert retention.verdict(old, [RULE, replace(longer, min_importance=0.1)], NOW).action == ""


def test_what_is_to_be_deleted_is_not_archived() -> None:
    archive = replace(RULE, key="b", action=retention.ARCHIVE, retention_days=10)
    assert retention.verdict(ROW, [archive, RULE], NOW).action == "delete"
    young = replace(ROW, created_at=NOW - timedelta(days=20))
    assert retention.verdict(young, [RULE, archive], NOW).action == "archive"


def test_conflicts_are_named_once_with_the_rule_that_wins() -> None:
    longer = replace(RULE, key="b", name="facts of ada", retention_days=60, user_id="ada")
    archive = replace(RULE, key="c", name="cold", action=retention.ARCHIVE, retention_days=90)
    other = replace(RULE, key="d", name="events", kind="event")
    told = retention.conflicts([longer, archive, RULE, other])
    assert [(met.one, met.other, met.wins) for met in told] == [("a", "b", "b"), ("a", "c", "a"), ("b", "c", "b")]
    assert told[0].why == "facts of ada keeps longer, and decides where both apply"
    assert told[1].why == "old facts deletes before cold would archive"


@given(st.permutations([RULE, replace(RULE, key="b", retention_days=60), replace(RULE, key="c", min_recalls=2)]))
def test_the_order_of_rules_does_not_matter(rules: list[Rule]) -> None:
    for days in (10, 30, 60):
        row = replace(ROW, created_at=NOW - timedelta(days=days))
        assert retention.verdict(row, rules, NOW).action == ("delete" if days == 60 else "")
