"""The diary in the console: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.models import Event
from events.types import CATALOGUE


class TypeFilter(admin.SimpleListFilter):
    """The catalogue's types; the stock filter would read the whole table for them."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in CATALOGUE]

    def queryset(self, request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        return rows.filter(type=self.value()) if self.value() else rows


@admin.register(Event)
class EventAdmin(ModelAdmin):
    list_display = ("type", "seq", "subject_type", "subject", "actor", "occurred_at")
    list_filter = (TypeFilter,)
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    search_fields = ("=subject_id",)
    search_help_text = "The whole id of a subject."
    ordering = ("-id",)
    operations = {"view": "events.read"}

    @display(description="Subject")
    def subject(self, event: Event) -> str:
        return event.subject_id

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        rows = super().get_queryset(request)
        tenant = getattr(request, "tenant", None)
        return rows.filter(tenant_id=tenant.id) if tenant else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return request.may("events.read")  # type: ignore[attr-defined]  # see tenants.middleware

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False
