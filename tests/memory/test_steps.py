"""Steps: what a plan says is what is done, once, and what was done is taken back byte for byte."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from events.models import Event
from memory import holds, pinning
from memory.models import Memory, Relation, Step
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed, steps
from memory.upkeep.plan import NEW, Change, Link, Touch
from tenants.models import Tenant

ADA = Scope(user_id="ada")
# Numbers of versions go up for good, and what follows from words is made anew.
LIBRARY = "SELECT to_jsonb(m) - 'version' - 'updated_at' FROM memory_memory m ORDER BY id"


def library() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(LIBRARY)
        rows = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT to_jsonb(r) FROM memory_relation r ORDER BY id")
        return [rows, [row for (row,) in cursor.fetchall()]]


@pytest.fixture
def three(in_acme: Tenant) -> list[Memory]:
    words = ["Ada drinks tea.", "Ada likes green tea.", "Ada plays chess on Sundays, and on Mondays too."]
    remember_many([Draft(content, ADA) for content in words])
    embed.pending()
    return list(Memory.objects.order_by("id"))


def run(*changes: Change) -> UUID:
    run_id = uuid7()
    steps.lay(run_id, changes)
    while steps.take(run_id, lambda done: None):
        pass
    return run_id


def undo(run_id: UUID) -> None:
    while steps.undo(run_id, lambda done: None):
        pass


def touch(memory: Memory, **fields: Any) -> Touch:
    return Touch(memory.pk, memory.version, fields)


def states(run_id: UUID) -> list[str]:
    return list(Step.objects.filter(run_id=run_id).order_by("number").values_list("state", flat=True))


EVERY_KIND = {
    "decay": {"confidence": 0.4, "metadata": {"last_decay": "2026-11-21"}},
    "silence": {"state": "silent"},
    "compress": {"state": "compressed", "content": "Chess."},
    "delete": {"state": "deleted"},
    "supersede": {"state": "superseded", "valid_to": "2026-01-01T00:00:00+00:00"},
}


@pytest.mark.parametrize("action", EVERY_KIND)
def test_what_a_step_did_is_taken_back_byte_for_byte(three: list[Memory], action: str) -> None:
    before = library()
    run_id = run(Change(action, three[2].pk, touches=(touch(three[2], **EVERY_KIND[action]),)))
    assert states(run_id) == ["applied"]
    assert library() != before
    undo(run_id)
    assert states(run_id) == ["undone"]
    assert library() == before


def test_a_new_memory_and_its_relations_go_with_the_undoing(three: list[Memory]) -> None:
    before = library()
    change = Change(
        "summarize",
        touches=tuple(touch(memory, state="silent", superseded_by=NEW) for memory in three),
        draft={"content": "Ada drinks tea and plays chess.", "user_id": "ada", "kind": "summary", "tags": ["own"]},
        links=tuple(Link(None, memory.pk, "derived_from") for memory in three),
    )
    run_id = run(change)
    made = Memory.objects.get(kind="summary")
    assert {memory.superseded_by for memory in Memory.objects.filter(state="silent")} == {made.pk}
    assert Relation.objects.filter(source=made, type="derived_from").count() == 3
    undo(run_id)
    assert library() == before


@pytest.mark.parametrize("how", ["held", "pinned"])
def test_a_new_memory_that_is_held_or_pinned_by_now_stays(three: list[Memory], how: str) -> None:
    draft = {"content": "Ada drinks tea and plays chess.", "user_id": "ada", "kind": "summary"}
    run_id = run(Change("summarize", touches=(touch(three[0], state="silent"),), draft=draft))
    made = Memory.objects.get(kind="summary")
    pinning.pin(made.pk) if how == "pinned" else holds.place("Case 7", memory_id=made.pk)
    undo(run_id)
    assert states(run_id) == ["kept"]
    assert set(Memory.objects.filter(pk__in=[made.pk, three[0].pk]).values_list("state", flat=True)) == {
        "active", "silent"}  # fmt: skip


def test_what_was_erased_while_a_plan_was_made_leaves_an_empty_step(three: list[Memory]) -> None:
    change = Change("summarize", draft={"content": "Ada drinks tea."}, links=(Link(None, three[0].pk, "derived_from"),))
    Memory.objects.filter(pk=three[0].pk).delete()
    run_id = run(change)
    assert states(run_id) == ["skipped"]
    assert Step.objects.values_list("change", "memories").get(run_id=run_id) == ({}, [])


def test_a_memory_that_moved_on_is_left_alone(three: list[Memory]) -> None:
    stale = Touch(three[0].pk, 7, {"state": "silent"})
    run_id = run(
        Change("silence", three[0].pk, touches=(stale,)), Change("silence", touches=(touch(three[1], state="silent"),))
    )
    assert states(run_id) == ["skipped", "applied"]


def test_a_pinned_memory_is_left_alone(three: list[Memory]) -> None:
    Memory.objects.filter(pk=three[0].pk).update(pinned=True)
    assert states(run(Change("delete", touches=(touch(three[0], state="deleted"),)))) == ["skipped"]


def test_what_was_changed_after_the_run_is_not_undone(three: list[Memory]) -> None:
    run_id = run(Change("decay", touches=(touch(three[0], confidence=0.2),)))
    later = run(Change("decay", touches=(Touch(three[0].pk, 2, {"confidence": 0.1}),)))
    undo(run_id)
    assert states(run_id) == ["kept"]
    assert states(later) == ["applied"]
    assert Memory.objects.get(pk=three[0].pk).confidence == 0.1


def test_a_memory_said_anew_meanwhile_does_not_come_back_as_a_twin(three: list[Memory]) -> None:
    run_id = run(Change("silence", touches=(touch(three[0], state="silent"),)))
    remember_many([Draft("Ada drinks tea.", ADA)])
    undo(run_id)
    assert states(run_id) == ["kept"]


def test_each_memory_has_one_fact_of_what_became_of_it(three: list[Memory]) -> None:
    Event.objects.all().delete()
    run(
        Change("silence", touches=(touch(three[0], state="silent"),)),
        Change("decay", touches=(touch(three[1], confidence=0.5),)),
        Change("delete", touches=(touch(three[2], state="deleted"),)),
    )
    told = dict(Event.objects.values_list("type", "subject_id"))
    assert told == {
        "memory.silenced": str(three[0].pk), "memory.updated": str(three[1].pk), "memory.deleted": str(three[2].pk),
    }  # fmt: skip


def test_a_slice_costs_the_same_for_one_memory_and_for_many(
    in_acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    remember_many([Draft(f"Note number {number}.", ADA) for number in range(100)])
    rows = list(Memory.objects.all())
    steps.lay(run_id := uuid7(), [Change("silence", touches=(touch(row, state="silent"),)) for row in rows])
    with django_assert_max_num_queries(40):
        steps.take(run_id, lambda done: None)
    assert Memory.objects.filter(state="silent").count() == 100


def test_a_change_is_applied_whole_or_not_at_all(three: list[Memory]) -> None:
    stale = Touch(three[1].pk, 9, {"state": "silent"})
    change = Change(
        "summarize", touches=(touch(three[0], state="silent"), stale), draft={"content": "Tea.", "user_id": "ada"}
    )
    run(change)
    assert not Memory.objects.filter(content="Tea.").exists()
    assert Memory.objects.filter(state="active").count() == 3


def test_purging_cannot_be_undone(three: list[Memory]) -> None:
    Memory.objects.filter(pk=three[0].pk).update(expires_at=three[0].created_at)
    run_id = run(Change("purge", three[0].pk, effect="purge"))
    undo(run_id)
    assert states(run_id) == ["kept"]
    assert not Memory.objects.filter(pk=three[0].pk).exists()


def test_archiving_is_undone_by_warming(three: list[Memory]) -> None:
    before = library()
    run_id = run(Change("archive", three[0].pk, effect="archive"))
    assert Memory.objects.get(pk=three[0].pk).tier == "cold"
    undo(run_id)
    assert library() == before


def test_the_same_words_of_another_user_stand_in_nobodys_way(three: list[Memory]) -> None:
    remember_many([Draft("Chess.", Scope(user_id="ben"))])
    assert states(run(Change("compress", touches=(touch(three[2], content="Chess."),)))) == ["applied"]


def test_two_memories_of_a_user_are_not_shortened_to_the_same_words(three: list[Memory]) -> None:
    both = [Change("compress", touches=(touch(memory, content="Tea."),)) for memory in three[:2]]
    assert states(run(*both)) == ["applied", "skipped"]
