"""Many rows of one table given values of their own, in one statement: Django's own way builds a CASE for each value."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update(model: type[Model], columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Each row is {"id", …columns} as JSON holds them; the table's own types read them."""
    if not rows:
        return
    table, quote = model._meta.db_table, connection.ops.quote_name
    assignments = ", ".join(f"{quote(name)} = told.{quote(name)}" for name in columns)
    statement = f"UPDATE {table} SET {assignments} FROM jsonb_populate_recordset(NULL::{table}, %s) told"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE {table}.id = told.id", [json.dumps(rows)])
