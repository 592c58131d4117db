"""The audit log: check its chain, tell its head, or print it as JSON lines."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from events import audit, chain, verify
from tenants.models import Tenant

PLATFORM = "the platform"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "head", "export"])
        parser.add_argument("--tenant", default="", help="a slug; without one all tenants and the platform's own facts")

    def handle(self, *args: Any, what: str, tenant: str, **options: Any) -> None:
        chosen = _chosen(tenant)
        if what == "export":
            for _, tenant_id in chosen:
                for event in audit.chained(tenant_id):
                    self.stdout.write(json.dumps(chain.exported(event), ensure_ascii=False))
        elif broken := sum(not self._told(name, tenant_id, what) for name, tenant_id in chosen):
            raise CommandError(f"{broken} of {len(chosen)} chains do not hold")

    def _told(self, name: str, tenant_id: UUID | None, what: str) -> bool:
        verdict = verify.verify_all(tenant_id) if what == "verify" else None
        if verdict is None or verdict.intact:
            seq, head = verify.end(tenant_id)
            self.stdout.write(f"{name}: {seq} facts, head {head}")
            return True
        self.stderr.write(f"{name}: broken at {verdict.seq}: {verify.SAYS[verdict.reason]}")
        return False


def _chosen(slug: str) -> list[tuple[str, UUID | None]]:
    tenants = Tenant.objects.order_by("slug")
    found: list[tuple[str, UUID | None]] = [(t.slug, t.id) for t in (tenants.filter(slug=slug) if slug else tenants)]
    if slug and not found:
        raise CommandError(f"there is no tenant {slug}")
    return found if slug else [*found, (PLATFORM, None)]
