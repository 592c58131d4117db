"""The project, its members and who is asking, as mem0 tells them."""

from collections.abc import Mapping
from typing import Any

from tenants.models import Membership, Tenant, User

SETTINGS = (
    "custom_instructions", "agent_custom_instructions", "custom_categories", "retrieval_criteria", "memory_depth",
    "usecase_setting", "multilingual", "enable_graph", "decay",
)  # fmt: skip


def caller(tenant: Tenant, user: User | None) -> dict[str, Any]:
    own = str(tenant.pk)
    return {"status": "ok", "org_id": own, "project_id": own, "user_email": user.email if user else None}


def project(tenant: Tenant, told: Mapping[str, Any]) -> dict[str, Any]:
    """With what was told of it, and null for settings of which nothing was."""
    own = {"org_id": str(tenant.pk), "project_id": str(tenant.pk), "name": tenant.name}
    description = {"description": told.get("description", ""), "created_at": tenant.created_at.isoformat()}
    return own | description | {name: told.get(name) for name in SETTINGS}


def member(row: Membership) -> dict[str, Any]:
    role = "OWNER" if row.role == Membership.Role.OWNER else "READER"
    return {"user_id": str(row.user_id), "email": row.user.email, "username": row.user.name, "role": role}
