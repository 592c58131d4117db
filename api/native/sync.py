"""/api/v1/sync: messages between the tenant's services, without a socket; and how their queue does."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from events.sync import messages, metrics, receipts, services
from events.sync.messages import Draft
from events.sync.models import Message, Receipt, Service
from memory.privacy import between

READS, WRITES = {"GET": "sync.read"}, {"GET": "sync.read", "POST": "sync.write"}
A_BROADCAST = OpenApiExample(
    "tell all services",
    {
        "source": "dspy-service",
        "kind": "learning",
        "action": "create",
        "data": {"pattern": "automatic_renewal_clause"},
    },
    request_only=True,
)
DONE = OpenApiExample(
    "it was processed", {"service": "lora-service", "ids": ["01a1fc31-325e-776f-a220-14f1782bb309"]}, request_only=True
)


class SyncDraft(StrictSerializer):
    """A message to send. Without `target` it goes to every service that is known and wants its kind."""

    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the property
        max_length=64, help_text="The service that sends it."
    )
    target = Name(max_length=64, help_text="The one service it is for; empty: all.")
    kind = serializers.ChoiceField(Message.Kind.choices)
    action = serializers.ChoiceField(Message.Action.choices)
    data = serializers.DictField(  # type: ignore[assignment]  # a field, not the property
        default=dict, help_text="Up to 64 KiB."
    )
    correlation_id = Name(max_length=128, help_text="A name of yours that goes with it.")
    expires_in = serializers.FloatField(
        required=False, min_value=1, max_value=10**9, help_text="Seconds for which it is delivered; at most SYNC_DAYS."
    )


class SyncBatch(StrictSerializer):
    messages = serializers.ListField(child=SyncDraft(), allow_empty=False, max_length=messages.MOST)


class AckDraft(StrictSerializer):
    service = serializers.CharField(max_length=64)
    ids = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=messages.MOST)
    status = serializers.ChoiceField(["processed", "failed"], default="processed")
    error = Name(max_length=500, help_text="What went wrong, where it failed.")


class Fetch(StrictSerializer):
    service = serializers.CharField(max_length=64)
    capabilities = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=services.MOST_CAPABILITIES, required=False,
        help_text="Kinds that it wants of broadcasts; empty: all. Absent: as before.",
    )  # fmt: skip
    limit = serializers.IntegerField(min_value=1, max_value=receipts.BATCH, default=receipts.BATCH)


class MessageListWords(StrictSerializer):
    service = Name(max_length=64, help_text="From it or for it.")
    state = serializers.ChoiceField(Receipt.State.choices, required=False, help_text="Of one of its receipts.")
    kind = serializers.ChoiceField(Message.Kind.choices, required=False)
    correlation_id = Name(max_length=128)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ServiceListWords(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class SyncReceiptWords(serializers.ModelSerializer):
    """One message for one service."""

    service = serializers.CharField(source="service.service_id")

    class Meta:
        model = Receipt
        fields = ("service", "state", "attempts", "next_at", "first_sent_at", "settled_at", "error")
        read_only_fields = fields


class SentWords(serializers.ModelSerializer):
    """A message. Its data ends with its time."""

    class Meta:
        model = Message
        fields = (
            "id", "kind", "action", "source", "target", "data", "correlation_id", "created_at", "expires_at",
        )  # fmt: skip
        read_only_fields = fields


class MessageWithReceipts(SentWords):
    receipts = SyncReceiptWords(many=True)

    class Meta:
        model = Message
        fields = read_only_fields = (*SentWords.Meta.fields, "receipts")


class FetchedWords(SentWords):
    attempt = serializers.IntegerField(help_text="How often it was handed over, with this time.")

    class Meta:
        model = Message
        fields = read_only_fields = (*SentWords.Meta.fields, "attempt")


class ServiceWords(serializers.ModelSerializer):
    connected = serializers.BooleanField(help_text="Whether it has an open socket.")

    class Meta:
        model = Service
        fields = ("service_id", "connected", "capabilities", "created_at", "seen_at")
        read_only_fields = fields


class SentList(serializers.Serializer):
    data = SentWords(many=True)  # type: ignore[assignment]  # a field, not the property


class FetchedList(serializers.Serializer):
    data = FetchedWords(many=True)  # type: ignore[assignment]  # a field, not the property


class MessagePage(serializers.Serializer):
    data = MessageWithReceipts(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ServicePage(serializers.Serializer):
    data = ServiceWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class AckedWords(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(Receipt.State.choices)


class AckedList(serializers.Serializer):
    data = AckedWords(many=True)  # type: ignore[assignment]  # a field, not the property


class RequeuedWords(serializers.Serializer):
    requeued = serializers.IntegerField(help_text="For how many services.")


class LatencyWords(serializers.Serializer):
    acknowledged = serializers.IntegerField()
    p50_ms = serializers.FloatField(allow_null=True, help_text="From sent to acknowledged.")
    p95_ms = serializers.FloatField(allow_null=True)


class QueueWords(serializers.Serializer):
    waiting = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="Handed over, and not acknowledged.")
    failed = serializers.IntegerField(help_text="To be tried again.")
    dead = serializers.IntegerField()
    oldest_seconds = serializers.FloatField(allow_null=True, help_text="Age of the oldest that is not acknowledged.")
    last_hour = LatencyWords()
    last_day = LatencyWords()
    retries = serializers.IntegerField(help_text="Of what is owed and of the last day: hand-overs after the first.")


class ServiceQueue(QueueWords):
    service = serializers.CharField()
    connected = serializers.BooleanField()


class WholeQueue(serializers.Serializer):
    total = QueueWords()
    services = ServiceQueue(many=True)


ONE_OR_MANY = PolymorphicProxySerializer("SyncDraftOrBatch", [SyncDraft, SyncBatch], None)


class SyncView(TenantView):
    """Messages know no namespaces, so a credential that is bound to some has no part in them."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.speaker.namespaces:
            raise PermissionDenied


