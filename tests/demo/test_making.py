"""The demo in a tenant: written once, by the month's own clock, and never among what others wrote."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import tenant_context

from analytics import counts
from analytics.counts import Span
from analytics.models import Count, LearningEvent, Trace
from automation.models import Policy, TaskRun
from config.demo import rhythm
from events import ledger, verify
from events.ledger import Past
from events.models import Delivery, Event, Stream, Webhook
from memory.models import Evaluation, Memory, Question, Report, Review, Session
from memory.remember import remember
from memory.types import Draft
from tenants.models import Membership, Tenant, User


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month with an eighth of the talks."""
    from config.demo import questions, talks

    monkeypatch.setattr(talks, "AN_HOUR", 0.3)
    monkeypatch.setattr(talks, "AGAIN", 6)
    monkeypatch.setattr(talks, "CONTRARY", 3)
    monkeypatch.setattr(questions, "MANY", 5)
    monkeypatch.setattr(questions, "TRACED", 0.1)


def made(**options: Any) -> str:
    out = StringIO()
    call_command("demo", end=datetime(2026, 11, 21, 18, tzinfo=UTC), stdout=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("short")
def test_a_month_is_there_once_however_often_it_is_made(acme: Tenant) -> None:
    connection.set_schema_to_public()
    User.objects.create_superuser("root@example.org", "x")
    made(tenant="acme")
    with tenant_context(acme):
        tables = (Memory, Session, Review, Report, Question, LearningEvent, Trace, Count)
        there = [table.objects.count() for table in tables]
        assert all(there), there
        assert not Memory.objects.unembedded().exists()
        ids = set(Memory.objects.values_list("pk", flat=True))
    told = Event.objects.filter(tenant_id=acme.pk).count()
    assert "Its history is there." in made(tenant="acme")
    with tenant_context(acme):
        assert [table.objects.count() for table in tables] == there
        assert set(Memory.objects.values_list("pk", flat=True)) == ids
    assert Event.objects.filter(tenant_id=acme.pk).count() == told
    assert Membership.objects.filter(tenant=acme, role="owner").count() == 1
    assert TaskRun.objects.filter(tenant=acme, state="failed").exists()
    assert set(Delivery.objects.filter(tenant_id=acme.pk).values_list("state", flat=True)) <= {"delivered", "dead"}
    assert Webhook.objects.get(tenant_id=acme.pk).state == "paused"
    assert Policy.objects.get(tenant=acme).versions.count() == 3


@pytest.mark.usefixtures("short")
def test_its_hours_are_counted(acme: Tenant) -> None:
    made(tenant="acme")
    with tenant_context(acme):
        end = datetime(2026, 11, 21, 18, tzinfo=UTC)
        span = Span(end - rhythm.DAYS * rhythm.DAY, end)
        told = {
            name: sum(point.n for point in counts.series(name, span))
            for name in ("memories_written", "learning_events")
        }
        facts = Event.objects.filter(tenant_id=acme.pk, type="memory.created").count()
        assert told == {"memories_written": facts, "learning_events": LearningEvent.objects.count()}
        last = counts.series("stock_kind", span, step="day", last=True)[-1]
        assert last.n == Memory.objects.filter(state="active").count()


@pytest.mark.usefixtures("short")
def test_its_facts_are_of_the_month_and_its_chain_holds(acme: Tenant) -> None:
    made(tenant="acme")
    facts = Event.objects.filter(tenant_id=acme.pk, type="memory.created").order_by("seq")
    assert facts.exclude(seq=None).count() == facts.count() > 100
    times = list(facts.values_list("occurred_at", flat=True))
    assert times == sorted(times)
    end = datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert end - rhythm.DAYS * rhythm.DAY <= times[0] < times[-1] < end
    assert verify.verify_all(acme.pk).complete
    stream = Stream.objects.get(tenant_id=acme.pk)
    assert stream.chained_seq == stream.last_seq


@pytest.mark.usefixtures("short")
def test_answers_dip_once_and_a_changed_policy_is_to_blame(acme: Tenant) -> None:
    made(tenant="acme")
    with tenant_context(acme):
        rows = list(Evaluation.objects.order_by("id"))
        assert len(rows) > 20
        (dip,) = [row for row in rows if row.regressed]
        assert "policy.changed" in [change["type"] for change in dip.told["changes"]]
        assert {one["now"] for worse in dip.told["worse"] for one in worse["lost"]} == {"silent"}
        assert rows[-1].recall > dip.recall
        assert not Memory.objects.filter(state="silent").exists()


def test_a_tenant_with_memories_of_others_is_left_alone(acme: Tenant) -> None:
    with tenant_context(acme):
        remember(Draft("Mine."))
    with pytest.raises(CommandError, match="memories of its own"):
        made(tenant="acme")
    with tenant_context(acme):
        assert Memory.objects.count() == 1


def test_a_fact_of_the_past_is_of_the_catalogue_too(in_acme: Tenant) -> None:
    with pytest.raises(ledger.LedgerError):
        ledger.bring([past(data={"kind": "fact"})])


def test_a_fact_of_the_past_is_numbered_behind_what_is_there(in_acme: Tenant) -> None:
    from django.db import transaction

    from events import relay

    with transaction.atomic():
        ledger.record("selftest.started")
    relay.relay_batch(in_acme.pk)
    ledger.bring([past(data={"by": "key"})])
    relay.relay_batch(in_acme.pk)
    last = Event.objects.filter(tenant_id=in_acme.pk).order_by("-seq").first()
    assert last
    assert (last.type, last.occurred_at.year, last.actor) == ("login.opened", 2020, "key:x")
    assert verify.verify_all(in_acme.pk).complete


def past(**more: Any) -> Past:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return Past(rhythm.key(rhythm.Month(1, at + timedelta(days=30)).dice("x"), at), "login.opened", at, "key:x", **more)
