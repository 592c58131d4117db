"""The dashboard: numbers of a user's memories, and what happened lately."""

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import dashboard as present
from api.dialects.hippocampai.serializers import dashboard as words
from api.dialects.hippocampai.views.base import HippocampView
from automation import looking
from automation.models import TaskRun
from memory import entities, relations, stats
from memory.listing import Narrowing
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.tiers import cold
from memory.types import Scope
from memory.upkeep import health
from memory.upkeep.plan import Reach

MOST = 10_000  # names that are counted
RECENT = 5


class Stats(HippocampView):
    """Numbers of the memories of a user, or of everybody."""

    asked = words.DashboardAsked
    told = {"GET": words.DashboardStats}

    def get(self, request: Request) -> Response:
        user_id = self.ask(request).get("user_id", "")
        report = health.report(Reach(user_id=user_id), timezone.now())
        tags, _ = stats.grouped(["tag"], Narrowing(Scope(user_id=user_id)), MOST)
        return self.answer(present.told(_counted(user_id), report, tags, _newest(_live(user_id), RECENT)))


class Activity(HippocampView):
    """What happened lately."""

    asked = words.ActivityAsked
    told = {"GET": words.RecentActivity}

    def get(self, request: Request) -> Response:
        wish = self.ask(request)
        user_id, most = wish.get("user_id", ""), min(wish["limit"], words.MOST)
        slept = _sleeps(user_id).filter(state=TaskRun.State.SUCCEEDED).order_by("-id")[:most]
        return self.answer({"activities": present.activities(_newest(_live(user_id), most), slept, most)})


def _live(user_id: str) -> MemoryQuerySet:
    return Memory.objects.live().scoped(Scope(user_id=user_id))


def _counted(user_id: str) -> dict[str, int]:
    memories = _live(user_id).order_by().aggregate(
        memories=Count("id"),
        topics=Count("topic", filter=~Q(topic=""), distinct=True),
        unlabelled=Count("id", filter=Q(tags=[], topic="")),
        archived=Count("id", filter=Q(tier=Memory.Tier.COLD)),
    )  # fmt: skip
    owned = Q(source__user_id=user_id) if user_id else Q()
    return memories | {
        "people": len(entities.listed("person", Scope(user_id=user_id), limit=MOST)),
        "connections": relations.listed().filter(owned).count(),
        "sleeps": _sleeps(user_id).count(),
    }


def _newest(rows: MemoryQuerySet, most: int) -> list[Memory]:
    found = list(rows.light().order_by("-id")[:most])
    cold.fill(found)
    return found


def _sleeps(user_id: str) -> QuerySet[TaskRun]:
    """Runs that consolidated, of a user or of all."""
    rows = looking.here().filter(job="consolidate", dry_run=False)
    return rows.filter(user_id=user_id) if user_id else rows
