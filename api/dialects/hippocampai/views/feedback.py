"""Feedback: whether a memory helped, and what was said about it so far."""

from rest_framework.request import Request
from rest_framework.response import Response

from analytics import thumbs
from api.dialects.hippocampai.presenters import sessions as present
from api.dialects.hippocampai.serializers import sessions as words
from api.dialects.hippocampai.views.base import HippocampView, key, one
from memory.types import Query, Scope

HELPED = {"relevant": True, "not_relevant": False, "outdated": False, "partially_relevant": None}


class MemoryFeedback(HippocampView):
    """Say whether a memory was relevant; what was said of it."""

    operations = {"POST": "learning.write", "GET": "learning.read"}
    heard = words.FeedbackHeard
    told = {"POST": words.FeedbackTold, "GET": words.ScoreTold}

    def post(self, request: Request, memory_id: str) -> Response:
        said = self.hear(request)
        kind = said["feedback_type"]
        query = Query(said["query"], Scope(user_id=said["user_id"]))
        thumbs.give(query, one(memory_id).pk, helpful=HELPED[kind], label=kind)
        return self.answer({"memory_id": memory_id, "feedback_type": kind, "score": words.FEEDBACK[kind]})

    def get(self, request: Request, memory_id: str) -> Response:
        found = key(memory_id)
        return self.answer(present.score(found, thumbs.counted(found)))


class FeedbackStats(HippocampView):
    """How often a user said what."""

    operations = {"GET": "learning.read"}
    asked = words.FeedbackAsked
    told = {"GET": words.FeedbackStats}

    def get(self, request: Request) -> Response:
        user_id = self.ask(request)["user_id"]
        return self.answer({"user_id": user_id, "stats": present.totals(thumbs.counted(user_id=user_id))})
