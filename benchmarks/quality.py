"""Recall quality on conversations with marked evidence, through the product's own write and read path.

    python benchmarks/quality.py --set own --ablate
    python benchmarks/quality.py --data locomo.json --data mine.json

A file is in LoCoMo's format (Maharana et al., 2024); that set itself is not part of this project, one of its own is.
Each turn becomes a memory, each conversation a user. Printed per category: the mean share of a question's evidence
turns among the first k memories, the mean reciprocal rank of the first one, and how long it took. Beside recall, over
the same rows in the same run, what else is usual. See docs/quality.md.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import scratch
import talks
from talks import KS, Figures

# The parts of the recipe, each with what its constants in memory.algorithms.ranking are without it.
PARTS: dict[str, dict[str, Any]] = {
    "lexical": {"LEXICAL": 0.0},
    "neighbours": {"NEIGHBOURS": {}, "SPREAD": 1.0},
    "named": {"NAMED": 0.0},
    "question mark": {"QUESTION": 0.0},
    "length": {"LENGTH": 0.0},
    "session": {"SESSION": 0.0},
    "time": {"TIME": 0.0},
    "importance": {"IMPORTANCE": 0.0},
    "recency": {"RECENCY": 0.0},
}
COLUMNS = "".join(f"{f'R@{k}':>8}" for k in KS) + f"{'MRR':>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", default=[], help="a file; may be given several times")
    parser.add_argument("--set", choices=["own"], help="the project's own set; also when no file is given")
    parser.add_argument("--ablate", action="store_true", help="also recall without each of its parts")
    options = parser.parse_args()
    paths = [*([talks.OWN] if options.set or not options.data else []), *options.data]
    asked = [talk for path in paths for talk in talks.read(path)]
    if not any(talk.questions for talk in asked):
        parser.error("no question of these files has evidence that was said")
    with scratch.tenant():
        from ways import House  # needs Django, which stands since `tenant`

        house = House(asked)
        for name, way in house.ways().items():
            _print_table(name, _measured(house, way))
        if options.ablate:
            _print_ablation(house)


def _measured(house: Any, way: Any) -> dict[str, Figures]:
    """Every question asked in one way; no way finds the questions' vectors cached by one before it."""
    from django.core.cache import cache

    from memory.embeddings import base

    cache.clear()
    base.named.cache_clear()
    base.warm()
    return talks.figures(house.ask(way))


def _print_table(name: str, rows: dict[str, Figures]) -> None:
    print(f"\n{name}\n{'category':<14}{'n':>6}{COLUMNS}{'p50 ms':>9}{'p95 ms':>9}")
    for group, found in rows.items():
        print(f"{group:<14}{found.n:>6}{_cells(found)}{found.p50:>9.1f}{found.p95:>9.1f}", flush=True)


def _print_ablation(house: Any) -> None:
    from memory.algorithms import ranking

    print(f"\nrecall without\n{'part':<14}{'n':>6}{COLUMNS}")
    for name, off in {"nothing": {}, **PARTS}.items():
        with constants(ranking, off):
            found = talks.figures(house.ask(house.recall))["all"]
        print(f"{name:<14}{found.n:>6}{_cells(found)}", flush=True)


def _cells(found: Figures) -> str:
    return "".join(f"{found.recall[k]:>8.1f}" for k in KS) + f"{found.mrr:>8.3f}"


@contextmanager
def constants(module: Any, values: dict[str, Any]) -> Iterator[None]:
    """The module with other constants for a while."""
    kept = {name: getattr(module, name) for name in values}
    try:
        vars(module).update(values)
        yield
    finally:
        vars(module).update(kept)


if __name__ == "__main__":
    main()
