"""Where the rows behind a number are: one table of pages. A page that is not there gives no link."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

PAGES = {
    "memories": "admin:memory_memory_changelist",
    "events": "admin:events_event_changelist",
    "runs": "runs",
    "traces": "traces",
    "learning": "learning",
    "patterns": "patterns",
    "insights": "insights",
    "reports": "reports",
    "questions": "questions",
    "tiers": "tiers",
    "analytics": "analytics",
}


def url(page: str, **query: Any) -> str:
    """The address of a page with what it is narrowed by; empty values do not narrow. Empty, when it is not there."""
    try:
        address = reverse(PAGES[page])
    except NoReverseMatch:
        return ""
    said = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(said)}" if said else address


def memories(first: str = "", last: str = "", **query: Any) -> str:
    """Memories stored from the first to the last day, whatever became of them."""
    days = {"created_at_from": first, "created_at_to": last} if first else {}
    return url("memories", **{"state": "all"} | days | query)


def traces(said: dict[str, Any], **query: Any) -> str:
    """Traces of a range, as it is asked for in the URL."""
    days = {name: value for name, value in said.items() if name != "domain"}
    return url("traces", **days, namespace=said.get("domain", ""), **query)
