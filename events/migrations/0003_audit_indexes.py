# Made without stopping writers: the table may be large, and each change of each tenant is a row of it.
# As plain SQL: a tenant's schema is made in a transaction, where Django's own operation refuses even to do nothing.
from django.db import migrations, models

OF_SUBJECT = models.Index(fields=["subject_id"], name="event_of_subject")
PLATFORM_SEQ = models.UniqueConstraint(condition=models.Q(("tenant_id", None)), fields=("seq",), name="event_platform_seq")


def concurrently(kind, name, on):
    return migrations.RunSQL(
        f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON events_event {on}",
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0002_chained")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("event", OF_SUBJECT)],
            database_operations=[concurrently("INDEX", "event_of_subject", "(subject_id)")],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddConstraint("event", PLATFORM_SEQ)],
            database_operations=[
                concurrently("UNIQUE INDEX", "event_platform_seq", "(seq) WHERE tenant_id IS NULL")
            ],
        ),
    ]
