"""Sessions, entities, relations and statistics in the console."""

import html
import re
import uuid
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from tenants.models import Tenant, User
from tests.console.test_pages import signed_in

PAGES = ["sessions/", "entities/", "entities/?type=tag&q=x", "entities/?type=planet", "statistics/"]


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def shown(client: Client, page: str) -> str:
    answer = client.get(f"/t/acme/console/{page}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_with_nothing_to_show(operator: Client, acme: Tenant, page: str) -> None:
    assert "mh-empty" in shown(operator, page)


@pytest.mark.parametrize("page", [*PAGES, f"sessions/{uuid.UUID(int=7)}/", f"graph/{uuid.UUID(int=7)}/"])
def test_pages_exist_inside_a_tenant_only(operator: Client, acme: Tenant, page: str) -> None:
    assert operator.get(f"/console/{page}").status_code == 404


def test_a_conversation_is_read_in_order(operator: Client, ada: Any, acme: Tenant) -> None:
    session = ada.post("sessions", {"session_id": "s", "user_id": "cleo", "title": "The trip"})[1]
    for i, role in enumerate(["user", "assistant", "user"]):
        ada.remember(f"<b>line {i}</b>", session_id="s", user_id="cleo", role=role)
    assert "The trip" in shown(operator, "sessions/?user_id=cleo&state=open")
    assert "The trip" not in shown(operator, "sessions/?state=closed&before=x")
    raw = operator.get(f"/t/acme/console/sessions/{session['id']}/").content.decode()
    assert re.findall(r"mh-bubble mh-(\w+)|(line \d)", raw) == [
        ("left", ""), ("", "line 0"), ("right", ""), ("", "line 1"), ("left", ""), ("", "line 2"),
    ]  # fmt: skip
    assert "<b>line" not in raw
    assert "line 0" not in shown(operator, f"sessions/{session['id']}/?after=1")


@pytest.mark.parametrize(
    ("type", "name", "fields"),
    [
        ("user", "cleo & co", {"user_id": "cleo & co"}),
        ("agent", "b", {"agent_id": "b"}),
        ("namespace", "n", {"namespace": "n"}),
        ("session", "s", {"session_id": "s"}),
        ("tag", 'a,"b"\\{c}', {"tags": ['a,"b"\\{c}']}),
        ("person", "Ines", {"people": ["Ines", "Ann"]}),
    ],
)
def test_an_entity_leads_to_the_memories_behind_it(
    operator: Client,
    ada: Any,
    acme: Tenant,
    type: str,
    name: str,
    fields: dict[str, Any],
) -> None:
    ada.remember("Behind it.", **fields)
    ada.remember("Of somebody else.")
    page = shown(operator, f"entities/?type={type}")
    assert name in page
    links = re.findall(
        r'mh-entity" href="([^"]+)"', operator.get(f"/t/acme/console/entities/?type={type}").content.decode()
    )
    behind = next(link for link in map(html.unescape, links) if "default" not in link)
    told = operator.get(behind)
    assert told.status_code == 200
    assert "Behind it." in told.content.decode()
    assert "Of somebody else." not in told.content.decode()


def test_the_relations_of_a_memory_are_drawn(operator: Client, ada: Any, acme: Tenant) -> None:
    a, b, c = (ada.remember(f"<i>note {i}</i>") for i in range(3))
    assert "Nothing is related" in shown(operator, f"graph/{a}/")
    ada.post("relations", {"source": a, "target": b, "type": "causes"})
    ada.post("relations", {"source": c, "target": b, "type": "contradicts", "weight": 0.5})
    raw = operator.get(f"/t/acme/console/graph/{a}/").content.decode()
    assert (raw.count("<circle"), raw.count("<line ")) == (3, 2)
    assert "<i>note" not in raw
    assert "causes →  ← contradicts" in shown(operator, f"graph/{a}/?depth=2")
    assert operator.get(f"/t/acme/console/graph/{a}/?depth=1").content.decode().count("<circle") == 2
    assert operator.get(f"/t/acme/console/graph/{uuid.uuid4()}/").status_code == 404


def test_a_memorys_page_leads_to_its_relations(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("a")
    page = operator.get(f"/t/acme/console/memory/memory/{mine}/change/").content.decode()
    link = re.search(r'href="([^"]*related[^"]*)"', page)
    assert link
    assert operator.get(link[1], follow=True).redirect_chain[-1][0] == f"/t/acme/console/graph/{mine}/"


def test_statistics_draw_what_is_there(operator: Client, ada: Any, acme: Tenant) -> None:
    ada.remember("a", kind="goal", tags=["tea"], event_time="2026-01-02T00:00:00Z")
    page = shown(operator, "statistics/")
    for word in ("goal", "tea", "warm", "2026-01"):
        assert word in page


def test_cold_content_is_read_in_a_conversation_and_in_a_drawing(operator: Client, ada: Any, acme: Tenant) -> None:
    session = ada.post("sessions", {"session_id": "s"})[1]
    mine, other = ada.remember("Kept in the cold.", session_id="s"), ada.remember("b")
    ada.post("relations", {"source": other, "target": mine, "type": "references"})
    assert ada.post(f"memories/{mine}/archive", None)[0] == 200
    for page in (f"sessions/{session['id']}/", f"graph/{other}/"):
        assert "Kept in the cold." in shown(operator, page)
    assert ada.get(f"memories/{other}/related")[1]["data"][0]["memory"]["content"] == "Kept in the cold."


def test_words_of_a_crowded_drawing_do_not_stand_on_each_other(operator: Client, ada: Any, acme: Tenant) -> None:
    hub = ada.remember("the hub of it all")
    for number in range(40):
        leaf = ada.remember(f"leaf number {number:02}")
        assert ada.post("relations", {"source": hub, "target": leaf, "type": "causes"})[0] == 201
    drawn = shown(operator, f"graph/{hub}/?depth=1").split("<table")[0]
    words = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(start|end)">(.*?)</text>', drawn)
    places = [(side, float(y)) for _, y, side, said in words if said]
    assert len(words) == 40
    assert 10 < len(places) < 40
    for side in ("start", "end"):
        heights = sorted(y for at, y in places if at == side)
        assert all(below - above >= 14 for above, below in pairwise(heights))
