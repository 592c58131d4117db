"""A new tenant is made of a blueprint, and is what the migrations would have made."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tenants import blueprint, catalogue, onboarding, schema
from tenants.models import Blueprint, Tenant


@pytest.fixture
def replayed(acme: Tenant) -> str:
    assert blueprint.current()
    return onboarding.open_tenant("replayed", "Replayed").schema_name


@pytest.fixture
def migrated(acme: Tenant) -> Iterator[str]:
    execute("CREATE SCHEMA t_migrated")
    schema.migrate("t_migrated")
    return "t_migrated"


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_replayed_schema_is_what_the_migrations_make(replayed: str, migrated: str) -> None:
    assert catalogue.fingerprint(replayed) == catalogue.fingerprint(migrated)
    assert schema.drifted([replayed, migrated]) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE {}.memory_memory ALTER embedding TYPE halfvec(384)",
        "ALTER TABLE {}.memory_memory ADD extra integer",
        "ALTER TABLE {}.memory_memory ALTER content DROP NOT NULL",
        "ALTER TABLE {}.memory_memory ALTER content SET STORAGE EXTERNAL",
        "DROP INDEX {}.memory_near",
        "DROP TRIGGER memory_tally_delete ON {}.memory_memory",
        "ALTER FUNCTION {}.memory_tally_keep COST 7",
        "CREATE SEQUENCE {}.another",
        "ALTER TABLE {}.memory_relation ADD CONSTRAINT never CHECK (weight < 99)",
        "CREATE VIEW {}.sight AS SELECT 1 AS one",
        "COMMENT ON TABLE {}.memory_memory IS 'all of it'",
        "DELETE FROM {}.django_migrations WHERE name = '0001_initial'",
    ],
)
def test_whatever_differs_is_in_the_fingerprint(replayed: str, change: str) -> None:
    before = catalogue.fingerprint(replayed)
    execute(change.format(replayed))
    assert catalogue.fingerprint(replayed) != before


def test_making_a_blueprint_leaves_no_schema(acme: Tenant) -> None:
    Blueprint.objects.all().delete()
    assert blueprint.current()
    assert not schema.exists(blueprint.ORIGINAL)
    assert not schema.exists(blueprint.COPY)


def test_a_blueprint_that_makes_something_else_is_not_used(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    Blueprint.objects.all().delete()
    monkeypatch.setattr(blueprint, "INDEXES", "SELECT '' WHERE false")
    assert blueprint.current() == ""
    made = onboarding.open_tenant("plainly", "Migrated as before")
    assert schema.drifted([made.schema_name]) == []


def test_other_migrations_have_another_blueprint(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = blueprint._key()
    monkeypatch.setattr(schema, "wanted", lambda: schema.graph().forwards_plan(("memory", "0002_whole_life")))
    assert blueprint._key() != now


def test_a_tenant_that_cannot_be_made_is_wholly_absent(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = blueprint.current() + "\nSELECT 1 / 0;"
    monkeypatch.setattr(blueprint, "current", lambda: broken)
    with pytest.raises(Exception, match="division by zero"):
        onboarding.open_tenant("halfway", "Half-way")
    assert not Tenant.objects.filter(slug="halfway").exists()
    assert not schema.exists("t_halfway")
    monkeypatch.undo()
    assert onboarding.open_tenant("halfway", "At the second try").pk
