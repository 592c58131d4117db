"""The Sync page: services, their queue, messages with receipts; a test message; what was given up goes out again."""

import html

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from events.models import Event
from events.sync.models import Message, Receipt
from tenants.models import Tenant, User
from tests.conftest import Caller
from tests.console.test_pages import member, signed_in

A_MESSAGE = {"source": "a", "target": "b", "kind": "memory", "action": "create", "data": {"says": "<b>tea</b>"}}


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def shown(client: Client, page: str = "sync/") -> str:
    answer = client.get(f"/t/acme/console/{page}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_an_empty_page_says_which_frames_to_try(operator: Client, acme: Tenant) -> None:
    page = shown(operator)
    assert '"type": "identify"' in page
    assert "Send a test message" in page


def test_services_messages_and_receipts_are_shown(operator: Client, ada: Caller, acme: Tenant) -> None:
    sent = ada.post("sync/messages", A_MESSAGE)[1]["data"][0]["id"]
    ada.post("sync/messages/waiting", {"service": "b", "capabilities": ["memory"]})
    ada.post("sync/messages/acknowledge", {"service": "b", "ids": [sent], "status": "failed", "error": "no room"})
    page = shown(operator)
    for word in ("?service=b", "no room", "b: failed", "memory create"):
        assert word in page
    raw = operator.get("/t/acme/console/sync/").content.decode()
    assert "<b>tea" not in raw


@pytest.mark.parametrize(("query", "there"), [("?state=waiting", True), ("?state=dead", False), ("?service=c", False)])
def test_messages_are_narrowed(operator: Client, ada: Caller, acme: Tenant, query: str, there: bool) -> None:
    ada.post("sync/messages", A_MESSAGE | {"data": {"says": "kingfisher"}})
    assert ("kingfisher" in shown(operator, f"sync/{query}")) is there


def test_what_cannot_be_asked_for_is_answered_plainly(operator: Client, acme: Tenant) -> None:
    for query in ("?state=nonsense", "?before=x", f"?service={'x' * 300}"):
        shown(operator, f"sync/{query}")


def test_a_test_message_is_sent_in_the_consoles_name(operator: Client, acme: Tenant) -> None:
    form = {"target": "b", "kind": "custom", "action": "sync", "data": '{"n": 1}'}
    assert operator.post("/t/acme/console/sync/send", form).status_code == 302
    with tenant_context(acme):
        message = Message.objects.get()
    assert (message.source, message.target, message.data) == ("console", "b", {"n": 1})


@pytest.mark.parametrize(
    "wrong",
    [{"data": "[]"}, {"data": "{"}, {"data": '{"a": "\\u0000"}'}, {"data": '{"a": "\\ud800"}'}, {"data": '{"a": NaN}'}, {"data": "[" * 100_000},
     {"kind": "gossip"}, {"target": "a b"}, {"data": '{"a": "' + "x" * 70_000 + '"}'}],
    ids=lambda wrong: str(wrong)[:30],
)  # fmt: skip
def test_what_cannot_be_sent_is_said(operator: Client, acme: Tenant, wrong: dict[str, str]) -> None:
    form = {"target": "b", "kind": "custom", "action": "sync", "data": "{}"} | wrong
    answer = operator.post("/t/acme/console/sync/send", form, follow=True)
    assert "Not sent" in answer.content.decode()
    with tenant_context(acme):
        assert not Message.objects.exists()


def test_what_was_given_up_is_delivered_again(operator: Client, ada: Caller, acme: Tenant) -> None:
    sent = ada.post("sync/messages", A_MESSAGE)[1]["data"][0]["id"]
    with tenant_context(acme):
        Receipt.objects.update(state="dead", settled_at=timezone.now())
    assert "Deliver again" in shown(operator)
    for told in ("It is delivered again", "Not queued"):
        answer = operator.post(f"/t/acme/console/sync/{sent}/requeue", follow=True)
        assert told in answer.content.decode()
    assert Event.objects.filter(type="sync.requeued").count() == 1


def test_who_may_only_look_is_shown_no_form_and_may_not_send(ada: Caller, acme: Tenant) -> None:
    viewer = member(acme, "viewer")
    ada.post("sync/messages", A_MESSAGE)
    assert "Send a test message" not in shown(viewer)
    assert viewer.post("/t/acme/console/sync/send", {}).status_code == 403


def test_an_operator_who_sees_messages_is_told_of(operator: Client, ada: Caller, acme: Tenant) -> None:
    shown(operator)
    assert not Event.objects.filter(type="operator.saw").exists()
    ada.post("sync/messages", A_MESSAGE)
    shown(operator)
    assert Event.objects.get(type="operator.saw").data == {"page": "sync", "count": 1}
