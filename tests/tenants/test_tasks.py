"""A tenant's task runs in its tenant's schema, or not at all."""

import uuid
from contextlib import nullcontext
from typing import Any

import pytest
from celery import shared_task

from memory.models import Memory
from memory.remember import remember
from memory.types import Draft
from tenants import tasks
from tenants.models import Tenant
from tenants.tasks import TenantTask, WrongSchema

seen: list[list[str]] = []


@shared_task(base=TenantTask, name="tests.look")
def look(tenant_id: str) -> None:
    seen.append(list(Memory.objects.values_list("content", flat=True)))


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def test_two_interleaved_tasks_see_only_their_own_rows(ada: Any, ben: Any, acme: Tenant, globex: Tenant) -> None:
    ada.remember("acme's")
    ben.remember("globex's")
    for tenant in (acme, globex, acme, globex):
        look(str(tenant.id))
    assert seen == [["acme's"], ["globex's"]] * 2


def test_a_task_of_a_tenant_that_is_gone_does_not_run(acme: Tenant) -> None:
    look(str(uuid.uuid4()))
    assert seen == []


def test_a_task_of_a_suspended_tenant_does_not_run(acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(state=Tenant.State.SUSPENDED)
    look(str(acme.id))
    assert seen == []


def test_a_task_in_the_wrong_schema_refuses(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "tenant_context", lambda tenant: nullcontext())
    with pytest.raises(WrongSchema):
        look(str(acme.id))
    assert seen == []


def test_a_task_leaves_the_schema_as_it_found_it(in_acme: Tenant, globex: Tenant) -> None:
    look(str(globex.id))
    remember(Draft("still in acme"))
    assert Memory.objects.count() == 1


@shared_task(base=TenantTask, name="tests.fail")
def fail(tenant_id: str) -> None:
    seen.append([tenant_id])
    Memory.objects.raw("SELECT * FROM of_a_migration_to_come")[0]


def test_a_tick_goes_on_with_the_others_where_one_fails(committed: None, acme: Tenant, globex: Tenant) -> None:
    tasks.in_each(fail)
    assert sorted(seen) == sorted([[str(acme.id)], [str(globex.id)]])


def test_a_tick_leaves_out_who_is_suspended(acme: Tenant, globex: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(state=Tenant.State.SUSPENDED)
    tasks.in_each(look)
    assert len(seen) == Tenant.objects.filter(state=Tenant.State.ACTIVE).count()
