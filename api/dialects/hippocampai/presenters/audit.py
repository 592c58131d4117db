"""Facts of the ledger as HippocampAI's audit log: its actions and severities for our types, and back."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from api.dialects.hippocampai.serializers.audit import SEVERITIES
from events.models import Event
from events.types import CATALOGUE

# Where it has a word of its own; else the action is our type with an underscore.
ACTIONS = {
    "memory.created": "memory_create", "memory.updated": "memory_update", "memory.deleted": "memory_delete",
    "entity.erased": "memory_bulk_delete", "export.started": "memory_export", "import.started": "memory_import",
    "key.issued": "api_key_create", "key.revoked": "api_key_revoke", "key.rotated": "api_key_rotate",
    "login.opened": "login", "login.closed": "logout", "member.added": "user_create",
    "member.changed": "user_update", "member.removed": "user_delete", "tenant.limited": "user_tier_change",
    "tenant.settings_changed": "settings_change", "key.limited": "rate_limit_override",
    "quota.exceeded": "rate_limit_exceeded", "operator.saw": "admin_access",
}  # fmt: skip
WORSE = {
    "audit.broken": "critical", "run.failed": "error", "run.dead": "error", "transfer.failed": "error",
    "erasure.failed": "error", "webhook.disabled": "error", "sync.dead": "warning", "quota.warning": "warning",
    "quota.exceeded": "warning", "schedule.missed": "warning", "evaluation.regressed": "warning",
    "health.alert": "warning", "tier.dangling": "warning",
}  # fmt: skip
GROUPS = {
    "login": "authentication", "key": "api_keys", "member": "users", "person": "users", "memory": "memories",
    "entity": "memories", "export": "memories", "import": "memories", "tenant": "admin", "operator": "admin",
    "plan": "admin", "policy": "admin", "hold": "admin", "rule": "admin",
}  # fmt: skip


def action(type: str) -> str:
    return ACTIONS.get(type, type.replace(".", "_"))


def severity(type: str) -> str:
    return WORSE.get(type, "info")


def succeeded(type: str) -> bool:
    return severity(type) not in ("error", "critical")


TYPES = {action(type): type for type in CATALOGUE}


def types_of(asked: dict[str, Any]) -> list[str] | None:
    """Our types that are asked for; None: all."""
    wanted = set(CATALOGUE)
    if actions := [*asked.get("actions", ()), *filter(None, [asked.get("action", "")])]:
        wanted &= {TYPES[name] for name in actions if name in TYPES}
    if word := asked.get("severity"):
        wanted &= {type for type in CATALOGUE if severity(type) == word}
    if least := asked.get("min_severity"):
        from_here = SEVERITIES[SEVERITIES.index(least) :]
        wanted &= {type for type in CATALOGUE if severity(type) in from_here}
    if asked.get("success") is not None:
        wanted &= {type for type in CATALOGUE if succeeded(type) == asked["success"]}
    if text := asked.get("search", "").lower():
        wanted &= {type for type in CATALOGUE if text in f"{action(type)} {CATALOGUE[type].says}".lower()}
    return None if len(wanted) == len(CATALOGUE) else sorted(wanted)


def event(fact: Event) -> dict[str, Any]:
    """What came before and after is not in a fact; neither are browser, path and method."""
    untold = ("user_email", "user_agent", "endpoint", "method", "old_value", "new_value", "error_message")
    return dict.fromkeys(untold) | {
        "id": str(fact.pk),
        "timestamp": fact.occurred_at,
        "user_id": fact.person_id,
        "api_key_id": fact.key_id,
        "tenant_id": str(fact.tenant_id),
        "action": action(fact.type),
        "severity": severity(fact.type),
        "resource_type": fact.subject_type,
        "resource_id": fact.subject_id,
        "ip_address": fact.ip,
        "description": CATALOGUE[fact.type].says if fact.type in CATALOGUE else fact.type,
        "metadata": fact.data | {"actor": fact.actor, "request_id": fact.request_id},
        "success": succeeded(fact.type),
    }


def log(facts: Iterable[Event], total: int, page: int, size: int) -> dict[str, Any]:
    return {
        "events": [event(fact) for fact in facts],
        "total_count": total,
        "page": page,
        "page_size": size,
        "has_more": page * size < total,
    }


def stats(counted: Iterable[tuple[str, str, int]], begin: Any, end: Any) -> dict[str, Any]:
    """Of types, actors and counts."""
    actions, severities, actors = Counter[str](), Counter[str](), Counter[str]()
    for type, actor, count in counted:
        actions[action(type)] += count
        severities[severity(type)] += count
        actors[actor] += count
    total = actions.total()
    failed = severities["error"] + severities["critical"]
    return {
        "total_events": total,
        "events_by_action": dict(actions),
        "events_by_severity": dict(severities),
        "events_by_user": dict(actors),
        "failed_events": failed,
        "success_rate": round(100 * (1 - failed / total), 2) if total else 100.0,
        "time_range_start": begin,
        "time_range_end": end,
    }


def actions() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for type in CATALOGUE:
        found[GROUPS.get(type.partition(".")[0], "system")].append(action(type))
    return dict(found)
