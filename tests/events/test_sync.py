"""Messages between services: who gets one, when it comes again, how it ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import given, settings
from hypothesis import strategies as st

from events.models import Event
from events.sync import backoff, messages, metrics, receipts, services
from events.sync.errors import BadMessage, NothingDead, NotTheirs, QueueFull, TooManyServices
from events.sync.messages import Draft
from events.sync.models import Line, Message, Receipt, Service
from tenants.models import Tenant
from tests.conftest import costs

State = Receipt.State


@pytest.fixture(autouse=True)
def _in_acme(in_acme: Tenant) -> Iterator[None]:
    return


def say(target: str = "b", source: str = "a", kind: str = "memory", **fields: Any) -> Message:
    return messages.send(Draft(source, kind, "create", fields.pop("data", {"n": 1}), target=target, **fields))


def facts(*types: str) -> list[tuple[str, dict[str, Any]]]:
    return [(fact.type, fact.data) for fact in Event.objects.filter(type__in=types).order_by("id")]


def states(message: Message | None = None) -> dict[str, str]:
    rows = Receipt.objects.filter(message=message) if message else Receipt.objects.all()
    return {row.service.service_id: row.state for row in rows.select_related("service")}


def later(**by: float) -> None:
    """Time passes for all that is owed."""
    Receipt.objects.filter(settled_at=None).update(next_at=F("next_at") - timedelta(**by))


# --- who gets a message


def test_a_direct_message_is_for_its_target_alone_even_if_that_never_came() -> None:
    services.identify("c")
    message = say("b")
    assert states(message) == {"b": "waiting"}
    assert facts("sync.sent") == [("sync.sent", {"kind": "memory", "action": "create", "source": "a", "target": "b"})]


def test_a_broadcast_is_for_all_that_are_known_but_its_source_and_those_who_want_other_kinds() -> None:
    services.identify("a")
    services.identify("b", ["memory", "learning"])
    services.identify("c", ["model"])
    services.identify("d")
    say("never-came")
    assert states(say("")) == {"b": "waiting", "d": "waiting"}


def test_a_broadcast_is_not_for_who_was_not_seen_for_long() -> None:
    services.identify("b")
    Service.objects.update(seen_at=timezone.now() - timedelta(days=8))
    assert states(say("")) == {}


def test_a_service_is_told_of_when_it_is_new_or_can_something_else() -> None:
    services.identify("b", ["memory"])
    services.identify("b", ["memory"])
    services.identify("b")
    services.identify("b", ["model", "memory"])
    told = [data["capabilities"] for _, data in facts("sync.identified")]
    assert told == [["memory"], ["memory", "model"]]


def test_the_fact_of_a_message_never_holds_its_data() -> None:
    message = say("b", data={"secret": "kingfisher"}, correlation_id="kingfisher")
    services.identify("b")
    receipts.claim(Service.objects.get(service_id="b"), None)
    receipts.acknowledge("b", [message.pk], failed=True, error="kingfisher")
    assert not any("kingfisher" in str(vars(fact)) for fact in Event.objects.all())


def test_many_are_sent_at_once_or_none() -> None:
    drafts = [Draft("a", "memory", "create", {"n": n}, target="b") for n in range(100)]
    with costs(10):
        sent = messages.send_many(drafts)
    assert [message.data["n"] for message in sent] == list(range(100))
    with pytest.raises(BadMessage) as bad:
        messages.send_many([drafts[0], Draft("a", "gossip", "create", target="b")])
    assert bad.value.pointer == "/messages/1/kind"
    assert Message.objects.count() == len(facts("sync.sent")) == 100


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (Draft("", "memory", "create"), "/source"),
        (Draft("a b", "memory", "create"), "/source"),
        (Draft("a", "memory", "create", target="x" * 65), "/target"),
        (Draft("a", "gossip", "create"), "/kind"),
        (Draft("a", "memory", "dance"), "/action"),
        (Draft("a", "memory", "create", {"x": "y" * 65_536}), "/data"),
        (Draft("a", "memory", "create", correlation_id="x" * 129), "/correlation_id"),
        (Draft("a", "memory", "create", expires_in=0), "/expires_in"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_part(draft: Draft, pointer: str) -> None:
    with pytest.raises(BadMessage) as bad:
        messages.send(draft)
    assert bad.value.pointer == pointer
    assert not Message.objects.exists()


def test_there_is_an_end_to_what_may_wait_and_to_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MOST_OWED", 1)
    monkeypatch.setattr(services, "MOST", 2)
    say("b")
    say("c")
    with pytest.raises(QueueFull):
        say("b")
    monkeypatch.setattr(messages, "MOST_OWED", 9)
    with pytest.raises(TooManyServices):
        say("d")
    with pytest.raises(TooManyServices):
        services.identify("d")


# --- it is handed over, and comes again


def claimed(service: str = "b", line: UUID | None = None, **options: Any) -> list[Message]:
    return [row.message for row in receipts.claim(Service.objects.get(service_id=service), line, **options)]


def test_what_waits_is_handed_over_oldest_first_in_batches() -> None:
    sent = [say("b") for _ in range(60)]
    with costs(5):
        first = claimed()
    assert [*first, *claimed()] == sent
    assert claimed() == []


def test_a_service_is_handed_its_own_messages_alone() -> None:
    mine, other = say("b"), say("c")
    assert claimed("b") == [mine]
    assert claimed("c") == [other]


def test_one_that_nobody_acknowledges_comes_again_after_its_pause() -> None:
    message = say("b")
    assert claimed() == [message]
    row = Receipt.objects.get()
    assert row.first_sent_at
    assert 4 <= (row.next_at - row.first_sent_at).total_seconds() <= 6
    later(seconds=7)
    assert claimed() == [message]
    assert Receipt.objects.get().attempts == 2


def test_two_lines_share_the_work() -> None:
    sent = [say("b") for _ in range(4)]
    mine, other = claimed(line=uuid4(), limit=2), claimed(line=uuid4())
    assert [*mine, *other] == sent


def test_a_line_has_no_more_than_its_window_without_acknowledging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "WINDOW", 3)
    sent, line = [say("b") for _ in range(5)], uuid4()
    assert claimed(line=line) == sent[:3]
    assert claimed(line=line) == []
    receipts.acknowledge("b", [sent[0].pk])
    assert claimed(line=line) == sent[3:4]


def test_what_a_line_had_is_due_at_once_when_it_closes_or_its_lease_is_over() -> None:
    message, line = say("b"), uuid4()
    service = services.open_line("b", None, line)
    assert claimed(line=line) == [message]
    services.close_line(line)
    assert claimed(line=line) == [message]
    services.open_line("b", None, line)
    later(seconds=60)
    assert claimed(line=line) == [message]
    Line.objects.update(until=timezone.now())
    services.open_line("b", None, uuid4())
    assert not Line.objects.filter(pk=line).exists()
    assert claimed(line=uuid4()) == [message]
    assert service.receipts.get().attempts == 4


def test_a_second_line_takes_nothing_from_the_first() -> None:
    say("b")
    line = uuid4()
    services.open_line("b", None, line)
    claimed(line=line)
    services.open_line("b", None, uuid4())
    assert claimed(line=uuid4()) == []


def test_a_service_is_connected_while_a_line_of_it_is_renewed() -> None:
    line = uuid4()
    services.open_line("b", ["memory"], line)
    assert [(one.service_id, one.connected) for one in services.listed()] == [("b", True)]
    Line.objects.update(until=timezone.now())
    assert not services.listed()[0].connected
    assert services.renew(line)
    assert services.listed()[0].connected
    services.close_line(line)
    assert not services.renew(line)
    assert not services.listed()[0].connected


# --- it is acknowledged, fails, is given up


def test_an_acknowledged_message_is_told_once_and_never_comes_again() -> None:
    message = say("b")
    claimed()
    for _ in range(2):
        assert receipts.acknowledge("b", [message.pk])[0].state == "acknowledged"
    assert facts("sync.acknowledged") == [("sync.acknowledged", {"source": "a", "target": "b", "status": "processed"})]
    later(days=1)
    assert claimed() == []
    receipts.acknowledge("b", [message.pk], failed=True)
    assert states() == {"b": "acknowledged"}


def test_a_message_of_another_service_cannot_be_acknowledged() -> None:
    services.identify("c")
    mine, other = say("b"), say("c")
    with pytest.raises(NotTheirs) as refused:
        receipts.acknowledge("b", [mine.pk, other.pk, uuid4()])
    assert refused.value.at == (1, 2)
    assert states() == {"b": "waiting", "c": "waiting"}


def test_one_that_fails_is_tried_again_and_then_given_up() -> None:
    message = say("b")
    for attempt in range(1, backoff.MOST + 1):
        assert claimed() == [message], attempt
        receipts.acknowledge("b", [message.pk], failed=True, error="no room")
        later(seconds=721)
    assert claimed() == []
    row = Receipt.objects.get()
    assert (row.state, row.error, row.attempts) == ("dead", "no room", 10)
    assert [data["status"] for _, data in facts("sync.acknowledged")] == ["failed"] * 9
    assert facts("sync.dead") == [("sync.dead", {"source": "a", "target": "b"})]


def test_one_that_is_never_acknowledged_is_given_up_too() -> None:
    message = say("b")
    for _ in range(backoff.MOST):
        assert claimed() == [message]
        later(seconds=721)
    assert claimed() == []
    assert states() == {"b": "dead"}
    assert len(facts("sync.dead")) == 1


def test_what_was_given_up_can_be_queued_again_and_acknowledged_late() -> None:
    message = say("b")
    with pytest.raises(NothingDead):
        receipts.requeue(message.pk)
    Receipt.objects.update(state="dead", settled_at=timezone.now(), attempts=10)
    assert receipts.requeue(message.pk) == 1
    assert claimed() == [message]
    Receipt.objects.update(state="dead", settled_at=timezone.now())
    receipts.acknowledge("b", [message.pk])
    assert states() == {"b": "acknowledged"}
    assert receipts.requeue(uuid4()) is None
    assert len(facts("sync.requeued")) == 1


# --- its time is over


def test_a_message_ends_with_its_time_its_data_first_and_its_row_later() -> None:
    message = say("b", expires_in=60)
    Message.objects.update(expires_at=timezone.now())
    assert claimed() == []
    assert receipts.expire() == 1
    assert (states(), Message.objects.get(pk=message.pk).data) == ({"b": "expired"}, {})
    assert facts("sync.expired") == [("sync.expired", {"count": 1})]
    assert receipts.expire() == 0
    Message.objects.update(expires_at=timezone.now() - timedelta(days=7))
    Service.objects.update(created_at=timezone.now() - timedelta(days=8))
    receipts.expire()
    assert not Message.objects.exists()
    assert not Receipt.objects.exists()
    assert not Service.objects.exists()
    assert len(facts("sync.expired")) == 1


def test_nobody_makes_a_message_last_longer_than_the_settings_say() -> None:
    message = say("b", expires_in=10**9)
    assert (message.expires_at - message.created_at) == timedelta(days=7)


def test_the_database_keeps_states_and_one_receipt_a_service() -> None:
    message = say("b")
    row = Receipt.objects.get()
    for wrong in ({"state": "dead"}, {"settled_at": timezone.now()}, {"state": "lost"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Receipt.objects.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(message=message, service=row.service, created_at=row.created_at, next_at=row.next_at)


# --- what is told of the queue


def test_the_queue_is_told_by_service_and_in_all_in_one_query() -> None:
    for service in ("b", "b", "b", "c"):
        say(service)
    claimed(limit=2)
    first = Receipt.objects.filter(state="sent").order_by("pk")[0]
    Receipt.objects.update(created_at=F("created_at") - timedelta(seconds=3))
    receipts.acknowledge("b", [first.message_id])
    later(seconds=60)
    claimed(limit=1)
    with costs(1):
        total, each = metrics.queues()
    of_b = each[Service.objects.get(service_id="b").pk]
    assert (total.waiting, total.sent, total.dead, total.retries) == (2, 1, 0, 1)
    assert (of_b.waiting, of_b.sent, of_b.last_hour.acknowledged) == (1, 1, 1)
    assert 3000 <= (of_b.last_hour.p50_ms or 0) <= 8000
    assert of_b.last_day == of_b.last_hour
    assert total.oldest_seconds is not None
    assert total.oldest_seconds >= 3


def test_an_empty_queue_is_told_too() -> None:
    assert metrics.queues() == (metrics.Queue(), {})
    assert [hour.owed for hour in metrics.hours()] == [0] * 24


def test_hours_tell_how_much_was_owed_at_their_end() -> None:
    one, _ = say("b"), say("b")
    two_hours_ago = timezone.now() - timedelta(hours=2)
    Receipt.objects.update(created_at=two_hours_ago)
    receipts.acknowledge("b", [one.pk])
    told = metrics.hours()
    assert [hour.owed for hour in told[-4:]] == [0, 2, 2, 1]
    assert (told[-3].came, told[-1].settled) == (2, 1)
    assert told[-1].p95_ms == pytest.approx(7_200_000, rel=0.01)


# --- tenants


def test_two_tenants_with_services_of_the_same_name_never_meet(globex: Tenant) -> None:
    message = say("b")
    with tenant_context(globex):
        services.identify("b")
        assert claimed() == []
        with pytest.raises(NotTheirs):
            receipts.acknowledge("b", [message.pk])
        assert not Message.objects.exists()


# --- properties


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_doubles_to_ten_minutes_and_strays_by_a_fifth(attempts: int, chance: float) -> None:
    plain = min(600.0, 5.0 * 2 ** min(attempts - 1, 20))
    assert plain * 0.8 <= backoff.pause(attempts, chance) <= plain * 1.2
    assert backoff.pause(attempts, chance) <= backoff.pause(attempts + 1, chance)


STEPS = st.lists(st.sampled_from(["claim", "ack", "fail", "wait", "close", "requeue", "expire"]), max_size=30)


@settings(deadline=None, max_examples=50)  # a step is a statement of a database
@given(STEPS)
def test_whatever_happens_a_message_is_owed_or_settled_and_told_of_rightly(steps: list[str]) -> None:
    with transaction.atomic():
        _walk(steps)
        transaction.set_rollback(True)


def _walk(steps: list[str]) -> None:
    message, line = say("b"), uuid4()
    was: tuple[str, int] = ("waiting", 0)
    for step in steps:
        _do(step, message, line)
        row = Receipt.objects.get(message=message)
        assert (row.settled_at is None) == (row.state in ("waiting", "sent", "failed"))
        assert 0 <= row.attempts <= backoff.MOST
        assert row.attempts >= was[1] or step == "requeue"
        if was[0] == "acknowledged":
            assert row.state == "acknowledged"
        was = (row.state, row.attempts)
    told = [data["status"] for _, data in facts("sync.acknowledged")]
    assert told.count("processed") == (was[0] == "acknowledged")


def _do(step: str, message: Message, line: UUID) -> None:
    if step == "claim":
        claimed(line=line)
    elif step in ("ack", "fail"):
        receipts.acknowledge("b", [message.pk], failed=step == "fail")
    elif step == "wait":
        later(seconds=721)
    elif step == "close":
        services.close_line(line)
    elif step == "expire":
        receipts.expire()
    else:
        try:
            receipts.requeue(message.pk)
        except NothingDead:
            assert not Receipt.objects.filter(state="dead").exists()
