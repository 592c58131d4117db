"""Memory Persistence Service: each view hears, calls a verb of the house, and answers."""

from typing import Any

from django.utils import timezone

from api.dialects.base import DialectView, Wrong


class PersistenceView(DialectView):
    dialect = "persistence"

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """`statusCode` is the status of the answer; what is not there is told by a text alone."""
        if wrong.status == 404:
            return {"error": "Memory not found"}
        told = {"message": wrong.sentence, "statusCode": wrong.status, "timestamp": timezone.now().isoformat()}
        return {"error": told}
