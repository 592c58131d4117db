"""Webhooks of the tenant whose schema one is in: make, change, pause, enable, delete, ping, roll their secrets."""

import base64
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from events import ledger, poke, sealing
from events.models import Webhook, WebhookSecret
from events.wanted import BadWanted, wanted
from events.webhooks import addresses, deliveries
from events.webhooks.errors import BadWebhook, Disabled, TooManyWebhooks

MOST = 50  # of one tenant
OVERLAP, LONGEST_OVERLAP = 24.0, 720.0  # hours that a rolled secret goes on signing beside the new one
MOST_SECRETS = 5  # that sign: their signatures go into one header
PURPOSE = "webhook secrets"
FIELDS = ("url", "description", "types", "namespaces")
State, Reason = Webhook.State, Webhook.Reason


def of_tenant(tenant_id: UUID) -> QuerySet[Webhook]:
    return Webhook.objects.filter(tenant_id=tenant_id)


@transaction.atomic
def create(
    url: str, *, description: str = "", types: Sequence[str] = (), namespaces: Sequence[str] = ()
) -> tuple[Webhook, str]:
    """Make a webhook of the tenant; the row and its secret as text. Raises BadWebhook, TooManyWebhooks."""
    tenant_id, now = deliveries.tenant(), timezone.now()
    told = _checked({"url": url, "description": description, "types": types, "namespaces": namespaces})
    if of_tenant(tenant_id).count() >= MOST:
        raise TooManyWebhooks(f"a tenant has at most {MOST} webhooks")
    webhook = Webhook(tenant_id=tenant_id, created_at=now, updated_at=now, **told)
    webhook.save(force_insert=True)
    text = _new_secret(webhook)
    ledger.record("webhook.created", webhook, types=webhook.types)
    return webhook, text


@transaction.atomic
def change(webhook_id: UUID, changes: dict[str, Any]) -> Webhook | None:
    """Change some of FIELDS; None: there is no such webhook. Another address is tried at once. Raises BadWebhook."""
    webhook = _locked(webhook_id)
    if webhook is None:
        return None
    told = _checked(changes)
    fields = [name for name, value in told.items() if getattr(webhook, name) != value]
    if fields:
        for name in fields:
            setattr(webhook, name, told[name])
        _save(webhook, *fields, *(_forgive(webhook) if "url" in fields else ()))
        ledger.record("webhook.changed", webhook, fields=sorted(fields))
    return webhook


@transaction.atomic
def pause(webhook_id: UUID) -> Webhook | None:
    """Let its deliveries wait, until it is enabled."""
    webhook = _locked(webhook_id)
    if webhook and webhook.state == State.ACTIVE:
        webhook.state = State.PAUSED
        _save(webhook, "state")
        ledger.record("webhook.paused", webhook)
    return webhook


@transaction.atomic
def enable(webhook_id: UUID) -> Webhook | None:
    """Deliver again, after a pause or after it was disabled; what waits goes out at once."""
    webhook = _locked(webhook_id)
    if webhook and webhook.state != State.ACTIVE:
        webhook.state, webhook.reason = State.ACTIVE, Reason.NONE
        _save(webhook, "state", "reason", *_forgive(webhook))
        ledger.record("webhook.enabled", webhook)
        poke.after_commit("events.tasks.deliver")
    return webhook


@transaction.atomic
def disable(webhook: Webhook, reason: Webhook.Reason) -> bool:
    """Deliver no more, and tell so; False when that was so already."""
    active = Webhook.objects.filter(pk=webhook.pk).exclude(state=State.DISABLED)
    if not active.update(state=State.DISABLED, reason=reason, updated_at=timezone.now()):
        return False
    ledger.record("webhook.disabled", webhook, tenant_id=webhook.tenant_id, reason=str(reason))
    return True


@transaction.atomic
def delete(webhook_id: UUID) -> bool:
    """Delete a webhook with its secrets and deliveries; False when there is none."""
    webhook = _locked(webhook_id)
    if webhook is None:
        return False
    ledger.record("webhook.deleted", webhook)
    deliveries.drop(webhook.pk)
    webhook.delete()
    return True


@transaction.atomic
def ping(webhook_id: UUID) -> UUID | None:
    """Tell `ping.test`, which goes to this webhook alone, whatever types it wants; the id of the fact. Raises Disabled:
    it would never arrive."""
    webhook = _locked(webhook_id)
    if webhook and webhook.state == State.DISABLED:
        raise Disabled("the webhook is disabled; enable it first")
    return ledger.record("ping.test", webhook).pk if webhook else None


@transaction.atomic
def roll(webhook_id: UUID, hours: float = OVERLAP) -> tuple[Webhook, str] | None:
    """Make a new secret; the one before signs too for some hours, 0 to LONGEST_OVERLAP, and none longer than it.

    None: there is no such webhook.
    """
    webhook = _locked(webhook_id)
    if webhook is None:
        return None
    until = timezone.now() + timedelta(hours=hours)
    webhook.secrets.filter(Q(ends_at=None) | Q(ends_at__gt=until)).update(ends_at=until)
    text = _new_secret(webhook)
    newest = webhook.secrets.order_by("-id").values("id")[:MOST_SECRETS]
    webhook.secrets.filter(Q(ends_at__lte=timezone.now()) | ~Q(id__in=newest)).delete()
    ledger.record("webhook.secret_rolled", webhook, until=until.isoformat())
    return webhook, text


def secrets_of(webhook: Webhook) -> list[str]:
    """The secrets that sign now, the newest first, each as `whsec_…`. Raises Unsealable."""
    return opened(webhook, live_secrets().filter(webhook=webhook))


def live_secrets() -> QuerySet[WebhookSecret]:
    """Those that sign now, the newest first."""
    return WebhookSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now())).order_by("-id")


def opened(webhook: Webhook, rows: Iterable[WebhookSecret]) -> list[str]:
    """Secrets of a webhook as text. Raises Unsealable."""
    return [sealing.unseal(bytes(row.sealed), webhook.tenant_id, PURPOSE, str(webhook.pk)).decode() for row in rows]


def _new_secret(webhook: Webhook) -> str:
    text = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = sealing.seal(text.encode(), webhook.tenant_id, PURPOSE, str(webhook.pk))
    WebhookSecret.objects.create(webhook=webhook, sealed=sealed, made_at=timezone.now())
    return text


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    if "url" in told:
        addresses.check_url(told["url"])
    try:
        wanted(types=told.get("types", ()), namespaces=told.get("namespaces", ()))
    except BadWanted as error:
        raise BadWebhook(error.field, error.detail) from None
    return {name: sorted(set(value)) if name in ("types", "namespaces") else value for name, value in told.items()}


def _forgive(webhook: Webhook) -> tuple[str, ...]:
    """Forget how it failed; the fields that tell it."""
    webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None
    return "failures", "failing_since", "rests_until"


def _save(webhook: Webhook, *fields: str) -> None:
    webhook.updated_at = timezone.now()
    webhook.save(update_fields=[*fields, "updated_at"])


def _locked(webhook_id: UUID) -> Webhook | None:
    return of_tenant(deliveries.tenant()).select_for_update().filter(pk=webhook_id).first()
