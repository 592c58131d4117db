"""What the views of HippocampAI share: their name, how they say what is wrong, and memories by their ids."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound

from api.dialects.base import DialectView, Wrong
from api.dialects.base import id_of as key
from api.dialects.hippocampai.presenters import memories as presenters
from api.dialects.schema import DialectSchema
from memory.errors import NotStored
from memory.models import Memory
from memory.types import Outcome


class HippocampSchema(DialectSchema):
    """Operations named by their routes: both servers' names of one are served by one view."""

    def get_operation_id(self) -> str:
        path = self.path.removeprefix("/compat/hippocampai/").translate(str.maketrans("/:", "_-", "{}"))
        return f"{self.method.lower()}_{path}"


class HippocampView(DialectView):
    dialect = "hippocampai"
    schema = HippocampSchema()

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """Who may not, or not now, is told `{error, message}`; all else is `{detail}`."""
        if wrong.status in (401, 403, 429):
            return {"error": wrong.code, "message": wrong.sentence}
        return {"detail": wrong.sentence}


def keys(told: Sequence[str]) -> dict[str, UUID]:
    """Those that are ids of ours."""
    found: dict[str, UUID] = {}
    for text in told:
        try:
            found[text] = UUID(text)
        except ValueError:
            continue
    return found


def one(told: str, user_id: str = "") -> Memory:
    """A memory that can be read, of this user if one is named. Raises NotFound."""
    rows = Memory.objects.readable().light().filter(pk=key(told))
    memory = (rows.filter(user_id=user_id) if user_id else rows).first()
    if memory is None:
        raise NotFound
    return memory


def kept(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What became of drafts, as memories. Raises NotStored for one of which nothing was kept."""
    if lost := {place: outcome.reason for place, outcome in enumerate(outcomes) if outcome.id is None}:
        raise NotStored(lost)
    found = Memory.objects.light().in_bulk([outcome.id for outcome in outcomes])
    return presenters.memories(found[outcome.id] for outcome in outcomes if outcome.id)
