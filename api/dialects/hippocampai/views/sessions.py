"""Sessions: list, read, delete for as long as the undo window lasts, bring back."""

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from api.dialects.hippocampai.presenters import sessions as present
from api.dialects.hippocampai.serializers import sessions as words
from api.dialects.hippocampai.views.base import HippocampView, key
from memory import bygone, sessions, stats
from memory.bygone import Bygone
from memory.models import Session
from memory.types import Scope


class Sessions(HippocampView):
    """Sessions of a user, newest first."""

    operations = {"GET": "sessions.read"}
    asked = words.SessionsAsked
    told = {"GET": words.SessionTold(many=True)}

    def get(self, request: Request) -> Response:
        wish = self.ask(request)
        found = list(sessions.listed(Scope(user_id=wish["user_id"])).order_by("-id")[: words.MOST])
        told = present.listed(found)
        if wish["include_deleted"]:
            told += [present.deleted(gone) for gone in bygone.listed(wish["user_id"], words.MOST) if not gone.back]
        return self.answer(told)


class Stats(HippocampView):
    """How many sessions, users and memories there are."""

    operations = {"GET": "sessions.read"}
    told = {"GET": words.SessionStats}

    def get(self, request: Request) -> Response:
        numbers = stats.overview()
        told = {"total_users": numbers.users, "total_sessions": Session.objects.count()}
        gone = sum(not one.back for one in bygone.listed(limit=words.MOST))
        return self.answer(told | {"deleted_sessions": gone, "total_memories": numbers.live})


def named(session_id: str, user_id: str = "") -> Session | None:
    """The latest session of this name, of this user if one is told."""
    return sessions.listed(Scope(session_id=session_id, user_id=user_id)).order_by("-id").first()


def check_one(session_id: str, user_id: str) -> None:
    """Raises ValidationError where it is not clear whose session is meant: nobody loses one for another's."""
    named = sessions.listed(Scope(session_id=session_id, user_id=user_id)).order_by()
    if named.values("user_id").distinct().count() > 1:
        raise ValidationError({"user_id": "is needed: several have a session of this name"})


class OneSession(HippocampView):
    """One session, by its name."""

    operations = {"GET": "sessions.read"}
    asked = words.SessionAsked
    told = {"GET": words.SessionTold}

    def get(self, request: Request, session_id: str) -> Response:
        wish = self.ask(request)
        user_id = wish.get("user_id", "")
        session = named(session_id, user_id)
        if session:
            return self.answer(present.listed([session])[0])
        for gone in bygone.listed(user_id, words.MOST) if wish["include_deleted"] else ():
            if gone.session_id == session_id:
                return self.answer(present.deleted(gone))
        raise NotFound


class SoftDelete(HippocampView):
    """Delete a session, with what was said in it, until it is restored or the undo window ends."""

    operations = {"POST": "sessions.write"}
    heard = words.SoftDelete
    told = {"POST": words.DeletedTold}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        user_id = said.get("user_id", "")
        check_one(said["session_id"], user_id)
        session = named(said["session_id"], user_id)
        if session is None or sessions.delete(session.pk) is None:
            raise NotFound
        return self.answer(present.record(_gone(session.pk), said.get("reason", ""), said.get("admin_user_id", "")))


class WipeUser(HippocampView):
    """Delete all sessions of a user, with what was said in them."""

    operations = {"POST": "memories.erase"}
    heard = words.Wipe
    told = {"POST": words.WipedTold}
    errors = HippocampView.errors | {400: "Not confirmed"}
    statuses = {422: 400}

    def post(self, request: Request) -> Response:
        said = self.hear(request)
        if not said["confirm"]:
            raise ValidationError({"confirm": "is needed to delete all sessions of a user"})
        keys = sessions.listed(Scope(user_id=said["user_id"])).values_list("pk", flat=True)
        count = sum(sessions.delete(session_key) is not None for session_key in list(keys))
        return self.answer(present.wiped(said, count, self.speaker.actor))


class Deleted(HippocampView):
    """Deleted sessions, as long as they can be restored."""

    operations = {"GET": "sessions.read"}
    asked = words.DeletedAsked
    told = {"GET": words.DeletedTold(many=True)}

    def get(self, request: Request) -> Response:
        wish = self.ask(request)
        found = bygone.listed(wish.get("user_id", ""), wish["limit"])
        return self.answer([present.record(gone) for gone in found if wish["include_restored"] or not gone.back])


class Restore(HippocampView):
    """Bring a deleted session back, with what was said in it."""

    operations = {"POST": "sessions.write"}
    heard = words.Restore
    told = {"POST": words.SessionTold}

    def post(self, request: Request) -> Response:
        session = bygone.bring_back(key(self.hear(request)["record_id"]))
        if session is None:
            raise NotFound
        return self.answer(present.listed([session])[0])


def _gone(session_key: UUID) -> Bygone:
    found = bygone.one(session_key)
    assert found  # it was deleted just now
    return found
