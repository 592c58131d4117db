"""Run tenants: create, close, delete them, and take their schemas to the newest migration."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from memory import moving
from tenants import blueprint, keys, leaving, lifecycle, onboarding, runner, schema
from tenants.errors import WrongName, WrongState
from tenants.models import Receipt, Tenant

STEPS = {"resume": "open a suspended tenant again", "restore": "take the wish to delete a tenant back"}
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
        suspend = acts.add_parser("suspend", help="close a tenant: keys, sockets and tasks stop")
        suspend.add_argument("slug")
        suspend.add_argument("--reason", required=True)
        for act, says in STEPS.items():
            acts.add_parser(act, help=says).add_argument("slug")
        delete = acts.add_parser("delete", help="close a tenant, and delete it when its grace is over")
        delete.add_argument("slug")
        delete.add_argument("--typed", default="", help="the slug once more; without it, only what it has is told")
        export = acts.add_parser("export", help="write a whole tenant to one archive")
        export.add_argument("slug")
        export.add_argument("file", type=Path, help="the .tar to write; it must not be there yet")
        acts.add_parser("receipts", help="what is left of deleted tenants")
        acts.add_parser("leave", help="delete now those whose grace is over")
        migrate = acts.add_parser("migrate", help="take every tenant's schema to the newest migration")
        migrate.add_argument("--workers", type=int, default=WORKERS, help="processes at once")
        migrate.add_argument("--canary", action="append", default=[], help="a slug that goes first; may be repeated")
        migrate.add_argument("--check", action="store_true", help="only say what is due; exit 1 when something is")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        told = {name: value for name, value in options.items() if name not in _DJANGOS}
        try:
            getattr(self, f"do_{act}")(**told)
        except WrongState as error:
            raise CommandError(f"This cannot be done: {error}.") from None
        except WrongName:
            raise CommandError("What was typed is not the tenant's slug.") from None

    def do_list(self) -> None:
        for tenant in Tenant.objects.order_by("slug"):
            self.stdout.write(f"{tenant.slug:<48} {tenant.state:<10} {tenant.created_at:%Y-%m-%d}  {tenant.name}")

    def do_create(self, slug: str, name: str, domain: str) -> None:
        try:
            tenant = onboarding.open_tenant(slug, name or slug, domain)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(keys.issue(tenant, "first key")[1])

    def do_suspend(self, slug: str, reason: str) -> None:
        self._tell(lifecycle.suspend(_one(slug).pk, reason))

    def do_resume(self, slug: str) -> None:
        self._tell(lifecycle.resume(_one(slug).pk))

    def do_restore(self, slug: str) -> None:
        self._tell(lifecycle.restore(_one(slug).pk))

    def do_delete(self, slug: str, typed: str) -> None:
        tenant = _one(slug)
        for name, count in leaving.summary(tenant).items():
            self.stdout.write(f"{count:>12} {name}")
        if not typed:
            raise CommandError(f"Nothing was done. To delete all of that, add --typed {slug}")
        self._tell(lifecycle.ask_deletion(tenant.pk, typed))

    def do_export(self, slug: str, file: Path) -> None:
        tenant = _one(slug)
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.writelines(moving.archive(tenant))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{file}: {file.stat().st_size} bytes")

    def do_receipts(self) -> None:
        for receipt in Receipt.objects.order_by("begun_at"):
            ended = f"{receipt.finished_at:%Y-%m-%d %H:%M}" if receipt.finished_at else "not yet"
            self.stdout.write(f"{receipt.slug:<48} {ended}  {json.dumps(receipt.counts)}")

    def do_leave(self) -> None:
        self.stdout.write(f"{leaving.due()} deleted")

    def _tell(self, tenant: Tenant) -> None:
        after = f" until {tenant.delete_after:%Y-%m-%d %H:%M} UTC" if tenant.delete_after else ""
        self.stdout.write(f"{tenant.slug} is {tenant.state}{after}")

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


def _one(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug}.")
    return tenant


_DJANGOS = {
    "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks", "force", "stdout",
    "stderr",
}  # fmt: skip
