"""Plans by the names that hosted memory services give their tiers."""

from django.db import migrations

# Requests a minute of each bucket, searches a day, memories, bytes of content.
TIERS = {
    "free": (10, 1_000, 10_000, 2**30),
    "pro": (100, 100_000, 1_000_000, 100 * 2**30),
    "enterprise": (1_000, 1_000_000, None, None),
}
BUCKETS = ("read", "write", "search", "admin")


def tiers(apps, schema_editor):
    """Nobody is put on them; a plan of such a name that is there already stays as it is."""
    Plan = apps.get_model("tenants", "Plan")
    for name, (minute, day, memories, size) in TIERS.items():
        told = {f"{who}_{bucket}": minute for who in ("key", "tenant") for bucket in BUCKETS}
        told |= {"searches_hard": day, "memories_hard": memories, "bytes_hard": size}
        Plan.objects.get_or_create(name=name, defaults=told)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0011_preferences'),
    ]

    operations = [migrations.RunPython(tiers, migrations.RunPython.noop)]
