"""Run tenants: list and create them, and take their schemas to the newest migration."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants import blueprint, keys, onboarding, runner, schema
from tenants.models import Tenant

WORKERS = min(os.cpu_count() or 1, 4)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="every tenant with its state")
        create = acts.add_parser("create", help="open a tenant and print its first API key, once")
        create.add_argument("slug")
        create.add_argument("--name", default="", help="the slug, when it is not given")
        create.add_argument("--domain", default="")
        migrate = acts.add_parser("migrate", help="take every tenant's schema to the newest migration")
        migrate.add_argument("--workers", type=int, default=WORKERS, help="processes at once")
        migrate.add_argument("--canary", action="append", default=[], help="a slug that goes first; may be repeated")
        migrate.add_argument("--check", action="store_true", help="only say what is due; exit 1 when something is")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        getattr(self, f"do_{act}")(**{name: value for name, value in options.items() if name not in _DJANGOS})

    def do_list(self) -> None:
        for tenant in Tenant.objects.order_by("slug"):
            self.stdout.write(f"{tenant.slug:<48} {tenant.state:<10} {tenant.created_at:%Y-%m-%d}  {tenant.name}")

    def do_create(self, slug: str, name: str, domain: str) -> None:
        try:
            tenant = onboarding.open_tenant(slug, name or slug, domain)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(keys.issue(tenant, "first key")[1])

    def do_migrate(self, workers: int, canary: list[str], check: bool) -> None:
        if check:
            self._check()
            return
        undone = runner.run(workers=workers, canaries=canary)
        blueprint.current()
        if undone:
            told = [f"{row.tenant.slug}: {row.state}. {row.error}" for row in undone]
            raise CommandError("\n".join(["Not every tenant is migrated; run this again to go on.", *told]))

    def _check(self) -> None:
        if late := runner.due():
            told = ", ".join(tenant.slug for tenant in late)
            raise CommandError(f"{len(late)} not at {schema.target()}: {told}", returncode=1)


_DJANGOS = {
    "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks", "force", "stdout",
    "stderr",
}  # fmt: skip
