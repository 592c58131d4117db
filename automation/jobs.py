"""The jobs that there are, in the order of a night: each a plan of the library's upkeep."""

from collections.abc import Sequence
from typing import Any

from automation.registry import JOBS, Counts, Job
from memory.upkeep import (
    cleanup,
    compress,
    conflicts,
    consolidate,
    decay,
    deduplicate,
    embed,
    evaluate,
    expire,
    forget,
    health,
    rescore,
    retain,
    retier,
    screen,
    summarize,
)
from memory.upkeep.plan import Change


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
    looked_at = sum(told["total_memories"] for told in reports)
    return {ours: reports[0][name] for name, ours in names.items()} | {"total_memories": looked_at}


def _evaluated(changes: Sequence[Change]) -> dict[str, Any]:
    """Without times, which are others each time."""
    return {
        name: change.told[name] for change in changes for name in ("questions", "recall", "mrr", "ndcg", "regressed")
    }


_ALL = [
    Job(
        "summarize",
        "Summarize",
        "Write summaries of long sessions and of what is old, with links to their sources.",
        summarize.plan,
        summarize.Options,
        tell=lambda n: {"summaries_created": n["summarize"]},
        brief=summarize.brief,
        threshold=500,
    ),
    Job(
        "consolidate",
        "Consolidate",
        "Cluster what is alike among recent episodes, and keep the gist of each cluster as knowledge.",
        consolidate.plan,
        consolidate.Options,
        tell=consolidate.tell,
        brief=consolidate.brief,
        threshold=300,
        reads_vectors=True,
    ),
    Job(
        "deduplicate",
        "Find doubles",
        "Find memories that say the same, and merge them or show them to a person.",
        deduplicate.plan,
        deduplicate.Options,
        tell=lambda n: {"duplicates_merged": n["merge"], "reviews_created": n["review"]},
        reads_vectors=True,
    ),
    Job(
        "resolve_conflicts",
        "Resolve conflicts",
        "Find memories that contradict each other, and end the validity of one or let a person decide.",
        conflicts.plan,
        conflicts.Options,
        tell=lambda n: {"conflicts_resolved": n["resolve"], "reviews_created": n["review"]},
        reads_vectors=True,
    ),
    Job(
        "screen",
        "Screen for doubt",
        "Show memories of low confidence and of untrusted sources to a person.",
        screen.plan,
        screen.Options,
        tell=lambda n: {"reviews_created": n["review"]},
    ),
    Job(
        "decay",
        "Decay importance",
        "Let the importance of memories fade by the half-life of their kind.",
        decay.plan,
        decay.Options,
        tell=lambda n: {"memories_decayed": n["decay"]},
    ),
    Job(
        "forget",
        "Forget",
        "Score every memory, then keep it, lower its confidence, silence, compress or delete it.",
        forget.plan,
        forget.Options,
        tell=_forgotten,
    ),
    Job(
        "compress",
        "Compress",
        "Shorten long memories to their best sentences, those that matter least first.",
        compress.plan,
        compress.Options,
        tell=lambda n: {"memories_compressed": n["compress"]},
        threshold=1_000,
    ),
    Job(
        "retain",
        "Apply retention rules",
        "Archive and delete what the tenant's retention rules say.",
        retain.plan,
        retain.Options,
        tell=lambda n: {"archived": n["archive"], "deleted": n["delete"]},
    ),
    Job(
        "retier",
        "Move to cold storage",
        "Move to cold storage the content of what was not recalled for long.",
        retier.plan,
        retier.Options,
    ),
    Job(
        "rescore",
        "Rescore importance",
        "Score anew the importance of fresh memories whose importance nobody stated.",
        rescore.plan,
        rescore.Options,
    ),
    Job(
        "reembed",
        "Make vectors",
        "Give vectors to memories that have none, or one of another model.",
        embed.plan,
        embed.Options,
        undoable=False,
    ),
    Job(
        "cleanup",
        "Clean up",
        "Erase for good what has expired, and delete memories without words.",
        cleanup.plan,
        cleanup.Options,
        tell=lambda n: {"deleted_count": n["delete"]},
        undoable=False,
    ),
    Job(
        "expire",
        "Erase what is over",
        "Erase for good what has expired, and what was deleted longer ago than the undo window.",
        expire.plan,
        expire.Options,
        undoable=False,
    ),
    Job(
        "health_check",
        "Check health",
        "Report how healthy the memories are, and alert when they are not.",
        health.plan,
        health.Options,
        brief=_checked,
        reads_vectors=True,
    ),
    Job(
        "evaluate",
        "Evaluate recall",
        "Ask the saved questions, and tell how well they are answered and whether it was better before.",
        evaluate.plan,
        evaluate.Options,
        brief=_evaluated,
        reads_vectors=True,
    ),
]
JOBS |= {job.name: job for job in _ALL}
