"""The audit pages: of one tenant, and of all."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from events import relay
from events.models import PLATFORM, Event
from tenants.models import Membership, Tenant, User
from tests.conftest import Caller, costs

PAGE = "/t/acme/console/audit/"


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    return signed_in(user)


@pytest.fixture
def told(ada: Caller, ben: Caller) -> str:
    mine = ada.remember("Tea, without sugar.", user_id="cleo")
    ben.remember("Coffee.")
    relay.drain()
    return mine


def test_the_page_says_who_did_what_to_which_subject(operator: Client, told: str) -> None:
    shown = operator.get(PAGE).content.decode()
    assert f'href="/t/acme/console/memory/memory/{told}/change/"' in shown
    assert re.search(r'title="key:\w+, key [0-9a-f-]{36}">ada</a>', shown)
    assert "127.0.0.1" in shown
    assert "Tea" not in shown


def test_all_tenants_are_on_the_platforms_page_alone(operator: Client, told: str) -> None:
    shown = operator.get("/console/audit/").content.decode()
    assert f'href="/t/acme/console/memory/memory/{told}/change/"' in shown
    assert "globex" in shown
    assert "/t/globex/console/memory" not in operator.get("/console/audit/?tenant=acme").content.decode()
    assert "/t/globex/console/memory" not in operator.get(PAGE).content.decode()


def test_what_a_person_does_in_the_console_names_the_person(operator: Client, told: str) -> None:
    operator.post(f"/t/acme/console/memory/memory/{told}/delete/", {"post": "yes"})
    relay.drain()
    event = Event.objects.get(type="memory.deleted")
    person = User.objects.get()
    assert (event.person_id, event.actor, event.ip, event.key_id) == (person.pk, f"user:{person.pk}", "127.0.0.1", None)
    assert event.request_id
    assert "operator@example.org" in operator.get(f"{PAGE}?type=memory.deleted").content.decode()


@pytest.mark.parametrize(
    "asked",
    ["actor=key", "type=memory.created", "ip=127.0.0.1", "since=2026-01-01&until=2999-01-01", "type=nothing", "ip=x",
     "since=2026-02-31", "before=x", "before=1", "tenant=x"],
)  # fmt: skip
@pytest.mark.parametrize("page", [PAGE, "/console/audit/"])
def test_the_pages_open_however_they_are_narrowed(operator: Client, told: str, page: str, asked: str) -> None:
    assert operator.get(f"{page}?{asked}").status_code == 200


def test_older_facts_are_on_the_next_page(operator: Client, told: str, ada: Caller, monkeypatch: Any) -> None:
    monkeypatch.setattr("config.pages.audit.SHOWN", 1)
    for page in (PAGE, "/console/audit/"):
        first = operator.get(page)
        older = re.search(r'href="(\?before=[^"]+)">Older', first.content.decode())
        assert older is not None
        second = operator.get(page + older[1])
        assert first.context["rows"][0]["event"].id > second.context["rows"][0]["event"].id


def test_the_button_verifies_page_by_page(operator: Client, told: str, acme: Tenant) -> None:
    whole = operator.get(f"{PAGE}check?since=0").json()
    assert (whole["intact"], whole["complete"], whole["checked"]) == (True, True, 2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET actor = 'user:mallory' WHERE seq = 2 AND tenant_id = %s", [acme.id])
    assert operator.get(f"/console/audit/check?chain={acme.id}&since=0").json()["broken"]["seq"] == 2
    assert operator.get(f"/console/audit/check?chain={PLATFORM}&since=0").json()["complete"] is True


@pytest.mark.parametrize("asked", ["", "since=x", "since=-1", "since=1e3", f"since={'9' * 30}"])
def test_an_odd_check_is_no_500(operator: Client, told: str, asked: str) -> None:
    assert operator.get(f"{PAGE}check?{asked}").status_code == 404


@pytest.mark.parametrize(("page", "lines"), [(PAGE, 2), ("/console/audit/", 4), ("/console/audit/?tenant=globex", 2)])
def test_what_is_shown_can_be_taken_home(operator: Client, told: str, page: str, lines: int) -> None:
    path, _, asked = page.partition("?")
    for form, head in (("jsonl", 0), ("csv", 1)):
        answer = operator.get(f"{path}export?format={form}&{asked}")
        assert len(b"".join(answer.streaming_content).splitlines()) == lines + head


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 200), ("analyst", 200), ("editor", 403), ("viewer", 403)]
)
def test_a_role_decides_who_reads_it(acme: Tenant, told: str, role: str, status: int) -> None:
    reader = member(acme, role)
    for page in ("", "export", "check?since=0"):
        assert reader.get(PAGE + page).status_code == status
        assert reader.get(f"/console/audit/{page}").status_code == 403


def test_the_pages_cost_the_same_for_one_fact_and_for_many(operator: Client, told: str, ada: Caller) -> None:
    operator.get(PAGE)
    with costs(9):
        operator.get(PAGE)
    for number in range(20):
        ada.remember(f"note {number}")
    relay.drain()
    with costs(9):
        operator.get(PAGE)
