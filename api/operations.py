"""What the operations of the API are called: the ids that OpenAPI tells, by view and method."""

from functools import cache
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def name_of(view: Any, method: str | None) -> str:
    """Such as `search_memories`; where a method has no id, the name of its view, such as `transfers.Cancel`.

    Of a dialect it is the dialect's name and the view's, such as `mem0.Search`.
    """
    if dialect := getattr(view, "dialect", ""):
        return f"{dialect}.{view.__name__}"
    plain = f"{view.__module__.rpartition('.')[2]}.{view.__name__}"
    return (_told(view, str(method)) if method in METHODS else "") or plain


@cache
def _told(view: Any, method: str) -> str:
    handler = getattr(view, method.lower(), None)
    schema = getattr(handler, "kwargs", {}).get("schema")
    if schema is None:
        return ""
    told, silent = schema(), view()
    silent.request, silent.kwargs = None, {}  # a view that answers nobody, as OpenAPI's generator makes them
    told.method, told.view = method, silent
    return str(told.get_operation_id())
