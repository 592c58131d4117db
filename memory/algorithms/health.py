"""The health report: how healthy the memories of a user, or of a tenant, are, with issues and what to do about them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from memory.algorithms import duplicates, vitals
from memory.algorithms.vitals import Item

WEIGHTS = {"freshness": 0.30, "diversity": 0.25, "consistency": 0.25, "coverage": 0.20}
BANDS = ((90, "excellent"), (75, "good"), (60, "fair"), (40, "poor"), (0, "critical"))
LISTED = 50  # ids of an issue, stale memories and clusters that a report names
MANY_STALE, MANY_LOW = 20, 10  # per cent


def overall(freshness: float, diversity: float, consistency: float, coverage: float) -> float:
    """0 to 100: 0.30 freshness + 0.25 diversity + 0.25 consistency + 0.20 coverage, HippocampAI's formula."""
    told = {"freshness": freshness, "diversity": diversity, "consistency": consistency, "coverage": coverage}
    return sum(WEIGHTS[name] * value for name, value in told.items())


def status(score: float) -> str:
    """excellent from 90, good from 75, fair from 60, poor from 40, else critical."""
    return next(name for least, name in BANDS if score >= least)


def report(items: Sequence[Item], vectors: np.ndarray, now: datetime) -> dict[str, Any]:
    """The report of HippocampAI's memory_health as plain JSON, without content.

    `vectors` has a row a memory, of length 1 or 0. Scores are 0 to 100. `healthy_memories` are those that are neither
    stale nor of low quality, which is a confidence under 0.3; what is both counts as both, as there.
    """
    if not items:
        return _nothing(now)
    parts = {
        "freshness": vitals.freshness(items, now),
        "diversity": vitals.diversity(items, vectors),
        "consistency": vitals.consistency(items),
        "coverage": vitals.coverage(items),
    }
    score = overall(**parts)
    stale = [item for item in items if vitals.is_stale(item, now)]
    low = [item for item in items if item.confidence < vitals.LOW_CONFIDENCE]
    doubled = _duplicates(items, vectors)
    counts = {"stale": len(stale), "low": len(low), "doubled": len(doubled), "total": len(items)}
    return {
        "overall_score": round(score, 2),
        "status": status(score),
        "total_memories": len(items),
        "healthy_memories": max(len(items) - len(stale) - len(low), 0),
        "stale_memories": len(stale),
        "low_quality_memories": len(low),
        "duplicate_clusters": len(doubled),
        **{f"{name}_score": round(value, 2) for name, value in parts.items()},
        "engagement_score": round(vitals.engagement(items, now), 2),
        "issues": _issues(stale, low, doubled, len(items)),
        "recommendations": recommendations(score, **counts),
        "metrics": _metrics(items, now, len(stale), len(low)),
        "stale": _stalest(stale, now),
        "duplicates": doubled[:LISTED],
        "topics": vitals.topics(items, now),
        "calculated_at": now.isoformat(),
    }


def _nothing(now: datetime) -> dict[str, Any]:
    counted = ("total_memories", "healthy_memories", "stale_memories", "low_quality_memories", "duplicate_clusters")
    scored = ("freshness_score", "diversity_score", "consistency_score", "coverage_score", "engagement_score")
    listed: dict[str, Any] = {name: [] for name in ("issues", "stale", "duplicates", "topics")}
    return {
        "overall_score": 0.0, "status": "critical", **dict.fromkeys(counted, 0), **dict.fromkeys(scored, 0.0), **listed,
        "recommendations": ["There are no memories yet. Store some."], "metrics": {}, "calculated_at": now.isoformat(),
    }  # fmt: skip


def _stalest(stale: Sequence[Item], now: datetime) -> list[dict[str, Any]]:
    told = [vitals.stale(item, now) for item in stale]
    return sorted(told, key=lambda one: (-one["score"], one["memory"]))[:LISTED]


def _duplicates(items: Sequence[Item], vectors: np.ndarray) -> list[dict[str, Any]]:
    """Clusters of what is alike to 0.85 at least, each within one group, the largest first."""
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for at, item in enumerate(items):
        places[item.group].append(at)
    found = [cluster for _, own in sorted(places.items()) for cluster in _of_group(items, vectors, own)]
    return sorted(found, key=lambda cluster: (-len(cluster["memories"]), cluster["memories"]))


