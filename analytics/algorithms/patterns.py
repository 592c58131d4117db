"""Patterns: learning events that look alike, and how well events went."""

import hashlib
import json
from collections.abc import Iterable

MOST_RATING = 5
# After the Memory Persistence Service: right answers, how sure of them the agent was, how content people were.
WEIGHTS = {"success": 0.5, "confidence": 0.3, "feedback": 0.2}


def signature(type: str, input_keys: Iterable[str], context_keys: Iterable[str]) -> str:
    """What events of one pattern have in common: 64 hexadecimal digits of their type and of which keys they bring.

    After the Memory Persistence Service: event type + sorted input keys + sorted context keys.
    """
    told = json.dumps([type, sorted(input_keys), sorted(context_keys)], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def performance(success: float | None, confidence: float | None, rating: float | None) -> float | None:
    """How well events went, 0 to 1: 0.5 success + 0.3 confidence + 0.2 feedback, which is `rating` / 5.

    What nobody said has no weight: the others share it by theirs. None, when nobody said anything.
    """
    parts = {"success": success, "confidence": confidence, "feedback": None if rating is None else rating / MOST_RATING}
    known = {name: value for name, value in parts.items() if value is not None}
    weight = sum(WEIGHTS[name] for name in known)
    return sum(WEIGHTS[name] * value for name, value in known.items()) / weight if known else None
