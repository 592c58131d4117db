"""The review desk and the page of health."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from memory import reports, reviews
from memory.models import Memory, Review
from memory.upkeep import health
from memory.upkeep.plan import EVERYBODY
from tenants.models import Tenant
from tests.conftest import Caller
from tests.console.test_pages import member, operator  # noqa: F401  a fixture

DESK, HEALTH = "/t/acme/console/reviews/", "/t/acme/console/health/"


def asked(acme: Tenant, ada: Caller, *texts: str, kind: str = "duplicate") -> str:
    ends = [ada.remember(text, user_id="ada") for text in texts] + [None]
    with tenant_context(acme):
        told = {"kind": kind, "first": ends[0], "second": ends[1], "score": 0.91, "reason": "soft"}
        return reviews.propose(told)["review"]


@pytest.fixture
def tea(acme: Tenant, ada: Caller) -> str:
    return asked(acme, ada, "Ada drinks green tea.", "Ada drinks black tea.")


@pytest.mark.parametrize("kind", ["duplicate", "contradiction", "quarantine", "low_confidence", "decided", "x"])
def test_each_tab_opens_empty(acme: Tenant, kind: str) -> None:
    page = member(acme, "viewer").get(DESK, {"kind": kind})
    assert page.status_code == 200
    assert "All clear" in page.content.decode()


def test_what_differs_is_marked_on_both_sides(acme: Tenant, tea: str) -> None:
    page = member(acme, "editor").get(DESK).content.decode()
    assert "<del>green </del>" in page
    assert "<ins>black </ins>" in page
    assert re.search(r'data-letter="m"[^>]*>Merge<kbd>m</kbd>', page)
    assert re.search(r"Doubles <span[^>]*>1</span>", page)


def test_what_others_wrote_is_text(acme: Tenant, ada: Caller) -> None:
    asked(acme, ada, "<script>alert(1)</script> tea", "<script>alert(1)</script> milk")
    page = member(acme, "editor").get(DESK).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_decision_is_taken_and_taken_back(acme: Tenant, tea: str) -> None:
    editor = member(acme, "editor")
    page = editor.post(f"{DESK}{tea}/decide", {"decision": "keep_second", "kind": "duplicate"}, follow=True)
    assert "The right one was kept" in page.content.decode()
    assert "All clear" in page.content.decode()
    with tenant_context(acme):
        assert [memory.state for memory in Memory.objects.order_by("id")] == ["superseded", "active"]
    assert "The right one was kept" in editor.get(DESK, {"kind": "decided"}).content.decode()
    page = editor.post(f"{DESK}{tea}/undo", {"kind": "duplicate"}, follow=True)
    assert "Taken back" in page.content.decode()
    with tenant_context(acme):
        assert Review.objects.get().state == "open"


def test_a_decision_that_does_not_fit_is_said(acme: Tenant, tea: str) -> None:
    editor = member(acme, "editor")
    assert "no decision" in editor.post(f"{DESK}{tea}/decide", {"decision": "dance"}, follow=True).content.decode()
    assert "Not taken back" in editor.post(f"{DESK}{tea}/undo", {"kind": "\x00"}, follow=True).content.decode()
    editor.post(f"{DESK}{tea}/decide", {"decision": "dismiss"})
    assert "Not done" in editor.post(f"{DESK}{tea}/decide", {"decision": "merge"}, follow=True).content.decode()


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_may_not_decide_looks(acme: Tenant, tea: str, role: str) -> None:
    reader = member(acme, role)
    page = reader.get(DESK)
    assert page.status_code == 200
    assert "data-letter" not in page.content.decode()
    assert reader.post(f"{DESK}{tea}/decide", {"decision": "merge"}).status_code == 403


def test_of_one_memory_one_side_is_shown(acme: Tenant, ada: Caller) -> None:
    asked(acme, ada, "Maybe so.", kind="low_confidence")
    page = member(acme, "editor").get(DESK).content.decode()
    assert page.count("mh-diff") == 1
    assert 'value="reject"' in page


def test_what_waits_stands_in_the_sidebar(acme: Tenant, tea: str) -> None:
    editor = member(acme, "editor")
    menu = editor.get("/t/acme/console/").content.decode()
    assert re.search(r"Review desk\s*</span>.{0,800}?>\s*1\s*<", menu, re.DOTALL)


def test_older_reviews_are_on_the_next_page(acme: Tenant, ada: Caller) -> None:
    for number in range(21):
        asked(acme, ada, f"Tea {number}.", f"Tea, {number}.")
    viewer = member(acme, "viewer")
    page = viewer.get(DESK).content.decode()
    assert page.count("<article") == 20
    older = re.search(r"before=([0-9a-f-]+)", page)
    assert older
    assert viewer.get(DESK, {"kind": "duplicate", "before": older[1]}).content.decode().count("<article") == 1


def test_what_an_operator_sees_at_the_desk_is_told(operator: Client, tea: str) -> None:  # noqa: F811
    operator.get(DESK)
    assert Event.objects.get(type="operator.saw").data == {"page": "reviews", "count": 2}


def test_health_opens_empty_and_full(acme: Tenant, ada: Caller) -> None:
    viewer = member(acme, "viewer")
    assert "There are no memories yet" in viewer.get(HEALTH).content.decode()
    for text in ("Ada drinks tea.", "Ada drinks tea!"):
        ada.remember(text, user_id="ada", confidence=0.1, tags=["tea"])
    page = viewer.get(HEALTH, {"user_id": "ada"}).content.decode()
    assert "Computed just now" in page
    assert "2 memories are stale" in page
    assert "hardly believed" in page
    assert "Ada drinks tea." in page
    for query in ({"user_id": "nobody"}, {"namespace": "x" * 999}, {"fresh": "1"}):
        assert viewer.get(HEALTH, query).status_code == 200


def test_health_shows_what_was_kept_and_the_trend(acme: Tenant, ada: Caller) -> None:
    ada.remember("Ada drinks tea.", user_id="ada")
    with tenant_context(acme):
        told = health.report(EVERYBODY, timezone.now())
        for score in (41.0, 77.0):
            reports.keep(told | {"overall_score": score, "status": "good"})
    page = member(acme, "viewer").get(HEALTH).content.decode()
    assert "As it was checked" in page
    assert 'points="0.0,88.5 640.0,34.5"' in page


def test_an_operator_who_sees_words_on_the_page_of_health_leaves_a_fact(operator: Client, ada: Caller) -> None:  # noqa: F811
    ada.remember("Ada drinks tea.", confidence=0.1)
    operator.get(HEALTH)
    assert Event.objects.get(type="operator.saw").data == {"page": "health", "count": 1}
