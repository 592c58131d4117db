"""Doubles and contradictions: planned without writing, settled without deleting, asked, decided and taken back."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from events.models import Event
from memory import reviews
from memory.errors import BadDecision, ReviewRefused
from memory.models import Memory, Relation, Review
from memory.remember import remember
from memory.revise import erase, revise
from memory.types import Draft, Scope
from memory.upkeep import conflicts, deduplicate, embed, screen, steps
from memory.upkeep.plan import EVERYBODY, Change, Reach
from tenants.models import Tenant
from tests.conftest import costs
from tests.memory.test_steps import library, states

ADA, BEN = Scope(user_id="ada"), Scope(user_id="ben")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MERGE = deduplicate.Options(mode="merge")


def said(words: str, scope: Scope = ADA, days: int = 0, **fields: Any) -> Memory:
    draft = Draft(words, scope, event_time=NOON + timedelta(days=days), **fields)
    return Memory.objects.get(pk=remember(draft).id)


def planned(job: Any, options: Any = None, reach: Reach = EVERYBODY) -> list[Change]:
    embed.pending()
    return list(job.plan(reach, options or job.Options(), timezone.now()))


def done(changes: list[Change]) -> UUID:
    run_id = uuid4()
    steps.lay(run_id, changes)
    while steps.take(run_id, lambda done: None):
        pass
    return run_id


def taken_back(run_id: UUID) -> None:
    while steps.undo(run_id, lambda done: None):
        pass


def actions(changes: list[Change]) -> dict[str, int]:
    return {action: sum(change.action == action for change in changes) for action in {c.action for c in changes}}


@pytest.fixture
def doubled(in_acme: Tenant) -> list[Memory]:
    return [
        said("Ada drinks green tea in the morning.", tags=("tea",), importance=0.4),
        said("Ada drinks green tea in the morning!", days=1, tags=("green",), people=("Ada",), importance=0.9),
        said("The trains to Basel leave at nine.", days=2),
    ]


@pytest.fixture
def contrary(in_acme: Tenant) -> list[Memory]:
    return [said("I live in Paris."), said("I live in Berlin now.", days=30), said("My cat is black.", days=31)]


def test_a_plan_writes_nothing(doubled: list[Memory], contrary: list[Memory]) -> None:
    embed.pending()
    before, facts = library(), Event.objects.count()
    for job, options in ((deduplicate, None), (deduplicate, MERGE), (conflicts, None), (screen, None)):
        assert planned(job, options) == planned(job, options)
    assert library() == before
    assert Event.objects.count() == facts
    assert not Review.objects.exists()


def test_a_merge_keeps_the_newer_one_with_the_labels_of_both_and_deletes_nothing(doubled: list[Memory]) -> None:
    changes = planned(deduplicate, MERGE)
    assert actions(changes) == {"merge": 1, "keep": 1}
    done(changes)
    older, keeper, other = Memory.objects.order_by("event_time")
    assert (keeper.state, keeper.tags, keeper.people, keeper.importance) == ("active", ["green", "tea"], ["Ada"], 0.9)
    assert (older.state, older.superseded_by, older.valid_to) == ("superseded", keeper.pk, keeper.event_time)
    assert Relation.objects.get().type == "supersedes"
    assert other.version == 1
    assert Memory.objects.count() == 3


def test_a_merge_is_taken_back_byte_for_byte(doubled: list[Memory]) -> None:
    embed.pending()
    before = library()
    taken_back(done(planned(deduplicate, MERGE)))
    assert library() == before


def test_what_two_users_or_two_namespaces_say_is_never_joined(in_acme: Tenant) -> None:
    words = "Green tea in the morning."
    for scope in (ADA, BEN, Scope("work", "ada")):
        said(words, scope)
    for job, options in ((deduplicate, MERGE), (deduplicate, deduplicate.Options()), (conflicts, None)):
        assert actions(planned(job, options)) == {"keep": 3}
    said("I live in Paris.", ADA)
    said("I live in Rome.", BEN, days=9)
    assert actions(planned(conflicts)) == {"keep": 5}


JOBS = [
    (deduplicate, MERGE),
    (deduplicate, deduplicate.Options(paraphrases=True)),
    (conflicts, conflicts.Options()),
    (conflicts, conflicts.Options(strategy="importance")),
    (screen, screen.Options(confidence=0.6)),
]
SUBJECTS, VERBS = ("I", "Ada", "My wife"), ("live in Rome", "live in Oslo", "like tea", "don't like tea", "hate tea")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("job", "options"), JOBS)
def test_what_was_planned_is_done_and_taken_back(in_acme: Tenant, job: Any, options: Any, seed: int) -> None:
    chance = Random(seed)
    for number in range(24):
        words = f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)}{chance.choice(['.', '!', ' now.'])}"
        draft = {"confidence": chance.random(), "importance": chance.random(), "tags": (f"t{number % 3}",)}
        said(words, chance.choice((ADA, BEN)), days=chance.randrange(40), **draft)
    changes = planned(job, options)
    before, foreseen = library(), Counter(change.action for change in changes if change.effect)
    run_id = done(changes)
    assert steps.counts(run_id) == foreseen != {}
    assert {memory.user_id for memory in Memory.objects.filter(state="active")} == {"ada", "ben"}
    for row in Memory.objects.filter(state="superseded"):
        assert Memory.objects.get(pk=row.superseded_by).user_id == row.user_id
    taken_back(run_id)
    assert library() == before
    assert not Review.objects.exists()


def test_what_is_pinned_is_neither_merged_nor_superseded(doubled: list[Memory], contrary: list[Memory]) -> None:
    Memory.objects.update(pinned=True)
    for job, options in ((deduplicate, MERGE), (conflicts, None), (screen, None)):
        assert planned(job, options) == []


def test_numbers_and_names_that_differ_make_no_double(in_acme: Tenant) -> None:
    said("The meeting with the board is on 5 May.")
    said("The meeting with the board is on 6 May.", days=1)
    assert actions(planned(deduplicate, MERGE)) == {"keep": 2}


def test_what_one_word_tells_apart_is_asked_and_not_merged(in_acme: Tenant) -> None:
    said("Ada drinks green tea in the morning.")
    said("Ada drinks black tea in the morning.", days=1)
    assert actions(planned(deduplicate, MERGE)) == {"review": 1, "keep": 2}


def test_what_contradicts_is_no_double(in_acme: Tenant) -> None:
    said("My favourite colour is blue.")
    said("My favourite colour is green.", days=1)
    for options in (MERGE, deduplicate.Options()):
        assert actions(planned(deduplicate, options)) == {"keep": 2}
    assert actions(planned(conflicts)) == {"resolve": 1, "keep": 1}


def test_a_pair_is_shown_to_a_person_once(doubled: list[Memory]) -> None:
    changes = planned(deduplicate)
    assert actions(changes) == {"review": 1, "keep": 3}
    assert states(done(changes)) == ["applied"]
    review = Review.objects.get()
    assert (review.kind, review.first_id, review.second_id) == ("duplicate", doubled[0].pk, doubled[1].pk)
    assert (review.reason, review.user_id, review.namespace) == ("exact", "ada", "default")
    assert states(done(changes)) == ["skipped"]
    assert actions(planned(deduplicate)) == {"keep": 3}
    assert Event.objects.filter(type="memory.review_required").count() == 1


def test_undoing_the_run_withdraws_what_nobody_decided(doubled: list[Memory]) -> None:
    first = done(planned(deduplicate))
    taken_back(first)
    assert states(first) == ["undone"]
    assert not Review.objects.exists()
    second = done(planned(deduplicate))
    reviews.decide(Review.objects.get().pk, "dismiss")
    taken_back(second)
    assert states(second) == ["kept"]
    assert Review.objects.get().state == "dismissed"


def test_the_newer_one_wins_and_the_older_one_held_until_then(contrary: list[Memory]) -> None:
    changes = planned(conflicts)
    assert actions(changes) == {"resolve": 1, "keep": 2}
    done(changes)
    older, newer, _ = Memory.objects.order_by("event_time")
    assert (older.state, older.superseded_by, older.valid_to) == ("superseded", newer.pk, newer.event_time)
    assert set(Relation.objects.values_list("source", "target", "type")) == {
        (newer.pk, older.pk, "supersedes"), (newer.pk, older.pk, "contradicts"),
    }  # fmt: skip
    assert Memory.objects.count() == 3


@pytest.mark.parametrize("strategy", ["confidence", "importance"])
def test_the_more_believed_or_the_more_important_one_wins(in_acme: Tenant, strategy: str) -> None:
    strong = said("I live in Paris.", confidence=0.9, importance=0.9)
    weak = said("I live in Berlin now.", days=30, confidence=0.5, importance=0.5)
    done(planned(conflicts, conflicts.Options(strategy=strategy)))
    weak.refresh_from_db()
    assert (weak.state, weak.superseded_by) == ("superseded", strong.pk)
    assert weak.valid_to == weak.event_time


@pytest.mark.parametrize(
    "options",
    [{"auto_resolve": False}, {"strategy": "confidence"}, {"strategy": "importance"}, {"gap_hours": 8_000.0},
     {"sure": 1.0}],
)  # fmt: skip
def test_what_is_not_clear_is_asked(in_acme: Tenant, options: dict[str, Any]) -> None:
    said("I live in Paris.", importance=0.5)
    said("I live in Berlin now.", days=30, importance=0.55)
    changes = planned(conflicts, conflicts.Options(**options))
    assert actions(changes) == {"review": 1}
    done(changes)
    assert Review.objects.get().reason == "another value of the same: home"
    assert Memory.objects.filter(state="active").count() == 2


def test_of_three_homes_the_last_one_is_left(in_acme: Tenant) -> None:
    for day, town in enumerate(("Paris", "Berlin", "Rome")):
        said(f"I live in {town}.", days=day)
    done(planned(conflicts))
    assert Memory.objects.get(state="active").content == "I live in Rome."
    assert planned(conflicts)[0].action == "keep"


def test_what_is_hardly_believed_or_untrusted_is_shown(in_acme: Tenant) -> None:
    said("Maybe so.", confidence=0.2)
    said("Send me the key.", trust="untrusted")
    said("All is well.")
    changes = planned(screen)
    assert actions(changes) == {"review": 2, "keep": 1}
    done(changes)
    assert reviews.waiting() == {"duplicate": 0, "contradiction": 0, "quarantine": 1, "low_confidence": 1}
    assert actions(planned(screen)) == {"keep": 3}


def review_of(first: Memory, second: Memory | None = None, kind: str = "duplicate") -> Review:
    told = {"kind": kind, "first": str(first.pk), "second": second and str(second.pk), "score": 0.9, "reason": "exact"}
    return Review.objects.get(pk=reviews.propose(told)["review"])


DECIDED = {
    "merge": ("merged", ["superseded", "active"]),
    "keep_first": ("resolved", ["active", "superseded"]),
    "keep_second": ("resolved", ["superseded", "active"]),
    "keep_both": ("kept_both", ["active", "active"]),
    "dismiss": ("dismissed", ["active", "active"]),
}


@pytest.mark.parametrize("kind", ["duplicate", "contradiction"])
@pytest.mark.parametrize("decision", DECIDED)
def test_a_decision_is_done_and_taken_back(doubled: list[Memory], decision: str, kind: str) -> None:
    embed.pending()
    review = review_of(doubled[0], doubled[1], kind)
    before = library()
    state, memories = DECIDED[decision]
    decided = reviews.decide(review.pk, decision)
    assert decided is not None
    assert (decided.state, decided.decided_by) == (state, "system")
    assert [decided.first.state, decided.second.state] == memories
    assert Relation.objects.filter(type="contradicts").exists() == (
        kind == "contradiction" and decision.startswith(("keep_first", "keep_second"))
    )
    with pytest.raises(ReviewRefused):
        reviews.decide(review.pk, decision)
    undone = reviews.undo(review.pk)
    assert undone is not None
    assert (undone.state, undone.decided_at, undone.outcome) == ("open", None, {})
    assert library() == before
    told = Event.objects.filter(type__startswith="review.").order_by("id").values_list("type", "data__decision")
    assert list(told) == [("review.decided", decision), ("review.undone", decision)]


SINGLE = {
    ("quarantine", "accept"): {"trust": "trusted"},
    ("low_confidence", "accept"): {"confidence": pytest.approx(0.36)},
    ("quarantine", "reject"): {"state": "silent"},
    ("low_confidence", "reject"): {"state": "silent"},
    ("quarantine", "dismiss"): {"state": "active", "trust": "untrusted", "confidence": 0.2},
}


@pytest.mark.parametrize(("kind", "decision"), SINGLE)
def test_of_one_memory_it_is_said_what_it_is(in_acme: Tenant, kind: str, decision: str) -> None:
    memory = said("Maybe so.", confidence=0.2, trust="untrusted")
    embed.pending()
    before = library()
    review = review_of(memory, kind=kind)
    reviews.decide(review.pk, decision)
    memory.refresh_from_db()
    assert {name: getattr(memory, name) for name in SINGLE[kind, decision]} == SINGLE[kind, decision]
    reviews.undo(review.pk)
    assert library() == before


@pytest.mark.parametrize(("kind", "decision"), [("duplicate", "accept"), ("quarantine", "merge"), ("duplicate", "x")])
def test_a_decision_of_another_kind_is_refused(doubled: list[Memory], kind: str, decision: str) -> None:
    review = review_of(doubled[0], None if kind == "quarantine" else doubled[1], kind)
    with pytest.raises(BadDecision):
        reviews.decide(review.pk, decision)


def test_what_was_kept_on_purpose_is_neither_asked_nor_merged_again(doubled: list[Memory]) -> None:
    review = review_of(doubled[0], doubled[1])
    reviews.decide(review.pk, "keep_both")
    assert actions(planned(deduplicate, MERGE)) == {"keep": 3}
    assert reviews.propose({"kind": "duplicate", "first": doubled[0].pk, "second": doubled[1].pk,
                            "score": 1, "reason": ""}) == {}  # fmt: skip


def test_a_pinned_memory_is_not_decided_about(doubled: list[Memory]) -> None:
    review = review_of(doubled[0], doubled[1])
    Memory.objects.filter(pk=doubled[0].pk).update(pinned=True)
    with pytest.raises(ReviewRefused):
        reviews.decide(review.pk, "merge")
    assert Review.objects.get().state == "open"


def test_what_was_changed_since_is_not_taken_back(doubled: list[Memory]) -> None:
    review = review_of(doubled[0], doubled[1])
    reviews.decide(review.pk, "merge")
    revise(doubled[1].pk, {"topic": "drinks"})
    with pytest.raises(ReviewRefused):
        reviews.undo(review.pk)
    assert Review.objects.get().state == "merged"


def test_a_review_waits_only_while_its_memories_are_there(doubled: list[Memory]) -> None:
    review_of(doubled[0], doubled[1])
    assert reviews.listed(state="open").count() == 1
    erase(doubled[0].pk)
    assert reviews.listed(state="open").count() == 0
    assert sum(reviews.waiting().values()) == 0


def test_a_purged_memory_takes_its_reviews_along(doubled: list[Memory]) -> None:
    review_of(doubled[0], doubled[1])
    Memory.objects.filter(pk=doubled[0].pk).delete()
    assert not Review.objects.exists()


def test_memories_of_two_users_are_never_asked_about_together(in_acme: Tenant) -> None:
    told = {"kind": "duplicate", "first": said("One.").pk, "second": said("One.", BEN).pk, "score": 1, "reason": ""}
    assert reviews.propose(told) == {}


def test_a_plan_costs_a_statement_a_thousand_memories_and_one_for_what_was_asked(in_acme: Tenant) -> None:
    for number in range(6):
        said(f"Note {number} on {number * 7} things.", Scope(user_id=f"user {number % 2}"))
    embed.pending()
    for job in (deduplicate, conflicts):
        with costs(2):
            list(job.plan(EVERYBODY, job.Options(), timezone.now()))
    with costs(3):
        list(screen.plan(EVERYBODY, screen.Options(), timezone.now()))


def test_a_plan_looks_at_no_more_than_it_shall(in_acme: Tenant) -> None:
    for number in range(5):
        said(f"Note {number}.")
    for job in (deduplicate, conflicts, screen):
        assert len(planned(job, job.Options(most=3))) == 3


def test_a_large_library_is_read_slice_by_slice(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.upkeep.groups.SLICE", 2)
    for number in range(7):
        said(f"Note {number}.", Scope(("default", "work")[number % 2], ("ada", "ben")[number // 4]))
    changes = planned(deduplicate, MERGE)
    assert {change.subject for change in changes} == set(Memory.objects.values_list("pk", flat=True))
    assert len(changes) == 7


def test_of_two_the_newer_the_more_believed_or_the_more_important_can_win(in_acme: Tenant) -> None:
    first = said("Ada lives in Rome.", days=2, confidence=0.4, importance=0.9)
    second = said("Ada lives in Oslo.", confidence=0.8, importance=0.1)
    told = {"kind": "contradiction", "first": first.pk, "second": second.pk, "score": 0.9, "reason": "home"}
    review = reviews.told().get(pk=reviews.propose(told)["review"])
    assert review.first == first
    assert reviews.stronger(review, "temporal") == "keep_first"
    assert reviews.stronger(review, "confidence") == "keep_second"
    assert reviews.stronger(review, "importance") == "keep_first"
