"""Health reports: computed without writing, kept, forgotten, told when they are bad."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.utils import timezone

from events.models import Event
from memory import reports
from memory.models import Memory, Report
from memory.remember import remember, remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed, health, vectors
from memory.upkeep.plan import EVERYBODY, Reach
from tenants.models import Tenant
from tests.conftest import costs
from tests.memory.test_reviews import done, planned, taken_back
from tests.memory.test_steps import states

ADA, BEN = Scope(user_id="ada"), Scope(user_id="ben")


@pytest.fixture
def two_users(in_acme: Tenant) -> None:
    said = [("Ada drinks green tea.", ADA), ("Ada drinks green tea!", ADA), ("Ben sings.", BEN), ("Nobody's.", Scope())]
    remember_many([Draft(words, scope, tags=("x",)) for words, scope in said])
    embed.pending()


@pytest.mark.usefixtures("two_users")
def test_a_report_is_of_the_scope_or_of_each_user() -> None:
    assert [change.told["total_memories"] for change in planned(health)] == [4]
    assert [change.told["total_memories"] for change in planned(health, reach=Reach(user_id="ada"))] == [2]
    each = planned(health, health.Options(of="users"))
    assert [(change.told["user_id"], change.told["duplicate_clusters"]) for change in each] == [("ada", 1), ("ben", 0)]
    assert {(change.action, change.effect) for change in each} == {("report", "report")}


@pytest.mark.usefixtures("two_users")
def test_computing_writes_nothing_and_costs_one_statement() -> None:
    facts = Event.objects.count()
    with costs(1):
        told = health.report(EVERYBODY, timezone.now())
    assert told["metrics"]["memories_in_all"] == 4
    assert not Report.objects.exists()
    assert Event.objects.count() == facts


def test_of_many_memories_the_same_sample_is_looked_at(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOKED_AT", 10)
    remember_many([Draft(f"Note {number}.", ADA) for number in range(25)])
    now = timezone.now()
    first, again = health.report(EVERYBODY, now), health.report(EVERYBODY, now)
    assert first == again
    assert (first["total_memories"], first["metrics"]["memories_in_all"]) == (10, 25)


@pytest.mark.usefixtures("two_users")
def test_a_report_is_kept_told_and_withdrawn() -> None:
    run_id = done(planned(health, health.Options(alert_threshold=0.0), Reach(user_id="ada")))
    report = reports.latest("ada")
    assert report is not None
    assert (report.run_id, report.overall, report.status) == (
        run_id,
        report.told["overall_score"],
        report.told["status"],
    )
    assert reports.latest() is None
    told = Event.objects.get(type="health.reported").data
    assert told == {"namespace": "", "user_id": "ada", "score": report.overall, "status": report.status}
    assert not Event.objects.filter(type="health.alert").exists()
    taken_back(run_id)
    assert states(run_id) == ["undone"]
    assert not Report.objects.exists()


@pytest.mark.parametrize(("threshold", "alerts"), [(0, 0), (50, 0), (50.1, 1), (100, 1)])
def test_a_score_below_the_threshold_is_an_alert(in_acme: Tenant, threshold: float, alerts: int) -> None:
    told = {"namespace": "", "user_id": "ada", "overall_score": 50.0, "status": "poor", "alert_threshold": threshold}
    reports.keep(told)
    found = [event.data for event in Event.objects.filter(type="health.alert")]
    assert (
        found == [{"namespace": "", "user_id": "ada", "score": 50.0, "status": "poor", "threshold": threshold}] * alerts
    )


def test_the_oldest_reports_of_a_scope_are_forgotten(in_acme: Tenant) -> None:
    def told(user: str, score: float) -> dict[str, Any]:
        return {"namespace": "", "user_id": user, "overall_score": score, "status": "poor", "keep": 3}

    reports.keep(told("ben", 1))
    for score in range(5):
        reports.keep(told("ada", score))
    assert list(reports.of("ada").order_by("-id").values_list("overall", flat=True)) == [4, 3, 2]
    assert reports.of("ben").count() == 1


def test_what_has_expired_counts_as_stale_until_it_is_swept(in_acme: Tenant) -> None:
    remember(Draft("Over.", ADA, expires_at=timezone.now() + timedelta(hours=1)))
    Memory.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    told = health.report(Reach(user_id="ada"), timezone.now())
    assert [one["reason"] for one in told["stale"]] == ["temporal_context"]


def test_one_memory_is_fresh_and_grows_stale(in_acme: Tenant) -> None:
    one = remember(Draft("Ada drinks green tea.", ADA)).id
    assert one
    fresh, old = (health.of_one(one, timezone.now() + timedelta(days=days, minutes=1)) for days in (0, 200))
    assert fresh
    assert old
    assert (fresh["freshness"], fresh["is_stale"], fresh["recommendation"]) == (100, False, "monitor")
    assert (old["is_stale"], old["recommendation"], old["days_since_creation"]) == (True, "delete", 200)
    assert health.of_one(uuid4(), timezone.now()) is None


@pytest.mark.usefixtures("two_users")
def test_vectors_come_out_of_rows_as_they_lie_there() -> None:
    rows = list(Memory.objects.annotate(packed=vectors.PACKED))
    assert len(rows) == 4
    for row in rows:
        assert (vectors.unpacked(row.packed) == np.float32(row.embedding)).all()
    Memory.objects.update(embedding=None)
    assert {row.packed for row in Memory.objects.annotate(packed=vectors.PACKED)} == {None}
