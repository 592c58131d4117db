"""Traces and searches in the console, a replay side by side, and thumbs in the playground."""

import html
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from analytics.models import LearningEvent, Trace
from events.models import Event
from memory.models import Memory, Question
from tenants.models import Membership, Tenant, User
from tests.conftest import Caller, costs
from tests.console.test_pages import signed_in

Settle = Callable[[], None]
PAGES = [
    "traces/",
    "traces/?why=slow",
    "traces/?before=x",
    "searches/",
    "searches/?range=30d&domain=n",
    "searches/?from=x",
]


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


@pytest.fixture
def tea(operator: Client, ada: Caller, acme: Tenant, noted: Settle) -> Trace:
    """The trace of a search in the playground that found one of two memories."""
    ada.remember("Ada takes her tea <b>without</b> sugar.", user_id="ada")
    ada.remember("Ben has a cat.", user_id="ben")
    operator.get("/t/acme/console/recall/?q=How+does+Ada+like+tea%3F&user_id=ada")
    noted()
    with tenant_context(acme):
        return Trace.objects.get(kind="recall")


def shown(client: Client, page: str) -> str:
    answer = client.get(f"/t/acme/console/{page}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_an_operator_who_is_shown_questions_and_memories_is_told(operator: Client, tea: Trace) -> None:
    Event.objects.filter(type="operator.saw").delete()
    for page in ("traces/", f"traces/{tea.pk}/", f"traces/{tea.pk}/?replay=1&at=now", "searches/"):
        shown(operator, page)
    seen = Event.objects.filter(type="operator.saw").order_by("id").values_list("data__page", "data__count")
    assert list(seen) == [("traces", 1), ("trace", 2), ("trace", 2), ("searches", 1)]


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_with_nothing_to_show(operator: Client, acme: Tenant, page: str) -> None:
    assert "mh-empty" in shown(operator, page)


@pytest.mark.parametrize("page", [*PAGES, f"traces/{uuid.UUID(int=7)}/"])
def test_pages_exist_inside_a_tenant_only(operator: Client, acme: Tenant, page: str) -> None:
    assert operator.get(f"/console/{page}").status_code == 404


def test_a_search_of_the_playground_is_among_the_traces(operator: Client, tea: Trace) -> None:
    assert tea.operation == "playground"
    page = shown(operator, "traces/?user_id=ada")
    assert "How does Ada like tea?" in page
    assert f"/t/acme/console/traces/{tea.pk}/" in page
    assert "No trace is like that" in shown(operator, "traces/?user_id=nobody")


@pytest.mark.parametrize("wrong", ["min_took_ms=many", "kind=x", "user_id=" + "x" * 256, "why=%00"])
def test_a_filter_that_cannot_be_finds_nothing(operator: Client, tea: Trace, wrong: str) -> None:
    answer = operator.get(f"/t/acme/console/traces/?{wrong}")
    assert answer.status_code in (200, 400)


def test_a_trace_shows_its_stages_and_its_hits(operator: Client, tea: Trace) -> None:
    page = operator.get(f"/t/acme/console/traces/{tea.pk}/").content.decode()
    assert all(f'aria-label="{name}: ' in page for name in ("scope", "vector", "signals", "best", "rows"))
    assert "Ada takes her tea &lt;b&gt;without&lt;/b&gt; sugar." in page
    assert "What moved" not in page


def test_a_memory_that_is_gone_is_said_to_be(operator: Client, acme: Tenant, tea: Trace) -> None:
    with tenant_context(acme):
        Memory.objects.all().delete()
    assert "This memory is gone." in shown(operator, f"traces/{tea.pk}/")


def test_a_replay_stands_beside_the_trace(operator: Client, ada: Caller, tea: Trace) -> None:
    ada.remember("Ada likes tea, and how Ada likes it.", user_id="ada")
    page = shown(operator, f"traces/{tea.pk}/?replay=1")
    assert "What moved" in page
    assert "entered <b>1</b>" in page
    assert (
        "entered" not in shown(operator, f"traces/{tea.pk}/?replay=1&at=then").split("What moved")[1].split("</p>")[0]
    )


def test_a_replay_says_beside_its_field_what_is_wrong(operator: Client, tea: Trace) -> None:
    page = shown(operator, f"traces/{tea.pk}/?replay=1&w_recency=-1&limit=0")
    for field in ("limit", "w_recency"):
        assert "mh-error" in page.split(f'name="{field}"')[1].split("</label>")[0]


def test_an_operation_has_a_page_and_no_replay(operator: Client, acme: Tenant, tea: Trace) -> None:
    with tenant_context(acme):
        other = Trace.objects.filter(operation="remember").first()
    assert other is not None
    page = shown(operator, f"traces/{other.pk}/?replay=1")
    assert "answered <b>201</b>" in page
    assert 'name="replay"' not in page


def test_the_list_costs_the_same_for_any_number(operator: Client, acme: Tenant, tea: Trace) -> None:
    with tenant_context(acme):
        Trace.objects.bulk_create(
            Trace(kind="recall", why="empty", took_ms=1, found=0, told={"asked": {"text": f"q {n}"}}) for n in range(60)
        )
    page = shown(operator, "traces/?kind=recall")
    assert page.count("/console/traces/0") == 50
    older = page.split('href="?')[-1].split('"')[0]
    assert shown(operator, f"traces/?{older}").count("/console/traces/0") == 11


def test_searches_link_to_the_traces_behind_them(operator: Client, ada: Caller, tea: Trace, noted: Settle) -> None:
    ada.search("Where is Cleo?", user_id="cleo")
    noted()
    page = shown(operator, "searches/")
    assert "50.0 %" in page
    assert "where is cleo?" in page
    assert f"/t/acme/console/traces/{tea.pk}/" in page


def test_a_viewer_sees_no_traces(acme: Tenant) -> None:
    vera = User.objects.create_user("vera@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=vera, tenant=acme, role="viewer")
    assert {signed_in(vera).get(f"/t/acme/console/{page}").status_code for page in PAGES} == {403}


def thumb(client: Client, memory: str, **said: Any) -> Any:
    told = {"asked": urlencode({"q": "What does Ada drink?", "user_id": "ada"}), "memory_id": memory} | said
    return client.post("/t/acme/console/recall/thumb", told)


def test_a_thumb_in_the_playground_is_noted_and_leads_back(operator: Client, ada: Caller, acme: Tenant) -> None:
    memory = ada.remember("Ada takes tea.", user_id="ada")
    assert 'aria-label="It helped"' in shown(operator, "recall/?q=tea")
    answer = thumb(operator, memory, helpful="yes")
    assert answer["Location"] == "/t/acme/console/recall/?q=What+does+Ada+drink%3F&user_id=ada"
    thumb(operator, memory, helpful="no")
    with tenant_context(acme):
        assert list(LearningEvent.objects.order_by("id").values_list("correct", flat=True)) == [True, False]
        question = Question.objects.get()
        assert (question.user_id, question.expected) == ("ada", [])


@pytest.mark.parametrize(
    "said", [{"memory_id": "x"}, {"memory_id": str(uuid.UUID(int=7))}, {"asked": ""}, {"asked": "q=tea&limit=x"}]
)
def test_a_thumb_on_nothing_changes_nothing(operator: Client, ada: Caller, acme: Tenant, said: dict[str, str]) -> None:
    memory = ada.remember("Ada takes tea.")
    assert (
        thumb(
            operator, said.get("memory_id", memory), helpful="yes", **{k: v for k, v in said.items() if k == "asked"}
        ).status_code
        == 302
    )
    with tenant_context(acme):
        assert not LearningEvent.objects.exists()


def test_a_trace_page_asks_the_database_little(operator: Client, tea: Trace) -> None:
    operator.get(f"/t/acme/console/traces/{tea.pk}/")
    with costs(8 + 3):  # and the fact that an operator saw it
        operator.get(f"/t/acme/console/traces/{tea.pk}/")
