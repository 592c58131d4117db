"""Patterns: learning events that look alike, how often they came, and how well they went."""

import hashlib
import json
from collections.abc import Iterable


def signature(type: str, input_keys: Iterable[str], context_keys: Iterable[str]) -> str:
    """What events of one pattern have in common: 64 hexadecimal digits of their type and of which keys they bring.

    After the Memory Persistence Service: event type + sorted input keys + sorted context keys.
    """
    told = json.dumps([type, sorted(input_keys), sorted(context_keys)], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()
