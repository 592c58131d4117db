"""Count hours of a tenant anew, or say how far its counts are."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import rollups, snapshots
from analytics.counts import Span
from tenants.models import Tenant

FOREVER = timedelta(days=1).total_seconds()


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="verb", required=True)
        anew = does.add_parser("recount", help="count every hour of a span anew, from the first fact on by default")
        anew.add_argument("--since", default="", help="YYYY-MM-DD, in UTC")
        anew.add_argument("--until", default="", help="YYYY-MM-DD, in UTC; that day is not counted")
        for parsed in (anew, does.add_parser("state", help="how far the counts stand for what happened")):
            parsed.add_argument("--tenant", required=True, help="slug")

    def handle(self, *args: Any, verb: str, tenant: str, **told: Any) -> None:
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"there is no tenant {tenant}")
        with tenant_context(row):
            if verb == "recount":
                hours = rollups.recount(_span(told["since"], told["until"]))
                rollups.run(FOREVER)
                snapshots.take()
                self.stdout.write(f"{hours} hours were counted anew")
            for name, value in rollups.state().items():
                self.stdout.write(f"{name}: {value}")


def _span(since: str, until: str) -> Span | None:
    if not since:
        return None
    try:
        end = datetime.fromisoformat(until).replace(tzinfo=UTC) if until else timezone.now()
        return Span(datetime.fromisoformat(since).replace(tzinfo=UTC), end)
    except ValueError as error:
        raise CommandError(str(error)) from None
