"""What every view of InMemory shares: whose memories, and what is said when something is wrong."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from api.dialects.base import DialectView, Wrong
from memory.types import Scope


class InMemoryView(DialectView):
    dialect = "inmemory"

    def user(self, told: str | None = "") -> str:
        """Whose memories: who is named, else who the key is of, by its name."""
        return told or (self.speaker.key.name if self.speaker.key else "") or self.speaker.actor

    def scope(self, told: dict[str, Any]) -> Scope:
        return Scope(user_id=self.user(told.get("user_id")))

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """As FastAPI says it; the two sentences of a 401 are those that its users know."""
        if wrong.status != 401:
            return {"detail": wrong.sentence}
        sent = self.request.headers.get("Authorization") or self.request.headers.get("X-API-Key")
        return {"detail": "Invalid API key" if sent else "API key required"}


class Open(InMemoryView):
    """Answers nobody too; whoever sends a key is recognised as everywhere."""

    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.auth:
            super().initial(request, *args, **kwargs)
        else:
            APIView.initial(self, request, *args, **kwargs)
