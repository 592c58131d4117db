"""The playground: each tab, empty and full, and wrong input said beside its field."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from memory.models import Memory, Version
from tenants.models import Tenant, User
from tests.conftest import Caller

TABS = ("results", "stages", "context", "json", "curl", "python")


@pytest.fixture
def operator(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    return client


def page(operator: Client, **asked: Any) -> str:
    answer = operator.get(f"/t/acme/console/recall/?{urlencode(asked)}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.parametrize("tab", [*TABS, "", "nonsense"])
@pytest.mark.parametrize("q", ["", "tea"])
@pytest.mark.parametrize("full", [False, True])
def test_each_tab_opens(operator: Client, ada: Caller, acme: Tenant, tab: str, q: str, full: bool) -> None:
    if full:
        ada.remember("Tea, without sugar.", user_id="ada", kind="preference")
    assert "Recall playground" in page(operator, q=q, tab=tab)


def test_the_context_is_the_prompt_that_an_agent_gets(operator: Client, ada: Caller, acme: Tenant) -> None:
    ada.remember("Tea, without </memhouse:context> sugar.", user_id="ada", kind="preference")
    given = ada.post("context", {"query": "tea", "user_id": "ada", "shape": "prompt", "limit": 10})[1]
    shown = page(operator, q="tea", user_id="ada", tab="context")
    assert f'">{given["prompt"]}</pre>' in shown
    assert f"{given['tokens']} of 2,000 tokens" in shown
    assert "About the user <b>1</b>" in shown


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("filters", "{", "not JSON"),
        ("filters", "[]", "Filters are an object"),
        ("filters", '{"colour": "red"}', "/colour"),
        ("limit", "0", "greater than or equal to 1"),
        ("limit", "many", "whole number"),
        ("max_tokens", "63", "greater than or equal to 64"),
        ("as_of", "yesterday", "valid date/time"),
        ("valid_at", "0000-00-00", "valid date/time"),
        ("user_id", "x" * 256, "at most 255"),
        ("when", "the day before forever", "not understood"),
    ],
)
@pytest.mark.parametrize("tab", TABS)
def test_wrong_input_is_said_beside_its_field(
    operator: Client, acme: Tenant, tab: str, field: str, value: str, says: str
) -> None:
    if tab in ("curl", "python") and (field == "when" or "colour" in value):
        return  # these tabs ask nothing
    shown = page(operator, q="tea", tab=tab, **{field: value})
    assert says in shown.split(f'name="{field}"')[1].split("</label>")[0]


def test_a_call_says_what_was_asked(operator: Client, acme: Tenant) -> None:
    asked = {"q": "Ada's tea?", "user_id": "ada", "tags": "a, b", "filters": '{"kind": "fact"}', "max_tokens": "300"}
    curl = page(operator, tab="curl", **asked)
    assert """"query": "Ada'\\''s tea?", "user_id": "ada", "tags": ["a", "b"], "filters": {"kind": "fact"}""" in curl
    assert '"max_tokens": 300, "shape": "prompt"' in curl
    assert '"query": "Ada' in curl
    assert "'tags': ['a', 'b']" in page(operator, tab="python", **asked)


def test_the_python_call_is_python(operator: Client, acme: Tenant) -> None:
    asked = {"tab": "python", "q": "\"quoted\" \\ and 'more'", "filters": '{"tags": {"exists": true}}'}
    raw = operator.get(f"/t/acme/console/recall/?{urlencode(asked)}").content.decode()
    calls = re.findall(r'<pre data-copy="([^"]*)">', raw)
    assert len(calls) == 2
    for call in calls:
        compile(unescape(call), "call", "exec")


def test_a_tab_keeps_what_was_asked(operator: Client, acme: Tenant) -> None:
    shown = page(operator, q="tea & milk", user_id="ada", tab="json")
    assert "?q=tea+%26+milk&user_id=ada&tab=context" in shown


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("field", ["as_of", "valid_at"])
def test_the_past_can_be_asked(operator: Client, ada: Caller, acme: Tenant, tab: str, field: str) -> None:
    mine = ada.remember("Tea, without sugar.", user_id="ada", event_time="2026-01-01T00:00:00Z")
    ada.patch(f"memories/{mine}", {"content": "Tea, with sugar."})
    with tenant_context(acme):
        Memory.objects.filter(pk=mine).update(created_at="2026-01-01T00:00:00Z")
        Version.objects.update(since="2026-01-01T00:00:00Z")
    then = timezone.now() - timedelta(seconds=0 if field == "valid_at" else 1)
    shown = page(operator, q="tea", user_id="ada", tab=tab, **{field: then.isoformat(timespec="seconds")})
    assert "mh-error" not in shown
