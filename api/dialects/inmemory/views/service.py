"""/v1/ping, /v1/health, /v1/stats and /v1/users: is it there, and how much does it hold."""

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api import health
from api.dialects.inmemory import presenters, serializers
from api.dialects.inmemory.views.base import InMemoryView, Open
from memory import embeddings, entities
from memory.stats import overview
from memory.types import Scope
from tenants.models import ApiKey


class Ping(Open):
    """Ask whether the service is there."""

    operations = {"GET": "me.read"}
    told = {"GET": serializers.Pong}

    def get(self, request: Request) -> Response:
        return self.answer(presenters.pong(timezone.now()))


class Health(Open):
    """Ask how the service does."""

    operations = {"GET": "me.read"}
    told = {"GET": serializers.HealthTold}

    def get(self, request: Request) -> Response:
        parts = health.both()
        reads = parts["database"] and request.auth and self.speaker.may("memories.read")
        count = overview(self.scope({})).live if reads else None
        return self.answer(presenters.health(parts, settings.VERSION, count), 200 if parts["database"] else 503)


class Stats(InMemoryView):
    """What the memories are kept with, and how many of the key's user there are."""

    asked = serializers.Whose
    told = {"GET": serializers.Stats}

    def get(self, request: Request) -> Response:
        count = overview(self.scope(self.ask(request))).live
        return self.answer(presenters.stats(embeddings.provider(), embeddings.current().name, count))


class CurrentUser(InMemoryView):
    """Who the key is of, and how much it was used."""

    operations = {"GET": "me.read"}
    told = {"GET": serializers.CurrentUser}

    def get(self, request: Request) -> Response:
        own = self.speaker.key
        key = ApiKey.objects.filter(pk=own.pk).first() if own else None  # the one at hand may be two seconds old
        return self.answer(presenters.current(self.user(), key))


class UserStats(InMemoryView):
    """How many memories a user has, and of which kinds."""

    told = {"GET": serializers.UserStats}

    def get(self, request: Request, user_id: str) -> Response:
        numbers, seen = overview(Scope(user_id=user_id)), entities.read("user", user_id)
        return self.answer(presenters.user_stats(user_id, numbers, seen))
