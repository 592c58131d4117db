"""HippocampAI's AutomationController, in process and without a server: its words over our policies and runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_tenants.utils import tenant_context

from automation import asking, policies, runner, vocabulary
from automation.errors import BadPolicy, PolicyThere
from automation.models import Policy, TaskRun
from automation.vocabulary import FEATURES, AutomationPolicy
from events import actors
from memory import stats
from memory.models import Memory
from memory.types import Scope
from memory.upkeep.plan import Reach
from tenants.models import Tenant

Result = dict[str, Any]
FAILED_CHECK = {"status": "skipped", "reason": "policy check failed"}
NO_MEMORIES = {"status": "skipped", "reason": "no memories"}
RUNS = ("summarization", "consolidation", "compression", "decay", "health_check")  # in this order, by run_all_…
NAMES = {FEATURES[name].job: name for name in RUNS}
ACTOR = "library"  # who acts, where nobody was recognised
CHARS_PER_TOKEN = 4


class AutomationController:
    """The control plane of one tenant. What it is told is kept in the database, where workers and beat read it."""

    def __init__(self, tenant: Tenant | str) -> None:
        self.tenant = tenant if isinstance(tenant, Tenant) else Tenant.objects.get(slug=tenant)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The tenant's schema; in the name of who acts already, if somebody does."""
        with tenant_context(self.tenant):
            if actors.current() != actors.NOBODY.actor:
                yield
                return
            with actors.acting_as(ACTOR):
                yield

    # --- policies

    @property
    def policies(self) -> dict[str, AutomationPolicy]:
        """Those of users, by user."""
        with self.inside():
            return {row.user_id: vocabulary.heard(row) for row in policies.rows().exclude(user_id="")}

    def create_policy(self, policy: AutomationPolicy) -> AutomationPolicy:
        """The policy of its user from now on, in the place of one that is there. Raises BadPolicy."""
        with self.inside():
            return vocabulary.heard(save(policy))

    def get_policy(self, user_id: str) -> AutomationPolicy | None:
        with self.inside():
            row = own(user_id)
            return vocabulary.heard(row) if row else None

    def delete_policy(self, user_id: str) -> bool:
        with self.inside():
            row = own(user_id)
            return row is not None and policies.delete(row.pk)

    # --- what is due

    def should_run_summarization(self, user_id: str) -> bool:
        return self.should_run("summarization", user_id)

    def should_run_consolidation(self, user_id: str) -> bool:
        return self.should_run("consolidation", user_id)

    def should_run_compression(self, user_id: str) -> bool:
        return self.should_run("compression", user_id)

    def should_run(self, feature: str, user_id: str) -> bool:
        """Whether the nearest policy has it on and, if it is one of thresholds, the user has as many memories."""
        with self.inside():
            decided = policies.effective(user_id=user_id).get(FEATURES[feature].job)
            if decided is None or not decided.enabled:
                return False
            if decided.policy.type != Policy.Type.THRESHOLD or not FEATURES[feature].threshold:
                return True
            return decided.threshold is not None and _live(user_id) >= decided.threshold

    # --- running

    def run_summarization(self, user_id: str, force: bool = False) -> Result:
        return self._run("summarization", user_id, force)

    def run_consolidation(self, user_id: str, force: bool = False) -> Result:
        return self._run("consolidation", user_id, force)

    def run_compression(self, user_id: str, force: bool = False) -> Result:
        return self._run("compression", user_id, force)

    def run_decay(self, user_id: str, force: bool = False) -> Result:
        return self._run("decay", user_id, force)

    def run_health_check(self, user_id: str, force: bool = False) -> Result:
        return self._run("health_check", user_id, force)

    def run_all_optimizations(self, user_id: str, force: bool = False) -> dict[str, Result]:
        return {feature: self._run(feature, user_id, force) for feature in RUNS}

    def _run(self, feature: str, user_id: str, force: bool) -> Result:
        with self.inside():
            if not force and not self.should_run(feature, user_id):
                return dict(FAILED_CHECK)
            if feature == "health_check" and not _live(user_id):
                return dict(NO_MEMORIES)
            job, options = FEATURES[feature].job, options_for(feature, user_id)
            run = runner.run_now(job, Reach(user_id=user_id), options, policy=own(user_id))
            assert run is not None
            return told(run)

    # --- numbers

    def get_user_statistics(self, user_id: str) -> Result:
        with self.inside():
            return statistics(user_id)


def own(user_id: str) -> Policy | None:
    """The user's own policy."""
    return policies.of(user_id=user_id) if user_id else None


