"""The self-test: it passes here, sees a leak where there is one, leaves nothing behind, and survives its own death."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from api import tasks
from api.models import Selftest
from api.selftest import plan, runs, sides
from api.selftest.sides import Side
from events import feed, relay
from events.models import Event
from tenants import keys, scratch
from tenants.models import Membership, Tenant, User
from tests.conftest import Caller, costs

Evidence = list[dict[str, Any]]
LEAKS = ("memories", "by meaning and words", "foreign memory", "foreign history", "by cursor", "everything", "file")


@pytest.fixture(scope="module")
def proven(django_db_setup: None, django_db_blocker: Any) -> tuple[Evidence, dict[str, bool], list[str]]:
    """What a whole run finds; what some probes say of a side whose key opens the other's tenant; both canaries."""
    with django_db_blocker.unblock(), sides.two_sides() as two:
        evidence = list(plan.run(two))
        me, other = replace(two[0], key=two[1].key), two[1]
        leaky = [(name, check) for _, name, check in plan.checks() if name in LEAKS]
        seen = {name: not all(check(me, other)[0] for named, check in leaky if named == name) for name in LEAKS}
        return evidence, seen, [side.canary for side in two]


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_scratch%'")
        return {row[0] for row in cursor.fetchall()}


def test_every_probe_passes(proven: Any) -> None:
    failed = [f"{found['side']} {found['probe']} {found['status']}" for found in proven[0] if not found["ok"]]
    assert failed == []
    assert len(proven[0]) == 2 * len(plan.checks()) > 150


def test_each_family_is_probed(proven: Any) -> None:
    families = {found["family"] for found in proven[0]}
    assert families >= {
        "get", "list", "search", "context", "stream", "export", "stats", "entities", "relations", "sessions",
        "versions", "events", "socket", "cache", "cold", "tenant", "change",
    }  # fmt: skip


def test_evidence_holds_no_content(proven: Any) -> None:
    evidence, _, canaries = proven
    assert all(set(found) == {"family", "probe", "side", "status", "ok", "ms"} for found in evidence)
    assert not any(canary in str(evidence) for canary in canaries)


def test_a_leak_is_seen(proven: Any) -> None:
    assert proven[1] == dict.fromkeys(LEAKS, True)


