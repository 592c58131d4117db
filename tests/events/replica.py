"""A client that keeps a copy of a tenant: it reads everything once, then only what facts name, as the catalogue says."""

from copy import deepcopy
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from events.types import CATALOGUE
from memory.models import Memory
from tests.conftest import Caller

Copy = dict[str, dict[str, Any]]  # by resource, then by id
STATES = [state for state in Memory.State.values if state != Memory.State.DELETED]
LISTS = [
    "relations", "sessions", "questions", "reviews", "holds", "retention-rules", "policies", "pauses", "runs", "keys",
    "members", "exports", "imports", "erasures", "health-reports", "evaluations", "webhooks", "sync/messages",
    "sync/services", "learning/events", "suggestions", "analytics/events", "analytics/insights",
]  # fmt: skip
# Lists that do not tell all that there is unless they are asked.
ASKED = {"memories": [{"state": state} for state in STATES], "analytics/insights": [{"state": "any"}]}
ALONE = ["settings", "embeddings"]  # one thing each
# What no fact tells, with the reason.
LEFT_OUT = {
    "memories": {"recalls", "recalled_at"},  # counters of reading, written in bundles
    "sessions": {"memories", "updated_at"},  # a count of what the copy has; moves with each message, which is told
    "reviews": {"first", "second"},  # the memories themselves, which the copy has
    "keys": {"last_used_at", "usage_count"},  # counters of use
    "members": {"last_login"},  # a person's, who may be a member elsewhere
    "policies": {"next_runs"},  # moves with the clock
    "runs": {"progress", "heartbeat_at", "duration_ms"},  # moves while it works; its end is told
    "embeddings": {"total", "waiting"},  # counts of memories, and of their vectors
    "webhooks": {"health", "failures", "failing_since", "rests_until", "last_delivered_at"},  # how delivering goes
    "sync/services": {"connected", "seen_at"},  # moves with its sockets
    "suggestions": {"run_id"},  # names a run, which is told itself
    "sync/messages": {"receipts"},  # how delivering goes; its end is told
}


class Replica:
    def __init__(self, caller: Caller, copy: Copy | None = None, seq: int | None = None) -> None:
        self.caller = caller
        self.seq = self._get("events")["last_seq"] if seq is None else seq  # first: what comes meanwhile is read twice
        self.copy = everything(caller) if copy is None else deepcopy(copy)
        self.versions: dict[str, int] = {}

    def catch_up(self) -> list[str]:
        """Read the feed to its end and apply it; the types that were told."""
        told = []
        while True:
            page = self._get(f"events?since={self.seq}&limit=50")
            for fact in page["data"]:
                assert fact["seq"] == self.seq + 1
                self.seq = fact["seq"]
                self.apply(fact)
                told.append(fact["type"])
            if not page["has_more"]:
                return told

    def apply(self, fact: dict[str, Any]) -> None:
        kind = CATALOGUE[fact["type"]]
        self._newer(fact)
        resource = kind.resource.format(**fact["data"])
        if kind.reach == "all" and resource:
            self.copy[resource] = whole(self.caller, resource)
        elif resource:
            self._one(resource, fact["subject"]["id"])
        for other in kind.also:
            self.copy[other] = whole(self.caller, other)

    def state(self) -> Copy:
        """The copy without what has expired by now, which nobody tells and everybody knows, and what hangs on it."""
        now = timezone.now()
        memories = {key: one for key, one in self.copy["memories"].items() if not _over(one, now)}
        tied = {k: one for k, one in self.copy["relations"].items() if {one["source"], one["target"]} <= set(memories)}
        return self.copy | {"memories": memories, "relations": tied}

    def _one(self, resource: str, id: str) -> None:
        status, told = self.caller.get(f"{resource}/{id}")
        if status == 200:
            self.copy[resource][id] = kept(resource, told)
        else:
            assert status == 404
            self.copy[resource].pop(id, None)

    def _newer(self, fact: dict[str, Any]) -> None:
        """The versions of a subject never go back."""
        id, version = fact["subject"]["id"], fact["data"].get("version")
        if version is not None:
            assert version >= self.versions.get(id, 0)
            self.versions[id] = version

    def _get(self, path: str) -> Any:
        status, told = self.caller.get(path)
        assert status == 200, told
        return told


def everything(caller: Caller) -> Copy:
    """What a client reads that has nothing yet."""
    return {resource: whole(caller, resource) for resource in ("memories", *LISTS, *ALONE)}


def whole(caller: Caller, resource: str) -> dict[str, Any]:
    if resource in ALONE:
        status, told = caller.get(resource)
        assert status == 200, told
        return {"": kept(resource, told)}
    return {
        one.get("id") or one["service_id"]: kept(resource, one)
        for query in ASKED.get(resource, [{}])
        for one in pages(caller, resource, query)
    }


def pages(caller: Caller, resource: str, query: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        more = {"cursor": cursor} if cursor else {}
        status, told = caller.get(f"{resource}?{urlencode(query | more | {'limit': '200'})}")
        assert status == 200, told
        found += told["data"]
        cursor = told.get("next_cursor") or ""
        if not cursor:
            return found


def kept(resource: str, told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in LEFT_OUT.get(resource, ())}


def _over(memory: dict[str, Any], now: datetime) -> bool:
    return bool(memory["expires_at"]) and datetime.fromisoformat(memory["expires_at"]) <= now
