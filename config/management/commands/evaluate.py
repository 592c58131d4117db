"""Ask the saved questions of each tenant with this version, keep nothing, and fail where they are answered worse.

For the hour before a new version serves: it is run with that version over the same database.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from memory.upkeep import evaluate
from memory.upkeep.plan import EVERYBODY
from tenants.models import Tenant


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="only this one, by its slug")
        parser.add_argument("--tolerance", type=float, default=0.01, help="recall or MRR may be so much lower")

    def handle(self, *args: Any, tenant: str | None, tolerance: float, **options: Any) -> None:
        chosen = Tenant.objects.filter(state=Tenant.State.ACTIVE, scratch=False).order_by("slug")
        chosen = chosen.filter(slug=tenant) if tenant else chosen
        if tenant and not chosen:
            raise CommandError(f"There is no tenant {tenant!r} that is open.")
        worse = [each.slug for each in chosen if self._is_worse(each, tolerance)]
        if worse:
            raise CommandError(f"Questions are answered worse than before in {', '.join(worse)}.", returncode=1)

    def _is_worse(self, tenant: Tenant, tolerance: float) -> bool:
        with tenant_context(tenant):
            found = next(evaluate.plan(EVERYBODY, evaluate.Options(tolerance=tolerance), timezone.now()), None)
        if found is None:
            return False
        told = found.told
        self.stdout.write(_line(tenant.slug, told))
        for one in told["changes"] if told["regressed"] else []:
            self.stdout.write(f"  {one['what']:<10} {one['type']} {one['data']}")
        return bool(told["regressed"])


def _line(slug: str, told: dict[str, Any]) -> str:
    figures = (
        f"recall {told['recall']:.3f}, MRR {told['mrr']:.3f}, nDCG {told['ndcg']:.3f}, p95 {told['p95_ms']:.0f} ms"
    )
    was = told["against"]
    before = f"; was recall {was['recall_was']:.3f}, MRR {was['mrr_was']:.3f}" if was else "; nothing before"
    return f"{slug}: {told['questions']} questions, {figures}{before}"
