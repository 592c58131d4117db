"""Webhooks of the project."""

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.mem0.presenters import webhooks as presenters
from api.dialects.mem0.serializers import memories, others
from api.dialects.mem0.views.base import Mem0View
from events.webhooks import endpoints


def fields_of(told: dict[str, Any]) -> dict[str, Any]:
    """What is said, in the words of the house."""
    fields = {"description": told["name"]} if "name" in told else {}
    if "event_types" in told:
        fields["types"] = sorted({presenters.TYPES[name] for name in told["event_types"] or presenters.TYPES})
    return fields | ({"url": told["url"]} if "url" in told else {})


class Webhooks(Mem0View):
    """List and make webhooks."""

    operations = {"GET": "webhooks.read", "POST": "webhooks.manage"}
    reply_is_secret = True
    heard = others.WebhookDraft
    told = {"GET": others.WebhookTold(many=True), "POST": others.WebhookTold}

    def get(self, request: Request, project_id: str) -> Response:
        rows = endpoints.of_tenant(self.speaker.tenant.pk).order_by("-id")
        return self.answer([presenters.webhook(webhook) for webhook in rows])

    def post(self, request: Request, project_id: str) -> Response:
        told = self.hear(request)
        fields = {"event_types": []} | told
        webhook, secret = endpoints.create(**fields_of(fields))
        return self.answer(presenters.webhook(webhook) | {"secret": secret}, Cache_Control="no-store")


class OneWebhook(Mem0View):
    """Change or delete a webhook."""

    operations = {"PUT": "webhooks.manage", "DELETE": "webhooks.manage"}
    heard = others.WebhookChange
    told = {"PUT": others.WebhookTold, "DELETE": memories.MessageTold}

    def put(self, request: Request, webhook_id: UUID) -> Response:
        webhook = endpoints.change(webhook_id, fields_of(self.hear(request)))
        if webhook is None:
            raise NotFound
        return self.answer(presenters.webhook(webhook))

    def delete(self, request: Request, webhook_id: UUID) -> Response:
        if not endpoints.delete(webhook_id):
            raise NotFound
        return self.answer({"message": "Webhook deleted successfully"})
