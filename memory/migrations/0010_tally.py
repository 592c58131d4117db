from django.db import migrations, models

# The tally follows the table whoever changes it: each statement adds a row of its own, so no two writers meet.
KEEP = """
CREATE FUNCTION memory_tally_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO memory_tally (memories, bytes)
    SELECT count(*), sum(octet_length(content) + cold_bytes) FROM fresh WHERE state <> 'deleted' HAVING count(*) > 0;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO memory_tally (memories, bytes)
    SELECT -count(*), -sum(octet_length(content) + cold_bytes) FROM gone WHERE state <> 'deleted' HAVING count(*) > 0;
  ELSE
    INSERT INTO memory_tally (memories, bytes) VALUES (
      (NEW.state <> 'deleted')::int - (OLD.state <> 'deleted')::int,
      CASE WHEN NEW.state = 'deleted' THEN 0 ELSE octet_length(NEW.content) + NEW.cold_bytes END
      - CASE WHEN OLD.state = 'deleted' THEN 0 ELSE octet_length(OLD.content) + OLD.cold_bytes END);
  END IF;
  RETURN NULL;
END $$
"""
INSERTED = """
CREATE TRIGGER memory_tally_insert AFTER INSERT ON memory_memory REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION memory_tally_keep()
"""
ERASED = """
CREATE TRIGGER memory_tally_delete AFTER DELETE ON memory_memory REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION memory_tally_keep()
"""
CHANGED = """
CREATE TRIGGER memory_tally_update AFTER UPDATE OF state, content, cold_bytes ON memory_memory FOR EACH ROW
WHEN (OLD.state <> NEW.state
  OR octet_length(OLD.content) + OLD.cold_bytes <> octet_length(NEW.content) + NEW.cold_bytes)
EXECUTE FUNCTION memory_tally_keep()
"""
COUNT = """
INSERT INTO memory_tally (memories, bytes)
SELECT count(*), sum(octet_length(content) + cold_bytes) FROM memory_memory WHERE state <> 'deleted' HAVING count(*) > 0
"""


class Migration(migrations.Migration):
    dependencies = [("memory", "0009_unfinished")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("memories", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
            ],
            options={"db_table": "memory_tally"},
        ),
        migrations.RunSQL(KEEP, "DROP FUNCTION memory_tally_keep CASCADE"),
        migrations.RunSQL(INSERTED, migrations.RunSQL.noop),
        migrations.RunSQL(ERASED, migrations.RunSQL.noop),
        migrations.RunSQL(CHANGED, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
