"""By what the list of memories is narrowed in the console."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from memory.models import Memory

Rows = QuerySet[Memory]


class StateFilter(admin.SimpleListFilter):
    """Live memories unless asked for others."""

    title = "state"
    parameter_name = "state"
    NARROWED: dict[str, dict[str, Any]] = {
        "superseded": {"state": Memory.State.SUPERSEDED},
        "silent": {"state": Memory.State.SILENT},
        "compressed": {"state": Memory.State.COMPRESSED},
        "pinned": {"pinned": True},
        "deleted": {"state": Memory.State.DELETED},
        "all": {},
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", "Waiting for a vector"),
            ("superseded", "Superseded"),
            ("silent", "Silent"),
            ("compressed", "Compressed"),
            ("deleted", "Deleted, restorable"),
            ("expired", "Expired"),
            ("pinned", "Pinned, whatever its state"),
            ("all", "Whatever its state"),
        ]

    def choices(self, changelist: Any) -> Any:
        live, *others = super().choices(changelist)
        yield live | {"display": "Live"}
        yield from others

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        asked = self.value() or ""
        if asked in self.NARROWED:
            return rows.filter(**self.NARROWED[asked])
        if asked == "expired":
            return rows.filter(expires_at__lte=timezone.now(), state=Memory.State.ACTIVE)
        live: Rows = rows.live()  # type: ignore[attr-defined]
        return live.filter(embedding=None) if asked == "waiting" else live


class Exactly(TextFilter):
    """Rows whose field of this name is exactly what is written."""

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        told = self.value()
        return rows.filter(**{self.parameter_name: told}) if told else rows


class NamespaceFilter(Exactly):
    title = parameter_name = "namespace"


class UserFilter(Exactly):
    title, parameter_name = "user", "user_id"


class TagFilter(TextFilter):
    title = parameter_name = "tag"

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        told = self.value()
        return rows.filter(tags__contains=[told]) if told else rows


class DaysFilter(RangeDateFilter):
    """Days of a time, in UTC, both included."""

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        asked = {end: self._day(f"{self.parameter_name}_{end}") for end in ("from", "to")}
        if asked["from"]:
            rows = rows.filter(**{f"{self.parameter_name}__gte": asked["from"]})
        end = {f"{self.parameter_name}__lt": asked["to"] + timedelta(days=1)} if asked["to"] else {}
        return rows.filter(**end)

    def _day(self, name: str) -> datetime | None:
        day = parse_date_str(self.used_parameters.get(name) or "")
        return datetime.combine(day, time.min, UTC) if day and 1 < day.year < 9999 else None
