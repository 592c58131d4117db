"""The sleep cycle: episodes that speak of the same thing become one lasting fact, preference or constraint.

Sample, cluster, extract a gist, align it with what is known, migrate: the steps of the Cognitive Memory Layer's
consolidation. The episodes stay and are marked. A gist that is known makes the known fact stronger; a newer preference
takes the place of the older one, whose validity ends; nothing is deleted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from memory import llm
from memory.algorithms import clustering, gisting
from memory.algorithms.clustering import Cluster
from memory.llm import Written
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.upkeep import known, marks, sources
from memory.upkeep.known import Known
from memory.upkeep.options import option
from memory.upkeep.plan import NEW, Change, Link, Reach, Touch

Kind = Memory.Kind
EPISODES = (Kind.EVENT, Kind.MESSAGE, Kind.PREFERENCE, Kind.HYPOTHESIS)
DAY = 86_400


@dataclass(frozen=True)
class Options:
    sample: int = option(200, "episodes that one run looks at", least=2, most=2_000)
    window_days: int = option(0, "age up to which episodes are looked at; 0: any", least=0, most=3_650)
    constraint_days: int = option(90, "the same for constraints", least=1, most=3_650)
    least_importance: float = option(0.1, "of an episode", least=0, most=1)
    least_confidence: float = option(0.3, "in an episode", least=0, most=1)
    similarity: float = option(0.7, "cosine to the middle of a cluster from which one belongs to it", least=0.5, most=1)
    cluster_size: int = option(2, "episodes that make a cluster", least=2, most=100)
    clusters: int = option(20, "of one user, the largest first", least=1, most=200)
    follow_deletions: bool = option(True, "whether a fact is deleted when all of its sources are")
    most: int = option(5_000, "episodes that the sample is drawn from, the latest first", least=2, most=100_000)


def tell(counts: Counter[str]) -> dict[str, int]:
    """The result's names of what was done, those of the Cognitive Memory Layer among them."""
    made, updated = counts["create"] + counts["supersede"], counts["update"]
    gists = made + updated + counts["known"]
    return {
        "episodes_sampled": counts["sample"],
        "clusters_formed": counts["cluster"],
        "gists_extracted": gists,
        "facts_extracted": gists,
        "facts_created": made,
        "facts_updated": updated,
        "migrations_completed": made + updated,
    }


def brief(changes: Sequence[Change]) -> dict[str, int]:
    """How many episodes a plan marks as consolidated."""
    touches = (touch.fields.get("metadata", {}) for change in changes for touch in change.touches)
    return {"episodes_marked": sum(metadata.get("consolidated") is True for metadata in touches)}


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Turn episodes that speak of the same thing into facts, preferences and constraints with links to them."""
    if options.follow_deletions:
        orphans = sources.left(reach, known.SOURCE).filter(Q(left=0))
        yield from sources.withdrawn(orphans, options.most, "all that it comes of was deleted")
    sampled, scores = _sampled(reach, options, now)
    for memory in sampled:
        yield Change("sample", memory.pk, effect="", score=round(scores[memory.pk], 4))
    facts = known.of(reach, sampled)
    owners = sorted({(memory.namespace, memory.user_id) for memory in sampled})
    for owner in owners:
        own = [memory for memory in sampled if (memory.namespace, memory.user_id) == owner]
        yield from _consolidated(own, [fact for fact in facts if fact.owner == owner], options, now)


def _episodes(reach: Reach, options: Options, now: datetime) -> MemoryQuerySet:
    recent = Q(event_time__gte=now - timedelta(days=options.window_days)) if options.window_days else Q()
    since = now - timedelta(days=options.constraint_days)
    kinds = Q(recent, kind__in=EPISODES) | Q(kind=Kind.CONSTRAINT, event_time__gte=since)
    rows = sources.lasting(reach.rows().movable()).filter(kinds).exclude(source=known.SOURCE)
    weighty = rows.filter(importance__gte=options.least_importance, confidence__gte=options.least_confidence)
    return weighty.exclude(metadata__has_key="consolidated")


def _sampled(reach: Reach, options: Options, now: datetime) -> tuple[list[Memory], dict[Any, float]]:
    """The sample in the order in which it happened, as far as it can be read and has vectors; and all priorities."""
    rows = _episodes(reach, options, now).filter(embedding__isnull=False, embedding_model=known.model())
    latest = rows.order_by("-event_time", "-id").values_list("id", "importance", "recalls", "event_time")
    told = latest[: options.most]
    scores = {key: gisting.priority(value, met, (now - at).total_seconds() / DAY) for key, value, met, at in told}
    keys = list(scores)
    drawn = gisting.sampled(list(scores.values()), list(map(str, keys)), options.sample, now.date())
    chosen = Memory.objects.filter(pk__in=[keys[place] for place in drawn])
    found = chosen.only("id", "position", "embedding", *sources.COLUMNS).order_by("event_time", "position", "id")
    return sources.readable(list(found)), scores


def _consolidated(own: Sequence[Memory], facts: Sequence[Known], options: Options, now: datetime) -> Iterator[Change]:
    """What becomes of the clusters of one user's episodes."""
    found = clustering.clusters(
        known.vectors(own), near=options.similarity, least=options.cluster_size, most=options.clusters
    )
    gists = []
    for cluster in found:  # each is told at once: a model takes its time, and a run that says nothing is taken for dead
        gists.append((cluster, *_gist([own[place] for place in cluster.members], cluster)))
        yield Change("cluster", effect="", score=round(cluster.nearness, 4), why=f"{len(cluster.members)} episodes")
    near = known.Nearness([written.text for _, written, refused in gists if not refused], facts)
    met: set[Any] = set()
    for cluster, written, refused in gists:
        members = [own[place] for place in cluster.members]
        yield _rejected(members, refused, now) if refused else _aligned(members, cluster, written, near, met, now)


