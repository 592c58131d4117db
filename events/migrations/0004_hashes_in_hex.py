# Dropped and made anew: to change their type would write the whole table anew while everybody waits.
from django.db import migrations, models

# What was chained is chained again by the relay.
FROM_THE_START = "UPDATE events_stream SET chained_seq = 0, head = '', verified_seq = 0; DELETE FROM events_anchor"


class Migration(migrations.Migration):
    dependencies = [("events", "0003_audit_indexes")]

    operations = [
        migrations.RemoveField("event", "salt"),
        migrations.RemoveField("event", "hash"),
        migrations.AddField("event", "salt", models.CharField(max_length=32, null=True)),
        migrations.AddField("event", "hash", models.CharField(max_length=64, null=True)),
        migrations.RunSQL(FROM_THE_START, migrations.RunSQL.noop),
    ]
