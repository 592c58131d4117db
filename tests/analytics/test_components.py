"""Component health: each told with a status, and what hangs on something that is away is not called down."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from analytics import components
from analytics.checks import around, database, queues
from analytics.checks.base import Component, Status
from automation import pulses, tasks
from tenants.models import Tenant
from tests.conftest import Caller


@pytest.fixture
def still(db: None) -> Iterator[None]:
    """No pulse was ever sent."""
    pulses._redis().delete(*(f"pulse:{queue}" for queue in pulses.QUEUES))
    yield
    pulses._redis().delete(*(f"pulse:{queue}" for queue in pulses.QUEUES))


def beats(ago: float = 1.0) -> None:
    every = IntervalSchedule.objects.get_or_create(every=15, period=IntervalSchedule.SECONDS)[0]
    at = timezone.now() - timedelta(seconds=ago)
    PeriodicTask.objects.update_or_create(
        name="pulse_default", defaults={"task": pulses.TASK, "interval": every, "last_run_at": at}
    )


def worker(queue: str) -> Component:
    return next(one for one in queues.workers() if one.name == f"worker_{queue}")


def test_every_component_is_told_once(still: None) -> None:
    told = components.health()
    assert [one.name for one in told.components] == components.NAMES
    assert told.status == Status.DOWN  # no beat
    by_name = {one.name: one.status for one in told.components}
    assert {by_name[name] for name in ("postgresql", "vector_extension", "redis", "store_cold", "embedder")} == {"ok"}


def test_beat_and_workers_are_well_while_pulses_go_through(still: None) -> None:
    beats()
    for queue in pulses.QUEUES:
        pulses.beat(queue, time.time() - 0.5, "worker@here")
    assert queues.beat()[0].status == Status.OK
    assert {one.status for one in queues.workers()} == {Status.OK}
    told = worker("embed")
    assert told.latency_ms
    assert 500 <= told.latency_ms < 1500
    assert told.details["worker"] == "worker@here"


def test_a_queue_whose_pulses_are_not_handled_is_down_and_the_others_are_not(still: None) -> None:
    beats()
    for queue in pulses.QUEUES[1:]:
        pulses.beat(queue, time.time(), "worker@here")
    assert (worker("default").status, worker("embed").status) == (Status.DOWN, Status.OK)
    assert "Start the worker" in worker("default").advice


def test_without_beat_nothing_is_said_of_workers(still: None) -> None:
    beats(ago=600)
    assert queues.beat()[0].status == Status.DOWN
    assert {one.status for one in queues.workers()} == {Status.UNKNOWN}


def test_a_late_pulse_does_not_take_the_place_of_a_newer_one(still: None) -> None:
    pulses.beat("default", 200.0, "a")
    pulses.beat("default", 100.0, "b")
    assert pulses.latest()["default"].worker == "a"


def test_the_task_writes_down_when_it_was_sent(still: None) -> None:
    tasks.pulse.apply(args=("webhooks",), headers={"sent_at": 123.0})
    assert pulses.latest()["webhooks"].waited > 0


def test_messages_that_wait_are_counted_and_many_of_them_are_told(still: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queues.broker()[0].status == Status.OK
    monkeypatch.setattr(queues, "WAITING", -1)
    assert queues.broker()[0].status == Status.DEGRADED


def test_without_redis_it_is_down_and_what_hangs_on_it_unknown(still: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://localhost:1"
    settings.CELERY_BROKER_URL = "redis://localhost:1/0"
    pulses._redis.cache_clear()
    pulses._broker.cache_clear()
    try:
        told = {one.name: one for one in components.health().components}
    finally:
        pulses._redis.cache_clear()
        pulses._broker.cache_clear()
    assert (told["redis"].status, told["redis"].details) == (Status.DOWN, {"error": "ConnectionError"})
    assert {told[name].status for name in ("broker", "worker_embed", "clocks")} == {Status.UNKNOWN}
    assert told["postgresql"].status == Status.OK


def test_an_old_extension_is_down(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_extension SET extversion = '0.8.3' WHERE extname = 'vector'")
    (told,) = database.extension()
    assert (told.status, told.details["version"]) == (Status.DOWN, "0.8.3")


def test_an_invalid_index_of_a_tenant_is_named(in_acme: Tenant) -> None:
    assert database.indexes()[0].status == Status.OK
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'report_newest'::regclass")
    (told,) = database.indexes()
    assert (told.status, told.details["invalid"]) == (Status.DEGRADED, ["t_acme.report_newest"])


def test_a_store_that_cannot_be_written_to_is_down(settings: Any, tmp_path: Any, db: None) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    storages = settings.STORAGES
    options = storages["cold"]["OPTIONS"] | {"location": blocked / "below"}
    settings.STORAGES = storages | {"cold": storages["cold"] | {"OPTIONS": options}}
    assert [one.status for one in around.stores()] == [Status.DOWN, Status.OK]


def test_a_disk_that_is_nearly_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "TIGHT", 2.0)
    assert around.disk()[0].status == Status.DEGRADED
    monkeypatch.setattr(around, "FULL", 2.0)
    assert around.disk()[0].status == Status.DOWN


def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    assert around.clocks()[0].status == Status.OK
    monkeypatch.setattr(around, "_redis_time", lambda: time.time() + 5)
    (told,) = around.clocks()
    assert (told.status, round(told.details["redis_s"])) == (Status.DEGRADED, 5)


def test_a_check_that_fails_does_not_hide_the_others(still: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Component]:
        raise KeyError("secret words")

    monkeypatch.setattr(components, "CHECKS", ((broken, ("disk",), ""), *components.CHECKS[:1]))
    told = components.health()
    assert [one.status for one in told.components] == [Status.UNKNOWN, Status.OK]
    assert "secret" not in components.report(told)


def test_the_doctor_prints_them_and_fails_when_something_is_down(still: None) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="down"):
        call_command("doctor", stdout=out)
    assert "beat" in out.getvalue()
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", "--json", stdout=out)
    assert json.loads(out.getvalue())["status"] == "down"


def test_only_the_platform_asks(ada: Caller, still: None) -> None:
    from tenants import keys

    assert ada.get("components")[0] == 403
    status, told = Caller(keys.issue(None, "operator", ["platform"])[1]).get("components")
    assert (status, len(told["components"])) == (200, len(components.NAMES))
