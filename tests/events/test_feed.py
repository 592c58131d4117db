"""The feed over HTTP: filtered, in pages that say how far they looked, and as far back as it goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events import feed, relay
from events.models import Event
from events.types import CATALOGUE
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


@pytest.fixture
def told(ada: Caller) -> dict[str, str]:
    """Facts of two users in two namespaces, numbered."""
    ids = {
        "tea": ada.remember("tea", user_id="ada", namespace="home"),
        "cat": ada.remember("a cat", user_id="ada", namespace="work"),
        "dog": ada.remember("a dog", user_id="ben", namespace="work"),
    }
    ada.patch(f"memories/{ids['tea']}", {"content": "green tea"})
    ada.delete(f"memories/{ids['dog']}")
    relay.drain()
    return ids


def types(page: Any) -> list[str]:
    return [event["type"] for event in page["data"]]


def age(tenant: Tenant, upto: int, days: float = 30) -> None:
    """The facts up to this number were told long ago."""
    rows = Event.objects.filter(tenant_id=tenant.pk, seq__lte=upto)
    rows.update(occurred_at=timezone.now() - timedelta(days=days))


def test_a_beginning_of_types_stands_for_all_of_them(ada: Caller, told: dict[str, str]) -> None:
    assert set(types(ada.get("events?type=memory.*")[1])) == {"memory.created", "memory.updated", "memory.deleted"}


@pytest.mark.parametrize("asked", ["type=memory.updated,memory.deleted", "type=memory.updated&type=memory.deleted"])
def test_several_types_are_asked_for_with_commas_or_again(ada: Caller, told: dict[str, str], asked: str) -> None:
    assert types(ada.get(f"events?{asked}")[1]) == ["memory.updated", "memory.deleted"]


def test_facts_are_found_by_their_subject(ada: Caller, told: dict[str, str]) -> None:
    found = ada.get(f"events?subject={told['dog']}")[1]
    assert types(found) == ["memory.created", "memory.deleted"]


def test_facts_are_found_by_user_and_namespace(ada: Caller, told: dict[str, str]) -> None:
    found = ada.get("events?user_id=ada&namespace=work&type=memory.*")[1]
    assert [event["subject"]["id"] for event in found["data"]] == [told["cat"]]


def test_facts_are_found_by_their_time(ada: Caller, told: dict[str, str]) -> None:
    middle = timezone.now().isoformat().replace("+00:00", "Z")
    ada.remember("later")
    relay.drain()
    before, after = [ada.get(f"events?{word}={middle}")[1]["data"] for word in ("before", "after")]
    assert before[0]["seq"] == 1
    assert [event["seq"] for event in after] == [before[-1]["seq"] + 1]


@pytest.mark.parametrize(
    "asked", ["type=memory.dreamt", "type=", "since=-1", "since=x", "limit=0", "limit=201", "after=soon", "wait=9",
              "&".join(f"user_id=u{i}" for i in range(101))]
)  # fmt: skip
def test_what_cannot_be_asked_is_pointed_at(ada: Caller, acme: Tenant, asked: str) -> None:
    status, problem = ada.get(f"events?{asked}")
    assert (status, problem["code"]) == (422, "not_valid")
    assert problem["errors"][0]["pointer"].split("/")[1] == asked.partition("=")[0]


def test_a_filtered_reader_advances_past_what_it_does_not_want(ada: Caller, told: dict[str, str]) -> None:
    found = ada.get("events?type=relation.created")[1]
    assert found == {"data": [], "next_since": found["last_seq"], "has_more": False, "last_seq": found["last_seq"]}
    assert found["last_seq"] == Event.objects.exclude(seq=None).count()


def test_a_page_looks_at_so_many_numbers_and_says_that_there_is_more(
    ada: Caller, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SPAN", 2)
    since, seen, pages = 0, [], 0
    while True:
        page = ada.get(f"events?since={since}&type=memory.deleted")[1]
        seen += types(page)
        since, pages = page["next_since"], pages + 1
        if not page["has_more"]:
            break
    assert (seen, since) == (["memory.deleted"], page["last_seq"])
    assert pages == -(-page["last_seq"] // 2)


def test_a_full_page_goes_on_after_the_last_fact_that_it_shows(ada: Caller, told: dict[str, str]) -> None:
    first = ada.get("events?type=memory.created&limit=2")[1]
    rest = ada.get(f"events?type=memory.created&limit=2&since={first['next_since']}")[1]
    assert (len(first["data"]), first["has_more"], len(rest["data"]), rest["has_more"]) == (2, True, 1, False)
    assert first["next_since"] == first["data"][-1]["seq"]


def test_a_key_that_is_bound_to_namespaces_stays_bound(ada: Caller, acme: Tenant, told: dict[str, str]) -> None:
    bound = Caller(keys.issue(acme, "bot", ["read"], namespaces=["home"])[1])
    relay.drain()
    assert {event["data"]["namespace"] for event in bound.get("events")[1]["data"]} == {"home"}
    assert bound.get("events?namespace=work")[1]["data"] == []
    theirs = ada.get(f"events?subject={told['cat']}")[1]["data"][0]["seq"]
    mine = ada.get(f"events?subject={told['tea']}")[1]["data"][0]["seq"]
    assert (bound.get(f"events/{theirs}")[0], bound.get(f"events/{mine}")[0]) == (404, 200)


def test_a_reader_who_was_away_too_long_is_told_to_read_everything_again(
    ada: Caller, acme: Tenant, told: dict[str, str]
) -> None:
    age(acme, 3)
    last = feed.last_seq(acme.pk)
    status, problem = ada.get("events?since=1")
    assert (status, problem["code"]) == (410, "resync_required")
    assert (problem["oldest_since"], problem["last_seq"]) == (3, last)
    status, found = ada.get(f"events?since={problem['oldest_since']}")
    assert (status, found["data"][0]["seq"]) == (200, 4)


def test_a_reader_who_names_no_number_begins_where_the_feed_does(
    ada: Caller, acme: Tenant, told: dict[str, str]
) -> None:
    age(acme, 3)
    assert ada.get("events")[1]["data"][0]["seq"] == 4


def test_a_number_that_was_never_given_is_no_place_to_go_on_from(
    ada: Caller, acme: Tenant, told: dict[str, str]
) -> None:
    last = feed.last_seq(acme.pk)
    for ahead in (last + 1, last + 1000, 2**62):
        status, problem = ada.get(f"events?since={ahead}")
        assert (status, problem["code"], problem["last_seq"]) == (410, "resync_required", last)


def test_who_has_read_all_is_never_too_late(ada: Caller, acme: Tenant, told: dict[str, str]) -> None:
    last = feed.last_seq(acme.pk)
    age(acme, last)
    status, found = ada.get(f"events?since={last}")
    assert (status, found["data"], found["next_since"]) == (200, [], last)
    assert ada.get("events")[1]["next_since"] == last


@pytest.mark.parametrize("old", range(9))
def test_where_the_feed_begins_is_found_wherever_it_is(acme: Tenant, told: dict[str, str], old: int) -> None:
    last = feed.last_seq(acme.pk)
    age(acme, min(old, last))
    assert feed.oldest_since(acme.pk) == min(old, last)
    feed.check_since(acme.pk, min(old, last))


def test_a_tenant_of_which_nothing_was_told_has_an_empty_feed(acme: Tenant) -> None:
    assert (feed.oldest_since(acme.pk), feed.last_seq(acme.pk)) == (0, 0)


def test_one_fact_is_found_by_its_number_however_old_it_is(ada: Caller, acme: Tenant, told: dict[str, str]) -> None:
    age(acme, 3)
    status, found = ada.get("events/2")
    assert (status, found["seq"]) == (200, 2)
    assert ada.get("events/999999")[0] == 404
    assert ada.get(f"events/{10**30}")[0] == 404


def test_the_catalogue_is_told(ada: Caller) -> None:
    told = ada.get("events/types")[1]["data"]
    assert [kind["name"] for kind in told] == list(CATALOGUE)
    assert told[0] | {"name": "memory.created", "keys": ["kind", "namespace", "user_id", "version"]} == told[0]


def test_a_page_costs_the_same_however_long_it_is(ada: Caller, told: dict[str, str]) -> None:
    ada.get("events?since=0")
    for limit in (1, 200):
        with costs(4):
            ada.get(f"events?since=0&limit={limit}")
