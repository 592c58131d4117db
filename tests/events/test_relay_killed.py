"""A relay that is killed for good, by `kill -9`, at every step: no fact is lost, none is told twice, none out of order.

A process of its own is set up once and forks a relay for each step, which dies there. Steps are the statements, each
before and after it is done, and the commits.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events import feed, ledger, relay, verify
from events.models import Delivery, Event, Stream, Webhook
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("committed")
T = TypeVar("T")
PER_WRITER, WRITERS = 60, 3
ROOT = Path(__file__).resolve().parents[2]
RELAY = """
import os, signal, sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
django.setup()
from django.db import connection
from events import relay
relay.BATCH = 3

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Steps:
    def __init__(self, at):
        self.left = at
    def __call__(self, do):
        self.left -= 1
        self.left or die()
        done = do()
        self.left -= 1
        self.left or die()
        return done

def run(at):
    step, commit = Steps(at), connection._commit
    connection._commit = lambda: step(commit)
    with connection.execute_wrapper(lambda execute, *told: step(lambda: execute(*told))):
        relay.drain()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run(int(line))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextmanager
def relays() -> Iterator[subprocess.Popen[str]]:
    script = RELAY.format(database=connection.settings_dict["NAME"])
    code = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n{script}"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def dies_at(step: int, process: subprocess.Popen[str]) -> bool:
    """Whether a relay came to this step, and died there."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{step}\n")
    process.stdin.flush()
    while not (status := process.stdout.readline().strip()).isdigit():  # what it logs
        pass
    assert int(status) in (0, 9)
    return status == "9"


def tell(tenant: Tenant, count: int) -> list[UUID]:
    with transaction.atomic():
        return [ledger.record("tenant.created", tenant, tenant_id=tenant.pk, slug=tenant.slug).pk for _ in range(count)]


def free() -> None:
    """Wait until the server has noticed that a dead relay's connection is gone."""
    with transaction.atomic():
        list(Stream.objects.select_for_update())


def whole(tenant: Tenant) -> None:
    """At every moment: numbers without a gap, up to the stream's own, each with the delivery of it."""
    told = feed.page(tenant.pk, 0, limit=10_000).events
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert feed.last_seq(tenant.pk) == len(told)
    assert sorted(Delivery.objects.filter(tenant_id=tenant.pk).values_list("seq", flat=True)) == [
        event.seq for event in told
    ]


@pytest.fixture
def hooked(acme: Tenant, globex: Tenant) -> list[Tenant]:
    """Two tenants, each with a webhook that wants everything."""
    now = timezone.now()
    for tenant in (acme, globex):
        Webhook.objects.create(tenant_id=tenant.pk, url="https://example.org/", created_at=now, updated_at=now)
    return [acme, globex]


def test_killed_at_each_step_no_fact_is_lost_and_none_is_told_twice(hooked: list[Tenant]) -> None:
    made: dict[UUID, list[UUID]] = {tenant.pk: [] for tenant in hooked}
    with relays() as process:
        step = 0
        while True:
            step += 1
            for tenant, count in zip(hooked, (4, 1), strict=True):
                made[tenant.pk] += tell(tenant, count)
            free()
            died = dies_at(step, process)
            free()
            for tenant in hooked:
                whole(tenant)
            relay.drain()
            if not died:
                break
    assert step > 40
    for tenant in hooked:
        told = feed.page(tenant.pk, 0, limit=10_000).events
        assert [event.pk for event in told] == made[tenant.pk]
        assert verify.verify_all(tenant.pk).complete
    assert feed.unrelayed() == 0


def test_what_a_dead_relay_left_the_next_one_tells(acme: Tenant) -> None:
    made = tell(acme, 10)
    with relays() as process:
        assert dies_at(12, process)
    free()
    relay.drain()
    assert [event.pk for event in feed.page(acme.pk, 0, limit=200).events] == made


def test_a_reader_of_insert_ids_would_lose_what_the_feed_tells(acme: Tenant) -> None:
    """The naive poll, side by side with the feed: it passes a fact that was told first and committed last."""
    naive: list[UUID] = []
    seen: list[UUID] = []

    def poll() -> None:
        rows = Event.objects.filter(tenant_id=acme.pk)
        last = naive[-1] if naive else UUID(int=0)
        naive.extend(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
        relay.drain()
        seen.extend(event.pk for event in feed.page(acme.pk, len(seen), limit=200).events)

    def elsewhere() -> None:
        try:
            tell(acme, 1)
            poll()
        finally:
            connection.close()

    with transaction.atomic():
        late = ledger.record("tenant.created", acme, tenant_id=acme.pk, slug=acme.slug).pk
        with ThreadPoolExecutor(1) as pool:
            pool.submit(elsewhere).result()
    poll()
    assert late not in naive
    assert seen[-1] == late
    assert len(seen) == 2


def own(work: Callable[[], T]) -> T:
    """In a thread: with a connection that is closed at the end."""
    try:
        return work()
    finally:
        connection.close()


def write(tenant: Tenant) -> list[UUID]:
    return [pk for _ in range(PER_WRITER) for pk in tell(tenant, 1)]


def read(tenant: Tenant) -> list[UUID]:
    """What a reader sees who asks again and again for what comes after the last number that it has."""
    until, found = time.monotonic() + 60, []
    while len(found) < PER_WRITER * WRITERS and time.monotonic() < until:
        found += feed.page(tenant.pk, len(found), limit=7).events
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    return [event.pk for event in found]


def relay_until(over: Callable[[], bool]) -> None:
    while feed.unrelayed() or not over():
        relay.drain()


def test_several_relays_and_readers_at_once_and_each_reader_sees_each_fact_once(hooked: list[Tenant]) -> None:
    """Four relays, and of each tenant three writers and two readers."""
    with ThreadPoolExecutor(14) as pool:
        writing = [pool.submit(own, partial(write, tenant)) for tenant in hooked for _ in range(WRITERS)]
        reading = [pool.submit(own, partial(read, tenant)) for tenant in hooked for _ in range(2)]
        relaying = partial(relay_until, lambda: all(future.done() for future in writing))
        for future in [pool.submit(own, partial(relaying)) for _ in range(4)]:
            future.result()
    made = [set(future.result()) for future in writing]
    seen = [future.result() for future in reading]
    for place, tenant in enumerate(hooked):
        one, other = seen[place * 2 : place * 2 + 2]
        assert one == other
        assert set(one) == set().union(*made[place * WRITERS : (place + 1) * WRITERS])
        assert len(one) == PER_WRITER * WRITERS
        whole(tenant)


def test_a_busy_tenant_does_not_keep_others_waiting(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 5)
    order: list[UUID | None] = []
    batch = relay.relay_batch

    def noted(tenant_id: UUID | None, *, wait: bool = True) -> list[Event]:
        order.append(tenant_id)
        return batch(tenant_id, wait=wait)

    monkeypatch.setattr(relay, "relay_batch", noted)
    tell(acme, 50)
    tell(globex, 5)
    assert relay.drain() == 55
    assert order.index(globex.pk) <= 1


def test_a_tenant_that_another_relay_is_at_is_passed_over(acme: Tenant, globex: Tenant) -> None:
    tell(acme, 1)
    relay.drain()  # its stream is there
    tell(acme, 3)
    tell(globex, 2)

    def elsewhere() -> int:
        try:
            return relay.drain()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            relay.locked(acme.pk)
            assert pool.submit(elsewhere).result(timeout=30) == 2
        assert pool.submit(elsewhere).result(timeout=30) == 3