def _of_group(items: Sequence[Item], vectors: np.ndarray, own: list[int]) -> list[dict[str, Any]]:
    pairs, _ = duplicates.alike(vectors[own], [items[at].text for at in own], duplicates.SOFT)
    texts = [items[at].text for at in own]
    pairs = {pair: score for pair, score in pairs.items() if not _apart(*(texts[at] for at in pair))}
    clusters = duplicates.clusters(len(own), pairs)
    return [_cluster([items[own[at]] for at in members], pairs, members) for members in clusters]


def _apart(one: str, other: str) -> bool:
    return bool(duplicates.apart(one, other)) or duplicates.one_word_apart(one, other)


def _cluster(members: Sequence[Item], pairs: duplicates.Pairs, places: Sequence[int]) -> dict[str, Any]:
    there = set(places)
    scores = [score for pair, score in pairs.items() if there.issuperset(pair)]
    kept = duplicates.best(
        [duplicates.Standing(item.confidence, item.updated, item.recalls, item.key) for item in members]
    )
    return {
        "type": duplicates.level(min(scores)),
        "memories": [item.key for item in members][:LISTED],
        "representative": members[kept].key,
        "similarity": round(sum(scores) / len(scores), 4),
    }


def _issues(stale: Sequence[Item], low: Sequence[Item], doubled: Sequence[Any], total: int) -> list[dict[str, Any]]:
    """What is wrong, with how bad it is and the memories that it is about."""
    found = []
    if stale:
        severity = "high" if 100 * len(stale) / total > MANY_STALE else "medium"
        said = f"{_memories(len(stale))} stale"
        found.append(_issue("staleness", severity, said, stale, "forget", "retain"))
    if low:
        severity = "high" if 100 * len(low) / total > MANY_LOW else "low"
        said = f"{_memories(len(low))} hardly believed"
        found.append(_issue("quality", severity, said, low, "screen", "forget"))
    if doubled:
        said = f"{len(doubled)} cluster{'s' if len(doubled) > 1 else ''} of memories saying the same"
        ids = [key for cluster in doubled for key in cluster["memories"]]
        found.append(_issue("duplicates", "medium", said, [], "deduplicate") | {"affected_memory_ids": ids[:LISTED]})
    return found


def _memories(count: int) -> str:
    return f"{count} memories are" if count > 1 else "1 memory is"


def _issue(category: str, severity: str, message: str, items: Sequence[Item], *jobs: str) -> dict[str, Any]:
    ids = [item.key for item in items][:LISTED]
    suggestions = [f"run {job}" for job in jobs]
    return {
        "severity": severity, "category": category, "message": message, "affected_memory_ids": ids,
        "suggestions": suggestions,
    }  # fmt: skip


def recommendations(score: float, *, stale: int, low: int, doubled: int, total: int) -> list[str]:
    """What to do, in words."""
    said = [
        (score >= 90, "The memory is in excellent health."),
        (75 <= score < 90, "The memory is healthy; a little could be better."),
        (100 * stale > MANY_STALE * total, f"Many memories are stale ({stale}). Let forget or retain run."),
        (100 * low > MANY_LOW * total, f"Many memories are hardly believed ({low}). Judge them, or let them go."),
        (doubled > 0, f"Some memories say the same ({doubled}). Let deduplicate run."),
        (total < 10, "There are few memories. Store more."),
    ]
    return [text for holds, text in said if holds] or ["Nothing stands out. Look again now and then."]


def _metrics(items: Sequence[Item], now: datetime, stale: int, low: int) -> dict[str, Any]:
    """`avg_importance` is 0 to 10, as HippocampAI's."""
    total = len(items)
    return {
        "avg_confidence": round(sum(item.confidence for item in items) / total, 4),
        "avg_importance": round(10 * sum(item.importance for item in items) / total, 4),
        "avg_age_days": round(sum(vitals.days(item.created, now) for item in items) / total, 2),
        "avg_access_count": round(sum(item.recalls for item in items) / total, 2),
        "memory_types": dict(sorted(Counter(item.kind for item in items).items())),
        "stale_percentage": round(100 * stale / total, 2),
        "low_quality_percentage": round(100 * low / total, 2),
    }
