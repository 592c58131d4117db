"""The self-test's tasks: run what waits, ask for the nightly one, clear up."""

from celery import shared_task

from api.selftest import runs


@shared_task
def run_selftest() -> None:
    runs.pending()


@shared_task
def nightly_selftest() -> None:
    runs.start()
    runs.pending()


@shared_task
def reap_selftests() -> None:
    """The tick: what a dead run left goes, and a run whose poke was lost is run."""
    runs.reap()
    runs.pending()
