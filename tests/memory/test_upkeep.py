"""Vectors come once; what is over goes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from memory.models import Memory
from memory.remember import remember, remember_many
from memory.revise import erase, restore, revise
from memory.types import Draft, Scope
from memory.upkeep import embed, expire, rescore, sweep
from tenants.models import Tenant


@pytest.mark.usefixtures("committed")
def test_two_embedders_at_once_embed_each_memory_once(acme: Tenant) -> None:
    with tenant_context(acme):
        remember_many([Draft(f"note {i}") for i in range(80)])

    def run(_: int) -> int:
        try:
            with tenant_context(acme):
                return embed.pending()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = sum(pool.map(run, range(2)))
    with tenant_context(acme):
        left = embed.pending()
        assert Memory.objects.filter(embedding=None).count() == 0
    assert done + left == 80
    told = Event.objects.filter(type="embedding.completed").values_list("data__count", flat=True)
    assert sum(told) == 80


def test_a_deleted_memory_is_not_embedded(in_acme: Tenant) -> None:
    erase(remember(Draft("never mind")).id)
    assert embed.pending() == 0


def test_the_sweep_erases_what_is_over_and_nothing_else(in_acme: Tenant, settings: object) -> None:
    now = timezone.now()
    kept = remember(Draft("kept")).id
    fresh = remember(Draft("deleted today")).id
    old = remember(Draft("deleted long ago")).id
    erase(fresh)
    erase(old)
    remember(Draft("expired", expires_at=now - timedelta(seconds=1)))
    Memory.objects.filter(pk=old).update(deleted_at=now - timedelta(days=8))
    assert sweep.run() == 2
    assert set(Memory.objects.values_list("pk", flat=True)) == {kept, fresh}
    assert Event.objects.get(type="memory.purged").data == {"count": 2}
    assert sweep.run() == 0


def test_a_deleted_memory_is_restored_as_it_was(in_acme: Tenant) -> None:
    made = remember(Draft("back again", tags=("a",))).id
    erase(made)
    back = restore(made)
    assert back is not None
    assert (back.content, back.tags, back.state, back.deleted_at) == ("back again", ["a"], "active", None)


def test_words_said_again_after_deletion_are_not_doubled_by_a_restore(in_acme: Tenant) -> None:
    made = remember(Draft("once")).id
    erase(made)
    remember(Draft("once"))
    assert restore(made) is None


def test_a_revision_to_words_that_another_says_keeps_both(in_acme: Tenant) -> None:
    one, other = remember(Draft("one", event_time=timezone.now())).id, remember(Draft("other")).id
    at = Memory.objects.get(pk=one).event_time
    revised = revise(other, {"content": "one", "event_time": at})
    assert revised is not None
    assert revised.content == "one"
    assert Memory.objects.live().count() == 2


def test_importance_that_nobody_stated_falls_within_a_day_and_nothing_else_moves(in_acme: Tenant) -> None:
    now = timezone.now()
    fresh, stated = remember(Draft("fresh")).id, remember(Draft("stated", importance=0.9)).id
    Memory.objects.update(event_time=now - timedelta(hours=12))
    old = remember(Draft("old", event_time=now - timedelta(days=3))).id
    before = {memory.pk: memory for memory in Memory.objects.order_by("pk")}
    assert rescore.run() == 1
    after = {memory.pk: memory for memory in Memory.objects.order_by("pk")}
    assert after[fresh].importance == pytest.approx(0.4 / 2 + 0.1 + 0.2, abs=0.001)
    assert after[stated].importance == 0.9
    assert after[old].importance == before[old].importance
    assert [(memory.version, memory.updated_at) for memory in after.values()] == [
        (memory.version, memory.updated_at) for memory in before.values()
    ]
    assert Event.objects.get(type="memory.rescored").data == {"count": 1}
    assert rescore.run() == 0


def test_the_sweep_goes_on_until_all_that_is_due_is_gone(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expire, "BATCH", 2)
    past = timezone.now() - timedelta(seconds=1)
    for number in range(5):
        remember(Draft(f"expired {number}", expires_at=past))
    assert sweep.run() == 5
    assert [event.data["count"] for event in Event.objects.filter(type="memory.purged").order_by("id")] == [2, 2, 1]


def test_what_expired_does_not_live_on_in_the_vector_of_the_next(in_acme: Tenant) -> None:
    scope = Scope(session_id="s")
    remember(Draft("a secret", scope, expires_at=timezone.now() + timedelta(hours=1)))
    after = remember(Draft("what came next", scope)).id
    embed.pending()
    Memory.objects.exclude(pk=after).update(expires_at=timezone.now())
    sweep.run()
    assert Memory.objects.get(pk=after).embedding is None
