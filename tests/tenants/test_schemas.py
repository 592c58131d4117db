"""What stands in which schema."""

from django.db import connection

from tenants.models import Tenant


def tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return {row[0] for row in cursor.fetchall()}


def test_no_table_but_the_migrations_own_stands_in_both(acme: Tenant) -> None:
    # A tenant's search path ends in public: a table of both would hide a missing one.
    assert tables(acme.schema_name) & tables("public") == {"django_migrations"}
    assert "memory_memory" in tables(acme.schema_name)


def test_the_vector_extension_stands_in_public_and_is_new_enough(acme: Tenant) -> None:
    from config.checks import vector_extension

    assert vector_extension(None, databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = 'embedding'",
            [f"{acme.schema_name}.memory_memory"],
        )
        assert cursor.fetchone() == ("halfvec",)  # of any dimension: models differ
