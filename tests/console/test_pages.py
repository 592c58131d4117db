"""The console: every page opens, empty and full; people see what is theirs."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import set_script_prefix
from django_tenants.utils import tenant_context

from memory.models import Memory
from memory.upkeep import embed
from tenants import keys
from tenants.models import ApiKey, Membership, Tenant, User

INSIDE = [
    "",
    "memory/memory/",
    "memory/memory/add/",
    "recall/",
    "recall/?q=tea",
    "transfers/",
    "tiers/",
    "embeddings/",
    "privacy/",
    "reviews/",
    "health/",
    "live/",
    "sync/",
    "events/event/",
    "tenants/apikey/",
    "tenants/apikey/add/",
]
PLATFORM = [
    "",
    "tenants/tenant/",
    "tenants/tenant/add/",
    "tenants/user/",
    "tenants/user/add/",
    "tenants/apikey/",
    "events/event/",
    "django_celery_beat/periodictask/",
]


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    return signed_in(user)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("page", INSIDE)
def test_a_tenants_pages_open(operator: Client, ada: Any, acme: Tenant, page: str, full: bool) -> None:
    if full:
        ada.remember("Tea, without sugar.", user_id="cleo", session_id="s", tags=["x"])
        with tenant_context(acme):
            embed.pending()
    answer = operator.get(f"/t/acme/console/{page}")
    assert answer.status_code == 200
    assert b"/t/acme/console/" in answer.content


@pytest.mark.parametrize("page", PLATFORM)
def test_the_platforms_pages_open(operator: Client, acme: Tenant, page: str) -> None:
    assert operator.get(f"/console/{page}").status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "memory/memory/?q=%00",
        "memory/memory/?kind__exact=%00",
        "memory/memory/?p=x",
        "recall/?q=%00&user_id=%00",
        "recall/?q=x&limit=%F0%9F%A6%8A",
        "events/event/?q=%00",
        "memory/memory/nothing/change/",
        "memory/memory/?e=1&nothing=2",
    ],
)
def test_odd_addresses_are_no_500(operator: Client, acme: Tenant, page: str) -> None:
    assert operator.get(f"/t/acme/console/{page}").status_code < 500


def test_a_stranger_gets_the_login_and_nothing_else(acme: Tenant) -> None:
    for page in INSIDE:
        answer = Client().get(f"/t/acme/console/{page}")
        assert answer.status_code == 302
        assert "/t/acme/console/login/" in answer["Location"]


def test_a_member_enters_the_own_tenant_only(acme: Tenant, globex: Tenant) -> None:
    editor = member(acme, "editor")
    assert editor.get("/t/acme/console/").status_code == 200
    assert editor.get("/t/globex/console/").status_code == 404
    assert editor.get("/t/nobody/console/").status_code == 404
    front = editor.get("/console/").content.decode()
    assert "/t/acme/console/" in front
    assert "globex" not in front.lower()


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("editor", 200), ("analyst", 403), ("viewer", 403)])
def test_a_role_decides_who_writes(acme: Tenant, role: str, status: int) -> None:
    assert member(acme, role).get("/t/acme/console/memory/memory/add/").status_code == status


def test_a_new_key_is_shown_once(operator: Client, acme: Tenant) -> None:
    form = {"name": "robot", "scopes": ["read"], "expires_at_0": "", "expires_at_1": ""}
    page = operator.post("/t/acme/console/tenants/apikey/add/", form)
    shown = re.search(r'<pre id="key"[^>]*>(im_\w+)</pre>', page.content.decode())
    assert shown is not None
    assert "no-store" in page["Cache-Control"]
    found = keys.find(shown[1])
    assert found is not None
    assert (found.name, found.scopes, found.tenant) == ("robot", ["read"], acme)
    assert shown[1] not in operator.get("/t/acme/console/tenants/apikey/").content.decode()


def test_revoking_in_the_console_revokes(operator: Client, acme: Tenant) -> None:
    key, text = keys.issue(acme, "doomed")
    operator.post("/t/acme/console/tenants/apikey/", {"action": "revoke_chosen", "_selected_action": [str(key.pk)]})
    assert keys.find(text) is None
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None


def test_a_tenant_is_opened_in_the_console(operator: Client) -> None:
    answer = operator.post("/console/tenants/tenant/add/", {"slug": "initech", "name": "Initech"})
    assert answer.status_code == 302
    with tenant_context(Tenant.objects.get(slug="initech")):
        assert Memory.objects.count() == 0


def test_a_memory_is_edited_deleted_and_restored_in_the_console(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("Old words", tags=["a"], metadata={"a": 1})
    url = f"/t/acme/console/memory/memory/{mine}/change/"
    form = {
        "content": "New words", "kind": "fact", "topic": "", "tags": "b, c", "people": "", "author": "", "role": "",
        "importance": "0.5", "trust": "trusted", "confidence": "1.0", "event_time_0": "2026-01-01", "event_time_1": "10:00:00",
        "expires_at_0": "", "expires_at_1": "", "metadata": "{}",
    }  # fmt: skip
    assert operator.post(url, form).status_code == 302
    told = ada.get(f"memories/{mine}")[1]
    assert (told["content"], told["tags"], told["metadata"], told["version"]) == ("New words", ["b", "c"], {}, 2)

    operator.post(f"/t/acme/console/memory/memory/{mine}/delete/", {"post": "yes"})
    assert ada.get(f"memories/{mine}")[0] == 404
    listing = "/t/acme/console/memory/memory/?state=deleted"
    assert "New words" in operator.get(listing).content.decode()
    operator.post(listing, {"action": "restore_chosen", "_selected_action": [mine]})
    assert ada.get(f"memories/{mine}")[0] == 200


@pytest.mark.parametrize(
    ("metadata", "status"),
    [('{"a": "\\u0000"}', 200), ('{"a": NaN}', 200), ('{"a": "\\ud800"}', 422), ('{"a": "\\\\u0000 🦊"}', 302)],
)
def test_metadata_that_cannot_be_stored_is_refused_by_the_form(
    operator: Client, ada: Any, acme: Tenant, metadata: str, status: int
) -> None:
    form = {
        "content": "x",
        "kind": "fact",
        "namespace": "n",
        "importance": "0.5",
        "trust": "trusted",
        "confidence": "1",
        "metadata": metadata,
    }
    when = {"event_time_0": "2026-01-01", "event_time_1": "10:00:00"}
    assert operator.post("/t/acme/console/memory/memory/add/", form | when).status_code == status


def test_stored_text_is_inert(operator: Client, ada: Any, acme: Tenant) -> None:
    ada.remember("<script>alert(1)</script>", author="<img src=x onerror=alert(1)>")
    for page in ("", "memory/memory/", "recall/?q=alert", "live/"):
        shown = operator.get(f"/t/acme/console/{page}").content.decode()
        assert "<script>alert(1)" not in shown
        assert "<img src=x" not in shown


def test_the_console_writes_no_content_into_public(operator: Client, ada: Any, acme: Tenant) -> None:
    from django.contrib.admin.models import LogEntry

    mine = ada.remember("xyzzy secret")
    operator.post(f"/t/acme/console/memory/memory/{mine}/delete/", {"post": "yes"})
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("home", ["/console/", "/t/acme/console/"])
def test_signing_in_leads_into_the_console(acme: Tenant, home: str) -> None:
    User.objects.create_superuser("operator@example.org", "correct horse")
    told = {"username": "operator@example.org", "password": "correct horse"}
    set_script_prefix("/")  # as a server does before each request
    answer = Client().post(f"{home}login/", told)
    assert (answer.status_code, answer["Location"]) == (302, home)
