"""How many facts a second the relay numbers and hands on, and how fast they are written; on this machine.

python benchmarks/relay.py [--facts 50000] [--rounds 3]
"""

import argparse
import statistics
import time

import scratch


def written(tenant: object, facts: int) -> float:
    """Facts a second that one writer tells, in transactions of 500."""
    from django.db import transaction

    from events import actors, ledger

    data = {"kind": "fact", "namespace": "default", "user_id": "ada", "version": 1}
    began = time.perf_counter()
    with actors.acting_as("key:benchmark"):
        for _ in range(facts // 500):
            with transaction.atomic():
                ledger.record_all("memory.created", [(tenant, data)] * 500)  # type: ignore[list-item]
    return facts / (time.perf_counter() - began)


def relayed() -> float:
    """Facts a second that one relay numbers and hands to the readers."""
    from events import relay

    began = time.perf_counter()
    done = relay.drain()
    return done / (time.perf_counter() - began)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--facts", type=int, default=50_000)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        written(tenant, 1000), relayed()
        rounds = [(written(tenant, options.facts), relayed()) for _ in range(options.rounds)]
        for name, at in (("written", 0), ("relayed", 1)):
            rates = [told[at] for told in rounds]
            print(f"{name:10} {statistics.median(rates):9.0f} a second (median of {len(rates)}), best {max(rates):.0f}")


if __name__ == "__main__":
    main()
