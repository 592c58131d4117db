"""Breaking the glass: what an operator of the platform sees of a tenant's memories in the console is told.

The fact is written before the page is sent: where it cannot be, the page is not shown.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from events import ledger
from tenants.middleware import tenant_of
from tenants.models import User

Handler = Callable[[HttpRequest], HttpResponseBase]
Context = dict[str, Any]


def _recalled(page: Context) -> int:
    known = page.get("known")
    found = len(page.get("hits", ())) or page.get("shown_hits", 0)
    return len(known["context"].pieces) if known else found


def _listed(page: Context) -> int:
    """Of the list, or of the sample of what shall be done to many."""
    return len(page["cl"].result_list) if "cl" in page else len(page.get("sample", ()))


def _missed(page: Context) -> int:
    """Memories that saved questions miss."""
    missed = {one["id"] for line in page.get("lines", ()) for one in line["missed"] if one["says"]}
    return len(missed | {lost["memory"] for one in page.get("worse", ()) for lost in one["lost"] if lost["says"]})


def _traced(page: Context) -> int:
    """The question, and what was found then and is now."""
    found = {str(one["id"]) for one in page["hits"] if one["says"]}
    found |= {str(one["row"].memory_id) for one in page["moved"] if one["says"]}
    return len(found) + bool(page["question"])


# The pages that show what memories say, by the names of their routes, each with how many it shows.
SHOWN: dict[str, Callable[[Context], int]] = {
    "admin:index": lambda page: len(page.get("newest", ())),
    "admin:memory_memory_changelist": _listed,
    "admin:memory_memory_change": lambda page: 1,
    "playground": _recalled,
    "simulator": lambda page: len(page.get("samples", ())),
    "session": lambda page: len(page["lines"]),
    "run": lambda page: sum(bool(step["changes"]) for step in page["steps"]),
    "graph": lambda page: len(page["nodes"]),
    "reviews": lambda page: sum(len(row["sides"]) for row in page["rows"]),
    "health": lambda page: page["shown"],
    "sync": lambda page: len(page["messages_sent"]),
    "undelete": lambda page: len(page["sample"]),
    "suggestion": lambda page: len(page.get("samples", ())),
    "learning_event": lambda page: 1,  # which is no memory, but says as much; so do questions that were asked
    "quality": _missed,
    "trace": _traced,
    "traces": lambda page: sum(bool(one["row"].question) for one in page["traces"]),
    "searches": lambda page: len({one.trace_id for *_, rows, _ in page["lists"] for one in rows if one.query}),
    "transfers_file": lambda page: 0,  # a file: as many as its `export.ready` says
}


def by_operators(get_response: Handler) -> Handler:
    """A middleware within the tenant's schema."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code == 200 and tenant_of(request) and _is_operator(request):
            _note(request, getattr(response, "context_data", None) or {})
        return response

    return middleware


def _is_operator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _note(request: HttpRequest, page: Context) -> None:
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name not in SHOWN:
        return
    count = SHOWN[name](page)
    if count or name == "transfers_file":
        with transaction.atomic():
            ledger.record("operator.saw", page=name.removeprefix("admin:"), count=count)
