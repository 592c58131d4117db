"""The catalogue of jobs: a name, a label, one sentence, its plan and its options. It is filled by automation.jobs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automation.errors import UnknownJob
from memory.upkeep import options
from memory.upkeep.plan import Change, Reach

Plan = Callable[[Reach, Any, datetime], Iterator[Change]]
Counts = Counter[str]


def _untold(counts: Counts) -> dict[str, Any]:
    return {}


def _nothing(changes: Sequence[Change]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Job:
    """`tell` makes the result out of how often each action was applied, `brief` what else it says of a plan, without
    content. `threshold` is a policy's when it says none. One that `reads_vectors` waits for them, if a worker runs it.
    """

    name: str
    label: str
    says: str
    plan: Plan
    options: type[Any]
    tell: Callable[[Counts], dict[str, Any]] = _untold
    brief: Callable[[Sequence[Change]], dict[str, Any]] = _nothing
    undoable: bool = True
    threshold: int = 0  # memories of a user; 0: this job has no threshold
    reads_vectors: bool = False


JOBS: dict[str, Job] = {}


def find(name: str) -> Job:
    """Raises UnknownJob."""
    if name not in JOBS:
        raise UnknownJob(name)
    return JOBS[name]


def read_options(job: Job, told: dict[str, Any]) -> Any:
    """Raises BadOption."""
    return options.read(job.options, told)
