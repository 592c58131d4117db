"""A webhook as mem0 tells it."""

from typing import Any

from events.models import Webhook

# To give a memory categories is to change it.
TYPES = {
    "memory_add": "memory.created", "memory_update": "memory.updated", "memory_delete": "memory.deleted",
    "memory_categorize": "memory.updated",
}  # fmt: skip
ALL = ("*", "memory.*")


def webhook(row: Webhook) -> dict[str, Any]:
    every = not row.types or any(name in ALL for name in row.types)
    own = [name for name, house in TYPES.items() if every or house in row.types]
    return {
        "webhook_id": str(row.pk),
        "name": row.description,
        "url": row.url,
        "event_types": own,
        "project": str(row.tenant_id),
        "is_active": row.state == Webhook.State.ACTIVE,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }
