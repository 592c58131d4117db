"""What summaries and consolidation do to recall, on conversations with marked evidence; and how they read.

    python benchmarks/upkeep.py locomo.json

The conversations are written and asked as in benchmarks/quality.py, then summarized and consolidated until nothing is
left to do, and asked again. Only the turns that were said count as found: a summary in their place is a loss.
"""

import argparse
import random
import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import scratch
import talks
from talks import KS, Figures

ROUNDS = 50
SHOWN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+", help="files in LoCoMo's format")
    parser.add_argument("--jobs", default="summarize,consolidate", help="which, in this order")
    parser.add_argument("--seed", type=int, default=1, help="of the samples that are shown")
    options = parser.parse_args()
    asked = [talk for path in options.data for talk in talks.read(path)]
    with scratch.tenant():
        from ways import House  # needs Django, which stands since `tenant`

        house = House(asked)
        _show("before", house)
        for job in options.jobs.split(","):
            began = time.perf_counter()
            counts = _run(job)
            told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
            print(f"\n{job}: {told} ({time.perf_counter() - began:.1f} s)")
            _show(f"after {job}", house)
        _samples("summary", options.seed)
        _samples("", options.seed)


def _run(job: str) -> Counter[str]:
    """Run a job day after day until it changes nothing more; what its changes come to."""
    from importlib import import_module

    from django.db import transaction
    from django.utils import timezone

    from memory.upkeep import embed, steps
    from memory.upkeep.plan import EVERYBODY

    verb, counts = import_module(f"memory.upkeep.{job}"), Counter[str]()
    for day in range(ROUNDS):
        run = uuid.uuid4()
        changes = list(verb.plan(EVERYBODY, verb.Options(), timezone.now() + timedelta(days=day)))
        with transaction.atomic():
            laid = steps.lay(run, changes)
        while steps.take(run, lambda done: None):
            pass
        counts += Counter(change.action for change in changes)
        while embed.pending():
            pass
        if not laid:
            break
    return counts


def _show(when: str, house: Any) -> None:
    from django.db.models import Count

    from memory.models import Memory

    kinds = Memory.objects.live().order_by("kind").values_list("kind").annotate(Count("id"))
    found: Figures = talks.figures(house.ask(house.recall))["all"]
    print(f"\n{when}: live memories " + ", ".join(f"{count} {kind}" for kind, count in kinds))
    cells = "".join(f"{f'R@{k}':>8}" for k in KS) + f"{'MRR':>8}{'p50 ms':>9}"
    print(cells + "\n" + "".join(f"{found.recall[k]:>8.2f}" for k in KS) + f"{found.mrr:>8.3f}{found.p50:>9.1f}")


def _samples(kind: str, seed: int) -> None:
    """Some of what was made, chosen by lot."""
    from memory.models import Memory

    rows = Memory.objects.live().filter(source="summarize" if kind else "consolidate").order_by("event_time", "id")
    made = list(rows.values_list("kind", "content", "confidence"))
    for kind, content, confidence in random.Random(seed).sample(made, min(SHOWN, len(made))):
        print(f"\n- {kind} ({confidence:.2f}): {content}")


if __name__ == "__main__":
    main()
