"""/api/memory: store, read, ask, compare vectors, count, relate, archive."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import id_of
from api.dialects.persistence.presenters import memory as presenters
from api.dialects.persistence.serializers import memory as serializers
from api.dialects.persistence.serializers.entries import EntryHeard, EntryTold
from api.dialects.persistence.serializers.types import kinds_of
from api.dialects.persistence.serializers.words import Said, Stored
from api.dialects.persistence.views.base import PersistenceView
from api.dialects.persistence.views.entries import entries, links, store
from automation import asking
from memory import brought, relations, stats, touched
from memory.errors import NoMemory
from memory.listing import Narrowing, listed
from memory.models import Memory
from memory.tiers import cold
from memory.types import Scope
from memory.upkeep.plan import Reach

DAY = timedelta(days=1)
MOST_ARCHIVED = 1_000  # memories of one call
MOST_RELATED = 1_000
TOP_TAGS = 10


class MemoryView(PersistenceView):
    missing = "Memory not found"


class Memories(MemoryView):
    """Store a memory."""

    heard = EntryHeard
    told = {"POST": Stored}
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        outcome = store(self.hear(request))
        if outcome.id is None:
            return self.answer({"id": None, "message": f"Nothing was stored: {outcome.reason}"}, 200)
        if outcome.status != "created":
            return self.answer({"id": str(outcome.id), "message": f"Memory {outcome.status}: {outcome.reason}"}, 200)
        return self.answer({"id": str(outcome.id), "message": "Memory stored successfully"})


class OneMemory(MemoryView):
    """Read a memory, which counts as an access."""

    told = {"GET": EntryTold}

    def get(self, request: Request, memory_id: str) -> Response:
        memory = Memory.objects.readable().light().filter(pk=id_of(memory_id)).first()
        if memory is None:
            raise NotFound
        touched.touch([memory.pk])
        counted = touched.counted([memory.pk])
        told = presenters.entry(cold.told(memory), links([memory]), counted)
        return self.answer(told | presenters.embeddings(memory))


class MemoryQuery(MemoryView):
    """Ask for memories, newest first."""

    operations = {"POST": "memories.read"}
    heard = serializers.QueryHeard
    told = {"POST": serializers.MemoriesTold}

    def post(self, request: Request) -> Response:
        asked = self.hear(request)
        rows = listed(_narrowing(asked))
        page = rows.light().order_by("-event_time", "-id")[asked["offset"] : asked["offset"] + asked["limit"]]
        return self.answer({"memories": entries(page), "total": rows.count()})


def _narrowing(asked: dict[str, Any]) -> Narrowing:
    """What was asked for; what is empty does not narrow."""
    filters: dict[str, Any] = _between(asked)
    if asked.get("service_id"):
        filters["source"] = asked["service_id"]
    if name := asked.get("memory_type"):
        filters["kind"] = {"in": kinds_of(name) or [name]}  # of a type that is none there is nothing
    if asked.get("min_importance") is not None:
        filters["importance"] = {"gte": asked["min_importance"]}
    if asked.get("search_text"):
        filters["content"] = {"icontains": asked["search_text"]}
    scope = {name: asked.get(name, "") for name in ("user_id", "agent_id", "session_id")}
    return Narrowing(Scope(asked.get("domain", ""), **scope), tags=tuple(asked.get("tags", ())), filters=filters)


def _between(asked: dict[str, Any]) -> dict[str, Any]:
    ends = {"gte": asked.get("since"), "lte": asked.get("until")}
    told = {operator: at.isoformat() for operator, at in ends.items() if at}
    return {"event_time": told} if told else {}


class Similarity(MemoryView):
    """Find the memories whose embeddings are near to these."""

    operations = {"POST": "memories.read"}
    buckets = {"POST": "search"}
    heard = serializers.SimilarityHeard
    told = {"POST": serializers.SimilarityTold}

    def post(self, request: Request) -> Response:
        asked = self.hear(request)
        rows = Memory.objects.live().scoped(Scope(asked["domain"]))
        near = dict(brought.nearest(asked["embeddings"], rows, asked["limit"], asked["threshold"]))
        found = Memory.objects.light().in_bulk(list(near))
        told = entries(found[key] for key in near if key in found)
        touched.touch(near)
        results = [each | {"similarity": near[id_of(each["id"])]} for each in told]
        return self.answer({"results": results, "total": len(results)})


class Aggregations(MemoryView):
    """Numbers of the memories of a service or a domain, of the last day when no span is named."""

    asked = serializers.AggregationsAsked
    told = {"GET": serializers.AggregationsTold}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        asked["until"] = asked["until"] or timezone.now()
        asked["since"] = asked["since"] or asked["until"] - DAY
        narrowing = _narrowing(asked)
        groups, _ = stats.grouped(["kind"], narrowing)
        tags, _ = stats.grouped(["tag"], narrowing, TOP_TAGS)
        count, recalls, top = stats.recalled(narrowing)
        return self.answer({
            "serviceId": asked.get("service_id") or None,
            "domain": asked.get("domain") or None,
            "timeRange": {"start": presenters.moment(asked["since"]), "end": presenters.moment(asked["until"])},
            "totalMemories": count,
            "byType": presenters.by_type(groups),
            "averageImportance": presenters.average(groups),
            "topTags": [{"tag": tag["group"]["tag"], "count": tag["count"]} for tag in tags],
            "accessPatterns": presenters.patterns(count, recalls, top),
        })  # fmt: skip


class Relationships(MemoryView):
    """Relate two memories."""

    heard = serializers.RelationshipHeard
    told = {"POST": Said}
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        source, target = id_of(told["source_id"]), id_of(told["target_id"])
        if source == target:
            raise ValidationError({"targetId": "is the same memory as sourceId"})
        try:
            relations.relate(source, target, told["relationship_type"])
        except NoMemory:
            raise NotFound from None
        return self.answer({"message": "Relationship created successfully"})


class Related(MemoryView):
    """Memories that are related to one, up to so many steps away, the nearest first."""

    asked = serializers.RelatedAsked
    told = {"GET": serializers.MemoriesTold}

    def get(self, request: Request, memory_id: str) -> Response:
        asked = self.ask(request)
        types = [asked["relationship_type"]] if asked.get("relationship_type") else serializers.RELATIONSHIPS
        walk = relations.neighbours(id_of(memory_id), depth=asked["depth"], types=types, limit=MOST_RELATED)
        if walk is None:
            raise NotFound
        found = Memory.objects.light().in_bulk([reached.key for reached in walk.reached])
        told = entries(found[reached.key] for reached in walk.reached if reached.key in found)
        return self.answer({"memories": told, "total": len(told)})


class Archive(MemoryView):
    """Let a worker move to cold storage what nobody has asked for in so many days."""

    operations = {"POST": "tiers.manage"}
    heard = serializers.ArchiveHeard
    told = {"POST": serializers.ArchiveTold}
    success = {"POST": 202}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        options = {"days": told["days"], "most": MOST_ARCHIVED}
        run = asking.start("retier", Reach(namespace=told.get("domain", "")), options)
        return self.answer({"message": "Memory archival started", "runId": str(run.pk)})
