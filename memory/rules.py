"""Retention rules: made, changed and deleted. What they do is in memory.upkeep.retain."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events import ledger
from memory.algorithms import retention
from memory.algorithms.retention import Conflict
from memory.errors import OutsideNamespaces, TooManyRules
from memory.models import Rule
from tenants import bounds

MOST = 200  # of a tenant: each is compared with each


@transaction.atomic
def create(told: dict[str, Any]) -> Rule:
    """A new rule of these fields.

    Raises OutsideNamespaces for one who is bound to namespaces and names none of them, and TooManyRules.
    """
    rule = Rule(**told)
    _within(rule)
    if Rule._base_manager.count() >= MOST:
        raise TooManyRules(MOST)
    rule.save(force_insert=True)
    ledger.record("rule.created", rule, **_thin(rule))
    return rule


@transaction.atomic
def change(rule_id: UUID, told: dict[str, Any]) -> Rule | None:
    """Change these fields; None when there is no such rule. Raises OutsideNamespaces."""
    rule = Rule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        return None
    fields = sorted(name for name, value in told.items() if getattr(rule, name) != value)
    for name in fields:
        setattr(rule, name, told[name])
    _within(rule)
    if fields:
        rule.updated_at = timezone.now()
        rule.save(update_fields=[*fields, "updated_at"])
        ledger.record("rule.updated", rule, **_thin(rule), fields=fields)
    return rule


@transaction.atomic
def delete(rule_id: UUID) -> bool:
    """False when there is no such rule."""
    rule = Rule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        return False
    ledger.record("rule.deleted", rule, **_thin(rule))
    rule.delete()
    return True


def listed() -> QuerySet[Rule]:
    return Rule.objects.all()


def conflicts() -> list[Conflict]:
    """Where the enabled rules meet and differ; see retention.conflicts."""
    return retention.conflicts([rule.as_value() for rule in listed().filter(enabled=True).order_by("id")])


def _within(rule: Rule) -> None:
    bound = bounds.current()
    if bound and rule.namespace not in bound:
        raise OutsideNamespaces(rule.namespace)


def _thin(rule: Rule) -> dict[str, Any]:
    return {"action": rule.action, "retention_days": rule.retention_days, "enabled": rule.enabled}
