"""HippocampAI's words for a policy, and how they translate to and from ours. Nothing of them is lost on the way.

Names, types and defaults are those of its `AutomationPolicy` and `AutomationSchedule`, but for `policy_id`: there two
policies of the same second have the same id.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from uuid_utils.compat import uuid7

from automation.errors import BadPolicy


class PolicyType(StrEnum):
    THRESHOLD = "threshold"
    SCHEDULE = "schedule"
    CONTINUOUS = "continuous"
    MANUAL = "manual"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class AutomationSchedule:
    """When a job runs: `cron_expression` or `interval_hours`; `run_immediately` once at the start, too."""

    enabled: bool = True
    cron_expression: str | None = None
    interval_hours: float | None = None
    run_immediately: bool = False


@dataclass
class AutomationPolicy:
    """What is done by itself to the memories of one user. Ages and half-lives are in days, shares from 0 to 1."""

    user_id: str
    policy_id: str = field(default_factory=lambda: f"policy_{uuid7()}")
    policy_type: PolicyType = PolicyType.THRESHOLD
    enabled: bool = True
    auto_summarization: bool = True
    auto_consolidation: bool = True
    auto_compression: bool = False
    importance_decay: bool = True
    health_monitoring: bool = True
    conflict_resolution: bool = True
    summarization_threshold: int = 500  # memories of the user; as many, or more
    summarization_age_days: int = 30
    summarization_schedule: AutomationSchedule | None = None
    consolidation_threshold: int = 300
    consolidation_similarity: float = 0.85
    consolidation_schedule: AutomationSchedule | None = None
    compression_threshold: int = 1000
    compression_target_reduction: float = 0.30
    compression_schedule: AutomationSchedule | None = None
    decay_half_life_days: int = 90
    decay_schedule: AutomationSchedule | None = None
    health_check_schedule: AutomationSchedule | None = None
    health_alert_threshold: float = 60.0  # of a score from 0 to 100
    conflict_strategy: str = "temporal"  # or confidence, or importance
    auto_resolve_conflicts: bool = True
    prospective_memory: bool = False
    prospective_eval_interval_seconds: int = 60
    prospective_max_intents: int = 100
    created_at: datetime = field(default_factory=_now)
    updated_at: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        self.policy_type = PolicyType(self.policy_type)

    def dict(self) -> dict[str, Any]:
        """As plain values, as its REST example sends them."""
        return asdict(self)


@dataclass(frozen=True)
class Feature:
    """One job of a policy in both tongues. `options` are, by field of AutomationPolicy, those of the job."""

    job: str
    switch: str
    threshold: str = ""
    schedule: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


FEATURES: dict[str, Feature] = {
    "summarization": Feature(
        "summarize", "auto_summarization", "summarization_threshold", "summarization_schedule",
        {"summarization_age_days": "age_days"},
    ),
    "consolidation": Feature(
        "consolidate", "auto_consolidation", "consolidation_threshold", "consolidation_schedule",
        {"consolidation_similarity": "similarity"},
    ),
    "compression": Feature(
        "compress", "auto_compression", "compression_threshold", "compression_schedule",
        {"compression_target_reduction": "target_reduction"},
    ),
    "decay": Feature(
        "decay", "importance_decay", schedule="decay_schedule", options={"decay_half_life_days": "half_life_days"}
    ),
    "health_check": Feature(
        "health_check", "health_monitoring", schedule="health_check_schedule",
        options={"health_alert_threshold": "alert_threshold"},
    ),
    "conflict_resolution": Feature(
        "resolve_conflicts", "conflict_resolution",
        options={"conflict_strategy": "strategy", "auto_resolve_conflicts": "auto_resolve"},
    ),
}  # fmt: skip
EXTRAS = ("policy_id", "prospective_memory", "prospective_eval_interval_seconds", "prospective_max_intents")


def told(policy: AutomationPolicy) -> dict[str, Any]:
    """The fields of our Policy that say the same; whose it is, is said beside them."""
    extras: dict[str, Any] = {name: getattr(policy, name) for name in EXTRAS}
    extras["created_at"] = policy.created_at.isoformat()
    empty = [name for name, schedule in _schedules(policy) if not _says_when(schedule)]
    extras["schedules"] = {name: asdict(getattr(policy, name)) for name in empty}
    return {
        "type": policy.policy_type.value,
        "enabled": policy.enabled,
        "jobs": {feature.job: _job(policy, feature) for feature in FEATURES.values()},
        "extras": extras,
    }


def options_of(policy: AutomationPolicy, feature: Feature) -> dict[str, Any]:
    """What the feature's job is told by this policy."""
    return {ours: getattr(policy, theirs) for theirs, ours in feature.options.items()}


