"""Pins keep upkeep away; holds keep memories from being erased for good, by anything."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from memory import holds, outlook, pinning, rules
from memory.errors import Held, NoMemory, OutsideNamespaces, TooManyRules
from memory.models import Erasure, Hold, Memory, Rule
from memory.privacy import erase as erasures
from memory.privacy.subjects import Subject
from memory.remember import remember
from memory.revise import erase, revise
from memory.types import Draft, Scope
from memory.upkeep import expire, sweep
from tenants import bounds
from tenants.models import Tenant
from tests.conftest import costs

ADA, BEN = Scope(user_id="ada"), Scope(user_id="ben")
USER = Subject("user", "ada")


def stored(content: str, scope: Scope = ADA, **fields: object) -> Memory:
    return Memory.objects.get(pk=remember(Draft(content, scope, **fields)).id)  # type: ignore[arg-type]


def movable() -> set[str]:
    return set(Memory.objects.movable().values_list("content", flat=True))


def test_a_pin_is_told_once_and_moves_no_version(in_acme: Tenant) -> None:
    memory = stored("one")
    for _ in range(2):
        pinned = pinning.pin(memory.pk)
        assert pinned is not None
        assert (pinned.pinned, pinned.version, pinned.updated_at) == (True, 1, memory.updated_at)
    assert movable() == set()
    assert pinning.unpin(memory.pk)
    assert movable() == {"one"}
    told = Event.objects.filter(type__in=("memory.pinned", "memory.unpinned")).order_by("id")
    assert [event.type for event in told] == ["memory.pinned", "memory.unpinned"]


def test_what_cannot_be_read_cannot_be_pinned(in_acme: Tenant) -> None:
    memory = stored("one")
    erase(memory.pk)
    assert pinning.pin(memory.pk) is None


@pytest.mark.parametrize(
    ("scope", "free"),
    [
        (Scope(user_id="ada"), {"ben's"}),
        (Scope(user_id="ada", session_id="s"), {"ada's", "ben's", "elsewhere"}),
        (Scope(namespace="other"), {"ada's", "ben's", "in s"}),
        (Scope(agent_id="bot"), {"ada's", "elsewhere", "in s"}),
        (Scope(user_id="ada", agent_id="bot"), {"ada's", "ben's", "elsewhere", "in s"}),
    ],
)
def test_a_hold_is_on_what_matches_all_that_it_names(in_acme: Tenant, scope: Scope, free: set[str]) -> None:
    stored("ada's")
    stored("in s", Scope(user_id="ada", session_id="s"))
    stored("elsewhere", Scope(user_id="ada", namespace="other"))
    stored("ben's", Scope(user_id="ben", agent_id="bot"))
    hold = holds.place("a case", scope)
    assert movable() == free
    everything = {"ada's", "in s", "elsewhere", "ben's"}
    assert set(holds.under(hold).values_list("content", flat=True)) == everything - free
    assert holds.counted(holds.listed()).get().memories == len(everything - free)
    holds.release(hold.pk)
    assert movable() == everything


def test_one_memory_can_be_held_and_what_comes_later_is_held_too(in_acme: Tenant) -> None:
    one = stored("one")
    stored("other")
    hold = holds.place("a case", memory_id=one.pk)
    assert movable() == {"other"}
    assert [found.pk for found in holds.on(one)] == [hold.pk]
    holds.place("all of ada", ADA)
    stored("late")
    assert movable() == set()
    assert len(holds.on(one)) == 2


def test_a_hold_names_something_also_in_the_database(in_acme: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        holds.place("everything")
    with pytest.raises(NoMemory):
        holds.place("nobody", memory_id=Hold().pk)


def test_a_hold_is_released_once_and_says_by_whom(in_acme: Tenant) -> None:
    hold = holds.place("a case", ADA)
    assert holds.release(Hold().pk) is None
    first, again = holds.release(hold.pk), holds.release(hold.pk)
    assert first is not None
    assert again is not None
    assert first.released_at == again.released_at
    assert [found.name for found in holds.listed(standing=False)] == ["a case"]
    assert not holds.listed(standing=True).exists()
    told = Event.objects.filter(type__startswith="hold.").order_by("id")
    assert [(event.type, event.data) for event in told] == [
        ("hold.placed", {"memories": 0}), ("hold.released", {}),
    ]  # fmt: skip


def test_the_sweep_leaves_what_is_held_until_it_is_released(in_acme: Tenant) -> None:
    over, gone = stored("over", expires_at=timezone.now() - timedelta(days=1)), stored("gone")
    erase(gone.pk)
    Memory.objects.filter(pk=gone.pk).update(deleted_at=timezone.now() - timedelta(days=30))
    hold = holds.place("a case", ADA)
    assert sweep.run() == 0
    holds.release(hold.pk)
    assert sweep.run() == 2
    assert not Memory.objects.filter(pk__in=[over.pk, gone.pk]).exists()


@pytest.mark.usefixtures("committed")
def test_whoever_places_a_hold_waits_for_a_sweep_and_no_sweep_begins_meanwhile(acme: Tenant) -> None:
    """While a sweep may still erase, no hold comes to stand that it has not seen."""
    swept, placed = Signal(), Signal()

    def place() -> bool:
        try:
            with tenant_context(acme):
                swept.wait(10)
                holds.place("a case", ADA)
                placed.set()
                return True
        finally:
            connection.close()

    with tenant_context(acme):
        stored("over", expires_at=timezone.now() - timedelta(days=1))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(place)
        with tenant_context(acme), transaction.atomic():
            assert len(expire.purge(Memory.objects.all())) == 1
            swept.set()
            assert not placed.wait(0.3)
        assert waiting.result(10)


def test_a_person_who_is_partly_held_is_not_erased(in_acme: Tenant) -> None:
    held = stored("held")
    stored("free")
    hold = holds.place("a case", memory_id=held.pk)
    with pytest.raises(Held) as refused:
        erasures.request(USER, 2)
    assert (refused.value.memories, refused.value.holds) == (1, [str(hold.pk)])
    assert not Erasure.objects.exists()
    holds.release(hold.pk)
    erasures.request(USER, 2)
    erasures.pending()
    assert not Memory.objects.exists()


def test_a_hold_on_a_person_counts_before_there_is_anything_of_them(in_acme: Tenant) -> None:
    holds.place("a case", ADA)
    with pytest.raises(Held):
        erasures.request(USER, 0)
    erasures.request(Subject("user", "ben"), 0)


def test_an_earlier_version_of_somebody_elses_held_memory_counts(in_acme: Tenant) -> None:
    memory = stored("Cleo came by.", BEN, people=("Cleo",))
    revise(memory.pk, {"people": []})
    holds.place("a case", BEN)
    with pytest.raises(Held):
        erasures.request(Subject("person", "cleo"), 0)


def test_an_erasure_that_began_before_waits_for_the_release(in_acme: Tenant) -> None:
    stored("held")
    erasures.request(USER, 1)
    hold = holds.place("a case", ADA)
    erasures.pending()
    row = Erasure.objects.get()
    assert (row.state, row.reason) == ("running", "1 of its memories are under a legal hold")
    assert Memory.objects.count() == 1
    holds.release(hold.pk)
    Erasure.objects.update(leased_until=timezone.now())
    erasures.pending()
    assert Erasure.objects.get().state == "done"
    assert not Memory.objects.exists()


def test_an_erasure_takes_released_holds_and_rules_of_the_person(in_acme: Tenant) -> None:
    holds.release(holds.place("a case", ADA).pk)
    holds.release(holds.place("another", BEN).pk)
    for user in ("ada", "ben", ""):
        rules.create({"name": "x", "retention_days": 9, "user_id": user})
    erasures.request(USER, 0)
    erasures.pending()
    assert [hold.user_id for hold in Hold.objects.all()] == ["ben"]
    assert sorted(rule.user_id for rule in Rule.objects.all()) == ["", "ben"]
    assert Erasure.objects.get().receipt["erased"]["holds"] == 1


def test_who_is_bound_to_a_namespace_holds_and_rules_there_alone(in_acme: Tenant) -> None:
    theirs, elsewhere = stored("theirs", Scope(namespace="one")), stored("elsewhere")
    holds.place("of all", memory_id=theirs.pk)
    everywhere = holds.place("everywhere", Scope(user_id="ada"))
    rules.create({"name": "everywhere", "retention_days": 9})
    with bounds.bound_to(("one",)):
        assert [hold.name for hold in holds.listed()] == ["of all"]
        assert holds.release(everywhere.pk) is None
        assert not rules.listed().exists()
        for scope in (ADA, Scope(namespace="two")):
            with pytest.raises(OutsideNamespaces):
                holds.place("mine", scope)
        with pytest.raises(NoMemory):
            holds.place("mine", memory_id=elsewhere.pk)
        with pytest.raises(OutsideNamespaces):
            rules.create({"name": "mine", "retention_days": 9})
        mine = rules.create({"name": "mine", "retention_days": 9, "namespace": "one"})
        with pytest.raises(OutsideNamespaces):
            rules.change(mine.pk, {"namespace": ""})
        stored("held by others", Scope(namespace="one", user_id="ada"))
        assert movable() == set()


def test_rules_are_made_changed_and_deleted_each_with_a_fact(in_acme: Tenant) -> None:
    rule = rules.create({"name": "old", "retention_days": 30})
    rules.change(rule.pk, {"retention_days": 30})
    rules.change(rule.pk, {"retention_days": 60, "enabled": False})
    assert rules.delete(rule.pk)
    assert not rules.delete(rule.pk)
    assert rules.change(rule.pk, {"enabled": True}) is None
    told = Event.objects.filter(type__startswith="rule.").order_by("id")
    assert [event.type for event in told] == ["rule.created", "rule.updated", "rule.deleted"]
    assert told[1].data["fields"] == ["enabled", "retention_days"]


def test_there_are_not_too_many_rules(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST", 1)
    rules.create({"name": "old", "retention_days": 30})
    with pytest.raises(TooManyRules):
        rules.create({"name": "older", "retention_days": 60})


def test_what_expires_is_counted_by_week_in_one_statement(in_acme: Tenant) -> None:
    now = timezone.now()
    stored("over", expires_at=now - timedelta(days=1))
    erase(stored("deleted", expires_at=now + timedelta(weeks=2)).pk)
    for number in range(3):
        stored(f"soon {number}", [ADA, ADA, BEN][number], expires_at=now + timedelta(weeks=2))
    stored("late", expires_at=now + timedelta(weeks=13))
    holds.place("a case", ADA)
    with costs(1):
        weeks = outlook.expiring(now)
    assert len(weeks) == 12
    assert [(week.expire, week.held) for week in weeks if week.expire] == [(3, 2)]
    assert weeks[2].expire == 3
    assert weeks[0].at <= now < weeks[1].at
