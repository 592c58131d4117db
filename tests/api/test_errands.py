"""Work that is done at once and fetched later: who finds its answer, and that an erasure waits for it."""

from typing import Any

import pytest
from django.db import connection

from api import errands
from api.errands import Errand
from tenants import bounds, replies
from tenants.models import KeptReply, Tenant

SAID = {"says": "Ada takes tea."}


def test_an_answer_is_found_by_its_tenant_and_within_its_namespaces(in_acme: Tenant, globex: Tenant) -> None:
    key = errands.run(in_acme.pk, lambda: SAID)
    assert errands.find(in_acme.pk, key) == Errand(SAID)
    assert errands.find(globex.pk, key) is None
    with bounds.bound_to(("work",)):
        assert errands.find(in_acme.pk, key) is None


def test_what_it_says_is_sealed_and_goes_with_an_erasure(in_acme: Tenant) -> None:
    key = errands.run(in_acme.pk, lambda: SAID)
    assert b"Ada" not in bytes(KeptReply.objects.get().body or b"")
    replies.forget(in_acme.pk)
    assert errands.find(in_acme.pk, key) == Errand(None)


def test_an_erasure_waits_for_work_that_is_under_way(in_acme: Tenant) -> None:
    def work() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND pid = pg_backend_pid()")
            return cursor.fetchone()[0]

    assert errands.find(in_acme.pk, errands.run(in_acme.pk, work)) == Errand(1)


def test_work_that_fails_leaves_nothing(in_acme: Tenant) -> None:
    def work() -> Any:
        raise LookupError

    with pytest.raises(LookupError):
        errands.run(in_acme.pk, work)
    assert not KeptReply.objects.exists()


def test_of_a_long_answer_only_the_fact_is_kept(in_acme: Tenant) -> None:
    key = errands.run(in_acme.pk, lambda: "x" * errands.LONGEST)
    assert errands.find(in_acme.pk, key) == Errand(None)
