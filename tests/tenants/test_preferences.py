"""A tenant's own settings: each of them acts, and what is not set is the operator's."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from memory import transfers
from memory.models import Memory
from memory.upkeep import embed, retier, sweep
from tenants import keys, preferences
from tenants.models import Tenant
from tests.conftest import Caller

DEFAULTS = {
    "time_zone": "UTC", "undo_days": 7, "cold_after_days": 0, "audit_reads": False, "namespaces": [], "set": [],
    "embedder": "all-MiniLM-L6-v2/int8", "trace_share": 0.1, "trace_slow_ms": 500, "trace_days": 7,
}  # fmt: skip


def test_what_is_not_set_is_the_operators(ada: Caller, settings: Any) -> None:
    assert ada.get("settings") == (200, DEFAULTS)
    settings.UNDO_DAYS = 30
    assert ada.get("settings")[1]["undo_days"] == 30


def test_a_setting_is_set_told_and_taken_back(ada: Caller, acme: Tenant) -> None:
    status, body = ada.patch("settings", {"undo_days": 2, "time_zone": "Asia/Tokyo"})
    assert (status, body["undo_days"], body["set"]) == (200, 2, ["time_zone", "undo_days"])
    assert ada.patch("settings", {"undo_days": None})[1] == DEFAULTS | {"time_zone": "Asia/Tokyo", "set": ["time_zone"]}
    ada.patch("settings", {"time_zone": "Asia/Tokyo"})  # nothing new is no fact
    facts = Event.objects.filter(type="tenant.settings_changed").order_by("id").values_list("data", flat=True)
    assert list(facts) == [{"fields": ["time_zone", "undo_days"]}, {"fields": ["undo_days"]}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"}, {"time_zone": "../etc/passwd"}, {"time_zone": 7}, {"undo_days": -1},
        {"undo_days": 10**9}, {"undo_days": "soon"}, {"cold_after_days": 1.5}, {"audit_reads": "perhaps"},
        {"trace_share": 1.1}, {"trace_slow_ms": 0}, {"trace_days": -1}, {"namespaces": "a"}, {"namespaces": [""]}, {"namespaces": ["x"] * 101}, {"colour": "red"},
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused_with_a_pointer(ada: Caller, wrong: dict[str, Any]) -> None:
    status, problem = ada.patch("settings", wrong)
    assert status == 422
    assert problem["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")
    assert ada.get("settings")[1] == DEFAULTS


def test_only_who_administers_reads_and_changes_them(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "writer", ["read", "write"])[1])
    assert writer.get("settings")[0] == 403
    assert writer.patch("settings", {"undo_days": 1})[0] == 403


def test_settings_are_a_tenants_own(ada: Caller, ben: Caller) -> None:
    ada.patch("settings", {"undo_days": 2})
    assert ben.get("settings")[1] == DEFAULTS


def test_time_words_are_read_in_the_tenants_zone_unless_the_request_names_one(ada: Caller) -> None:
    # Monday in Auckland is still Sunday in London.
    ada.remember("The ferry was late.", event_time="2026-03-02T08:00:00+13:00")
    assert ada.search("ferry", when="on mondays") == []
    ada.patch("settings", {"time_zone": "Pacific/Auckland"})
    assert len(ada.search("ferry", when="on mondays")) == 1
    assert ada.search("ferry", when="on mondays", timezone="UTC") == []


def test_the_undo_window_is_the_tenants(ada: Caller, acme: Tenant) -> None:
    ada.delete(f"memories/{ada.remember('Tea, without sugar.')}")
    acme.refresh_from_db()
    with tenant_context(acme):
        Memory.objects.update(deleted_at=timezone.now() - timedelta(days=3))
        assert sweep.run() == 0
    preferences.change(acme.pk, {"undo_days": 2})
    acme.refresh_from_db()
    with tenant_context(acme):
        assert sweep.run() == 1


def test_when_memories_grow_cold_is_the_tenants(ada: Caller, acme: Tenant, tmp_path: Any, settings: Any) -> None:
    options = {"location": tmp_path}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"cold": {"BACKEND": backend, "OPTIONS": options}}
    ada.remember("Tea, without sugar.")
    with tenant_context(acme):
        embed.pending()
        Memory.objects.update(created_at=timezone.now() - timedelta(days=3))
        assert retier.run() == 0
    preferences.change(acme.pk, {"cold_after_days": 2})
    acme.refresh_from_db()
    with tenant_context(acme):
        assert retier.run() == 1


def test_reads_are_facts_when_the_tenant_asks_for_it_and_hold_no_content(ada: Caller, acme: Tenant) -> None:
    key = ada.remember("Tea, without sugar.")
    ada.get(f"memories/{key}")
    reads = Event.objects.filter(type="content.read")
    assert not reads.exists()
    ada.patch("settings", {"audit_reads": True})
    ada.get(f"memories/{key}")
    ada.search("tea")
    ada.get("stats")
    ada.remember("Coffee, black.")
    told = [(event.data, event.actor) for event in reads.order_by("id")]
    actor = told[0][1]
    assert actor.startswith("key:")
    assert told == [
        ({"operation": "memories/<uuid:memory_id>", "status": 200}, actor),
        ({"operation": "memories/search", "status": 200}, actor),
    ]


def test_only_allowed_namespaces_are_written_to(ada: Caller, acme: Tenant) -> None:
    ada.patch("settings", {"namespaces": ["support", "team/*"]})
    for namespace in ("support", "team/ada"):
        ada.remember("Tea.", namespace=namespace)
    for namespace in ("", "sales", "teams"):
        status, problem = ada.post("memories", {"content": "Tea.", "namespace": namespace})
        assert (status, problem["code"]) == (409, "not_stored")
        assert ada.post("sessions", {"namespace": namespace})[0] == 409
    acme.refresh_from_db()
    with tenant_context(acme):
        file = io.BytesIO(b'{"type": "memory", "content": "Tea.", "namespace": "sales"}\n')
        transfer = transfers.start_import(file, "jsonl", dry_run=False, limit=1000)
        transfers.pending()
        transfer.refresh_from_db()
        assert (transfer.counts["failed"], Memory.objects.count()) == (1, 2)


@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", max_size=8))
def test_a_pattern_matches_as_its_words_say(pattern: str, text: str) -> None:
    same = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
    assert preferences._matches(pattern, text) is same
