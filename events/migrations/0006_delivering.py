"""A try knows its webhook, for the health of one is read over all its tries; nothing has been tried before this."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0005_webhooks")]

    operations = [
        migrations.RemoveIndex("delivery", "delivery_due"),
        migrations.AddIndex(
            "delivery",
            models.Index(
                condition=models.Q(state="pending"), fields=["webhook", "next_at", "seq"], name="delivery_due"
            ),
        ),
        migrations.AddField(
            "attempt",
            "webhook",
            models.ForeignKey(
                db_index=False,
                default=None,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="events.webhook",
            ),
            preserve_default=False,
        ),
        migrations.AddIndex("attempt", models.Index(fields=["webhook", "-at"], name="attempt_of_webhook")),
    ]
