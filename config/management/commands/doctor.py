"""Look at every component, and say what is wrong and what to do; the exit status is 0 unless one is down."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import components
from analytics.checks.base import Status


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # what they would say is what one wants to read here

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="as GET /api/v1/components")

    def handle(self, *args: Any, **options: Any) -> None:
        told = components.health()
        plain = asdict(told) | {"at": told.at.isoformat()}
        self.stdout.write(json.dumps(plain, indent=2) if options["json"] else components.report(told).rstrip())
        if told.status == Status.DOWN:
            raise CommandError("Something is down.", returncode=1)
