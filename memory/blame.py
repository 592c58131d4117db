"""What to blame when questions are answered worse: what changed, and what became of the memories they miss."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from events import feed, ledger
from events.models import Event
from memory.models import Memory, Step
from tenants import bounds

CHANGES = 30  # that are named, the newest
# What changes answers for many at once, in the order in which it is suspected.
SUSPECTS = {
    "embedding.switched": "model",
    "embedding.rolled_back": "model",
    "tenant.settings_changed": "settings",
    "policy.created": "policy",
    "policy.changed": "policy",
    "policy.deleted": "policy",
    "run.succeeded": "run",
    "run.undone": "run",
    "import.completed": "import",
    "entity.erased": "erasure",
    "erasure.completed": "erasure",
    "question.changed": "question",
}
SETUP = {"embedder": "model", "ranking": "ranking", "version": "version", "time_zone": "settings"}
HARMLESS = {"evaluate", "health_check", "screen"}  # jobs that change no answer


def since(began: datetime, until: datetime | None = None) -> list[dict[str, Any]]:
    """Facts told after `began` that may have changed answers, newest first: what, type, at, subject, actor, data.

    Those before `until`; None: to this moment.
    """
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None
    bound = bounds.current()
    rows = feed.told_between(Event.objects.filter(tenant_id=tenant_id, type__in=list(SUSPECTS)), began, until)
    rows = rows.filter(data__namespace__in=list(bound)) if bound else rows
    told = [_change(event) for event in rows.order_by("-id")[: CHANGES * 3] if _matters(event)]
    return told[:CHANGES]


def _matters(event: Event) -> bool:
    data = event.data
    if data.get("dry_run"):
        return False
    return not (event.type == "run.succeeded" and (data["job"] in HARMLESS or not any(data["counts"].values())))


def _change(event: Event) -> dict[str, Any]:
    plain = {name: event.data[name] for name in ("job", "fields", "model", "was", "version") if name in event.data}
    return {
        "what": SUSPECTS[event.type],
        "type": event.type,
        "at": event.occurred_at.isoformat(),
        "subject": event.subject_id,
        "actor": event.actor,
        "data": plain,
    }


def differences(now: Mapping[str, str], before: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the setup was and is where the two differ, in the words of `since` without time and subject."""
    return [
        {"what": what, "type": f"setup.{name}", "data": {"is": now.get(name, ""), "was": before.get(name, "")}}
        for name, what in SETUP.items()
        if name in before and now.get(name) != before[name]
    ]


def fates(ids: Iterable[str], since: datetime | None) -> dict[str, dict[str, Any]]:
    """Of each memory: what it is `now` (answers, silent, superseded, over, deleted …, gone), the `run` that last
    changed it and the `fact` that was told of it last, where there was one since then.

    A memory that still answers was passed by others.
    """
    wanted = [UUID(one) for one in ids]
    if not wanted:
        return {}
    rows = Memory.objects.filter(pk__in=wanted).values_list("pk", "state", "valid_to", "superseded_by")
    states = {key: _state(state, ends, by) for key, state, ends, by in rows}
    runs, facts = _runs(wanted, since), _facts(wanted, since)
    return {
        str(one): {"now": states.get(one, "gone"), "run": runs.get(one), "fact": facts.get(str(one))} for one in wanted
    }


def _state(state: str, valid_to: datetime | None, superseded_by: Any) -> str:
    if superseded_by:
        return "superseded"
    if state != Memory.State.ACTIVE:
        return str(state)
    return "over" if valid_to and valid_to <= timezone.now() else "answers"


def _facts(wanted: list[UUID], since: datetime | None) -> dict[str, str]:
    rows = Event.objects.filter(tenant_id=ledger.current_tenant_id(), subject_id__in=[str(one) for one in wanted])
    return dict(feed.told_between(rows, since, None).order_by("id").values_list("subject_id", "type"))


def _runs(wanted: list[UUID], since: datetime | None) -> dict[UUID, str]:
    """The latest run of upkeep since then that changed each."""
    steps = Step.objects.filter(memories__overlap=wanted, state=Step.State.APPLIED).exclude(effect="")
    steps = steps.filter(created_at__gte=since - timedelta(seconds=1)) if since else steps
    told = steps.order_by("id").values_list("memories", "run_id")
    return {key: str(run) for memories, run in told for key in memories if key in set(wanted)}
