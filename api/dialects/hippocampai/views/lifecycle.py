"""Where a memory's text is, and moving it."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import tidying as presenters
from api.dialects.hippocampai.serializers import tidying as words
from api.dialects.hippocampai.views.base import HippocampView, one
from memory import stats
from memory.listing import Narrowing
from memory.tiers import cold
from memory.types import Scope

COLD = ("cold", "archived", "hibernated")


class Temperature(HippocampView):
    """In which tier a memory is, and how often it was asked for."""

    told = {"GET": words.TierTold}

    def get(self, request: Request, memory_id: str) -> Response:
        return self.answer(presenters.tier(one(memory_id)))


class Migrate(HippocampView):
    """Move a memory's text to cold storage, or back."""

    heard = words.MigrateHeard
    told = {"POST": words.TierTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"])
        move = cold.archive if heard["target_tier"] in COLD else cold.warm
        move(memory.pk)
        return self.answer(presenters.tier(one(heard["memory_id"])))


class TierStats(HippocampView):
    """How many memories of a user are in which tier."""

    operations = {"POST": "memories.read"}
    heard = words.TiersHeard
    told = {"POST": words.TiersTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        groups, _ = stats.grouped(["tier"], Narrowing(Scope(user_id=user_id)))
        tiers = {group["group"]["tier"]: group["count"] for group in groups}
        return self.answer({"user_id": user_id, "total_memories": sum(tiers.values()), "by_tier": tiers})
