"""The permissions of the console's models, as the table of roles has them."""

from typing import Any

from django.http import HttpRequest

from tenants.middleware import may


class Permitted:
    """Goes before ModelAdmin or an inline. `operations` names who may view, add, change and delete, by operation.

    What it does not name nobody may.
    """

    operations: dict[str, str] = {}

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return verb in self.operations and may(request, self.operations[verb])

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")
