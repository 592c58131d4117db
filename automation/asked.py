"""Running the jobs of a policy because somebody says so."""

from typing import Any

from automation import policies, registry, runner
from automation.errors import BadPolicy
from automation.models import Policy, TaskRun


def run(policy: Policy, job: str = "", *, dry_run: bool = False) -> list[TaskRun]:
    """Leave its jobs to a worker, as it says them: one of them, or all that it switches on. By hand, so also when the
    policy itself is off. Raises BadPolicy.
    """
    jobs = [job] if job else sorted(name for name, told in policy.jobs.items() if told["enabled"])
    for name in jobs:
        if name not in policy.jobs or name not in registry.JOBS:
            raise BadPolicy("/job", "is not a job of this policy")
    runs = [runner.start(name, policies.reach_of(policy, name), **_how(policy, name, dry_run)) for name in jobs]
    return [run for run in runs if run]


def _how(policy: Policy, job: str, dry_run: bool) -> dict[str, Any]:
    return {"options": policy.jobs[job]["options"], "dry_run": dry_run, "policy": policy}
