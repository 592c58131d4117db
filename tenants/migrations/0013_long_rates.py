"""Plans limit requests of all kinds in an hour and in a day; the tiers have both."""

from django.db import migrations, models

# Of each tier: what 0012 gave it (requests a minute of each bucket, searches a day, memories, bytes of content), and
# what it is given now: requests an hour and a day. The day's searches stood in for those.
TIERS = {
    "free": ((10, 1_000, 10_000, 2**30), (100, 1_000)),
    "pro": ((100, 100_000, 1_000_000, 100 * 2**30), (10_000, 100_000)),
    "enterprise": ((1_000, 1_000_000, None, None), (100_000, 1_000_000)),
}
BUCKETS = ("read", "write", "search", "admin")


def tiers(apps, schema_editor):
    """A plan that somebody has changed meanwhile stays as it is."""
    Plan = apps.get_model("tenants", "Plan")
    for name, ((minute, searches, memories, size), (hour, day)) in TIERS.items():
        shipped = {f"{who}_{bucket}": minute for who in ("key", "tenant") for bucket in BUCKETS}
        shipped |= {"searches_hard": searches, "memories_hard": memories, "bytes_hard": size}
        shipped |= dict.fromkeys(("memories_soft", "bytes_soft", "searches_soft"))
        plan = Plan.objects.filter(name=name).first()
        if plan and all(getattr(plan, field) == value for field, value in shipped.items()):
            plan.tenant_hour, plan.tenant_day, plan.searches_hard = hour, day, None
            plan.save()


def _number(says):
    return models.PositiveBigIntegerField(says, null=True, blank=True, help_text="Empty: no limit.")


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0012_tiers'),
    ]

    operations = [
        migrations.AddField('plan', 'tenant_hour', _number("requests an hour per tenant")),
        migrations.AddField('plan', 'tenant_day', _number("requests a day per tenant")),
        migrations.RunPython(tiers, migrations.RunPython.noop),
    ]
