"""/api/v1/events: the numbered feed of every committed change, one fact of it, and the types that there are."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Moment
from events import feed, log
from events.types import CATALOGUE, NAMES
from events.wanted import BadWanted, Wanted, wanted

LAST = 2**62
PARAMETERS = {"types": "type", "users": "user_id", "namespaces": "namespace", "subjects": "subject"}  # of Wanted
MEMORY = OpenApiExample(
    "a memory was stored",
    {
        "data": [
            {
                "seq": 28, "id": "01a1fc31-3273-7170-9887-781c9cf6f1e9", "type": "memory.created",
                "subject": {"type": "memory", "id": "01a1fc31-325e-776f-a220-14f1782bb309"},
                "actor": "key:k6Mu2S7xxhTd",
                "data": {"kind": "fact", "user_id": "ada", "version": 1, "namespace": "default"},
                "occurred_at": "2026-11-21T03:40:45.043699+00:00",
            }
        ],
        "next_since": 31, "has_more": False, "last_seq": 31,
    },
    response_only=True,
)  # fmt: skip


class Names(serializers.ListField):
    """A parameter that is given once or again and again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=255), required=False, default=list, **options)


class Types(Names):
    """The same, where one value may hold several with commas between them."""

    def to_internal_value(self, data: Any) -> list[str]:
        told: list[str] = super().to_internal_value(data)
        return [name.strip() for names in told for name in names.split(",")]


class Filters(StrictSerializer):
    """Which facts; what is left out does not narrow, and of a parameter's values one is enough."""

    type = Types(help_text="Types, or beginnings of them such as `memory.*`; again and again, or with commas.")
    subject = Names(help_text="Ids of what facts are about.")
    user_id = Names(help_text="Facts that name one of these users.")
    namespace = Names(help_text="Facts that name one of these namespaces.")


class FeedParameters(Filters):
    since = serializers.IntegerField(
        min_value=0, max_value=LAST, required=False,
        help_text="The last `seq` you have. Left out: the feed from its beginning.",
    )  # fmt: skip
    after = Moment(required=False, help_text="Told at that time or later.")
    before = Moment(required=False, help_text="Told before that time.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=100)


class LogParameters(Filters):
    page = serializers.IntegerField(min_value=1, max_value=LAST, default=1, help_text="1 is the newest.")
    per_page = serializers.IntegerField(min_value=1, max_value=200, default=50)
    since = Moment(required=False, help_text="Told at that time or later.")
    until = Moment(required=False, help_text="Told before that time.")


class SubjectWords(serializers.Serializer):
    type = serializers.CharField()
    id = serializers.CharField()


class EventWords(serializers.Serializer):
    """A fact: ids and counts, never content."""

    seq = serializers.IntegerField(help_text="Dense and in commit order per tenant.")
    id = serializers.UUIDField()
    type = serializers.ChoiceField(NAMES)
    subject = SubjectWords()
    actor = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the property
    occurred_at = serializers.DateTimeField()


class EventPage(serializers.Serializer):
    data = EventWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_since = serializers.IntegerField(help_text="Ask with this as `since`; all up to it was looked at.")
    has_more = serializers.BooleanField()
    last_seq = serializers.IntegerField(help_text="The end of the feed.")


class EventLog(serializers.Serializer):
    items = EventWords(many=True)
    total = serializers.IntegerField()
    total_is_exact = serializers.BooleanField(help_text="False: there are more than `total`, which are not counted.")
    page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    total_pages = serializers.IntegerField()


class EventTypeWords(serializers.Serializer):
    name = serializers.ChoiceField(NAMES)
    says = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField(), help_text="Those of `data`.")
    resource = serializers.CharField(
        help_text="What a copy reads again: a route under /api/v1/, with the value of a key for a word in braces."
    )
    reach = serializers.ChoiceField(["one", "all"], help_text="Of it only the subject, or all.")
    also = serializers.ListField(child=serializers.CharField(), help_text="What is read again whole beside it.")


class EventTypes(serializers.Serializer):
    data = EventTypeWords(many=True)  # type: ignore[assignment]  # a field, not the property


class Events(TenantView):
    operations = {"GET": "events.read"}

    @extend_schema(
        tags=["events"], operation_id="list_events", summary="Read the feed after a number",
        description=(
            "Oldest first. One page looks at 10,000 numbers at most, so with filters it can be short, or empty, though"
            " there is more: go on with `next_since` until `has_more` is false. A `since` that is older than the feed"
            " goes back is answered 410 `resync_required`: read everything again, then go on from its `last_seq`."
        ),
        parameters=[FeedParameters], responses=EventPage, examples=[MEMORY],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(FeedParameters, request.query_params)
        tenant_id, since = self.speaker.tenant.id, asked.get("since")
        if since is None:
            since = feed.oldest_since(tenant_id)
        else:
            feed.check_since(tenant_id, since)
        found = feed.page(
            tenant_id, since, limit=asked["limit"], wanted=heard_wanted(asked), namespaces=self.speaker.namespaces,
            after=asked.get("after"), before=asked.get("before"),
        )  # fmt: skip
        return Response(_paged(found))


class Log(TenantView):
    operations = {"GET": "events.read"}

    @extend_schema(
        tags=["events"], operation_id="read_event_log", summary="The event log, newest first, in numbered pages",
        description=(
            "As far back as facts are kept, which is longer than the feed goes. Who narrows it can page through 10,000"
            " facts, and they are counted up to that; all of it has an exact total and every page."
        ),
        parameters=[LogParameters], responses=EventLog,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(LogParameters, request.query_params)
        told: dict[str, Any] = {name: asked.get(name) for name in ("page", "per_page", "since", "until")}
        bound = self.speaker.namespaces
        try:
            found = log.read(self.speaker.tenant.id, wanted=heard_wanted(asked), namespaces=bound, **told)
        except log.TooFar:
            raise serializers.ValidationError({"page": "is too far back: narrow it by `until`"}) from None
        return Response(_logged(found))


class OneEvent(TenantView):
    operations = {"GET": "events.read"}

    @extend_schema(
        tags=["events"], operation_id="get_event", summary="One fact, by its number", responses=EventWords,
        description="Also one that is older than the feed goes back.",
    )  # fmt: skip
    def get(self, request: Request, seq: int) -> Response:
        found = feed.one(self.speaker.tenant.id, seq, self.speaker.namespaces)
        if found is None:
            raise NotFound
        return Response(feed.as_json(found))


class EventTypeList(TenantView):
    operations = {"GET": "events.read"}

    @extend_schema(
        tags=["events"], operation_id="list_event_types", summary="The types that facts can have", responses=EventTypes
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [vars(kind) for kind in CATALOGUE.values()]})


def heard_wanted(asked: dict[str, Any]) -> Wanted:
    """The filter that the parameters make. Raises ValidationError."""
    try:
        return wanted(asked["type"], asked["user_id"], asked["namespace"], asked["subject"])
    except BadWanted as error:
        raise serializers.ValidationError({PARAMETERS[error.field]: error.detail}) from None


def _paged(found: feed.Page) -> dict[str, Any]:
    return {
        "data": [feed.as_json(event) for event in found.events],
        "next_since": found.next_since,
        "has_more": found.has_more,
        "last_seq": found.last_seq,
    }


def _logged(found: log.LogPage) -> dict[str, Any]:
    return {
        "items": [feed.as_json(event) for event in found.events],
        "total": found.total,
        "total_is_exact": found.exact,
        "page": found.page,
        "per_page": found.per_page,
        "total_pages": found.total_pages,
    }
