"""Breaking the glass: an operator who sees a tenant's memories leaves a fact."""

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from config.seen import SHOWN
from events.models import Event
from memory import transfers
from tenants.models import Membership, Tenant, User
from tests.conftest import Caller

CANARY = "xyzzy-tea"


@pytest.fixture
def operator(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    return client


def seen() -> list[tuple[str, int]]:
    rows = Event.objects.filter(type="operator.saw").order_by("id")
    return [(row.data["page"], row.data["count"]) for row in rows]


@pytest.mark.parametrize(
    ("page", "name", "count"),
    [
        ("", "index", 2),
        ("memory/memory/", "memory_memory_changelist", 2),
        ("memory/memory/{mine}/change/", "memory_memory_change", 1),
        (f"recall/?q={CANARY}", "playground", 2),
        (f"recall/?q={CANARY}&tab=json", "playground", 2),
        (f"recall/?q={CANARY}&tab=context", "playground", 2),
        ("graph/{mine}/", "graph", 1),
        ("sessions/{session}/", "session", 1),
    ],
)
def test_what_an_operator_sees_is_told(operator: Client, ada: Caller, page: str, name: str, count: int) -> None:
    session = ada.post("sessions", {"session_id": "s", "user_id": "ada"})[1]["id"]
    mine = ada.remember(f"{CANARY}, without sugar", user_id="ada", session_id="s")
    ada.remember(f"{CANARY} in the morning", user_id="ada")
    answer = operator.get(f"/t/acme/console/{page}".format(mine=mine, session=session))
    assert CANARY in answer.content.decode()
    assert seen() == [(name, count)]
    event = Event.objects.get(type="operator.saw")
    assert (event.person_id, event.ip) == (User.objects.get().pk, "127.0.0.1")
    assert CANARY not in str(vars(event))


def test_a_downloaded_export_is_told(operator: Client, ada: Caller, acme: Tenant, settings: Any, tmp_path: Any) -> None:
    options = {"location": tmp_path}
    kept = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"transfers": kept}
    ada.remember(CANARY)
    with tenant_context(acme):
        transfer = transfers.start_export({}, "jsonl")
        transfers.pending()
    answer = operator.get(f"/t/acme/console/transfers/{transfer.pk}/file")
    assert CANARY.encode() in b"".join(answer.streaming_content)
    assert seen() == [("transfers_file", 0)]


@pytest.mark.parametrize("page", ["", "memory/memory/", "recall/?q=nothing", "statistics/", "live/", "audit/"])
def test_a_page_that_shows_no_memory_tells_nothing(operator: Client, acme: Tenant, page: str) -> None:
    assert operator.get(f"/t/acme/console/{page}").status_code == 200
    assert seen() == []


def test_a_member_looks_at_the_own_tenant_untold(acme: Tenant, ada: Caller) -> None:
    user = User.objects.create_user("viewer@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=acme, role="viewer")
    viewer = Client()
    viewer.force_login(user)
    ada.remember(CANARY)
    assert CANARY in viewer.get("/t/acme/console/memory/memory/").content.decode()
    assert seen() == []


def test_each_page_of_the_list_is_a_route() -> None:
    from django.urls import get_resolver

    console = get_resolver("config.pages.urls").reverse_dict
    ours = {name for name in SHOWN if not name.startswith("admin:")}
    assert ours <= {name for name in console if isinstance(name, str)}
