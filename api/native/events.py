"""/api/v1/events: the numbered feed of every committed change."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from events import feed


class FeedParameters(StrictSerializer):
    since = serializers.IntegerField(min_value=0, max_value=2**62, default=0, help_text="The last `seq` you have.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=100)


class SubjectWords(serializers.Serializer):
    type = serializers.CharField()
    id = serializers.CharField()


class EventWords(serializers.Serializer):
    """A fact: ids and counts, never content."""

    seq = serializers.IntegerField(help_text="Dense and in commit order per tenant.")
    id = serializers.UUIDField()
    type = serializers.CharField()
    subject = SubjectWords()
    actor = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the property
    occurred_at = serializers.DateTimeField()


class EventPage(serializers.Serializer):
    data = EventWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_since = serializers.IntegerField(help_text="Ask with this as `since` for what comes after.")
    has_more = serializers.BooleanField()


class Events(TenantView):
    operations = {"GET": "events.read"}

    @extend_schema(
        tags=["events"], operation_id="list_events", summary="Read the feed after a number",
        parameters=[FeedParameters], responses=EventPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(FeedParameters, request.query_params)
        speaker = self.speaker
        found = feed.since(speaker.tenant.id, asked["since"], limit=asked["limit"] + 1, namespaces=speaker.namespaces)
        shown = found[: asked["limit"]]
        return Response(
            {
                "data": [feed.as_json(event) for event in shown],
                "next_since": shown[-1].seq if shown else asked["since"],
                "has_more": len(found) > len(shown),
            }
        )
