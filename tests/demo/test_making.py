"""The demo in a tenant, made once for all tests here: written once, by the month's own clock, and counted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from analytics import counts
from analytics.counts import Span
from analytics.models import Count, LearningEvent, Suggestion, Trace
from automation.models import Policy, TaskRun
from config.demo import questions, rhythm, talks
from events import verify
from events.models import Delivery, Event, Stream, Webhook
from memory.models import Evaluation, Memory, Question, Report, Review, Session
from tenants.models import Membership, Tenant, User

END = datetime(2026, 11, 21, 18, tzinfo=UTC)
SPAN = Span(END - rhythm.DAYS * rhythm.DAY, END)
TABLES = (Memory, Session, Review, Report, Question, Evaluation, LearningEvent, Trace, Count, Suggestion)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A month with an eighth of the talks."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        small = {"AN_HOUR": 0.3, "AGAIN": 6, "CONTRARY": 3}
        for name, value in small.items():
            patch.setattr(talks, name, value)
        patch.setattr(questions, "MANY", 5)
        patch.setattr(questions, "TRACED", 0.1)
        User.objects.create_superuser("root@example.org", "x")
        made()
        yield Tenant.objects.get(slug="globex")
        connection.set_schema_to_public()
        transaction.set_rollback(True)


def made() -> str:
    out = StringIO()
    connection.set_schema_to_public()
    call_command("demo", tenant="globex", end=END, stdout=out)
    return out.getvalue()


def there(demo: Tenant) -> tuple[Any, ...]:
    with tenant_context(demo):
        told = [set(table.objects.values_list("pk", flat=True)) for table in TABLES]
    return *told, Event.objects.filter(tenant_id=demo.pk).count()


def test_a_month_is_there_once_however_often_it_is_made(demo: Tenant) -> None:
    before = there(demo)
    assert all(before[: TABLES.index(Suggestion)])  # of so little nothing is suggested
    assert "Its history is there." in made()
    assert there(demo) == before


def test_who_operates_the_platform_owns_it(demo: Tenant) -> None:
    assert Membership.objects.get(tenant=demo).role == "owner"


def test_its_memories_have_vectors(demo: Tenant) -> None:
    with tenant_context(demo):
        assert not Memory.objects.unembedded().exists()


def test_its_runs_its_policy_and_its_webhook_are_of_the_month(demo: Tenant) -> None:
    assert TaskRun.objects.filter(tenant=demo, state="failed").exists()
    assert Policy.objects.get(tenant=demo).versions.count() == 3
    assert set(Delivery.objects.filter(tenant_id=demo.pk).values_list("state", flat=True)) <= {"delivered", "dead"}
    assert Webhook.objects.get(tenant_id=demo.pk).state == "paused"


def test_its_hours_are_counted(demo: Tenant) -> None:
    facts = Event.objects.filter(tenant_id=demo.pk, type="memory.created").count()
    with tenant_context(demo):
        told = {name: sum(p.n for p in counts.series(name, SPAN)) for name in ("memories_written", "learning_events")}
        assert told == {"memories_written": facts, "learning_events": LearningEvent.objects.count()}
        last = counts.series("stock_kind", SPAN, step="day", last=True)[-1]
        assert last.n == Memory.objects.filter(state="active").count()


def test_each_request_that_failed_has_its_trace(demo: Tenant) -> None:
    with tenant_context(demo):
        failed = sum(point.n for point in counts.series("request_errors", SPAN, step=""))
        assert Trace.objects.filter(kind="operation", why="failed").count() == failed > 0


def test_the_same_month_in_another_tenant_is_refused(demo: Tenant) -> None:
    connection.set_schema_to_public()
    with pytest.raises(CommandError, match="say another seed"):
        call_command("demo", tenant="initech", end=END, stdout=StringIO())


def test_its_facts_are_of_the_month_and_its_chain_holds(demo: Tenant) -> None:
    facts = Event.objects.filter(tenant_id=demo.pk, type="memory.created").order_by("seq")
    assert facts.exclude(seq=None).count() == facts.count() > 100
    times = list(facts.values_list("occurred_at", flat=True))
    assert times == sorted(times)
    assert SPAN.begin <= times[0] < times[-1] < SPAN.end
    assert verify.verify_all(demo.pk).complete
    stream = Stream.objects.get(tenant_id=demo.pk)
    assert stream.chained_seq == stream.last_seq


def test_answers_dip_once_and_a_changed_policy_is_to_blame(demo: Tenant) -> None:
    with tenant_context(demo):
        rows = list(Evaluation.objects.order_by("id"))
        assert len(rows) > 20
        (dip,) = [row for row in rows if row.regressed]
        assert "policy.changed" in [change["type"] for change in dip.told["changes"]]
        assert {one["now"] for worse in dip.told["worse"] for one in worse["lost"]} == {"silent"}
        assert rows[-1].recall > dip.recall
        assert not Memory.objects.filter(state="silent").exists()
