"""Taking every tenant's schema to the newest migration: canaries first, several at once, going on past errors.

What is due is asked of the schemas themselves, so a run that was killed is simply started again. Who works on a schema
holds an advisory lock, which ends with the connection; the rows of SchemaState tell people what came of it.
"""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import structlog
from django.db import OperationalError, connections, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from events import ledger, poke
from tenants import schema
from tenants.locks import alone, short_waits
from tenants.models import SchemaState, Tenant

log = structlog.get_logger(__name__)
LOCK_TIMEOUT = "3s"
PAUSES = (1.0, 3.0)  # seconds before each further try
States = SchemaState.State


def due() -> list[Tenant]:
    """The tenants whose schema lacks a migration, by one query for each hundred of them."""
    tenants = {tenant.schema_name: tenant for tenant in Tenant.objects.order_by("schema_name")}
    return [tenants[name] for name in schema.drifted(tenants)]


def plan() -> list[SchemaState]:
    """Note what is due; a failed one is due again."""
    rows = [SchemaState(tenant=tenant, target=schema.target()) for tenant in due()]
    SchemaState.objects.bulk_create(rows, ignore_conflicts=True)
    noted = SchemaState.objects.filter(target=schema.target(), tenant__in=[row.tenant_id for row in rows])
    noted.exclude(state=States.RUNNING).update(state=States.PENDING, changed_at=timezone.now())
    return list(noted.select_related("tenant").order_by("tenant__slug"))


@transaction.atomic
def ask() -> int:
    """Note what is due, for a worker to do; how many there are."""
    count = len(plan())
    if count:
        ledger.record("tenant.migration_asked", count=count)
        poke.after_commit("tenants.tasks.migrate_noted_tenants")
    return count


def run(*, workers: int = 1, canaries: Sequence[str] = ()) -> list[SchemaState]:
    """Migrate what is due; those that are not done afterwards.

    `canaries` are slugs: they go first, and where one of them fails the others stay as they are.
    """
    rows = plan()
    first = [row.pk for row in rows if row.tenant.slug in canaries]
    _spread(first, 1)
    if not _undone(first):
        _spread([row.pk for row in rows if row.pk not in first], workers)
    return _undone([row.pk for row in rows])


def waiting() -> int:
    """Migrate what was noted and not begun: the console's button notes, a worker does. How many there were."""
    rows = SchemaState.objects.filter(target=schema.target(), state=States.PENDING).order_by("id")
    keys = list(rows.values_list("pk", flat=True))
    _spread(keys, 1)
    return len(keys)


def _undone(keys: Iterable[int]) -> list[SchemaState]:
    rows = SchemaState.objects.filter(pk__in=list(keys)).exclude(state=States.DONE)
    return list(rows.select_related("tenant").order_by("tenant__slug"))


def _spread(keys: list[int], workers: int) -> None:
    if workers < 2 or len(keys) < 2:
        for key in keys:
            take(key)
        return
    connections.close_all()  # what is forked must not share our connections
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        try:
            list(pool.map(take, keys))
        except BrokenProcessPool:
            log.error("a worker process died; start again to go on")


def take(key: int) -> None:
    """Migrate the schema of one row, unless somebody else does, and write down what came of it."""
    row = SchemaState.objects.select_related("tenant").get(pk=key)
    with alone(f"migrate {row.tenant_id}") as mine:
        if not mine:
            return
        _note(key, state=States.RUNNING, attempts=F("attempts") + 1, error="", milliseconds=None)
        began = time.monotonic()
        try:
            _patiently(row.tenant.schema_name)
        except Exception as error:  # whatever a migration raises: the others go on
            log.error("a schema was not migrated", tenant=row.tenant.slug, error=_said(error))
            result = {"state": States.FAILED, "error": _said(error)}
        else:
            result = {"state": States.DONE, "error": ""}
        _note(key, **result, milliseconds=round((time.monotonic() - began) * 1000))


def _patiently(name: str) -> None:
    if not schema.exists(name):
        raise LookupError(f"there is no schema {name}")
    for pause in (*PAUSES, None):
        try:
            with short_waits(LOCK_TIMEOUT):
                return schema.migrate(name)
        except OperationalError as error:
            if pause is None or not isinstance(error.__cause__, LockNotAvailable):
                raise
            time.sleep(pause)
    return None


def _note(key: int, **values: object) -> None:
    SchemaState.objects.filter(pk=key).update(changed_at=timezone.now(), **values)


def _said(error: Exception) -> str:
    # The first line alone: the lines below it may quote what a row holds.
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]
