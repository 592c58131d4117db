"""What limits cost: a call of the script, a request with and without it, a write with and without quotas.

    .venv/bin/python benchmarks/limits.py [--calls 2000]

All in this process, without a socket between. What is printed is the median of milliseconds, and the 95th percentile.
"""

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import scratch


def measure(name: str, calls: int, work: Callable[[], Any]) -> None:
    for _ in range(20):
        work()
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    print(f"{name:52} {statistics.median(took):7.3f} {statistics.quantiles(took, n=20)[-1]:7.3f}", flush=True)


def in_turn(calls: int, works: dict[str, Callable[[], Any]]) -> None:
    """Side by side: a slice of each again and again, so that what else the machine does meets all alike."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(calls // 50):
        for name, work in works.items():
            for _ in range(50):
                began = time.perf_counter()
                work()
                took[name].append(1000 * (time.perf_counter() - began))
    for name, all_took in took.items():
        print(
            f"{name:52} {statistics.median(all_took):7.3f} {statistics.quantiles(all_took, n=20)[-1]:7.3f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    calls = parser.parse_args().calls
    with scratch.tenant() as tenant:
        run(tenant, calls)


def run(tenant: Any, calls: int) -> None:
    from django.db import connection
    from django.test import Client

    from api.throttle import Throttle
    from memory.remember import remember
    from memory.types import Draft
    from tenants import keys, limits, plans
    from tenants.metered import RATES
    from tenants.resolve import resolve

    _, text = keys.issue(tenant, "bench")
    speaker, numbers = resolve(text), itertools.count()
    print(f"{'':52} {'median':>7} {'p95':>7}  (ms)")
    measure("a PING of Redis", calls, limits._script().registered_client.ping)
    measure("limits.spend, three windows", calls, lambda: limits.spend(speaker, "read"))
    client, sent = Client(), {"Authorization": f"Bearer {text}"}
    spend = Throttle.allow_request

    def read(throttled: bool) -> None:
        Throttle.allow_request = spend if throttled else lambda *_: True
        assert client.get("/api/v1/memories?limit=1", headers=sent).status_code == 200

    in_turn(calls, {"a request without limits": lambda: read(False), "a request with limits": lambda: read(True)})

    def write() -> None:
        assert remember(Draft(f"note {next(numbers)}")).status == "created"

    trigger = "ALTER TABLE memory_memory {} TRIGGER memory_tally_insert"

    def bare() -> None:
        write()

    def switch(how: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(trigger.format(how))

    def under(**own: int) -> Callable[[], None]:
        def work() -> None:
            tenant.limits = dict.fromkeys(RATES) | own
            write()

        return work

    switch("DISABLE")
    measure("a write without the tally", calls, bare)
    switch("ENABLE")
    in_turn(calls, {
        "a write without a quota": under(),
        "a write under a quota, far from its end": under(memories_hard=10**9),
        "a write under a quota, near its end": under(memories_hard=10**5),
    })  # fmt: skip
    plans.assign(tenant, None, {})
    assert json.dumps(tenant.limits) == "{}"


if __name__ == "__main__":
    main()
