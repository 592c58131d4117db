"""Memories out of a conversation, and what type a text is of."""

import json
import re
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.hippocampai.serializers import memories as words
from api.dialects.hippocampai.views.base import HippocampView, kept
from memory.algorithms import kinds
from memory.algorithms.summarizing import Told
from memory.extracting import remember_stated

SPOKEN = re.compile(r"^\s*(?P<role>[A-Za-z][\w ]{0,31}):\s*(?P<words>.+)$")
OTHERS = ("assistant", "system", "tool", "ai", "bot", "developer", "function")


class Extract(HippocampView):
    """Remember what the user states in a conversation."""

    heard = words.ExtractHeard
    told = {"POST": words.MemoryTold(many=True)}

    def post(self, request: Request) -> Response:
        heard = self.hear(request)
        return self.answer(kept(remember_stated(_said(heard["conversation"]), words.scope_of(heard))))


class Classify(HippocampView):
    """Which type a text is of."""

    operations = {"POST": "memories.read"}
    heard = words.ClassifyHeard
    told = {"POST": words.ClassTold}

    def post(self, request: Request) -> Response:
        return self.answer(presenters.guessed(kinds.guess(self.hear(request)["text"])))


def _said(conversation: Any) -> list[Told]:
    """What the user says in it: not the assistant, whose words are not the user's."""
    now = timezone.now()
    return [Told(text, now, role) for role, text in _messages(conversation) if role.lower() not in OTHERS]


def _messages(conversation: Any) -> list[tuple[str, str]]:
    """Who says what. The client sends the list as a JSON text; others send lines, or the list itself."""
    told = _decoded(conversation) if isinstance(conversation, str) else conversation
    if isinstance(told, str):
        return [_line(line) for line in told.splitlines() if line.strip()]
    listed = told if isinstance(told, list) else [told]
    return [_message(one) for one in listed]


def _decoded(text: str) -> Any:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return told if isinstance(told, list | dict) else text


def _line(line: str) -> tuple[str, str]:
    spoken = SPOKEN.match(line)
    return (spoken["role"], spoken["words"]) if spoken else ("user", line)


def _message(told: Any) -> tuple[str, str]:
    if isinstance(told, str):
        return "user", told
    text = told.get("content", told.get("text")) if isinstance(told, dict) else None
    role = told.get("role", told.get("speaker")) if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise ValidationError({"conversation": "is a list of messages with role and content, or lines of text"})
    return (role if isinstance(role, str) and role else "user"), text
