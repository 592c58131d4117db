"""Replaying deliveries, cancelling them, and telling how well webhooks are served."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from events import ledger, relay
from events.models import Attempt, Delivery, Event, Webhook
from events.webhooks import deliveries, endpoints, health, looking
from tenants.models import Tenant
from tests.conftest import costs

State = Delivery.State


def made(in_acme: Tenant, count: int = 1) -> tuple[Webhook, list[Delivery]]:
    """A webhook of acme and deliveries to it, oldest first."""
    webhook, _ = endpoints.create("https://receiver.example/", types=["memory.rescored"])
    for n in range(count):
        ledger.record("memory.rescored", count=n)
    relay.relay_batch(in_acme.id)
    return webhook, list(deliveries.of_webhook(webhook.pk).order_by("seq"))


def over(row: Delivery, state: State = State.DELIVERED) -> None:
    Delivery.objects.filter(pk=row.pk).update(state=state, attempts=3, finished_at=timezone.now())


def tried(row: Delivery, status: int | None = 200, took_ms: int = 10, response: str = "") -> None:
    Attempt.objects.create(
        delivery=row, webhook_id=row.webhook_id, at=timezone.now(), took_ms=took_ms, status=status, response=response
    )


def test_what_is_over_is_sent_anew_and_stays_the_same_delivery(in_acme: Tenant) -> None:
    _, [row] = made(in_acme)
    over(row)
    assert deliveries.replay_one(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.attempts, row.replays, row.finished_at) == (State.PENDING, 0, 1, None)
    assert row.next_at <= timezone.now()
    fact = Event.objects.get(type="webhook.replayed")
    assert (fact.subject_id, fact.subject_type, fact.data) == (str(row.webhook_id), "webhook", {"count": 1})


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.CANCELLED])
def test_what_waits_is_on_its_way_or_was_cancelled_is_not_sent_anew(in_acme: Tenant, state: State) -> None:
    _, [row] = made(in_acme)
    Delivery.objects.update(state=state)
    assert deliveries.replay_one(row.pk) is False
    assert not Event.objects.filter(type="webhook.replayed").exists()


def test_a_delivery_that_nobody_has_is_not_replayed(in_acme: Tenant) -> None:
    assert deliveries.replay_one(uuid4()) is None


def test_deliveries_of_another_tenant_are_not_replayed(in_acme: Tenant, globex: Tenant) -> None:
    webhook, rows = made(in_acme, 2)
    Delivery.objects.update(tenant_id=globex.id, state=State.DEAD)
    assert deliveries.replay_one(rows[0].pk) is None
    assert deliveries.replay_range(webhook.pk, 0, 10**9) == 0
    assert deliveries.replay_dead(webhook.pk) == 0


def test_a_range_of_numbers_is_replayed_both_ends_included(in_acme: Tenant) -> None:
    webhook, rows = made(in_acme, 4)
    for row in rows:
        over(row)
    assert deliveries.replay_range(webhook.pk, rows[1].seq, rows[2].seq) == 2
    assert [row.state for row in deliveries.of_webhook(webhook.pk).order_by("seq")] == [
        State.DELIVERED, State.PENDING, State.PENDING, State.DELIVERED
    ]  # fmt: skip
    assert Event.objects.get(type="webhook.replayed").data == {"count": 2}


def test_a_range_makes_up_for_what_was_told_while_the_webhook_was_disabled(in_acme: Tenant) -> None:
    webhook, _ = made(in_acme)
    endpoints.disable(webhook, Webhook.Reason.FAILING)
    ledger.record("memory.rescored", count=7)
    ledger.record("memory.purged", count=7)  # which this webhook does not want
    relay.relay_batch(in_acme.id)
    assert deliveries.of_webhook(webhook.pk).count() == 1
    assert looking.over(webhook, 0, 10**9) == 1
    assert deliveries.replay_range(webhook.pk, 0, 10**9) == 1
    assert [row.event.data["count"] for row in deliveries.of_webhook(webhook.pk).order_by("seq")] == [0, 7]
    assert looking.over(webhook, 0, 10**9) == 0


def test_all_that_was_given_up_since_a_time_is_replayed(in_acme: Tenant) -> None:
    webhook, rows = made(in_acme, 3)
    over(rows[0], State.DEAD), over(rows[1], State.DEAD), over(rows[2])
    Delivery.objects.filter(pk=rows[0].pk).update(created_at=timezone.now() - timedelta(days=2))
    assert deliveries.replay_dead(webhook.pk, timezone.now() - timedelta(days=1)) == 1
    assert deliveries.replay_dead(webhook.pk) == 1
    assert deliveries.replay_dead(webhook.pk) == 0


def test_deliveries_of_facts_of_an_erased_person_are_cancelled_and_their_answers_forgotten(in_acme: Tenant) -> None:
    _, rows = made(in_acme, 4)
    over(rows[1], State.DEAD), over(rows[2])
    for row in rows:
        tried(row, response='{"user": "ada"}')
    assert deliveries.cancel_for([row.event_id for row in rows[:3]]) == 2
    found = {row.pk: row.state for row in Delivery.objects.all()}
    assert [found[row.pk] for row in rows] == [State.CANCELLED, State.CANCELLED, State.DELIVERED, State.PENDING]
    assert [Attempt.objects.get(delivery=row).response for row in rows] == ["", "", "", '{"user": "ada"}']


def test_health_counts_tries_and_what_waits_in_three_queries_however_many_webhooks(in_acme: Tenant) -> None:
    webhook, rows = made(in_acme, 3)
    quiet, _ = endpoints.create("https://other.example/", types=["hold.placed"])
    over(rows[0]), over(rows[1], State.DEAD)
    tried(rows[0], took_ms=10), tried(rows[1], 500, took_ms=90), tried(rows[1], None, took_ms=15_000)
    with costs(3):
        found = health.health_of([webhook, quiet])
    told, silent = found[webhook.pk], found[quiet.pk]
    assert (told.delivered_24h, told.failed_24h, told.pending, told.dead) == (1, 2, 1, 1)
    assert told.success_rate == pytest.approx(1 / 3)
    assert (told.p50_ms, told.p95_ms) == (10, 90)
    assert told.oldest_pending_at == rows[2].created_at
    assert len(told.per_hour) == 24
    assert (sum(h.delivered for h in told.per_hour), sum(h.failed for h in told.per_hour)) == (1, 2)
    assert (silent.success_rate, silent.p50_ms, silent.pending, silent.oldest_pending_at) == (None, None, 0, None)


def test_the_overview_tells_what_is_late_and_what_was_given_up(in_acme: Tenant) -> None:
    webhook, rows = made(in_acme, 3)
    over(rows[0], State.DEAD)
    Webhook.objects.update(failures=1)
    late = ledger.record("memory.rescored", count=9)
    told = health.overview()
    assert (told.pending, told.dead, told.failing) == (2, 1, 1)
    assert told.oldest_unrelayed_at is not None
    assert told.oldest_unrelayed_at <= late.occurred_at
    assert told.oldest_pending_at == min(row.next_at for row in rows[1:])
    endpoints.pause(webhook.pk)
    assert health.overview().oldest_pending_at is None


def test_a_replay_belongs_to_the_tenant_whose_schema_one_is_in(in_acme: Tenant) -> None:
    _, [row] = made(in_acme)
    over(row)
    assert deliveries.replay_one(UUID(str(row.pk)))
    assert Event.objects.get(type="webhook.replayed").tenant_id == in_acme.id
