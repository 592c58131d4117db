"""Reviews and health reports over the API."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from events.models import Event
from memory import reports, reviews
from memory.models import Memory, Review
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

NOBODY = "00000000-0000-7000-8000-000000000000"


def asked(tenant: Tenant, caller: Caller, *texts: str, kind: str = "duplicate", user: str = "ada") -> str:
    ends = [caller.remember(text, user_id=user) for text in texts] + [None]
    with tenant_context(tenant):
        told = {"kind": kind, "first": ends[0], "second": ends[1], "score": 0.9, "reason": "soft"}
        return reviews.propose(told)["review"]


@pytest.fixture
def tea(acme: Tenant, ada: Caller) -> str:
    return asked(acme, ada, "Ada drinks tea.", "Ada drinks her tea.")


def test_a_review_is_read_decided_and_taken_back(ada: Caller, tea: str) -> None:
    status, told = ada.get(f"reviews/{tea}")
    assert status == 200
    assert [told[end]["content"] for end in ("first", "second")] == ["Ada drinks tea.", "Ada drinks her tea."]
    assert (told["state"], told["decision"], told["score"]) == ("open", "", 0.9)
    assert told["decisions"] == ["merge", "keep_first", "keep_second", "keep_both", "dismiss"]
    status, decided = ada.post(f"reviews/{tea}/decide", {"decision": "keep_first"})
    assert (status, decided["state"], decided["decision"]) == (200, "resolved", "keep_first")
    assert decided["decided_by"].startswith("key:")
    assert [decided[end]["state"] for end in ("first", "second")] == ["active", "superseded"]
    status, back = ada.post(f"reviews/{tea}/undo", {})
    assert (status, back["state"], back["second"]["state"]) == (200, "open", "active")


def test_lists_narrow_and_page(acme: Tenant, ada: Caller) -> None:
    for number in range(3):
        asked(acme, ada, f"Tea {number}.", f"Tea, {number}.", user=f"u{number}")
    asked(acme, ada, "Maybe.", kind="low_confidence", user="u0")
    assert len(ada.get("reviews?kind=duplicate")[1]["data"]) == 3
    assert len(ada.get("reviews?user_id=u0&state=open")[1]["data"]) == 2
    assert ada.get("reviews?state=merged")[1]["data"] == []
    seen, cursor = [], ""
    while cursor is not None:
        told = ada.get(f"reviews?limit=3&cursor={cursor}")[1]
        seen += [review["id"] for review in told["data"]]
        cursor = told["next_cursor"]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 4


def test_a_list_costs_the_same_for_one_and_for_many(acme: Tenant, ada: Caller) -> None:
    with tenant_context(acme), costs(1):
        list(reviews.listed(state="open")[:50])
    for number in range(4):
        asked(acme, ada, f"Tea {number}.", f"Tea, {number}.")
    with tenant_context(acme), costs(1):
        texts = [review.first.content for review in reviews.listed(state="open").order_by("id")]
    assert texts == ["Tea 0.", "Tea 1.", "Tea 2.", "Tea 3."]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("{id}/decide", {"decision": "accept"}, 422, "not_valid"),
        ("{id}/decide", {"decision": "dance"}, 422, "not_valid"),
        ("{id}/decide", {}, 422, "not_valid"),
        ("{id}/undo", {}, 409, "review_refused"),
        ("{id}/undo", {"x": 1}, 422, "not_valid"),
        (f"{NOBODY}/decide", {"decision": "merge"}, 404, "not_found"),
        (f"{NOBODY}/undo", {}, 404, "not_found"),
    ],
)
def test_what_cannot_be_decided_is_said(ada: Caller, tea: str, path: str, body: Any, status: int, code: str) -> None:
    answer = ada.post(f"reviews/{path.format(id=tea)}", body)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_a_review_is_decided_once(ada: Caller, tea: str) -> None:
    assert ada.post(f"reviews/{tea}/decide", {"decision": "dismiss"})[0] == 200
    assert ada.post(f"reviews/{tea}/decide", {"decision": "merge"})[0] == 409


def test_who_only_reads_does_not_decide(acme: Tenant, tea: str) -> None:
    reader = Caller(keys.issue(acme, "reader", ["read"])[1])
    assert reader.get(f"reviews/{tea}")[0] == 200
    assert reader.post(f"reviews/{tea}/decide", {"decision": "merge"})[0] == 403


def test_another_tenant_sees_nothing_of_it(ben: Caller, tea: str) -> None:
    assert ben.get("reviews")[1]["data"] == []
    assert ben.post(f"reviews/{tea}/decide", {"decision": "merge"})[0] == 404


def test_who_is_bound_to_a_namespace_finds_only_what_lies_there(acme: Tenant, ada: Caller, tea: str) -> None:
    bound = Caller(keys.issue(acme, "bound", ["read", "write"], namespaces=["work"])[1])
    assert bound.get("reviews")[1]["data"] == []
    assert bound.post(f"reviews/{tea}/decide", {"decision": "merge"})[0] == 404
    with tenant_context(acme):
        reports.keep({"namespace": "", "user_id": "", "overall_score": 1.0, "status": "critical"})
    assert bound.get("health-reports")[1]["data"] == []
    assert bound.get("health-report?fresh=true")[1]["total_memories"] == 0


def test_a_fresh_report_is_computed_and_not_kept(acme: Tenant, ada: Caller) -> None:
    ada.remember("Ada drinks tea.", user_id="ada", tags=["tea"])
    status, told = ada.get("health-report?user_id=ada&fresh=true")
    assert (status, told["id"], told["user_id"], told["total_memories"]) == (200, None, "ada", 1)
    assert {topic["topic"] for topic in told["topics"]} == {"fact", "tea"}
    assert ada.get("health-report?user_id=ada")[0] == 404
    with tenant_context(acme):
        assert not Event.objects.filter(type__startswith="health.").exists()


def test_the_latest_report_and_those_before_are_told(acme: Tenant, ada: Caller) -> None:
    fresh = ada.get("health-report?user_id=ada&fresh=true")[1]
    with tenant_context(acme):
        for score in (10.0, 20.0):
            reports.keep(fresh | {"overall_score": score, "alert_threshold": 60.0, "keep": 5})
    told = ada.get("health-report?user_id=ada")[1]
    assert (told["overall_score"], told["id"] is None) == (20.0, False)
    assert [line["overall_score"] for line in ada.get("health-reports?user_id=ada")[1]["data"]] == [20.0, 10.0]
    assert ada.get("health-reports")[1]["data"] == []


def test_a_pinned_memory_stays_as_it_is(acme: Tenant, ada: Caller, tea: str) -> None:
    with tenant_context(acme):
        Memory.objects.update(pinned=True)
    assert ada.post(f"reviews/{tea}/decide", {"decision": "merge"})[0] == 409
    with tenant_context(acme):
        assert Review.objects.get().state == "open"
