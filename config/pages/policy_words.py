"""Policies in plain words: what one does, for whom and when; and what differs between two versions of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from automation import registry, slots
from automation.models import Policy
from config.pages import asking_jobs
from tenants import preferences

TYPES = {
    "threshold": "when memories become many",
    "schedule": "by the clock",
    "continuous": "soon after writing",
    "manual": "only by hand",
}
MISFIRES = {"run_once": "is made up for once", "skip": "is left out"}
MISFIRE = {"run_once": "What was missed is made up for once.", "skip": "What was missed is left out."}


def whom(policy: Policy) -> str:
    if policy.user_id:
        return f"the user {policy.user_id}"
    return f"the namespace {policy.namespace}" if policy.namespace else "everybody"


def label(job: str) -> str:
    return registry.JOBS[job].label if job in registry.JOBS else job.replace("_", " ").capitalize()


def place(job: str) -> int:
    """Where a job stands in the catalogue; behind all of them when it is none of it."""
    return list(registry.JOBS).index(job) if job in registry.JOBS else len(registry.JOBS)


def tone(job: str) -> str:
    """The class of console.css with a job's own colour."""
    return f"mh-job-{place(job)}" if job in registry.JOBS else "mh-job-none"


def schedule(told: dict[str, Any] | None) -> str:
    """When a job is due by the clock, in words; empty when it is not."""
    if not told or not told.get("enabled", True):
        return ""
    cron, hours = told.get("cron_expression"), told.get("interval_hours")
    if cron:
        return _lower(slots.explain(slots.Schedule(cron=cron))) if not slots.wrong(cron) else str(cron)
    return _lower(slots.explain(slots.Schedule(every=timedelta(hours=hours)))) if hours else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def when(policy: Policy, job: str) -> str:
    """Everything that starts a job of this policy, in words."""
    told = policy.jobs[job]
    if policy.type == Policy.Type.MANUAL:
        return "when somebody says so"
    number = told.get("threshold") or (registry.JOBS[job].threshold if job in registry.JOBS else 0)
    counted = f"when a user comes to {number:,} memories"
    starts = {
        Policy.Type.THRESHOLD.value: counted if number else "",
        Policy.Type.CONTINUOUS.value: "soon after something was written",
    }
    said = [text for text in (schedule(told.get("schedule")), starts.get(policy.type, "")) if text]
    return " and ".join(said) or "only when somebody says so"


def sentence(policy: Policy) -> list[str]:
    """One plain sentence a piece: what it does and when, what it leaves to nobody, its window, what was missed."""
    on = [name for name, told in policy.jobs.items() if told.get("enabled")]
    off = [label(name) for name, told in policy.jobs.items() if not told.get("enabled")]
    said = [f"For {whom(policy)}: {label(name)} {when(policy, name)}{_unusual(policy, name)}." for name in on[:1]]
    said += [f"{label(name)} {when(policy, name)}{_unusual(policy, name)}." for name in on[1:]]
    said = said or [f"For {whom(policy)} nothing runs by itself."]
    said += [f"Never: {', '.join(off)}, whatever a policy further away says."] if off else []
    zone = policy.time_zone or preferences.of(policy.tenant).time_zone
    begins, ends = (_day(at, zone) for at in (policy.starts_at, policy.ends_at))
    said += (
        [f"It holds{f' from {begins}' if begins else ''}{f' until {ends}' if ends else ''}."] if begins or ends else []
    )
    said += (
        [f"Times are those of {zone}. {MISFIRE[policy.misfire]}"] if any(_clocked(policy, name) for name in on) else []
    )
    return [*said, *([] if policy.enabled else ["It is switched off."])]


def _clocked(policy: Policy, name: str) -> bool:
    return policy.type != Policy.Type.MANUAL and bool(schedule(policy.jobs[name].get("schedule")))


def _unusual(policy: Policy, name: str) -> str:
    """The options that differ from what the job does by itself."""
    if name not in registry.JOBS:
        return ""
    told = asking_jobs.without_defaults(registry.JOBS[name], policy.jobs[name].get("options", {}))
    said = ", ".join(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in told.items())
    return f", with {said}" if said else ""


def _plain(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _day(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%-d %b %Y, %H:%M") if at else ""


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """What two versions say differently, by the path of each value."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return [{"name": name, "before": _told(old.get(name)), "after": _told(new.get(name))} for name in names]


def _leaves(told: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(told, dict) and told:
        for name, value in told.items():
            yield from _leaves(value, f"{at} › {name}" if at else str(name))
    else:
        yield at.replace("_", " "), told


def _told(value: Any) -> str:
    return "" if value in (None, "", {}) else _plain(value)
