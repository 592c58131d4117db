"""The demo's policy, with what it said before, and its task runs as rows; and what the ledger says of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from automation import checking, policies, schedules
from automation.models import Policy, PolicyVersion, TaskRun
from config.demo import rhythm
from config.demo.nights import NIGHTLY, Run
from config.demo.rhythm import Month
from events.ledger import Past
from tenants.models import Tenant

PERSON = "person:mira"
# The policy of the month: made early, made too hungry on the 19th day, and put right two days later.
MADE, HUNGRY, RIGHT = 1.4, 18.6, 20.6
CAREFUL: dict[str, Any] = {}
GREEDY: dict[str, Any] = {"keep": 0.85, "decay": 0.7, "silence": 0.55}


def run(tenant: Tenant, month: Month, history: Sequence[Run]) -> list[Past]:
    """Write the runs; their facts, in no order."""
    TaskRun.objects.bulk_create([_run(tenant, one) for one in history], batch_size=500)
    return list(_facts(month, history))


def _run(tenant: Tenant, one: Run) -> TaskRun:
    failed = bool(one.error)
    return TaskRun(
        id=one.id, tenant=tenant, job=one.job, input={"options": {}}, state="failed" if failed else "succeeded",
        started_by=one.actor, attempts=3 if failed else 1, token=1, planned=True, done=one.done, total=one.done,
        result={} if failed else {"counts": one.counts}, error=one.error, created_at=one.queued,
        wait_until=one.queued, started_at=one.started, finished_at=one.finished, heartbeat_at=one.finished,
    )  # fmt: skip


def _facts(month: Month, history: Sequence[Run]) -> Iterator[Past]:
    dice = month.dice("run facts")
    for one in history:
        ends = ("run.failed", {}) if one.error else ("run.succeeded", {"dry_run": False, "counts": one.counts})
        told: list[tuple[str, datetime, dict[str, Any]]] = [
            ("run.queued", one.queued, {"dry_run": False}),
            ("run.started", one.started, {"attempt": 1}),
            (ends[0], one.finished, ends[1]),
        ]
        for type, at, data in told:
            yield Past(rhythm.key(dice, at), type, at, one.actor, "taskrun", str(one.id), {"job": one.job, **data})


def rule(tenant: Tenant, month: Month) -> list[Past]:
    """Write the policy with its three versions; their facts."""
    dice = month.dice("policy")
    times = [month.begin + timedelta(days=day) for day in (MADE, HUNGRY, RIGHT)]
    policy = Policy(
        id=rhythm.key(dice, times[0]), tenant=tenant, name="Nights", type=Policy.Type.SCHEDULE, owner=PERSON,
        time_zone="UTC", version=3, created_at=times[0], updated_at=times[2], jobs=_jobs(CAREFUL),
    )  # fmt: skip
    policy.save(force_insert=True)
    for version, (at, forget) in enumerate(zip(times, (CAREFUL, GREEDY, CAREFUL), strict=True), start=1):
        told = policies.said(policy) | {"jobs": _jobs(forget)}
        PolicyVersion.objects.create(policy=policy, version=version, told=told, actor=PERSON, created_at=at)
    schedules.sync(policy)
    return [_changed(dice, policy, version, at) for version, at in enumerate(times, start=1)]


def _jobs(forget: dict[str, Any]) -> dict[str, Any]:
    each: dict[str, Any] = {name: {"schedule": {"cron_expression": "1 3 * * *"}} for name in NIGHTLY}
    each["forget"]["options"] = forget
    jobs: dict[str, Any] = checking.checked({"jobs": each})["jobs"]
    return jobs


def _changed(dice: Any, policy: Policy, version: int, at: datetime) -> Past:
    type = "policy.created" if version == 1 else "policy.changed"
    told: dict[str, Any] = {"namespace": "", "user_id": "", "version": version}
    told |= {} if version == 1 else {"fields": ["jobs"]}
    return Past(rhythm.key(dice, at), type, at, PERSON, "policy", str(policy.pk), told)
