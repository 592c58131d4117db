"""What is sent: one fact, thin, in the form that Standard Webhooks asks for."""

import json
from typing import Any

from events import feed
from events.models import Event

MOST_BYTES = 20_000


def body(event: Event) -> str:
    """{type, timestamp, data: {seq, id, tenant_id, subject, actor, data}}: the fact as the feed tells it.

    Where its own data would be too much, they are left to the feed: `data` is empty then.
    """
    text = _written(event, event.data)
    return text if len(text.encode()) <= MOST_BYTES else _written(event, {})


def _written(event: Event, data: dict[str, Any]) -> str:
    told = feed.as_json(event)
    fact = {name: told[name] for name in ("seq", "id", "subject", "actor")}
    whole = {"type": told["type"], "timestamp": told["occurred_at"]}
    whole["data"] = fact | {"tenant_id": str(event.tenant_id), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