@pytest.fixture
def clean(committed: None) -> Iterator[None]:
    Selftest.objects.all().delete()
    yield
    for tenant in Tenant.objects.filter(scratch=True):
        sides.drop(tenant)
    Selftest.objects.all().delete()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A self-test of few probes: what becomes of its row is the same."""
    few = [check for check in plan.checks() if check[1] in ("own memory", "foreign memory")]
    monkeypatch.setattr(plan, "checks", lambda: few)
    monkeypatch.setattr(Side, "plant", _little)


def _little(side: Side) -> None:
    made = side.ask("POST", "memories", {"content": side.canary}).json()["data"][0]["id"]
    side.things, side.ghosts = {"memory": made}, {"memory": str(uuid4())}


@pytest.mark.usefixtures("clean", "short")
def test_a_run_is_kept_told_and_leaves_nothing_behind() -> None:
    before = schemas()
    tasks.nightly_selftest()
    run = Selftest.objects.get()
    assert (run.state, run.done, run.failed, run.open) == ("passed", 6, 0, None)
    assert schemas() == before
    assert not Tenant.objects.filter(scratch=True).exists()
    told = Event.objects.filter(subject_id=str(run.pk)).order_by("id").values_list("type", "tenant_id", "data")
    relay.drain()
    assert feed.unrelayed() == 0  # the facts of tenants that are gone are numbered like any others
    assert list(told) == [
        ("selftest.started", None, {}),
        ("selftest.completed", None, {"state": "passed", "probes": 6, "failed": 0}),
    ]


@pytest.mark.usefixtures("clean", "short")
def test_one_run_at_a_time() -> None:
    first = runs.start()
    assert runs.start() == first
    assert runs.pending() is not None
    assert runs.pending() is None
    assert runs.start() != first


@pytest.mark.usefixtures("clean", "short")
def test_a_run_that_breaks_says_so_and_clears_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Side) -> None:
        raise RuntimeError("no storage")

    monkeypatch.setattr(Side, "plant", broken)
    runs.start()
    run = runs.pending()
    assert run is not None
    assert (run.state, run.reason) == ("broken", "RuntimeError: no storage")
    assert not Tenant.objects.filter(scratch=True).exists()


@pytest.mark.usefixtures("clean")
def test_what_a_dead_run_left_is_dropped_by_the_tick_after_an_hour() -> None:
    Selftest.objects.create(state="running", leased_until=timezone.now() - timedelta(seconds=1), actor="x")
    old, young = scratch.open_scratch(), scratch.open_scratch()
    Tenant.objects.filter(pk=old.pk).update(created_at=timezone.now() - scratch.LIVES_FOR)
    runs.reap()
    assert list(Tenant.objects.filter(scratch=True)) == [young]
    assert schemas() == {young.schema_name}
    assert Selftest.objects.get().reason == "its worker died"


@pytest.mark.usefixtures("clean")
def test_a_customer_is_never_dropped(acme: Tenant) -> None:
    assert not scratch.drop(acme.pk)
    assert Tenant.objects.filter(pk=acme.pk).exists()


@pytest.mark.usefixtures("clean", "short")
def test_the_command_says_what_was_found(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("selftest", verbosity=2)
    assert "6 probes, 0 failed" in capsys.readouterr().out
    monkeypatch.setattr(plan, "checks", lambda: [("get", "own memory", lambda me, other: (False, 200))])
    with pytest.raises(CommandError):
        call_command("selftest")
    assert "FAIL  a  get" in capsys.readouterr().out


def test_a_run_is_asked_for_and_read_by_the_api(db: None) -> None:
    ada = Caller(keys.issue(None, "operator", ["platform"])[1])
    status, run = ada.post("selftests", {})
    assert (status, run["state"], run["done"]) == (202, "pending", 0)
    assert ada.post("selftests", {})[1]["id"] == run["id"]
    with costs(2):
        assert [found["id"] for found in ada.get("selftests")[1]["data"]] == [run["id"]]
    with costs(2):
        assert ada.get(f"selftests/{run['id']}")[1]["evidence"] == []
    sent = {"Idempotency-Key": "once", "Content-Type": "application/json"}
    twice = [ada.raw("POST", "selftests", b"{}", **sent).json()["id"] for _ in range(2)]
    assert twice == [run["id"]] * 2
    assert ada.get(f"selftests/{uuid4()}")[0] == 404
    assert ada.post("selftests", {"x": 1})[0] == 422


def test_a_key_without_the_right_asks_for_none(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "writer", ["read", "write", "admin"])[1])
    assert writer.post("selftests", {})[0] == 403
    assert writer.get("selftests")[0] == 403


def test_nobody_sees_scratch_tenants(db: None) -> None:
    tenant = scratch.open_scratch()
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    for page in ("", "tenants/tenant/", "isolation/"):
        assert tenant.slug not in operator.get(f"/console/{page}").content.decode()


def test_the_page_is_the_operators(acme: Tenant) -> None:
    member, operator = (Client() for _ in range(2))
    person = User.objects.create_user("member@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=person, tenant=acme, role="owner")
    member.force_login(person)
    operator.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    assert member.get("/console/isolation/").status_code == 403
    assert operator.get("/t/acme/console/isolation/").status_code == 404
    assert "has not run yet" in operator.get("/console/isolation/").content.decode()
    assert operator.post("/console/isolation/").status_code == 302
    run = Selftest.objects.get()
    assert (run.state, run.actor) == ("pending", f"user:{User.objects.get(is_superuser=True).pk}")
    Selftest.objects.update(state="failed", open=None, done=2, failed=1, evidence=[LEAK, LEAK | {"ok": True}])
    assert "foreign memory" in operator.get("/console/isolation/").content.decode()


LEAK = {"family": "get", "probe": "foreign memory", "side": "a", "status": 200, "ok": False, "ms": 1.5}
