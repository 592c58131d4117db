"""The deliverer over real HTTP and rows: schedule, rests, circuit, leases, and whose deliveries wait."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from events import forgetting, ledger, relay
from events.models import Attempt, Delivery, Event, Webhook, WebhookSecret
from events.webhooks import claiming, deliveries, endpoints, schedule, sending, worker
from events.webhooks.sending import Outcome
from events.webhooks.settling import settle
from tenants import lifecycle
from tenants.models import Tenant
from tests.conftest import costs, statements
from tests.receiver import Receiver, after, saying

State = Delivery.State


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def hook(receiver: Receiver, path: str = "") -> tuple[Webhook, str]:
    return endpoints.create(receiver.url + path, types=["memory.rescored"])


def tell(tenant: Tenant, count: int = 1) -> list[Delivery]:
    """So many facts, relayed; all deliveries that there are, oldest first."""
    with transaction.atomic():
        for n in range(count):
            ledger.record("memory.rescored", tenant_id=tenant.id, count=n)
    relay.relay_batch(tenant.id)
    return list(Delivery.objects.order_by("seq"))


def due() -> None:
    """Let time go by: whatever waits is due, and nobody rests."""
    Delivery.objects.filter(state=State.PENDING).update(next_at=timezone.now())
    Webhook.objects.update(rests_until=None)


def again(row: Delivery) -> Delivery:
    return Delivery.objects.get(pk=row.pk)


def test_a_fact_arrives_signed_under_its_own_id(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, secret = hook(receiver)
    [row] = tell(in_acme)
    assert worker.work() == 1
    [heard] = receiver.heard
    told = heard.verified(secret)
    assert (heard.id, told["type"], told["data"]["seq"]) == (str(row.event_id), "memory.rescored", row.seq)
    assert (again(row).state, again(row).attempts, again(row).lease) == (State.DELIVERED, 1, None)
    tried = Attempt.objects.get(delivery=row)
    assert (tried.status, tried.response, tried.error) == (200, "ok", "")
    webhook.refresh_from_db()
    assert webhook.last_delivered_at is not None


def test_nothing_is_sent_twice_once_it_arrived(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    tell(in_acme, 3)
    assert [worker.work(), worker.work()] == [3, 0]
    assert len(set(receiver.ids())) == len(receiver.heard) == 3


def test_a_failing_delivery_is_tried_ten_times_on_the_schedule_with_one_id_and_then_is_dead(
    in_acme: Tenant, receiver: Receiver
) -> None:
    receiver.answer = saying(500)
    hook(receiver)
    [row] = tell(in_acme)
    for tries in range(1, 10):
        assert worker.work() == 1
        row = again(row)
        assert (row.state, row.attempts) == (State.PENDING, tries)
        pause = (row.next_at - timezone.now()).total_seconds()
        assert 0.8 * schedule.STEPS[tries] - 5 < pause < 1.2 * schedule.STEPS[tries] + 1
        assert worker.work() == 0
        due()
    assert worker.work() == 1
    assert again(row).state == State.DEAD
    assert (len(receiver.heard), set(receiver.ids())) == (10, {str(row.event_id)})
    assert Attempt.objects.filter(delivery=row, status=500).count() == 10


def test_each_try_is_signed_anew(in_acme: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.answer = saying(500)
    _, secret = hook(receiver)
    tell(in_acme)
    worker.work()
    time.sleep(1.1)
    due()
    worker.work()
    first, second = receiver.heard
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert first.verified(secret) == second.verified(secret)


def test_a_replay_keeps_the_id(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    [row] = tell(in_acme)
    worker.work()
    assert deliveries.replay_one(row.pk)
    assert worker.work() == 1
    assert receiver.ids() == [str(row.event_id)] * 2
    assert Attempt.objects.filter(delivery=row).count() == 2


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_what_is_not_2xx_is_tried_again(in_acme: Tenant, receiver: Receiver, status: int) -> None:
    with Receiver() as elsewhere:
        receiver.answer = saying(status, location=elsewhere.url)
        hook(receiver)
        [row] = tell(in_acme)
        worker.work()
        assert (again(row).state, elsewhere.heard) == (State.PENDING, [])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_an_arrival(in_acme: Tenant, receiver: Receiver, status: int) -> None:
    receiver.answer = saying(status, b"")
    hook(receiver)
    [row] = tell(in_acme)
    worker.work()
    assert again(row).state == State.DELIVERED


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_lets_the_whole_webhook_rest(in_acme: Tenant, receiver: Receiver, status: int) -> None:
    receiver.answer = saying(status, retry_after="3600")
    webhook, _ = hook(receiver)
    tell(in_acme)
    worker.work()
    webhook.refresh_from_db()
    assert webhook.rests_until is not None
    assert 3590 < (webhook.rests_until - timezone.now()).total_seconds() < 3601
    receiver.answer = saying(200)
    tell(in_acme, 3)
    Delivery.objects.update(next_at=timezone.now())
    assert worker.work() == 0
    due()
    assert worker.work() == 4


def test_who_asked_for_a_rest_gets_it_though_another_delivery_arrived_meanwhile(
    in_acme: Tenant, receiver: Receiver
) -> None:
    webhook, _ = hook(receiver)
    tell(in_acme, 2)
    one, other = list(worker._letters(claiming.claim(10)))
    settle([(one, Outcome(status=503, retry_after="60"))])
    settle([(other, Outcome(status=200))])
    webhook.refresh_from_db()
    assert webhook.rests_until is not None
    assert webhook.failures == 0


def test_what_an_address_says_that_it_had_before_does_not_count(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, _ = hook(receiver)
    [row] = tell(in_acme)
    [letter] = worker._letters(claiming.claim(10))
    endpoints.change(webhook.pk, {"url": receiver.url + "new"})
    assert settle([(letter, Outcome(status=410))]) == 1
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures) == (Webhook.State.ACTIVE, 0)
    assert again(row).state == State.DEAD  # it said so of this one


@pytest.mark.parametrize("change", [
    {"state": Webhook.State.PAUSED}, {"state": Webhook.State.DISABLED},
    {"rests_until": datetime(2999, 1, 1, tzinfo=UTC)},
], ids=str)  # fmt: skip
def test_what_was_closed_between_looking_and_taking_is_not_taken(
    in_acme: Tenant, receiver: Receiver, change: dict[str, Any]
) -> None:
    webhook, _ = hook(receiver)
    [row] = tell(in_acme)
    Webhook.objects.update(**change)
    now = timezone.now()
    words = {"now": now, "webhooks": [webhook.pk], "lease": webhook.pk, "until": now}
    with connection.cursor() as cursor:
        cursor.execute(claiming.TAKE, words)
        assert cursor.fetchall() == []
        Webhook.objects.update(state=Webhook.State.ACTIVE, rests_until=None)
        cursor.execute(claiming.TAKE, words)
        assert cursor.fetchall() == [(row.pk,)]


def test_who_is_gone_is_disabled_and_told_of_and_the_rest_waits(in_acme: Tenant, receiver: Receiver) -> None:
    receiver.answer = saying(410)
    webhook, _ = hook(receiver)
    tell(in_acme, 4)
    worker.work()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.reason) == (Webhook.State.DISABLED, Webhook.Reason.GONE)
    fact = Event.objects.get(type="webhook.disabled")
    assert (fact.subject_id, fact.tenant_id, fact.data) == (str(webhook.pk), in_acme.id, {"reason": "gone"})
    sent = len(receiver.heard)
    assert sent <= 2
    assert Delivery.objects.filter(state=State.PENDING).count() == 4 - sent
    receiver.answer = saying(200)
    endpoints.enable(webhook.pk)
    worker.work()
    assert deliveries.replay_dead(webhook.pk) == sent
    worker.work()
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 4


def test_who_fails_for_five_days_is_disabled(in_acme: Tenant, receiver: Receiver) -> None:
    receiver.answer = saying(500)
    webhook, _ = hook(receiver)
    tell(in_acme)
    Webhook.objects.update(failures=20, failing_since=timezone.now() - schedule.GIVEN_UP)
    worker.work()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.reason) == (Webhook.State.DISABLED, Webhook.Reason.FAILING)
    assert Event.objects.get(type="webhook.disabled").data == {"reason": "failing"}


def test_after_five_failures_one_delivery_probes_until_one_arrives(in_acme: Tenant, receiver: Receiver) -> None:
    receiver.answer = saying(500)
    webhook, _ = hook(receiver)
    tell(in_acme, 12)
    worker.work()
    webhook.refresh_from_db()
    opened = len(receiver.heard)
    assert 5 <= opened <= 6  # two were under way when the fifth failed
    assert webhook.rests_until is not None
    assert webhook.rests_until > timezone.now()
    for probes in (1, 2):
        Webhook.objects.update(rests_until=None)
        worker.work()
        assert len(receiver.heard) == opened + probes
    oldest = [heard.id for heard in receiver.heard[-2:]]
    waiting = [str(row.event_id) for row in Delivery.objects.order_by("seq")[opened : opened + 2]]
    assert oldest == waiting
    receiver.answer = saying(200)
    Webhook.objects.update(rests_until=None)
    worker.work()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.rests_until) == (0, None, None)
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 12 - opened - 2


def test_a_webhook_has_at_most_two_at_once(in_acme: Tenant, receiver: Receiver) -> None:
    going, most, lock = 0, 0, threading.Lock()

    def count(handler: BaseHTTPRequestHandler) -> None:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
        time.sleep(0.2)
        with lock:
            going -= 1
        saying(200)(handler)

    receiver.answer = count
    hook(receiver)
    tell(in_acme, 10)
    assert worker.work() == 10
    assert most == 2


def test_a_silent_receiver_keeps_no_other_waiting(
    in_acme: Tenant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL", 6.0)
    with Receiver(after(9)) as silent:
        stuck, _ = endpoints.create(silent.url, types=["memory.created"])
        hook(receiver)
        endpoints.ping(stuck.pk)
        endpoints.ping(stuck.pk)
        tell(in_acme, 10)
        began = time.time()
        worker.work()
        assert len(silent.heard) == 2
        assert len(receiver.heard) == 10
        assert max(heard.at for heard in receiver.heard) - began < 5.5  # before the silent one's time was over


@pytest.mark.parametrize("close", [
    lambda webhook: endpoints.pause(webhook.pk),
    lambda webhook: endpoints.disable(webhook, Webhook.Reason.FAILING),
    lambda webhook: lifecycle.suspend(webhook.tenant_id, "unpaid"),
])  # fmt: skip
def test_of_who_is_paused_disabled_or_suspended_everything_waits(
    in_acme: Tenant, receiver: Receiver, close: Callable[[Webhook], Any]
) -> None:
    webhook, _ = hook(receiver)
    [row] = tell(in_acme)
    close(webhook)
    assert worker.work() == 0
    if not lifecycle.is_open(in_acme.id):
        lifecycle.resume(in_acme.id)
    endpoints.enable(webhook.pk)
    assert worker.work() == 1
    assert (again(row).state, len(receiver.heard)) == (State.DELIVERED, 1)


def test_while_a_secret_is_rolled_both_sign_and_afterwards_one(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, old = hook(receiver)
    rolled = endpoints.roll(webhook.pk)
    assert rolled
    tell(in_acme)
    worker.work()
    for secret in (old, rolled[1]):
        receiver.heard[0].verified(secret)
    WebhookSecret.objects.exclude(ends_at=None).update(ends_at=timezone.now())
    tell(in_acme)
    worker.work()
    receiver.heard[1].verified(rolled[1])
    assert len(receiver.heard[1].headers["webhook-signature"].split()) == 1


def test_nothing_goes_out_unsigned(in_acme: Tenant, receiver: Receiver, settings: Any) -> None:
    hook(receiver)
    [row] = tell(in_acme)
    settings.DATA_KEYS = ["another key, which opens nothing"]
    worker.work()
    assert receiver.heard == []
    assert (again(row).state, again(row).attempts) == (State.PENDING, 1)
    assert "DATA_KEYS" in Attempt.objects.get().error


def test_a_ping_arrives_whatever_types_are_wanted(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, secret = hook(receiver)
    hook(receiver, "other")
    endpoints.ping(webhook.pk)
    relay.relay_batch(in_acme.id)
    worker.work()
    [heard] = receiver.heard
    assert (heard.path, heard.verified(secret)["type"]) == ("/", "ping.test")


def test_another_address_is_tried_at_once(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, _ = endpoints.create("http://127.0.0.1:1/", types=["memory.rescored"])
    tell(in_acme, 8)
    worker.work()
    assert worker.work() == 0
    endpoints.change(webhook.pk, {"url": receiver.url})
    worker.work()
    assert len(receiver.heard) in (2, 3)  # those that had not been tried


def test_a_delivery_whose_worker_died_goes_again_with_the_same_id(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    [row] = tell(in_acme)
    [lost] = claiming.claim(10)
    assert (again(row).state, again(row).attempts) == (State.SENDING, 1)  # counted before it is sent
    assert claiming.claim(10) == []
    Delivery.objects.update(lease_until=timezone.now())
    assert worker.work() == 1
    assert (again(row).state, again(row).attempts) == (State.DELIVERED, 2)
    [letter] = worker._letters([lost])
    assert not settle([(letter, Outcome(status=500))])
    assert (again(row).state, Attempt.objects.count()) == (State.DELIVERED, 1)


def test_a_delivery_that_lost_its_worker_at_the_last_try_is_dead(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    [row] = tell(in_acme)
    Delivery.objects.update(attempts=9)
    claiming.claim(10)
    Delivery.objects.update(lease_until=timezone.now())
    assert worker.work() == 0
    assert (again(row).state, receiver.heard) == (State.DEAD, [])


def test_who_is_erased_while_a_delivery_is_on_its_way_is_not_tried_again(in_acme: Tenant, receiver: Receiver) -> None:
    endpoints.create(receiver.url, types=["memory.created"])
    told = {"kind": "fact", "namespace": "default", "version": 1}
    ledger.record("memory.created", user_id="ada", **told)
    ledger.record("memory.created", user_id="ben", **told)
    relay.relay_batch(in_acme.id)
    letters = list(worker._letters(claiming.claim(10)))
    assert forgetting.forget(in_acme.id, "user_id", "ada") == 1
    assert [settle([(letter, Outcome(status=500))]) for letter in letters] == [0, 1]
    due()
    worker.work()
    states = [row.state for row in Delivery.objects.order_by("seq")]
    assert states == [State.CANCELLED, State.DELIVERED]
    assert [heard.json()["data"]["data"]["user_id"] for heard in receiver.heard] == ["ben"]


def test_a_tenant_with_many_webhooks_does_not_go_before_one_with_few(
    in_acme: Tenant, globex: Tenant, receiver: Receiver
) -> None:
    for n in range(10):
        hook(receiver, str(n))
    tell(in_acme, 5)
    with tenant_context(globex):
        few, _ = hook(receiver, "few")
    tell(globex)
    assert few.pk in {row.webhook_id for row in claiming.claim(2)}


def test_one_tenant_does_not_take_all_the_room(in_acme: Tenant, receiver: Receiver, monkeypatch: Any) -> None:
    for n in range(50):
        hook(receiver, str(n))
    tell(in_acme, 2)
    while claiming.claim(50):
        pass
    assert claiming.OF_TENANT <= Delivery.objects.filter(state=State.SENDING).count() <= claiming.OF_TENANT * 2
    assert Delivery.objects.filter(state=State.PENDING).exists()


def test_a_look_costs_the_same_however_much_waits(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, _ = hook(receiver)
    tell(in_acme, 200)
    endpoints.pause(webhook.pk)
    with costs(5):  # two of them begin and end a savepoint
        assert claiming.claim(10) == []


def test_taking_reads_what_is_next_and_not_all_that_waits(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, _ = hook(receiver)
    words = {"now": timezone.now(), "webhooks": [webhook.pk], "lease": webhook.pk, "until": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {claiming.TAKE}", words)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "delivery_due" in plan
    assert "Sort" not in plan  # the index has them in order, also thousands that were replayed at one moment


def test_two_workers_share_without_doubling_and_without_filling_a_webhook(committed: None, receiver: Receiver) -> None:
    acme = Tenant.objects.get(slug="acme")
    with tenant_context(acme):
        for n in range(5):
            hook(receiver, str(n))
    tell(acme, 20)
    claimed: list[tuple[UUID, UUID]] = []
    full: list[int] = []

    def work() -> None:
        try:
            while Delivery.objects.filter(state=State.PENDING).exists():
                rows = claiming.claim(5)
                claimed.extend((row.pk, row.webhook_id) for row in rows)
                by_webhook = Delivery.objects.filter(state=State.SENDING).values_list("webhook_id", flat=True)
                full.extend(list(by_webhook).count(webhook) for webhook in set(by_webhook))
                Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.DELIVERED)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [id for id, _ in claimed]
    assert len(ids) == len(set(ids)) == 100
    assert max(full) == 2


def test_old_deliveries_go_with_their_tries(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    rows = tell(in_acme, 6)
    worker.work()
    old = timezone.now() - timedelta(days=31)
    Delivery.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(created_at=old, next_at=old, finished_at=old)
    young = {"created_at": old, "next_at": old}
    Delivery.objects.filter(pk=rows[1].pk).update(**young, finished_at=timezone.now())  # given up today
    Delivery.objects.filter(pk=rows[2].pk).update(state=State.PENDING, next_at=timezone.now(), finished_at=None)
    assert deliveries.sweep() == 2
    assert {row.pk for row in Delivery.objects.all()} == {rows[n].pk for n in (1, 2, 4, 5)}
    assert Attempt.objects.count() == 4
    assert deliveries.sweep() == 0


def test_a_sweep_takes_slice_after_slice(in_acme: Tenant, receiver: Receiver, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliveries, "SLICE", 2)
    hook(receiver)
    tell(in_acme, 5)
    assert deliveries.sweep(timezone.now() + timedelta(days=31)) == 5


def test_a_delivery_that_nobody_has_is_settled_by_nobody(in_acme: Tenant, receiver: Receiver) -> None:
    hook(receiver)
    tell(in_acme)
    [letter] = worker._letters(claiming.claim(10))
    Webhook.objects.all().delete()
    assert not settle([(letter, Outcome(status=200))])
    assert not Attempt.objects.exists()


def test_a_webhook_is_deleted_without_reading_its_deliveries(in_acme: Tenant, receiver: Receiver) -> None:
    webhook, _ = hook(receiver)
    tell(in_acme, 3)
    worker.work()
    with CaptureQueriesContext(connection) as captured:
        assert endpoints.delete(webhook.pk)
    assert sum("events_delivery" in sql for sql in statements(captured)) == 2  # deleted; and the cascade finds none
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()
