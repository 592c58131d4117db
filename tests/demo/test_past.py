"""Facts of a history that is brought along, and a tenant that is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django_tenants.utils import tenant_context

from config.demo import rhythm
from events import ledger, relay, verify
from events.ledger import Past
from events.models import Event
from memory.models import Memory
from memory.remember import remember
from memory.types import Draft
from tenants.models import Tenant


def test_a_tenant_with_memories_of_others_is_left_alone(acme: Tenant) -> None:
    with tenant_context(acme):
        remember(Draft("Mine."))
    with pytest.raises(CommandError, match="memories of its own"):
        call_command("demo", tenant="acme")
    with tenant_context(acme):
        assert Memory.objects.count() == 1


def test_a_fact_of_the_past_is_of_the_catalogue_too(in_acme: Tenant) -> None:
    with pytest.raises(ledger.LedgerError):
        ledger.bring([past(data={"kind": "fact"})])


def test_a_fact_of_the_past_is_numbered_behind_what_is_there(in_acme: Tenant) -> None:
    with transaction.atomic():
        ledger.record("selftest.started")
    relay.relay_batch(in_acme.pk)
    ledger.bring([past(data={"by": "key"})])
    relay.relay_batch(in_acme.pk)
    last = Event.objects.filter(tenant_id=in_acme.pk).order_by("-seq").first()
    assert last
    assert (last.type, last.occurred_at.year, last.actor) == ("login.opened", 2020, "key:x")
    assert verify.verify_all(in_acme.pk).complete


def past(**more: Any) -> Past:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return Past(rhythm.key(rhythm.Month(1, at + timedelta(days=30)).dice("x"), at), "login.opened", at, "key:x", **more)
