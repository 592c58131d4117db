"""What a deleted tenant leaves outside its tables: the objects of its cold memories, and its exports and imports."""

from uuid import UUID

from memory import transfers
from memory.tiers import cold


def objects(tenant_id: UUID) -> dict[str, int]:
    """Delete every object of a tenant; how many of each storage. Raises Unreadable."""
    kept = {"cold_objects": cold.objects, "transfer_parts": transfers.objects}
    return {name: storage.clear(f"v1/{tenant_id}") for name, storage in kept.items()}
