"""How many others hang on a memory: those made of it, resting on it, or standing in the place of others by it."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

RESTING = ["derived_from", "supersedes", "supports", "references"]
# Whoever hangs on it in two ways is one. What is deleted hangs on nothing any more. A list of constants is hashed,
# where a join would compare all with all. What hangs is found by itself, for else the planner has workers started,
# which takes many times as long as the statement.
COUNT = """
WITH t AS MATERIALIZED (
  SELECT target_id AS id, source_id AS by FROM memory_relation
    WHERE target_id = ANY(%(ids)s::uuid[]) AND type = ANY(%(types)s)
  UNION ALL
  SELECT superseded_by, id FROM memory_memory WHERE superseded_by = ANY(%(ids)s::uuid[])
  UNION ALL
  SELECT lower(ref.told)::uuid, m.id FROM memory_memory m
    CROSS JOIN LATERAL jsonb_array_elements_text(
      CASE jsonb_typeof(m.metadata -> 'evidence_refs') WHEN 'array' THEN m.metadata -> 'evidence_refs' ELSE '[]' END
    ) AS ref(told) WHERE m.metadata ? 'evidence_refs' AND lower(ref.told) = ANY(%(ids)s::text[])
) SELECT t.id, count(DISTINCT t.by) FROM t JOIN memory_memory d ON d.id = t.by AND d.state <> 'deleted' AND d.id <> t.id
GROUP BY t.id
"""


def counted(ids: Sequence[UUID]) -> dict[UUID, int]:
    """One statement for all of them; who is not in the answer has none."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        told = ",".join(map(str, ids))  # one text: thousands of parameters would take longer than the statement
        cursor.execute(COUNT, {"ids": f"{{{told}}}", "types": RESTING})
        return dict(cursor.fetchall())
