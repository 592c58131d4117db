"""The jobs that there are: each a plan of the library's upkeep, entered in the catalogue in the order of a night."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from automation.registry import Counts, job
from memory.upkeep import cleanup as clearing
from memory.upkeep import compress as compressing
from memory.upkeep import conflicts as resolving
from memory.upkeep import consolidate as consolidating
from memory.upkeep import decay as decaying
from memory.upkeep import deduplicate as deduplicating
from memory.upkeep import embed as embedding
from memory.upkeep import expire as expiring
from memory.upkeep import forget as forgetting
from memory.upkeep import health as checking
from memory.upkeep import rescore as rescoring
from memory.upkeep import retain as retaining
from memory.upkeep import retier as retiering
from memory.upkeep import screen as screening
from memory.upkeep import summarize as summarizing
from memory.upkeep.plan import Change, Reach

Changes = Iterator[Change]


def _forgotten(counts: Counts) -> dict[str, Any]:
    """In the words of the Cognitive Memory Layer, too."""
    actions = {name: counts[name] for name in ("keep", "decay", "silence", "compress", "delete")}
    told = {"decayed": "decay", "silenced": "silence", "compressed": "compress", "deleted": "delete"}
    done = {name: actions[action] for name, action in told.items()}
    return done | {"total_scored": sum(actions.values()), "actions": {name.upper(): n for name, n in actions.items()}}


def _checked(changes: Sequence[Change]) -> dict[str, Any]:
    """In HippocampAI's words; of several reports the worst."""
    reports = sorted((change.told for change in changes), key=lambda told: told["overall_score"])
    if not reports:
        return {}
    names = {"overall_score": "health_score", "status": "health_status", "recommendations": "recommendations"}
    return {ours: reports[0][name] for name, ours in names.items()}


@job(
    "summarize",
    label="Summarize",
    options=summarizing.Options,
    tell=lambda n: {"summaries_created": n["summarize"]},
    threshold=500,
)
def summarize(reach: Reach, options: summarizing.Options, now: datetime) -> Changes:
    """Write summaries of long sessions and of what is old, with links to their sources."""
    return summarizing.plan(reach, options, now)


@job(
    "consolidate",
    label="Consolidate",
    options=consolidating.Options,
    tell=consolidating.tell,
    brief=consolidating.brief,
    threshold=300,
    reads_vectors=True,
)
def consolidate(reach: Reach, options: consolidating.Options, now: datetime) -> Changes:
    """Cluster what is alike among recent episodes, and keep the gist of each cluster as knowledge."""
    return consolidating.plan(reach, options, now)


@job(
    "deduplicate",
    label="Find doubles",
    options=deduplicating.Options,
    tell=lambda n: {"duplicates_merged": n["merge"], "reviews_created": n["review"]},
    reads_vectors=True,
)
def deduplicate(reach: Reach, options: deduplicating.Options, now: datetime) -> Changes:
    """Find memories that say the same, and merge them or show them to a person."""
    return deduplicating.plan(reach, options, now)


@job(
    "resolve_conflicts",
    label="Resolve conflicts",
    options=resolving.Options,
    tell=lambda n: {"conflicts_resolved": n["resolve"], "reviews_created": n["review"]},
    reads_vectors=True,
)
def resolve_conflicts(reach: Reach, options: resolving.Options, now: datetime) -> Changes:
    """Find memories that contradict each other, and end the validity of one or let a person decide."""
    return resolving.plan(reach, options, now)


@job("screen", label="Screen for doubt", options=screening.Options, tell=lambda n: {"reviews_created": n["review"]})
def screen(reach: Reach, options: screening.Options, now: datetime) -> Changes:
    """Show memories of low confidence and of untrusted sources to a person."""
    return screening.plan(reach, options, now)


@job("decay", label="Decay importance", options=decaying.Options, tell=lambda n: {"memories_decayed": n["decay"]})
def decay(reach: Reach, options: decaying.Options, now: datetime) -> Changes:
    """Let the importance of memories fade by the half-life of their kind."""
    return decaying.plan(reach, options, now)


@job("forget", label="Forget", options=forgetting.Options, tell=_forgotten)
def forget(reach: Reach, options: forgetting.Options, now: datetime) -> Changes:
    """Score every memory, then keep it, lower its confidence, silence, compress or delete it."""
    return forgetting.plan(reach, options, now)


@job(
    "compress",
    label="Compress",
    options=compressing.Options,
    tell=lambda n: {"memories_compressed": n["compress"]},
    threshold=1_000,
)
def compress(reach: Reach, options: compressing.Options, now: datetime) -> Changes:
    """Shorten long memories to their best sentences, those that matter least first."""
    return compressing.plan(reach, options, now)


@job(
    "retain",
    label="Apply retention rules",
    options=retaining.Options,
    tell=lambda n: {"archived": n["archive"], "deleted": n["delete"]},
)
def retain(reach: Reach, options: retaining.Options, now: datetime) -> Changes:
    """Archive and delete what the tenant's retention rules say."""
    return retaining.plan(reach, options, now)


@job("retier", label="Move to cold storage", options=retiering.Options)
def retier(reach: Reach, options: retiering.Options, now: datetime) -> Changes:
    """Move to cold storage the content of what was not recalled for long."""
    return retiering.plan(reach, options, now)


@job("rescore", label="Rescore importance", options=rescoring.Options)
def rescore(reach: Reach, options: rescoring.Options, now: datetime) -> Changes:
    """Score anew the importance of fresh memories whose importance nobody stated."""
    return rescoring.plan(reach, options, now)


@job("reembed", label="Make vectors", options=embedding.Options, undoable=False)
def reembed(reach: Reach, options: embedding.Options, now: datetime) -> Changes:
    """Give vectors to memories that have none, or one of another model."""
    return embedding.plan(reach, options, now)


@job(
    "cleanup", label="Clean up", options=clearing.Options, undoable=False, tell=lambda n: {"deleted_count": n["delete"]}
)
def cleanup(reach: Reach, options: clearing.Options, now: datetime) -> Changes:
    """Erase for good what has expired, and delete memories without words."""
    return clearing.plan(reach, options, now)


@job("expire", label="Erase what is over", options=expiring.Options, undoable=False)
def expire(reach: Reach, options: expiring.Options, now: datetime) -> Changes:
    """Erase for good what has expired, and what was deleted longer ago than the undo window."""
    return expiring.plan(reach, options, now)


@job("health_check", label="Check health", options=checking.Options, brief=_checked, reads_vectors=True)
def health_check(reach: Reach, options: checking.Options, now: datetime) -> Changes:
    """Report how healthy the memories are, and alert when they are not."""
    return checking.plan(reach, options, now)
