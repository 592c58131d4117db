"""Sessions: open one, write and read in it, and see what was said."""

from datetime import timedelta

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import Words
from api.dialects.cml.presenters import sessions as told_of
from api.dialects.cml.serializers import memories as memory_words
from api.dialects.cml.serializers import sessions as words
from api.dialects.cml.views import memory
from api.dialects.cml.views.base import CmlView
from memory import sessions
from memory.listing import Narrowing, listed
from memory.tiers import cold
from memory.types import SessionDraft

LATEST = 200  # memories of a session that are told


class CreateSession(CmlView):
    """Open a session, which ends after a while."""

    operations = {"POST": "sessions.write"}
    heard = words.SessionHeard
    told = {"POST": words.SessionTold}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        ttl = timedelta(hours=heard["ttl_hours"]) if heard["ttl_hours"] else None
        draft = SessionDraft(self.scope(), heard.get("name", ""), heard.get("metadata", {}), ttl)
        session, _ = sessions.open_session(draft)
        return self.answer(told_of.opened(session))


class SessionWrite(memory.Write):
    """Store a memory in a session."""

    heard: type[Words] = memory_words.SessionWriteHeard


class SessionRead(memory.Read):
    """Find memories of a session."""


class SessionContext(CmlView):
    """What was said in a session, in order: the latest 200."""

    told = {"GET": words.SessionContextTold}

    def get(self, request: Request, session_id: str) -> Response:
        rows = listed(Narrowing(self.scope(session_id=session_id))).light()
        said = list(rows.order_by("-id")[:LATEST])[::-1]
        cold.fill(said)
        return self.answer(told_of.context(session_id, said))
