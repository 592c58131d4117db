"""Words that several subjects of AI Memory Layer share."""

from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words

NAMED = r"\A[A-Za-z0-9_.-]+\Z"
ROLES = ("user", "assistant", "system")
DEPTH, ENTRIES, TEXT = 4, 50, 2_048  # of metadata: levels, keys and items in all, characters of a text


class Entries(words.Metadata):
    """Metadata: small and flat; texts are cut, as the original does."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found = super().to_internal_value(data)
        depth, entries = _measured(found)
        if depth > DEPTH:
            raise serializers.ValidationError(f"is nested deeper than {DEPTH}")
        if entries > ENTRIES:
            raise serializers.ValidationError(f"has more than {ENTRIES} entries")
        cut: dict[str, Any] = _cut(found)
        return cut


def _measured(data: Any) -> tuple[int, int]:
    """How deep it is nested, and how many keys and items it has in all."""
    inside = list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else None
    if inside is None:
        return 0, 0
    told = [_measured(inner) for inner in inside]
    return 1 + max((depth for depth, _ in told), default=0), len(inside) + sum(count for _, count in told)


def _cut(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _cut(inner) for name, inner in data.items()}
    if isinstance(data, list):
        return [_cut(inner) for inner in data]
    return data[:TEXT] if isinstance(data, str) else data


class Said(words.Content):
    """A text without the blanks around it."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data.strip() if isinstance(data, str) else data)


class Weight(serializers.FloatField):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=1, required=False, **options)


class TenantHeard(Words):
    """Every call names the tenant; it is that of the key."""

    tenant_id = serializers.RegexField(NAMED, max_length=64)


class TenantAsked(Words):
    tenant_id = serializers.RegexField(NAMED, max_length=64, required=False)
