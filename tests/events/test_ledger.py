"""Facts: told in the transaction that makes them true, numbered after it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events import actors, feed, ledger, relay
from events.models import Event
from events.types import CATALOGUE
from memory.remember import remember
from memory.revise import erase, restore, revise
from memory.types import Draft, Scope
from tenants.models import Tenant


def facts() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("id").values_list("type", "subject_id"))


@pytest.mark.usefixtures("committed")
def test_a_fact_outside_a_transaction_is_refused(acme: Tenant) -> None:
    with pytest.raises(ledger.LedgerError):
        ledger.record("tenant.created", acme, slug="acme")


@pytest.mark.parametrize(
    ("type", "data"), [("memory.dreamt", {}), ("tenant.created", {}), ("tenant.created", {"slug": "x", "content": "y"})]
)
def test_a_fact_that_the_catalogue_does_not_know_is_refused(acme: Tenant, type: str, data: dict[str, str]) -> None:
    with pytest.raises(ledger.LedgerError):
        ledger.record(type, acme, **data)


def test_each_verb_tells_exactly_one_fact(in_acme: Tenant) -> None:
    made = remember(Draft("Tea.", scope=Scope(user_id="cleo")))
    revise(made.id, {"content": "Green tea."})
    revise(made.id, {"content": "Green tea."})
    erase(made.id)
    erase(made.id)
    restore(made.id)
    told = [type for type, subject in facts() if subject == str(made.id)]
    assert told == ["memory.created", "memory.updated", "memory.deleted", "memory.restored"]


def test_facts_hold_no_content(in_acme: Tenant) -> None:
    made = remember(Draft("a very secret word: xyzzy", author="xyzzy", tags=("xyzzy",), metadata={"xyzzy": "xyzzy"}))
    revise(made.id, {"content": "xyzzy again"})
    assert all("xyzzy" not in str(event.data) for event in Event.objects.all())


def test_a_fact_says_who_acted_and_in_which_tenant(in_acme: Tenant) -> None:
    with actors.acting_as("key:abc"):
        remember(Draft("Tea."))
    event = Event.objects.get(type="memory.created")
    assert (event.actor, event.tenant_id) == ("key:abc", in_acme.id)
    assert actors.current() == "system"


def test_what_is_rolled_back_was_never_told(in_acme: Tenant) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        remember(Draft("Tea."))
        raise RuntimeError
    assert facts() == []


def test_the_relay_numbers_densely_and_in_order(in_acme: Tenant) -> None:
    first = [remember(Draft(f"note {i}")).id for i in range(3)]
    assert relay.drain() == 3
    more = [remember(Draft(f"more {i}")).id for i in range(2)]
    assert relay.drain() == 2
    told = feed.page(in_acme.id, 0, limit=200).events
    assert [event.seq for event in told] == [1, 2, 3, 4, 5]
    assert [event.subject_id for event in told] == [str(i) for i in first + more]
    assert relay.drain() == 0


def _tell(tenant: Tenant) -> Event:
    return ledger.record("tenant.created", tenant, tenant_id=tenant.id, slug=tenant.slug)


@pytest.mark.usefixtures("committed")
def test_a_fact_that_commits_late_is_not_lost(acme: Tenant) -> None:
    """A reader of insert numbers would have passed it: it was inserted first and committed last."""

    def elsewhere() -> None:
        with transaction.atomic():
            _tell(acme)
        connection.close()

    with transaction.atomic():
        late = _tell(acme)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(elsewhere).result()
            pool.submit(lambda: (relay.drain(), connection.close())).result()
    relay.drain()
    told = feed.page(acme.id, 0, limit=200).events
    assert [event.seq for event in told] == [1, 2]
    assert told[1].id == late.id


@pytest.mark.usefixtures("committed")
def test_two_relays_at_once_give_each_number_once(acme: Tenant) -> None:
    with transaction.atomic():
        for _ in range(60):
            _tell(acme)

    def run(_: int) -> int:
        try:
            return relay.drain()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))
    assert sum(done) == 60
    assert [event.seq for event in feed.page(acme.id, 0, limit=200).events] == list(range(1, 61))


def test_hours_without_events_are_in_the_chart(in_acme: Tenant) -> None:
    remember(Draft("Tea."))
    hours = feed.per_hour(in_acme.id)
    assert len(hours) == 24
    assert hours[-1] == (timezone.now().replace(minute=0, second=0, microsecond=0), 1)
    assert sum(count for _, count in hours) == 1


def test_every_type_says_what_it_means() -> None:
    assert all(kind.says.endswith(".") and "." in kind.name for kind in CATALOGUE.values())


def test_the_feed_is_read_in_pages(ada: Any, acme: Tenant) -> None:
    for i in range(3):
        ada.remember(f"note {i}")
    relay.drain()
    first = ada.get("events?limit=3")[1]
    assert [event["seq"] for event in first["data"]] == [1, 2, 3]
    assert (first["next_since"], first["has_more"]) == (3, True)
    rest = ada.get(f"events?since={first['next_since']}")[1]
    assert ([event["type"] for event in rest["data"]], rest["has_more"]) == (["memory.created"], False)
