"""What /api/v1/sync hears and tells: messages, receipts, services and their queue."""

from rest_framework import serializers

from api.native.base import StrictSerializer
from api.native.words import Name
from events.sync import messages, receipts, services
from events.sync.models import Message, Receipt, Service


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
