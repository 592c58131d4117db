"""/api/v1/sync: messages between the tenant's services, without a socket; and how their queue does."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import TenantView, hear
from api.native.sync_words import (
    AckDraft,
    AckedList,
    Fetch,
    FetchedList,
    MessageListWords,
    MessagePage,
    MessageWithReceipts,
    RequeuedWords,
    SentList,
    SentWords,
    ServiceListWords,
    ServicePage,
    ServiceWords,
    SyncBatch,
    SyncDraft,
    WholeQueue,
)
from api.pagination import page
from events.sync import messages, metrics, receipts, services
from events.sync.messages import Draft
from events.sync.models import Message
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
