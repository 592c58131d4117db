"""What limits cost: a call of the script, a request with and without it, a write with and without quotas.

    .venv/bin/python benchmarks/limits.py [--calls 2000]

All in this process, without a socket between. What is printed is milliseconds: the median and the 95th percentile
by the clock, and the median of what this process's CPU did.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

import scratch

Times = list[tuple[float, float]]  # milliseconds of the clock, and of this process's CPU


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    began, busy = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - busy)


def say(name: str, took: Times) -> None:
    clock, cpu = zip(*took, strict=True)
    p95 = statistics.quantiles(clock, n=20)[-1]
    print(f"{name:44} {statistics.median(clock):8.3f} {p95:8.3f} {statistics.median(cpu):8.3f}", flush=True)


def in_turn(calls: int, works: dict[str, tuple[Callable[[], Any], Callable[[], Any]]]) -> None:
    """Side by side: a slice of each (what goes before it, and what is measured) again and again, so that whatever
    else the machine does meets all alike."""
    took: dict[str, Times] = {name: [] for name in works}
    for _ in range(calls // 20):
        for name, (before, work) in works.items():
            before()
            took[name] += [timed(work) for _ in range(20)]
    for name, all_took in took.items():
        say(name, all_took)


def nothing() -> None:
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    calls = parser.parse_args().calls
    with scratch.tenant() as tenant:
        run(tenant, calls)


def run(tenant: Any, calls: int) -> None:
    from tenants import keys

    _, text = keys.issue(tenant, "bench")
    print(f"{'':44} {'median':>8} {'p95':>8} {'cpu':>8}")
    spending(tenant, text, calls)
    asking(text, calls)
    writing(tenant, calls)


def spending(tenant: Any, text: str, calls: int) -> None:
    from tenants import limits
    from tenants.metered import LONG_RATES
    from tenants.resolve import resolve

    speaker = resolve(text)
    longer = replace(speaker, tenant=copy(tenant))
    longer.tenant.limits = dict.fromkeys(LONG_RATES, 10**9)
    in_turn(calls, {
        "a PING of Redis": (nothing, limits._script().registered_client.ping),
        "limits.spend, three windows": (nothing, lambda: limits.spend(speaker, "read")),
        "the same, with an hour and a day": (nothing, lambda: limits.spend(longer, "read")),
    })  # fmt: skip


def asking(text: str, calls: int) -> None:
    from django.test import Client

    from api.throttle import Throttle

    client, sent = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {text}"}
    spend = Throttle.allow_request

    def throttled(by: Callable[..., bool]) -> Callable[[], None]:
        return lambda: setattr(Throttle, "allow_request", by)

    def read() -> None:
        assert client.get("/api/v1/memories?limit=1", headers=sent).status_code == 200

    in_turn(calls, {
        "a request without limits": (throttled(lambda *_: True), read),
        "a request with limits": (throttled(spend), read),
    })  # fmt: skip


def writing(tenant: Any, calls: int) -> None:
    from django.db import connection

    from memory.remember import remember
    from memory.types import Draft
    from tenants.metered import RATES

    numbers = itertools.count()

    def write() -> None:
        assert remember(Draft(f"note {next(numbers)}")).status == "created"

    def tally(how: str, **own: int) -> Callable[[], None]:
        def prepare() -> None:
            tenant.limits = dict.fromkeys(RATES) | own
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE memory_memory {how} TRIGGER memory_tally_insert")

        return prepare

    in_turn(calls, {
        "a write without the tally": (tally("DISABLE"), write),
        "a write with the tally": (tally("ENABLE"), write),
        "a write under a quota, far from its end": (tally("ENABLE", memories_hard=10**9), write),
        "a write under a quota, near its end": (tally("ENABLE", memories_hard=10**5), write),
    })  # fmt: skip


if __name__ == "__main__":
    main()
