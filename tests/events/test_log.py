"""The event log: newest first, in numbered pages, with a total that stays cheap."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events import log, relay
from events.models import Event
from events.wanted import Wanted
from memory.remember import remember_many
from memory.types import Draft
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


@pytest.fixture
def told(ada: Caller) -> list[str]:
    ids = [ada.remember(f"note {n}", user_id="ada" if n % 2 else "ben", namespace="work") for n in range(7)]
    ada.delete(f"memories/{ids[0]}")
    relay.drain()
    return ids


def seqs(page: Any) -> list[int]:
    return [event["seq"] for event in page["items"]]


def test_the_newest_comes_first_and_pages_have_numbers(ada: Caller, told: list[str]) -> None:
    total = Event.objects.exclude(seq=None).count()
    first = ada.get("events/log?per_page=3")[1]
    assert seqs(first) == [total, total - 1, total - 2]
    assert {name: value for name, value in first.items() if name != "items"} == {
        "total": total, "total_is_exact": True, "page": 1, "per_page": 3, "total_pages": -(-total // 3),
    }  # fmt: skip
    assert seqs(ada.get("events/log?per_page=3&page=2")[1]) == [total - 3, total - 4, total - 5]
    assert seqs(ada.get(f"events/log?per_page=3&page={first['total_pages']}")[1])[-1] == 1
    assert seqs(ada.get("events/log?per_page=3&page=999")[1]) == []


def test_a_narrowed_log_has_its_own_pages_and_total(ada: Caller, told: list[str]) -> None:
    found = ada.get("events/log?type=memory.*&user_id=ben&per_page=2&page=2")[1]
    assert (found["total"], found["total_pages"], len(found["items"])) == (5, 3, 2)
    assert [event["type"] for event in ada.get(f"events/log?subject={told[0]}")[1]["items"]] == [
        "memory.deleted", "memory.created",
    ]  # fmt: skip


def test_it_is_narrowed_by_time_and_goes_further_back_than_the_feed(ada: Caller, acme: Tenant, told: list[str]) -> None:
    Event.objects.filter(tenant_id=acme.pk, seq__lte=4).update(occurred_at=timezone.now() - timedelta(days=30))
    middle = timezone.now().isoformat().replace("+00:00", "Z")
    ada.remember("later")
    relay.drain()
    last = Event.objects.exclude(seq=None).count()
    assert seqs(ada.get(f"events/log?since={middle}")[1]) == [last]
    assert seqs(ada.get(f"events/log?until={middle}&per_page=200")[1]) == list(range(last - 1, 0, -1))


def test_more_than_can_be_counted_is_said_to_be_more(
    ada: Caller, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "COUNTED", 4)
    found = ada.get("events/log?type=memory.created&per_page=2")[1]
    assert (found["total"], found["total_is_exact"], found["total_pages"]) == (4, False, 2)
    status, problem = ada.get("events/log?type=memory.created&per_page=2&page=3")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/page")


def test_a_key_that_is_bound_to_namespaces_sees_its_own(ada: Caller, acme: Tenant, told: list[str]) -> None:
    bound = Caller(keys.issue(acme, "bot", ["read"], namespaces=["home"])[1])
    relay.drain()
    assert bound.get("events/log")[1]["total"] == 0


@pytest.mark.parametrize("asked", ["page=0", "per_page=201", "since=x", "type=nothing", f"page={2**63}"])
def test_what_cannot_be_asked_is_pointed_at(ada: Caller, asked: str) -> None:
    assert ada.get(f"events/log?{asked}")[0] == 422


def test_a_page_of_all_costs_the_same_however_far_back(ada: Caller, told: list[str]) -> None:
    ada.get("events/log")
    for page in (1, 3):
        with costs(3):
            ada.get(f"events/log?per_page=2&page={page}")


def test_and_a_narrowed_one_is_counted_beside(ada: Caller, told: list[str]) -> None:
    ada.get("events/log")
    with costs(3):
        ada.get("events/log?user_id=ben")


def test_facts_are_counted_by_type_and_by_day(acme: Tenant, told: list[str]) -> None:
    by_type = log.by_type(acme.pk)
    assert (by_type["memory.created"], by_type["memory.deleted"]) == (7, 1)
    days = log.per_day(acme.pk, 3)
    assert (len(days), days[-1][1]) == (3, sum(by_type.values()))
    assert log.ends([acme.pk])[acme.pk][0] == sum(by_type.values())


def test_facts_of_runs_are_narrowed_by_their_job(ada: Caller, acme: Tenant) -> None:
    for job in ("forget", "consolidate"):
        assert ada.post("runs", {"job": job, "user_id": "ada"})[0] < 300
    relay.drain()
    page = log.read(acme.pk, wanted=Wanted(types=("run.*",), jobs=("forget",)))
    assert {event.data["job"] for event in page.events} == {"forget"}
    counted = log.by_job(acme.pk)
    assert counted["run.queued", "forget"] == counted["run.queued", "consolidate"] == 1
    assert sum(count for (_, job), count in counted.items() if job == "forget") == page.total


def test_facts_told_in_one_breath_are_found_by_one_of_them(in_acme: Tenant, globex: Tenant) -> None:
    ids = [str(remember_many([Draft("Ada runs.")])[0].id)]
    ids += [str(outcome.id) for outcome in remember_many([Draft("Ada swims."), Draft("Ada skis.")])]
    told = log.together(in_acme.pk, "memory.created", ids[2])
    assert sorted(told) == sorted(ids[1:])
    assert log.together(in_acme.pk, "memory.created", ids[0]) == ids[:1]
    assert log.together(globex.pk, "memory.created", ids[0]) == []
