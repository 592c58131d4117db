"""Make the first run's tenant, memories, operator and key, once; write how to get in to a private file."""

import json
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import tenant_context

from config.sample import DRAFTS
from memory import embeddings
from memory.remember import remember_many
from ops.files import write_private
from tenants import keys, onboarding
from tenants.models import Membership, Tenant, User

SLUG, EMAIL = "acme", "operator@memhouse.local"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="where the web server will be")
        parser.add_argument("--access", required=True, type=Path, help="the file that gets url, login and key")

    def handle(self, *args: Any, url: str, access: Path, **options: Any) -> None:
        embeddings.warm()  # the first time this exports the model: here, where nobody waits for an answer
        known = _read(access)
        tenant = Tenant.objects.filter(slug=SLUG).first() or _demo_tenant()
        user, password = _operator(tenant, known.get("operator_password", ""))
        facts = {
            "url": url,
            "console_url": f"{url}/t/{tenant.slug}/console/",
            "docs_url": f"{url}/api/docs",
            "operator_email": user.email,
            "operator_password": password,
            "tenant": tenant.slug,
            "api_key": _key(tenant, known.get("api_key", "")),
        }
        write_private(access, json.dumps(facts, indent=2))


def _demo_tenant() -> Tenant:
    tenant = onboarding.open_tenant(SLUG, "Acme Outdoor")
    with tenant_context(tenant):
        remember_many(DRAFTS)
    return tenant


def _operator(tenant: Tenant, known: str) -> tuple[User, str]:
    """The operator and a password that works: a lost one is not recovered here, `changepassword` does that."""
    user = User.objects.filter(email=EMAIL).first()
    if user is not None:
        return user, known if known and user.check_password(known) else ""
    password = secrets.token_urlsafe(15)
    user = User.objects.create_superuser(EMAIL, password, name="Operator")
    Membership.objects.create(user=user, tenant=tenant, role=Membership.Role.OWNER)
    return user, password


def _key(tenant: Tenant, known: str) -> str:
    """The key of the access file while it lives; a new one when that is gone, for a secret cannot be read back."""
    found = keys.find(known) if known else None
    if found is not None and found.tenant_id == tenant.pk:
        return known
    return keys.issue(tenant, "first run")[1]


def _read(access: Path) -> dict[str, str]:
    try:
        return json.loads(access.read_text())
    except (FileNotFoundError, ValueError):
        return {}
