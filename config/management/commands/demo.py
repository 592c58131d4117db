"""Make a tenant with a month of believable history, the same for the same seed and end; see docs/demo.md."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import making
from config.demo.rhythm import Month


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", default="demo", help="the slug of the tenant, which is opened")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--end", type=_hour, help="the hour at which the month ends, in UTC; now, if not said")

    def handle(self, *args: Any, tenant: str, seed: int, end: datetime | None, **options: Any) -> None:
        end = end or timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        try:
            made = making.make(tenant, Month(seed, end), self.stdout.write)
        except making.NotOurs as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(self.style.SUCCESS(f"Look at /t/{made.slug}/console/"))


def _hour(text: str) -> datetime:
    """2026-11-21T18 as a time."""
    return datetime.fromisoformat(text).replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
