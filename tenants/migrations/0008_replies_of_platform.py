"""Replies to callers that speak on the platform itself are kept too."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_key_limits_and_logins")]

    operations = [
        migrations.AlterField(
            "keptreply",
            "tenant",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
            ),
        ),
    ]
