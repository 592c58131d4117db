"""Migrating tenants: past a broken one, twice at once, after a kill."""

from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import schema_context

from tenants import onboarding, runner, schema
from tenants.models import SchemaState, Tenant
from tests.conftest import costs

SLUGS = ("east", "north", "south", "west")
BEFORE, NEWEST = [name for name in schema.wanted() if name[0] == "memory"][-2:]


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def put_back(slug: str) -> None:
    """As it was before the newest migration."""
    with schema_context(f"t_{slug}"):
        MigrationExecutor(connection).migrate([BEFORE])


def break_(slug: str) -> None:
    """Forget that the newest migration ran: what it makes is in its way now."""
    schema.migrate(f"t_{slug}")
    execute(f"DELETE FROM t_{slug}.django_migrations WHERE app = '{NEWEST[0]}' AND name = '{NEWEST[1]}'")  # noqa: S608


def mend(slug: str) -> None:
    values = f"('{NEWEST[0]}', '{NEWEST[1]}', now())"
    execute(f"INSERT INTO t_{slug}.django_migrations (app, name, applied) VALUES {values}")  # noqa: S608
    put_back(slug)


@pytest.fixture
def late(committed: None) -> Iterator[None]:
    """Four tenants of the state before."""
    for slug in SLUGS:
        onboarding.open_tenant(slug, slug)
        put_back(slug)
    yield
    connection.set_schema_to_public()
    for slug in SLUGS:
        execute(f"DROP SCHEMA IF EXISTS t_{slug} CASCADE")
    Tenant.objects.filter(slug__in=SLUGS).delete()


def states() -> dict[str, str]:
    return dict(SchemaState.objects.values_list("tenant__slug", "state"))


def due() -> list[str]:
    return [tenant.slug for tenant in runner.due()]


@pytest.mark.parametrize("workers", [1, 3])
def test_one_broken_tenant_does_not_stop_the_others_and_a_second_run_resumes(late: None, workers: int) -> None:
    break_("north")
    (failed,) = runner.run(workers=workers)
    assert failed.tenant.slug == "north"
    assert "already exists" in failed.error
    assert states() == {"east": "done", "north": "failed", "south": "done", "west": "done"}
    assert due() == ["north"]
    mend("north")
    assert runner.run(workers=workers) == []
    north = SchemaState.objects.get(tenant__slug="north")
    assert (north.state, north.attempts, north.error) == ("done", 2, "")
    assert north.milliseconds is not None
    assert [row.attempts for row in SchemaState.objects.exclude(pk=north.pk)] == [1, 1, 1]


def test_nothing_to_do_is_one_query_for_the_schemas_that_have_a_table_and_one_for_what_they_have(acme: Tenant) -> None:
    schema.wanted()
    with costs(3):  # and the tenants themselves
        assert runner.due() == []


def test_where_a_canary_fails_the_others_are_left_alone(late: None) -> None:
    break_("south")
    undone = runner.run(workers=2, canaries=["south"])
    assert [(row.tenant.slug, row.state) for row in undone] == [
        ("east", "pending"), ("north", "pending"), ("south", "failed"), ("west", "pending"),
    ]  # fmt: skip
    mend("south")
    assert runner.run(workers=2, canaries=["south"]) == []


def test_the_command_lists_what_failed_and_exits_non_zero(late: None) -> None:
    break_("west")
    with pytest.raises(CommandError, match=r"west: failed\. ProgrammingError: "):
        call_command("tenants", "migrate", "--workers", "1")
    with pytest.raises(CommandError, match=r"1 not at memory.*: west"):
        call_command("tenants", "migrate", "--check")
    mend("west")
    call_command("tenants", "migrate", "--workers", "1")
    call_command("tenants", "migrate", "--check", stdout=StringIO())


def test_a_schema_that_another_process_migrates_is_left_to_it(late: None) -> None:
    tenant = Tenant.objects.get(slug="east")
    with psycopg.connect(dsn()) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"migrate {tenant.pk}"])
        undone = runner.run()
        assert [(row.tenant.slug, row.state) for row in undone] == [("east", "pending")]
    assert runner.run() == []  # its lock went with its connection, as with a kill


def test_a_run_that_was_killed_is_gone_on_with(late: None) -> None:
    rows = runner.plan()
    SchemaState.objects.filter(pk=rows[0].pk).update(state="running", attempts=1)
    assert runner.run() == []
    assert set(states().values()) == {"done"}


def test_a_held_lock_is_waited_for_shortly_and_then_reported(late: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(runner, "PAUSES", (0.05,))
    with schema_context("t_east"):
        MigrationExecutor(connection).migrate([("memory", "0010_tally")])
    with psycopg.connect(dsn()) as reader:
        reader.execute("LOCK TABLE t_east.memory_transfer IN ACCESS SHARE MODE")  # as a dump; 0011 alters it
        (failed,) = runner.run()
        assert "lock timeout" in failed.error
    assert runner.run() == []


def test_a_tenant_of_before_an_app_gets_its_tables(late: None) -> None:
    assert runner.run() == []
    with schema_context("t_east"):
        MigrationExecutor(connection).migrate([("sync", None)])
    assert due() == ["east"]
    assert runner.run() == []
    assert due() == []


def test_a_tenant_without_a_schema_is_reported(late: None) -> None:
    execute("DROP SCHEMA t_west CASCADE")
    (failed,) = runner.run()
    assert failed.error == "LookupError: there is no schema t_west"


def dsn() -> str:
    told = connection.get_connection_params()
    wanted = {"dbname": "dbname", "user": "user", "password": "password", "host": "host", "port": "port"}
    return psycopg.conninfo.make_conninfo(**{name: told[key] for name, key in wanted.items() if told.get(key)})
