"""AI Memory Layer: each view hears, calls a verb of the house, and answers."""

from typing import Any

from api.dialects.base import DialectView, Wrong


class MemoryLayerView(DialectView):
    dialect = "memory_layer"

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        return {"detail": wrong.sentence, "request_id": wrong.request_id}
