"""What PostgreSQL's catalogue says of a schema, as lines of text in which the schema's own name does not occur."""

from django.db import connection
from django_tenants.utils import schema_context

COLUMNS = """
SELECT concat_ws(' | ', 'column', c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
    a.attstorage, a.attcompression, a.attstattarget, a.attoptions, c.relkind, c.relpersistence, c.reloptions,
    c.relrowsecurity, c.relreplident, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = current_schema()::text::regnamespace AND c.relkind NOT IN ('i', 'S')
"""
CONSTRAINTS = """
SELECT concat_ws(' | ', 'constraint', c.relname, n.conname, n.contype, n.convalidated,
    pg_get_constraintdef(n.oid, true))
FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE n.connamespace = current_schema()::text::regnamespace
"""
INDEXES = """
SELECT concat_ws(' | ', 'index', c.relname, i.indisvalid, i.indisclustered, c.reloptions,
    pg_get_indexdef(i.indexrelid, 0, true))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::text::regnamespace
"""
SEQUENCES = """
SELECT concat_ws(' | ', 'sequence', c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
    s.seqcache, s.seqcycle, d.refobjid::regclass, d.refobjsubid, d.deptype)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
LEFT JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
WHERE c.relnamespace = current_schema()::text::regnamespace
"""
TRIGGERS = """
SELECT concat_ws(' | ', 'trigger', pg_get_triggerdef(t.oid, true), t.tgenabled)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::text::regnamespace AND NOT t.tgisinternal
"""
OTHERS = """
SELECT 'function | ' || replace(pg_get_functiondef(oid), quote_ident(current_schema()) || '.', '')
FROM pg_proc WHERE pronamespace = current_schema()::text::regnamespace AND prokind IN ('f', 'p')
UNION ALL SELECT 'type | ' || typname FROM pg_type
WHERE typnamespace = current_schema()::text::regnamespace AND typtype IN ('e', 'd', 'r')
UNION ALL SELECT 'statistics | ' || pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
WHERE stxnamespace = current_schema()::text::regnamespace
UNION ALL SELECT 'comment | ' || c.relname || ' | ' || s.objsubid || ' | ' || s.description
FROM pg_description s JOIN pg_class c ON c.oid = s.objoid AND s.classoid = 'pg_class'::regclass
WHERE c.relnamespace = current_schema()::text::regnamespace
UNION ALL SELECT 'policy | ' || p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = current_schema()::text::regnamespace
"""
MIGRATIONS = "SELECT concat_ws(' | ', 'migration', app, name) FROM django_migrations"


ALL = (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES, TRIGGERS, OTHERS, MIGRATIONS)


def fingerprint(schema: str) -> list[str]:
    """Every column, constraint, index, sequence, trigger and migration of a schema, sorted."""
    return sorted(line for query in ALL for line in told(schema, query))


def told(schema: str, query: str) -> list[str]:
    """The first column of a query that runs inside the schema, where its own names need no prefix."""
    with schema_context(schema), connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]