def _job(policy: AutomationPolicy, feature: Feature) -> dict[str, Any]:
    job: dict[str, Any] = {"enabled": getattr(policy, feature.switch), "options": options_of(policy, feature)}
    if feature.threshold:
        job["threshold"] = getattr(policy, feature.threshold)
    schedule = getattr(policy, feature.schedule) if feature.schedule else None
    if schedule and _says_when(schedule):
        job["schedule"] = asdict(schedule)
    return job


def _schedules(policy: AutomationPolicy) -> list[tuple[str, AutomationSchedule]]:
    """By field, those that are there."""
    names = [feature.schedule for feature in FEATURES.values() if feature.schedule]
    return [(name, getattr(policy, name)) for name in names if getattr(policy, name)]


def _says_when(schedule: AutomationSchedule) -> bool:
    """One that says no time runs nothing; it is kept as it was said, among what no job reads."""
    return schedule.cron_expression is not None or schedule.interval_hours is not None


def heard(policy: Any) -> AutomationPolicy:
    """A Policy of ours, of one user, in HippocampAI's words. What it does not say has their defaults."""
    known = {name: policy.extras[name] for name in EXTRAS if name in policy.extras}
    began = policy.extras.get("created_at")
    said = AutomationPolicy(
        policy.user_id,
        policy_type=PolicyType(policy.type),
        enabled=policy.enabled,
        created_at=datetime.fromisoformat(began) if began else policy.created_at,
        updated_at=policy.updated_at,
        **({"policy_id": str(policy.id)} | known),
    )
    switches: dict[str, Any] = {feature.switch: False for feature in FEATURES.values()}
    for feature in FEATURES.values():
        switches |= _feature(policy.jobs.get(feature.job, {}), feature)
    kept = policy.extras.get("schedules", {})
    return replace(said, **switches | {name: AutomationSchedule(**schedule) for name, schedule in kept.items()})


def _feature(job: Mapping[str, Any], feature: Feature) -> dict[str, Any]:
    said: dict[str, Any] = {feature.switch: bool(job.get("enabled", False))}
    options = job.get("options", {})
    said |= {theirs: options[ours] for theirs, ours in feature.options.items() if ours in options}
    if feature.threshold and job.get("threshold"):
        said[feature.threshold] = job["threshold"]
    if feature.schedule and job.get("schedule"):
        said[feature.schedule] = AutomationSchedule(**job["schedule"])
    return said


def read(said: Mapping[str, Any]) -> AutomationPolicy:
    """A policy out of plain values, as `dict` gives them. Raises BadPolicy for a field or a value that is none."""
    known = {each.name for each in fields(AutomationPolicy)}
    if unknown := sorted(set(said) - known):
        raise BadPolicy(f"/{unknown[0]}", "is not a field of a policy")
    try:
        return AutomationPolicy(**{name: _plain(name, value) for name, value in said.items()})
    except (TypeError, ValueError) as error:
        raise BadPolicy("", f"is no policy: {error}") from None


def pointer(ours: str) -> str:
    """Where HippocampAI's words say what ours say there: `/jobs/summarize/options/age_days` is
    `/summarization_age_days`."""
    parts = ours.strip("/").split("/")
    feature = next((each for each in FEATURES.values() if parts[:1] == ["jobs"] and each.job == parts[1]), None)
    if feature is None or len(parts) < 3:
        return ours
    theirs = {"enabled": feature.switch, "threshold": feature.threshold, "schedule": feature.schedule}
    theirs |= {f"options/{name}": field for field, name in feature.options.items()}
    at = "/".join(parts[2:4]) if parts[2] == "options" else parts[2]
    return "/" + "/".join([theirs.get(at, parts[-1]), *(parts[3:] if parts[2] == "schedule" else [])])


def _plain(name: str, value: Any) -> Any:
    if name.endswith("_schedule") and isinstance(value, Mapping):
        return AutomationSchedule(**value)
    if name in ("created_at", "updated_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
