"""The managers of the library: who is bound to some namespaces finds nothing elsewhere, whichever way it asks.

This is the one place that narrows reading by them, see tenants.bounds; what is new passes memory.namespaces.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from tenants import bounds

Row = TypeVar("Row", bound=models.Model)


class Within(models.Manager[Row]):
    """Of rows that have a namespace themselves."""

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        bound = bounds.current()
        return rows.filter(self.lies_in(bound)) if bound else rows

    def lies_in(self, names: Sequence[str]) -> Q:
        return Q(namespace__in=names)
