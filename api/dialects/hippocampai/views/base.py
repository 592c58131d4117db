"""What the views of HippocampAI share: their name, and how they say what is wrong."""

from typing import Any

from api.dialects.base import DialectView, Wrong


class HippocampView(DialectView):
    dialect = "hippocampai"

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """Who may not, or not now, is told `{error, message}`; all else is `{detail}`."""
        if wrong.status in (401, 403, 429):
            return {"error": wrong.code, "message": wrong.sentence}
        return {"detail": wrong.sentence}
