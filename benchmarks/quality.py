"""Recall quality on conversations with marked evidence, through the product's own write and read path.

    python benchmarks/quality.py --data locomo.json

The file is in LoCoMo's format (Maharana et al., 2024); it is not part of this project. Each turn becomes a memory,
each conversation a user. Printed per category: the mean share of a question's evidence turns among the first k
memories, the mean reciprocal rank of the first one, and how long recall took. Beside it, in the same run, plain
vector search over the same vectors.
"""

import argparse
import json
import re
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scratch

KS = (5, 10, 25, 50)
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    conversations = json.loads(parser.parse_args().data.read_text())
    with scratch.tenant():
        turns = {talk["sample_id"]: _store(talk) for talk in conversations}
        for name, ask in (("recall", _recall), ("plain vectors", _plain)):
            _print(name, _measure(conversations, turns, ask))


def _store(talk: dict[str, Any]) -> dict[Any, str]:
    """Write one conversation; which memory each of its turns became."""
    from memory.remember import remember_many
    from memory.types import Draft, Scope
    from memory.upkeep import embed

    drafts, names = [], []
    said = talk["conversation"]
    for key in sorted((k for k in said if re.fullmatch(r"session_\d+", k)), key=lambda k: int(k.split("_")[1])):
        at = datetime.strptime(said[f"{key}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        for turn in said[key]:
            caption = f" [{turn['blip_caption']}]" if turn.get("blip_caption") else ""
            scope = Scope(user_id=talk["sample_id"], session_id=key)
            drafts.append(Draft(turn["text"] + caption, scope, kind="message", author=turn["speaker"], event_time=at))
            names.append(turn["dia_id"])
    outcomes = remember_many(drafts)
    while embed.pending():
        pass
    return {outcome.id: name for outcome, name in zip(outcomes, names, strict=True)}


def _recall(user: str, question: str) -> tuple[list[Any], float]:
    from memory.recall import recall
    from memory.types import Query, Scope

    found = recall(Query(question, Scope(user_id=user), limit=max(KS)))
    return [hit.memory.id for hit in found.hits], found.took_ms


def _plain(user: str, question: str) -> tuple[list[Any], float]:
    import time

    from pgvector.django import CosineDistance

    from memory import embeddings
    from memory.models import Memory

    began = time.perf_counter()
    vector = embeddings.current().embed([question])[0].tolist()
    rows = Memory.objects.filter(user_id=user).order_by(CosineDistance("embedding", vector))
    return list(rows.values_list("id", flat=True)[: max(KS)]), (time.perf_counter() - began) * 1000


def _measure(conversations: list[dict[str, Any]], turns: dict[str, dict[Any, str]], ask: Any) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = defaultdict(list)
    for talk in conversations:
        names = turns[talk["sample_id"]]
        for question in talk["qa"]:
            evidence = set(question.get("evidence", [])) & set(names.values())
            if not evidence:
                continue
            ids, took = ask(talk["sample_id"], question["question"])
            ranked = [names[i] for i in ids]
            shares = [len(evidence & set(ranked[:k])) / len(evidence) for k in KS]
            first = next((place for place, name in enumerate(ranked, 1) if name in evidence), None)
            row = (*shares, 1 / first if first else 0.0, took)
            for group in (CATEGORIES[question["category"]], *(["1-4"] if question["category"] < 5 else []), "all"):
                rows[group].append(row)
    return rows


def _print(name: str, rows: dict[str, list[Any]]) -> None:
    print(
        f"\n{name}\n{'category':<14}{'n':>6}"
        + "".join(f"{f'R@{k}':>8}" for k in KS)
        + f"{'MRR':>8}{'p50 ms':>9}{'p95 ms':>9}"
    )
    for group in [*CATEGORIES.values(), "1-4", "all"]:
        if not (found := rows.get(group)):
            continue
        means = [statistics.fmean(row[i] for row in found) for i in range(len(KS) + 1)]
        took = sorted(row[-1] for row in found)
        p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
        shares = "".join(f"{100 * mean:>8.1f}" for mean in means[:-1])
        print(f"{group:<14}{len(found):>6}{shares}{means[-1]:>8.3f}{p50:>9.1f}{p95:>9.1f}")


if __name__ == "__main__":
    main()
