"""List, show, run, export and import policies."""

import json
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from automation import asked, policies, slots
from automation.errors import AutomationError, BadPolicy
from automation.models import Policy
from automation.schedules import schedule_of
from events import actors
from memory.errors import LibraryError
from tenants.models import Tenant

ACTOR = "command:policies"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="verb", required=True)
        listing = does.add_parser("list", help="all policies, of one tenant or of all")
        listing.add_argument("--tenant", default="", help="slug")
        does.add_parser("show", help="what a policy says, and when it runs").add_argument("id")
        run = does.add_parser("run", help="leave its jobs to a worker now")
        run.add_argument("id")
        run.add_argument("--job", default="", help="one of its jobs; else all that it switches on")
        run.add_argument("--dry-run", action="store_true", help="only say what would be done")
        does.add_parser("export", help="as JSON").add_argument("--tenant", required=True, help="slug")
        coming = does.add_parser("import", help="make or change the policies of an export")
        coming.add_argument("file", help="- for what comes in")
        coming.add_argument("--tenant", required=True, help="slug")

    def handle(self, *args: Any, verb: str, **told: Any) -> None:
        does = {"list": self._list, "show": self._show, "run": self._run, "export": self._export}
        with actors.acting_as(ACTOR):
            {**does, "import": self._import}[verb](told)

    def _list(self, told: dict[str, Any]) -> None:
        rows = Policy.objects.select_related("tenant").order_by("tenant__slug", "id")
        for policy in rows.filter(tenant=_tenant(told["tenant"])) if told["tenant"] else rows:
            state = "on" if policy.enabled else "off"
            whose = f"{policy.tenant.slug} {_scope(policy)}"
            self.stdout.write(
                f"{policy.pk} {whose} {policy.type} {state} {','.join(sorted(policy.jobs))} {policy.name}"
            )

    def _show(self, told: dict[str, Any]) -> None:
        policy = _policy(told["id"])
        self.stdout.write(json.dumps(_told(policy), indent=2, ensure_ascii=False))
        for timer in policy.timers.filter(by="clock").order_by("job"):
            next_at = timer.next_at.isoformat() if timer.next_at else "never"
            self.stdout.write(f"{timer.job}: {slots.explain(schedule_of(timer))}, {timer.zone}; next {next_at}")

    def _run(self, told: dict[str, Any]) -> None:
        policy = _policy(told["id"])
        try:
            with tenant_context(policy.tenant):
                runs = asked.run(policy, told["job"], dry_run=told["dry_run"])
        except (AutomationError, LibraryError) as error:
            raise CommandError(f"Not run: {error}.") from None
        for run in runs:
            self.stdout.write(f"{run.pk} {run.job} {run.state}")

    def _export(self, told: dict[str, Any]) -> None:
        rows = Policy.objects.filter(tenant=_tenant(told["tenant"])).order_by("id")
        self.stdout.write(json.dumps([_told(policy) for policy in rows], indent=2, ensure_ascii=False))

    def _import(self, told: dict[str, Any]) -> None:
        wrong = 0
        with tenant_context(_tenant(told["tenant"])):
            for place, item in enumerate(_items(told["file"])):
                try:
                    self.stdout.write(_take(item))
                except BadPolicy as error:
                    wrong += 1
                    self.stderr.write(f"/{place}{error}")
                except (AutomationError, LibraryError) as error:
                    wrong += 1
                    self.stderr.write(f"/{place} {error}")
        if wrong:
            raise CommandError(f"{wrong} of them are wrong; the others are there.")


def _take(item: Any) -> str:
    """Make one policy, or change the one that its scope has."""
    if not isinstance(item, dict):
        raise BadPolicy("", "is an object")
    said = dict(item)
    scope = {name: said.pop(name, "") for name in ("namespace", "user_id")}
    if not all(isinstance(value, str) for value in scope.values()):
        raise BadPolicy("", "has a namespace or a user_id that is no text")
    said = policies.heard(said)
    there = policies.of(**scope)
    if there is None:
        return f"{policies.create(said, **scope).pk} made"
    policies.change(there.pk, said)
    return f"{there.pk} changed"


def _items(file: str) -> list[Any]:
    try:
        if file == "-":
            told = json.load(sys.stdin)
        else:
            with open(file) as read:
                told = json.load(read)
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{file}: {error}") from None
    if not isinstance(told, list):
        raise CommandError("A list of policies is wanted, as `export` writes it.")
    return told


def _told(policy: Policy) -> dict[str, Any]:
    return {"user_id": policy.user_id, "namespace": policy.namespace} | policies.said(policy)


def _scope(policy: Policy) -> str:
    if policy.user_id:
        return f"user {policy.user_id}"
    return f"namespace {policy.namespace}" if policy.namespace else "tenant"


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug}.")
    return tenant


def _policy(text: str) -> Policy:
    try:
        policy = Policy.objects.select_related("tenant").filter(pk=UUID(text)).first()
    except ValueError:
        policy = None
    if policy is None:
        raise CommandError(f"There is no policy {text}.")
    return policy
