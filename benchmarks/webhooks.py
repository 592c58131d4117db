"""Webhooks of a running house: how soon the first try is made, how many a second, what a dead receiver costs others.

    .venv/bin/python benchmarks/webhooks.py [--writes 60] [--facts 1000]

A house of its own, as `make run` starts it, and a receiver in this process. "First try" is from the fact's time, just
before its write commits, to the request at the receiver. The rates are of deliveries that wait while their webhooks
are paused and are then let go: from the first that arrives to the last. All on this machine, so everything shares its
cores.
"""

import argparse
import statistics
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import scratch  # noqa: F401  finds the house

from tests.journeys.house import House, eventually
from tests.receiver import Receiver, after

IN_BENCH = (
    "from django.db import transaction as t; from django_tenants.utils import tenant_context as c\n"
    "from tenants.models import Tenant as T; from events import ledger, relay\n"
    "from events.webhooks import endpoints as e, deliveries as d\n"
    "tenant = T.objects.get(slug='acme')\nwith c(tenant):\n"
)
RELEASE = """
    hooks = [e.create('{url}%s' % n, types=['memory.rescored'])[0] for n in range({hooks})]
    [e.pause(hook.pk) for hook in hooks]
    with t.atomic():
        ledger.record_all('memory.rescored', [(tenant, {{'count': n}}) for n in range({facts})])
    while relay.relay_batch(tenant.id):
        pass
    [e.enable(hook.pk) for hook in hooks]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=int, default=60)
    parser.add_argument("--facts", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memhouse-bench-") as var:
        house = House(Path(var)).start()
        try:
            run(house, options.writes, options.facts)
        finally:
            house.stop()


def run(house: House, writes: int, facts: int) -> None:
    with Receiver() as receiver, Receiver(after(30)) as dead:
        inside(house, f"    e.create('{receiver.url}', types=['memory.created'])\n")
        first_tries(house, receiver, "first try", writes)
        inside(house, f"    [e.create('{dead.url}%s' % n, types=['memory.created']) for n in range(5)]\n")
        first_tries(house, receiver, "  beside 5 silent ones", writes)
    for hooks in (1, 20):
        with Receiver() as receiver:
            rate(house, receiver, hooks, facts)


def inside(house: House, script: str) -> None:
    house.manage("shell", "-v0", "-c", IN_BENCH + script)


def first_tries(house: House, receiver: Receiver, name: str, writes: int) -> None:
    """Writes ten times a second, so that each is a poke of its own."""
    receiver.heard.clear()
    for n in range(writes):
        house.api.post("memories", json={"content": f"{name} {n} {time.time()}"})
        time.sleep(0.1)
    eventually(lambda: len(receiver.heard) >= writes, 60)
    late = [1000 * (one.at - datetime.fromisoformat(one.json()["timestamp"]).timestamp()) for one in receiver.heard]
    p95 = statistics.quantiles(late, n=20)[-1]
    print(f"{name:24} p50 {statistics.median(late):7.0f} ms   p95 {p95:7.0f} ms   most {max(late):7.0f} ms", flush=True)


def rate(house: House, receiver: Receiver, hooks: int, facts: int) -> None:
    told = facts // hooks
    script = RELEASE.format(url=receiver.url, hooks=hooks, facts=told)
    going = threading.Thread(target=inside, args=(house, script))
    going.start()
    eventually(lambda: len(receiver.heard) >= told * hooks, 120)
    going.join()
    took = receiver.heard[-1].at - receiver.heard[0].at
    print(f"to {hooks:2} webhooks          {len(receiver.heard) / took:7.0f} deliveries a second", flush=True)


if __name__ == "__main__":
    main()
