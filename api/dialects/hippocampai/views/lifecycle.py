"""Where a memory's text is, and moving it."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import lifecycle as presenters
from api.dialects.hippocampai.serializers import tidying as words
from api.dialects.hippocampai.views.base import HippocampView, one
from memory import stats
from memory.listing import Narrowing
from memory.tiers import cold
from memory.types import Scope

COLD = ("cold", "archived", "hibernated")


class Temperature(HippocampView):
    """How warm a memory is, and where its text is."""

    told = {"GET": words.TierTold}

    def get(self, request: Request, memory_id: str) -> Response:
        return self.answer(presenters.temperature(one(memory_id), timezone.now()))


class Migrate(HippocampView):
    """Move a memory's text to cold storage, or back."""

    heard = words.MigrateHeard
    told = {"POST": words.MigratedTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        memory = one(heard["memory_id"])
        target = heard["target_tier"]
        move, wanted = (cold.archive, "cold") if target in COLD else (cold.warm, "warm")
        move(memory.pk)
        return self.answer(presenters.migrated(one(heard["memory_id"]), target, wanted))


class TierStats(HippocampView):
    """How many memories of a user are in which tier."""

    operations = {"POST": "memories.read"}
    heard = words.TiersHeard
    told = {"POST": words.TiersTold}

    def post(self, request: Request) -> Response:
        user_id = self.hear(request)["user_id"]
        narrowing = Narrowing(Scope(user_id=user_id))
        groups, _ = stats.grouped(["tier"], narrowing)
        _, accesses, _ = stats.recalled(narrowing, 0)
        return self.answer(presenters.tiers(user_id, groups, accesses))