class Services(SyncView):
    operations = READS

    @extend_schema(
        tags=["sync"], operation_id="list_services", summary="List services, the newest first",
        parameters=[ServiceListWords], responses=ServicePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ServiceListWords, request.query_params)
        found, rest = page(services.listed(), asked.get("cursor", ""), asked["limit"])
        return Response({"data": ServiceWords(found, many=True).data, **rest})


class Messages(SyncView):
    operations = WRITES

    @extend_schema(
        tags=["sync"], operation_id="send_messages", summary="Send one message or up to 100 to other services",
        description="All are sent, or none. Each waits until every service that it is for has acknowledged it.",
        request=ONE_OR_MANY, responses={201: SentList}, examples=[A_BROADCAST],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        many = isinstance(request.data, dict) and "messages" in request.data
        told = hear(SyncBatch, request.data)["messages"] if many else [hear(SyncDraft, request.data)]
        sent = between.send_many([Draft(**one) for one in told])
        return Response({"data": SentWords(sent, many=True).data}, status=201)

    @extend_schema(
        tags=["sync"], operation_id="list_sync_messages", summary="List messages, newest first, with their receipts",
        parameters=[MessageListWords], responses=MessagePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(MessageListWords, request.query_params)
        cursor, limit = asked.pop("cursor", ""), asked.pop("limit")
        rows = messages.listed(**asked).prefetch_related("receipts__service")
        found, rest = page(rows, cursor, limit)
        return Response({"data": MessageWithReceipts(found, many=True).data, **rest})


class OneMessage(SyncView):
    operations = READS

    @extend_schema(
        tags=["sync"], operation_id="get_sync_message", summary="Read one, with its receipts",
        responses=MessageWithReceipts,
    )  # fmt: skip
    def get(self, request: Request, message_id: UUID) -> Response:
        message = Message.objects.prefetch_related("receipts__service").filter(pk=message_id).first()
        if message is None:
            raise NotFound
        return Response(MessageWithReceipts(message).data)


class Waiting(SyncView):
    operations = WRITES

    @extend_schema(
        tags=["sync"], operation_id="fetch_messages", summary="Hand over what waits for a service",
        description="For services without a socket. What is handed over comes again, after a pause that doubles each "
        "time, until it is acknowledged.",
        request=Fetch, responses=FetchedList,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(Fetch, request.data)
        service = services.identify(asked["service"], asked.get("capabilities"))
        rows = receipts.claim(service, None, limit=asked["limit"])
        data = [messages.as_json(row.message) | {"attempt": row.attempts} for row in rows]
        return Response({"data": data})


class Acknowledge(SyncView):
    operations = WRITES

    @extend_schema(
        tags=["sync"], operation_id="acknowledge_messages", summary="Say that messages were processed, or failed",
        request=AckDraft, responses=AckedList, examples=[DONE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        told = hear(AckDraft, request.data)
        failed, error = told["status"] == "failed", told.get("error", "")
        rows = receipts.acknowledge(told["service"], told["ids"], failed=failed, error=error)
        return Response({"data": [{"id": str(row.message_id), "state": row.state} for row in rows]})


class Requeue(SyncView):
    operations = WRITES

    @extend_schema(
        tags=["sync"], operation_id="requeue_message", summary="Deliver again what was given up of a message",
        request=None, responses=RequeuedWords,
    )  # fmt: skip
    def post(self, request: Request, message_id: UUID) -> Response:
        count = receipts.requeue(message_id)
        if count is None:
            raise NotFound
        return Response({"requeued": count})


class QueueView(SyncView):
    operations = READS

    @extend_schema(
        tags=["sync"], operation_id="sync_queue", summary="How the queue does, in all and by service",
        responses=WholeQueue,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        total, each = metrics.queues()
        told = [
            each.get(service.pk, metrics.Queue()).as_json()
            | {"service": service.service_id, "connected": service.connected}  # type: ignore[attr-defined]  # annotated
            for service in services.listed()
        ]
        return Response({"total": total.as_json(), "services": told})
