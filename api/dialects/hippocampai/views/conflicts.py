"""Contradictions of a user's memories, and deciding them."""

from django.db.models import Q
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import tidying as presenters
from api.dialects.hippocampai.serializers import tidying as words
from api.dialects.hippocampai.views.base import HippocampView, key, one
from api.dialects.hippocampai.views.tidying import ran
from memory import reviews
from memory.models import Review
from memory.upkeep.conflicts import STRATEGIES

MOST = 100


class Detect(HippocampView):
    """Find memories that contradict each other; nothing is decided."""

    tells_content = True
    operations = {"POST": "runs.start"}
    heard = words.DetectHeard
    told = {"POST": words.ConflictsTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"], heard["user_id"]) if heard.get("memory_id") else None
        ran("resolve_conflicts", heard["user_id"], {"auto_resolve": False}, dry_run=False)
        rows = reviews.listed(kind=Review.Kind.CONTRADICTION, state=Review.State.OPEN, user_id=heard["user_id"])
        if memory:
            rows = rows.filter(Q(first=memory) | Q(second=memory))
        return self.answer(presenters.detected(heard["user_id"], rows.count(), rows.order_by("-id")[:MOST]))


class Resolve(HippocampView):
    """Decide a contradiction: keep the newer, the likelier, the more important or both, or ask a person."""

    tells_content = True
    operations = {"POST": "reviews.decide"}
    heard = words.ResolveHeard
    told = {"POST": words.ResolvedTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        rows = reviews.told().filter(pk=key(heard["conflict_id"]), user_id=heard["user_id"], second__isnull=False)
        review = rows.first()
        if review is None:
            raise NotFound
        strategy = heard["strategy"]
        return self.answer(presenters.resolved(_decided(review, strategy), strategy))


def _decided(review: Review, strategy: str) -> Review:
    """What is left to a person stays open."""
    if strategy == "manual":
        return review
    meant = words.MEANT.get(strategy, strategy)
    decided = reviews.decide(review.pk, reviews.stronger(review, meant) if meant in STRATEGIES else meant)
    assert decided
    return decided