def save(policy: AutomationPolicy) -> Policy:
    """Make or change the policy of its user. Raises BadPolicy with a pointer in HippocampAI's words."""
    if not policy.user_id:
        raise BadPolicy("/user_id", "names a user")
    fields = vocabulary.told(policy)
    try:
        row = own(policy.user_id)
        if row is None:
            try:
                return policies.create(fields, user_id=policy.user_id)
            except PolicyThere:  # another one was faster
                row = own(policy.user_id)
        changed = policies.change(row.pk, fields) if row else None
    except BadPolicy as error:
        raise BadPolicy(vocabulary.pointer(error.pointer), error.detail) from None
    return changed or policies.create(fields, user_id=policy.user_id)


def options_for(feature: str, user_id: str) -> dict[str, Any]:
    """Those of the nearest policy that names the job; else HippocampAI's defaults."""
    decided = policies.effective(user_id=user_id).get(FEATURES[feature].job)
    if decided:
        return decided.options
    row = own(user_id)
    policy = vocabulary.heard(row) if row else AutomationPolicy(user_id)
    return vocabulary.options_of(policy, FEATURES[feature])


def told(run: TaskRun) -> Result:
    """A run that is over, as the controller's methods answer it; one of several jobs with each by its name."""
    if run.state != TaskRun.State.SUCCEEDED:
        failed = {"status": "failed", "error": run.error or f"the run is {run.state}"}
        return failed | _parts(run) | {"run_id": str(run.pk)}
    if run.result.get("total_memories") == 0:
        return NO_MEMORIES | {"run_id": str(run.pk)}
    more = _health(run) if run.job == FEATURES["health_check"].job else _parts(run)
    return {"status": "success"} | run.result | more | {"run_id": str(run.pk)}


def _parts(run: TaskRun) -> dict[str, Result]:
    """What came of each run that it is the parent of, in HippocampAI's words where it has one for the job."""
    children = sorted(run.children.all(), key=lambda child: child.pk) if run.job == asking.ALL else []
    return {NAMES.get(child.job, child.job): told(child) for child in children}


def _health(run: TaskRun) -> Result:
    """Whether its score is below what the user's policy wants to be told of."""
    row, score = own(run.user_id), run.result.get("health_score")
    least = vocabulary.heard(row).health_alert_threshold if row else None
    return {"alert_needed": score is not None and least is not None and score < least}


def statistics(user_id: str) -> Result:
    """How many live memories, characters and tokens (a quarter of the characters) there are, whole and by kind."""
    by_kind = stats.sizes(Scope(user_id=user_id))
    count, characters = (sum(row[name] for row in by_kind) for name in ("count", "characters"))
    numbers = {
        "total_memories": count,
        "total_characters": characters,
        "total_tokens": characters // CHARS_PER_TOKEN,
        "avg_memory_size_chars": characters / count if count else 0,
        "avg_memory_size_tokens": characters // CHARS_PER_TOKEN / count if count else 0,
        "largest_memory_chars": max((row["largest"] for row in by_kind), default=0),
        "smallest_memory_chars": min((row["smallest"] for row in by_kind), default=0),
        "by_type": {row["kind"]: _of_kind(row) for row in by_kind},
    }
    return numbers | _automation(user_id)


def _of_kind(row: dict[str, Any]) -> dict[str, Any]:
    tokens = row["characters"] // CHARS_PER_TOKEN
    return {
        "count": row["count"],
        "total_chars": row["characters"],
        "total_tokens": tokens,
        "avg_chars": row["characters"] / row["count"],
        "avg_tokens": tokens / row["count"],
    }


def _automation(user_id: str) -> Result:
    """What is done by itself, where a policy of the user's own, or a wider one, says so."""
    row, decided = own(user_id), policies.effective(user_id=user_id)
    if row is None and not decided:
        return {}
    on = {
        name: bool(row.jobs.get(feature.job, {}).get("enabled")) if row else _is_on(decided, feature.job)
        for name, feature in FEATURES.items()
    }
    features = {name: on[name] for name in ("summarization", "consolidation", "compression", "decay")}
    return {
        "automation_enabled": row.enabled if row else True,
        "automation_features": features | {"health_monitoring": on["health_check"]},
    }


def _is_on(decided: dict[str, policies.Decision], job: str) -> bool:
    return job in decided and decided[job].enabled


def _live(user_id: str) -> int:
    return Memory.objects.live().filter(user_id=user_id).count()
