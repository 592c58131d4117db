"""Users, agents, apps and runs, profiles and the jobs that make them, as mem0 tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

from memory.briefing import Profile
from memory.entities import Counted

JOBS = "/v2/profiles/jobs/"
STATUS = {"pending": "pending", "running": "running", "completed": "succeeded"}


def entity(type: str, each: Counted) -> dict[str, Any]:
    return {
        "id": each.name,
        "name": each.name,
        "type": type,
        "total_memories": each.memories,
        "updated_at": each.last_seen.isoformat(),
    }


def settings(told: Mapping[str, Any]) -> dict[str, Any]:
    """How profiles are told, of what was said of it."""
    own = {"schema": told.get("schema"), "custom_instructions": told.get("custom_instructions")}
    capabilities = {"entity_types": ["user"]}
    return {"enabled": told.get("enabled", True), "capabilities": capabilities, "entities": {"user": own}}


def profile(name: str, known: Profile, status: str, schema: Any, made: int) -> dict[str, Any]:
    """What is known of a user, where it is told; `made`: how often it was made."""
    return {
        "profile": _shaped(known.statements, schema) if status == "succeeded" else None,
        "status": status,
        "entity_type": "user",
        "entity_id": name,
        "updated_at": known.updated_at.isoformat() if known.updated_at else None,
        "generation_count": made,
    }


def _shaped(statements: Mapping[str, list[str]], schema: Any) -> dict[str, Any]:
    """By the plural of each kind; of a schema the properties that are such, and null for others."""
    told = {("constraints" if kind == "constraint" else f"{kind}s"): words for kind, words in statements.items()}
    wanted = schema.get("properties") if isinstance(schema, dict) else None
    return {name: told.get(name) for name in wanted} if isinstance(wanted, dict) else told


def begun(job_id: str, operation: str, users: Sequence[str]) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "status": "pending",
        "status_url": f"{JOBS}{job_id}/",
        "operation": operation,
        "entity_type": "user",
        "entity_ids": users,
        "entity_count_reserved": len(users),
        "sampled": len(users),
        "event_id": None,
        "replayed": False,
    }


def job(job_id: Any, statuses: Sequence[str]) -> dict[str, Any]:
    """`statuses` are of automation.manager. A job is the least of its runs: it is over when all of it is."""
    states = [STATUS.get(status, "failed") for status in statuses]
    over = [state for state in states if state in ("succeeded", "failed")]
    counts = {name: over.count(name) for name in ("succeeded", "failed")} | {"skipped": 0}
    least = next(state for state in ("running", "pending", "failed", "succeeded") if state in states)
    told = {"id": str(job_id), "status": least, "total": len(states), "completed": len(over)}
    return told | counts | {"enumeration_complete": True}
