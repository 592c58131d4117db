"""How the ticks of beat look in the console; everything else is registered by its room."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin

from automation.schedules import TASK
from tenants.permits import Permitted

for model in (Group, beat.ClockedSchedule, beat.CrontabSchedule, beat.IntervalSchedule, beat.SolarSchedule):
    admin.site.unregister(model)
admin.site.unregister(beat.PeriodicTask)


@admin.register(beat.PeriodicTask)
class TickAdmin(Permitted, ModelAdmin):
    """The few static ticks, to look at: config/settings.py is where they are set. Schedules are shown with policies."""

    list_display = ("name", "task", "interval", "enabled", "last_run_at", "total_run_count")
    search_fields = ("name", "task")
    operations = {"view": "tenants.manage"}

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).exclude(task=TASK)
