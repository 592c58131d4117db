"""Prove that no tenant sees another: two scratch tenants, a hundred probes each, and what each was answered."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.models import Selftest
from api.selftest import runs
from events import actors


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        with actors.acting_as("command:selftest"):
            runs.start()
            run = runs.pending()
        if run is None:
            raise CommandError("Another self-test runs just now; its page in the console shows how far it is.")
        for found in run.evidence:
            if verbosity > 1 or not found["ok"]:
                self.stdout.write(_line(found))
        took = (run.finished_at - run.created_at).total_seconds() if run.finished_at else 0
        self.stdout.write(f"{run.done} probes, {run.failed} failed, {took:.1f} s: {run.state} {run.reason}".rstrip())
        if run.state != Selftest.State.PASSED:
            raise CommandError("Isolation is not proven.", returncode=1)


def _line(found: dict[str, Any]) -> str:
    verdict = "pass" if found["ok"] else "FAIL"
    return "{0}  {side}  {family:10} {probe:36} {status:4} {ms:8.1f} ms".format(verdict, **found)
