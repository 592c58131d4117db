"""List, start, show, cancel, retry and undo runs of the housekeeper's jobs."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import asking, looking, registry, runner
from automation.errors import AutomationError
from automation.models import TaskRun
from events import actors
from memory.errors import BadOption, LibraryError
from memory.upkeep.plan import Reach
from tenants.models import Tenant

ACTS = {"cancel": runner.cancel, "retry": runner.retry, "undo": runner.undo}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="verb", required=True)
        does.add_parser("jobs", help="the jobs that there are")
        listing = does.add_parser("list", help="runs, newest first")
        listing.add_argument("--tenant", default="", help="slug; without it those of all")
        listing.add_argument("--state", default="", choices=["", *TaskRun.State.values])
        listing.add_argument("--job", default="")
        listing.add_argument("--limit", type=int, default=20)
        start = does.add_parser("start", help="ask a worker for a run, and print its id")
        start.add_argument("tenant", help="slug")
        start.add_argument("job", help="a name that `jobs` lists, or run_all")
        start.add_argument("--user", default="", help="of whom; without it of everybody")
        start.add_argument("--namespace", default="")
        start.add_argument("--options", default="{}", help="a JSON object")
        start.add_argument("--priority", default=asking.NORMAL, choices=list(asking.LANES))
        start.add_argument("--dry-run", action="store_true", help="only say what it would do")
        start.add_argument("--here", action="store_true", help="run it in this process, and show it")
        for act, says in {
            "show": "all of a run",
            "cancel": "end it",
            "retry": "try it again",
            "undo": "undo it",
        }.items():
            does.add_parser(act, help=says).add_argument("run", type=UUID)

    def handle(self, *args: Any, verb: str, **told: Any) -> None:
        doing = {"jobs": self._jobs, "list": self._list, "start": self._start, "show": self._show}
        try:
            with actors.acting_as("command:runs"):
                doing.get(verb, lambda said: self._act(verb, said))(told)
        except BadOption as error:
            raise CommandError(f"The option {error.pointer[1:]} {error.detail}.") from None
        except (AutomationError, LibraryError) as error:
            raise CommandError(f"Not done: {error}.") from None

    def _jobs(self, told: dict[str, Any]) -> None:
        for job in registry.JOBS.values():
            self.stdout.write(f"{job.name:20} {job.says}")

    def _list(self, told: dict[str, Any]) -> None:
        rows = TaskRun.objects.select_related("tenant").order_by("-id")
        rows = rows.filter(tenant=_tenant(told["tenant"])) if told["tenant"] else rows
        for run in looking.narrowed(rows, {"state": told["state"], "job": told["job"]})[: max(0, told["limit"])]:
            self.stdout.write(_line(run))

    def _start(self, told: dict[str, Any]) -> None:
        reach, options = Reach(told["namespace"], told["user"]), _options(told["options"])
        with tenant_context(_tenant(told["tenant"])):
            if told["here"]:
                run = runner.run_now(told["job"], reach, options, dry_run=told["dry_run"])
                assert run is not None
                self._tell(run)
                return
            run = asking.start(told["job"], reach, options, dry_run=told["dry_run"], priority=told["priority"])
            self.stdout.write(str(run.pk))

    def _show(self, told: dict[str, Any]) -> None:
        self._tell(_run(told["run"]))

    def _tell(self, run: TaskRun) -> None:
        self.stdout.write(_line(run))
        for name, value in (("input", run.input), ("result", run.result), ("error", run.error)):
            if value:
                self.stdout.write(f"{name:8} {value if isinstance(value, str) else json.dumps(value)}")

    def _act(self, verb: str, told: dict[str, Any]) -> None:
        run = _run(told["run"])
        with tenant_context(run.tenant):
            after = ACTS[verb](run.pk)
        self.stdout.write(_line(after or run))


def _line(run: TaskRun) -> str:
    seconds = looking.took(run, timezone.now())
    took = "" if seconds is None else f"{seconds:.1f} s"
    whom = run.user_id or run.namespace or "everybody"
    dry = " (dry run)" if run.dry_run else ""
    done = f"{run.done}/{run.total} {took}".rstrip()
    return f"{run.pk}  {run.tenant.slug:20} {run.state:9} {run.job}{dry} for {whom}: {done}"


def _options(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise CommandError("--options is a JSON object.")
    return told


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug}.")
    return tenant


def _run(run_id: UUID) -> TaskRun:
    run = TaskRun.objects.select_related("tenant").filter(pk=run_id).first()
    if run is None:
        raise CommandError(f"There is no run {run_id}.")
    return run
