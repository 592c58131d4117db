"""How many facts a second the relay numbers and hands on, and how fast they are written; on this machine.

One and four tenants, one relay and two (processes of their own), 0, 1 and 10 webhooks that want everything, and with
and without the sockets' poke.

python benchmarks/relay.py [--facts 10000] [--rounds 3]
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import scratch

POKE = "events.sockets.push"


def written(tenants: list[Any], facts: int) -> float:
    """Facts a second that one writer tells, of each tenant as many, in transactions of 500."""
    from django.db import transaction

    from events import actors, ledger

    data = {"kind": "fact", "namespace": "default", "user_id": "ada", "version": 1}
    began = time.perf_counter()
    with actors.acting_as("key:benchmark"):
        for at in range(facts // 500):
            tenant = tenants[at % len(tenants)]
            with transaction.atomic():
                ledger.record_all("memory.created", [(tenant, data)] * 500, tenant_id=tenant.pk)
    return facts / (time.perf_counter() - began)


def relayed(facts: int, relays: int, drain: Callable[[], int]) -> float:
    """Facts a second that so many relays number and hand to the readers."""
    from django.db import connections

    from events import feed

    connections.close_all()
    went, go = os.pipe()
    children = [_child(went, go, drain) for _ in range(relays)]
    os.close(went)
    time.sleep(0.3)  # all of them stand at the pipe
    began = time.perf_counter()
    os.close(go)
    for child in children:
        os.waitpid(child, 0)
    took = time.perf_counter() - began
    assert feed.unrelayed() == 0
    return facts / took


def _child(went: int, go: int, drain: Callable[[], int]) -> int:
    if child := os.fork():
        return child
    os.close(go)
    os.read(went, 1)  # until the other end is closed
    drain()
    os._exit(0)


def webhooks(tenants: list[Any], count: int) -> None:
    """So many webhooks of each tenant that want everything, and no deliveries of before."""
    from django.db import connection
    from django.utils import timezone

    from events.models import Webhook

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_webhook CASCADE")
    told = {"url": "https://example.org/", "created_at": timezone.now(), "updated_at": timezone.now()}
    Webhook.objects.bulk_create(Webhook(tenant_id=tenant.pk, **told) for tenant in tenants for _ in range(count))


def scene(
    tenants: list[Any], options: Any, *, relays: int = 1, hooks: int = 0, poke: bool = True
) -> tuple[float, float]:
    """Medians of written and relayed."""
    from django.conf import settings

    from events import relay

    readers = list(settings.EVENT_CONSUMERS)
    settings.EVENT_CONSUMERS = readers if poke else [path for path in readers if path != POKE]
    rounds = []
    for _ in range(options.rounds):
        webhooks(tenants, hooks)
        rounds.append((written(tenants, options.facts), relayed(options.facts, relays, relay.drain)))
    settings.EVENT_CONSUMERS = readers
    return statistics.median(told[0] for told in rounds), statistics.median(told[1] for told in rounds)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--facts", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        from django_tenants.utils import schema_context

        from tenants.onboarding import open_tenant

        with schema_context("public"):
            four = [tenant, *(open_tenant(f"bench{n}", f"bench{n}") for n in range(3))]
        scenes: list[tuple[str, list[Any], dict[str, Any]]] = [
            ("one tenant, one relay", [tenant], {}),
            ("one tenant, two relays", [tenant], {"relays": 2}),
            ("four tenants, one relay", four, {}),
            ("four tenants, two relays", four, {"relays": 2}),
            ("one tenant, no poke of sockets", [tenant], {"poke": False}),
            ("one tenant, 1 webhook", [tenant], {"hooks": 1}),
            ("one tenant, 10 webhooks", [tenant], {"hooks": 10}),
        ]
        scene([tenant], argparse.Namespace(facts=1000, rounds=1))
        print(f"{'':34}{'written':>9}{'relayed':>9}   facts a second, medians of {options.rounds}")
        for name, tenants, how in scenes:
            told, done = scene(tenants, options, **how)
            print(f"{name:34}{told:9.0f}{done:9.0f}", flush=True)


if __name__ == "__main__":
    main()
