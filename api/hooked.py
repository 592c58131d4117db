"""The `webhooks` section of the OpenAPI document: what is sent to a webhook, one entry for each type of fact."""

from typing import Any

from events.types import CATALOGUE, EventType

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
FLAG: dict[str, Any] = {"type": "boolean"}
LIST: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
ID: dict[str, Any] = {"type": "string", "format": "uuid"}
MAYBE: dict[str, Any] = {"type": ["integer", "null"]}
ANY: dict[str, Any] = {}
# Keys of facts that are something else than text; where a key is this here and that there, anything.
KEYS = (
    dict.fromkeys(("version", "count", "memories", "sessions", "retention_days", "attempt", "slots", "seq"), WHOLE)
    | dict.fromkeys(("probes", "created", "merged", "failed", "expected", "questions", "worse"), WHOLE)
    | dict.fromkeys(("used", "soft", "hard"), MAYBE)
    | dict.fromkeys(("confidence", "score", "threshold", "weight", "recall", "recall_was", "mrr", "mrr_was"), NUMBER)
    | dict.fromkeys(("enabled", "dry_run", "block", "reused"), FLAG)
    | dict.fromkeys(("fields", "scopes", "namespaces", "types", "capabilities"), LIST)
    | dict.fromkeys(("counts", "limits", "status", "ran"), ANY)
)
HEADERS = {
    "webhook-id": "The fact's id: the same at every attempt, and in every replay. Remember it, and do nothing twice.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several, parted by spaces, while a "
    "secret is rolled.",
}
ANSWERS = {
    "2XX": "Received. Anything else is tried again, on the schedule of docs/webhooks.md; redirects are not followed.",
    "410": "Never again: the webhook is disabled.",
    "429": "Later: no attempt before `Retry-After`, of this and all other deliveries to the webhook.",
    "503": "Likewise.",
}


def webhooks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: the document with its `webhooks`."""
    return result | {"webhooks": {name: {"post": _operation(kind)} for name, kind in CATALOGUE.items()}}


def _operation(kind: EventType) -> dict[str, Any]:
    return {
        "operationId": f"on_{kind.name.replace('.', '_')}",
        "summary": kind.says,
        "tags": ["webhooks"],
        "parameters": [
            {"in": "header", "name": name, "required": True, "description": says, "schema": TEXT}
            for name, says in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body_of(kind)}}},
        "responses": {status: {"description": says} for status, says in ANSWERS.items()},
    }


def body_of(kind: EventType) -> dict[str, Any]:
    """The schema of what is sent of a fact; its own data may be left out where they would be too much."""
    own = {"type": "object", "properties": {key: KEYS.get(key, TEXT) for key in kind.keys}}
    subject = _object({"type": TEXT, "id": TEXT})
    fact = {"seq": WHOLE, "id": ID, "tenant_id": ID, "subject": subject, "actor": TEXT, "data": own}
    return _object({"type": {"const": kind.name}, "timestamp": TIME, "data": _object(fact)})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
