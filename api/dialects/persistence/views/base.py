"""What the service's views share: its envelope of errors."""

from typing import Any

from django.utils import timezone

from api.dialects.base import DialectView, Wrong

ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "statusCode": {"type": "integer"},
                "timestamp": {"type": "string", "format": "date-time"},
            },
        }
    },
}


class PersistenceView(DialectView):
    dialect = "persistence"
    statuses = {422: 400}
    missing = "Not found"
    errors = {400: "Not valid", 401: "Not authenticated", 403: "Not allowed", 404: "Not found", 429: "Too many"}
    envelope_schema = ERROR
    nobody = "Send an access token of `POST /api/v1/tokens`, or an API key, as `Authorization: Bearer …`."

    def envelope(self, wrong: Wrong) -> dict[str, Any]:
        """`statusCode` is the status of the answer; what is not there is told by a text alone."""
        status = self.statuses.get(wrong.status, wrong.status)
        if status == 404:
            return {"error": self.missing}
        told = {"message": wrong.sentence, "statusCode": status, "timestamp": timezone.now().isoformat()}
        return {"error": told}
