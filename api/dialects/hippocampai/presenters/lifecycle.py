"""How warm a memory is, by HippocampAI's formula, and where its text is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from api.dialects.hippocampai.presenters import memories
from api.dialects.hippocampai.serializers.tidying import TIERS
from memory.models import Memory

DAY = timedelta(days=1)
YOUNG = 0.001  # days, at least, since it was stored
HALF_LIFE = 30  # days, of what was asked for


def place(tier: str) -> str:
    """Where the text is; there are no other places here."""
    return "cold" if tier == Memory.Tier.COLD else "warm"


def temperature(memory: Memory, now: datetime) -> dict[str, Any]:
    """0 to 100: 40 min(accesses a day, 1) + 30 recency + 30 importance. What was never asked for is as old as it is."""
    last = memory.recalled_at or memory.created_at
    age, idle = max((now - memory.created_at) / DAY, YOUNG), max((now - last) / DAY, 0.0)
    frequency, recency = memory.recalls / age, 0.5 ** (idle / HALF_LIFE)
    score = 40 * min(frequency, 1.0) + 30 * recency + 30 * memory.importance
    return {
        "memory_id": str(memory.pk),
        "tier": place(memory.tier),
        "temperature_score": round(score, 2),
        "access_frequency": round(frequency, 4),
        "recency_score": round(recency, 4),
        "importance_weight": round(memory.importance, 4),
        "last_access": memories.moment(memory.recalled_at) if memory.recalled_at else None,
        "created_at": memories.moment(memory.created_at),
        "access_count": memory.recalls,
        "days_since_creation": round(age, 3),
        "days_since_last_access": round(idle, 3),
    }


def migrated(memory: Memory, target: str, wanted: str) -> dict[str, Any]:
    """`wanted`: the place that a target stands for."""
    tier = place(memory.tier)
    return {"memory_id": str(memory.pk), "target_tier": target, "migrated": tier == wanted, "tier": tier}


def tiers(user_id: str, groups: Iterable[dict[str, Any]], accesses: int) -> dict[str, Any]:
    """`groups` are of memory.stats, by tier."""
    counts, size = dict.fromkeys(TIERS, 0), 0
    for group in groups:
        counts[place(group["group"]["tier"])] += group["count"]
        size += group["bytes"]
    told = {"user_id": user_id, "total_memories": sum(counts.values()), "total_size_bytes": size}
    return told | {"total_accesses": accesses, "tier_counts": counts}
