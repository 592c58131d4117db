"""The page of ticks shows the static ones; the rows of policies are theirs."""

import pytest
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from automation import policies
from tenants.models import Tenant, User
from tests.automation.conftest import enter, hushing  # noqa: F401  fixtures


@pytest.mark.usefixtures("hushing")
def test_rows_of_policies_are_not_among_the_ticks(in_acme: Tenant) -> None:
    policy = policies.create({"jobs": {"hush": {"schedule": {"interval_hours": 1}}}})
    second = IntervalSchedule.objects.create(every=1, period="seconds")
    PeriodicTask.objects.create(name="relay", task="events.tasks.relay", interval=second)
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    page = client.get("/console/django_celery_beat/periodictask/").content.decode()
    assert "events.tasks.relay" in page
    assert str(policy.pk) not in page