def _gist(members: Sequence[Memory], cluster: Cluster) -> tuple[Written, str]:
    """The gist of a cluster, and why it is not kept; empty for a good one."""
    texts = [sources.told(memory) for memory in members]
    written = llm.current().gist(texts)
    if written.gist is None:
        return written, "they have nothing in common"
    return written, gisting.refused(written.gist, texts, cluster.nearness)


def _rejected(members: Sequence[Memory], why: str, now: datetime) -> Change:
    """They are not looked at again."""
    return Change("reject", members[0].pk, touches=_marked(members, now, consolidated=False), why=why)


def _aligned(
    members: Sequence[Memory], cluster: Cluster, written: Written, near: known.Nearness, met: set[Any], now: datetime
) -> Change:
    """A new fact, or one that is known and made stronger, or put in the place of an older preference."""
    assert written.gist
    key = gisting.key(written.gist) or known.digest(written.gist.text)
    draft = _draft(members, cluster, written, key)
    same, older = near.to(written.gist, key)
    if (same or key) in met or (older and older.pk in met):
        return Change("keep", members[0].pk, effect="", why="another cluster of this run comes to the same")
    met |= {same or key, older.pk if older else key}
    marked = _marked(members, now, consolidated=True, consolidated_into=key)
    if same:
        return _stronger(members, same, written, marked, now)
    if older and older.event_time > draft["event_time"]:
        return Change("known", members[0].pk, touches=marked, why="a newer one is known")
    links = sources.links(members)
    if not older:
        return Change("create", members[0].pk, touches=marked, draft=draft, links=links, score=draft["confidence"])
    ended = {"state": Memory.State.SUPERSEDED, "valid_to": draft["event_time"], "superseded_by": NEW}
    touches = (*marked, Touch(older.pk, older.version, ended))
    links = (*links, Link(None, older.pk, "supersedes"))
    return Change("supersede", older.pk, touches=touches, draft=draft, links=links, score=draft["confidence"])


def _stronger(
    members: Sequence[Memory], fact: Known, written: Written, marked: tuple[Touch, ...], now: datetime
) -> Change:
    """The known fact with more evidence."""
    assert written.gist
    confidence = round(gisting.strengthened(fact.confidence, written.gist.confidence), 4)
    counted = fact.metadata.get("evidence_count", 1)
    evidence = (counted if isinstance(counted, int) else 1) + len(members)
    metadata = fact.metadata | {"evidence_count": evidence, "evidence_at": now.isoformat()}
    touch = Touch(fact.pk, fact.version, {"confidence": confidence, "metadata": metadata})
    links = tuple(replace(link, source=fact.pk) for link in sources.links(members))
    return Change("update", fact.pk, touches=(touch, *marked), links=links, score=confidence)


def _draft(members: Sequence[Memory], cluster: Cluster, written: Written, key: str) -> dict[str, Any]:
    assert written.gist
    own = {"content": written.text, "kind": written.gist.kind, "source": known.SOURCE}
    evidence = {"key": key, "evidence_count": len(members), "nearness": round(cluster.nearness, 4)}
    metadata = evidence | sources.made_by(written)
    return sources.fields(members) | own | {"confidence": written.gist.confidence, "metadata": metadata}


def _marked(members: Sequence[Memory], now: datetime, **told: Any) -> tuple[Touch, ...]:
    told |= {"consolidated_at": now.isoformat()}
    return tuple(Touch(m.pk, m.version, {"metadata": marks.added(m, **told)}) for m in members)
