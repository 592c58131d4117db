"""Deleted sessions are brought back with what was said in them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from events import forgetting
from events.models import Event
from memory import bygone, sessions
from memory.models import Memory, Session
from memory.remember import remember
from memory.types import Draft, Scope
from tenants import bounds
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_acme")
TALK = Scope(user_id="ada", session_id="talk")


@pytest.fixture
def deleted() -> Session:
    """A session of two memories that was deleted, as it was."""
    for word in ("Tea.", "Milk."):
        remember(Draft(word, TALK))
    session = Session.objects.get()
    assert sessions.delete(session.pk) == 2
    return session


def test_a_deleted_session_is_told_with_who_deleted_it(deleted: Session) -> None:
    (told,) = bygone.listed("ada")
    assert (told.id, told.session_id, told.memories, told.back) == (deleted.pk, "talk", 2, False)
    assert abs(told.began - deleted.created_at) < timedelta(seconds=1)
    assert told.deleted_by
    assert bygone.listed("ben") == []


def test_it_is_brought_back_with_its_memories(deleted: Session) -> None:
    session = bygone.bring_back(deleted.pk)
    assert session is not None
    assert (session.pk, session.session_id, session.memories) == (deleted.pk, "talk", 2)  # type: ignore[attr-defined]
    assert abs(session.created_at - deleted.created_at) < timedelta(seconds=1)
    assert Memory.objects.live().count() == 2
    assert [told.back for told in bygone.listed()] == [True]
    remember(Draft("Sugar.", TALK))
    assert list(Memory.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3]


def test_one_of_its_name_that_is_there_gets_them(deleted: Session) -> None:
    remember(Draft("Sugar.", TALK))
    session = bygone.bring_back(deleted.pk)
    assert session is not None
    assert (session.pk == deleted.pk, session.memories) == (False, 3)  # type: ignore[attr-defined]


def test_after_the_undo_window_nothing_is_told(deleted: Session) -> None:
    Event.objects.filter(type="session.deleted").update(occurred_at=timezone.now() - timedelta(days=400))
    assert bygone.listed() == []
    assert bygone.bring_back(deleted.pk) is None


def test_of_who_was_erased_nothing_is_told(deleted: Session, acme: Tenant) -> None:
    assert forgetting.forget(acme.pk, "user_id", "ada") > 0
    assert bygone.listed() == []
    assert bygone.bring_back(deleted.pk) is None


def test_who_is_bound_elsewhere_sees_none(deleted: Session) -> None:
    with bounds.bound_to(("work",)):
        assert bygone.listed() == []


def test_another_tenant_has_none(deleted: Session, globex: Tenant) -> None:
    with tenant_context(globex):
        assert bygone.listed() == []
        assert bygone.bring_back(deleted.pk) is None


def test_the_latest_memory_of_each_session_is_known(deleted: Session) -> None:
    remember(Draft("Sugar.", TALK))
    session = Session.objects.get()
    assert sessions.latest([session])[session.pk] == Memory.objects.live().get().created_at
