"""How long the housekeeper takes: plan, apply and undo of each job, claiming runs, and one that was killed.

`python benchmarks/housekeeper.py --memories 5000` starts a house of its own, and prints two tables.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from scratch import tenant

WORDS = "tea garden train deploy Friday chess Paris Rome roses Greek summer press invoice meeting bicycle"


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = act()
    return (time.perf_counter() - began) * 1000, found


def fill(count: int) -> None:
    """Memories of one user, some doubled, of all kinds and up to two years old, with vectors."""
    from django.utils import timezone

    from memory.models import Memory
    from memory.remember import remember_many
    from memory.types import Draft, Scope
    from memory.upkeep import embed

    rng, now, kinds = random.Random(7), timezone.now(), Memory.Kind.values
    drafts = [
        Draft(
            " ".join(rng.choices(WORDS.split(), k=rng.randint(5, 40))).capitalize() + f" {n}.",
            Scope(user_id="ada", session_id=f"s{n // 40}" if n % 2 else ""),
            kind=rng.choice(kinds),
            importance=rng.random(),
            confidence=rng.random(),
            event_time=now - timedelta(days=rng.random() * 700),
        )
        for n in range(count)
    ]
    for first in range(0, count, 1_000):
        remember_many(drafts[first : first + 1_000])
    while embed.pending():
        pass


def jobs() -> None:
    from django.db import transaction

    from automation import jobs as catalogue
    from automation import runner
    from automation.registry import JOBS
    from memory.models import Memory

    assert catalogue
    print(f"{'job':<20} {'looked at':>9} {'changes':>8} {'plan ms':>9} {'run ms':>9} {'undo ms':>9}")
    for name in sorted(JOBS):
        with transaction.atomic():
            planning, dry = timed(lambda name=name: runner.run_now(name, dry_run=True))
            running, run = timed(lambda name=name: runner.run_now(name))
            undoing = 0.0
            if JOBS[name].undoable and run.done:
                undoing, _ = timed(lambda run=run: runner.undo(run.pk, here=True))
            looked = dry.result.get("total", 0)
            print(f"{name:<20} {looked:>9} {run.done:>8} {planning:>9.0f} {running:>9.0f} {undoing:>9.0f}")
            transaction.set_rollback(True)
    print(f"\nof {Memory.objects.count()} memories")


def claims(count: int) -> None:
    from automation import runner, worker

    for _ in range(count):
        runner.start("rescore", dry_run=True)
    took = [timed(worker.claim)[0] for _ in range(count)]
    print(f"claim one of {count} runs: p50 {statistics.median(took):.1f} ms, most {max(took):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=200)
    asked = parser.parse_args()
    with tenant():
        fill(asked.memories)
        jobs()
        claims(asked.runs)


if __name__ == "__main__":
    main()
