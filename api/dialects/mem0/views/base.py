"""What every view of mem0 shares: its errors, and whose organization and project are named."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.base import DialectView
from tenants.errors import QuotaExceeded

NAMES = ("org_id", "project_id")
QUOTA = 413  # what its clients know a used up quota by


def page_links(request: Request, page: int, size: int, count: int) -> dict[str, str | None]:
    """`next` and `previous`, with all that the query said beside the page."""
    last = -(-count // size)
    pages = {"next": page + 1 if page < last else None, "previous": min(page - 1, last) or None}
    return {name: _address(request, number, size) if number else None for name, number in pages.items()}


def _address(request: Request, page: int, size: int) -> str:
    query = request.query_params.copy()
    query.pop("top_k", None)  # it is the size, where it was said
    query["page"], query["page_size"] = str(page), str(size)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class Mem0View(DialectView):
    dialect = "mem0"
    nobody = "Send a valid API key as `Authorization: Token im_…`."
    statuses = {422: 400, 413: 400, 412: 409}
    errors = {400: "Not valid", 401: "Not authenticated", 403: "Not allowed", 404: "Not found", 429: "Too many"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """An organization and a project are the tenant: whoever names them names its own."""
        super().initial(request, *args, **kwargs)
        body = request.data if isinstance(request.data, dict) else {}
        for told in (request.query_params, body, kwargs):
            for name in NAMES:
                self.check_own(told.get(name))

    def check_own(self, named: Any) -> None:
        """Raises NotFound for another's organization or project."""
        if named and named not in (str(self.speaker.tenant.pk), self.speaker.tenant.slug):
            raise NotFound

    def _dressed(self, error: Exception, context: dict[str, Any]) -> Response | None:
        answer = super()._dressed(error, context)
        if answer is not None and isinstance(error, QuotaExceeded) and error.wait is None:
            answer.status_code = QUOTA
        return answer


class Nowhere(Mem0View):
    """Where nothing is, such as a memory whose id is none: told as everything that is not there."""

    schema = None  # type: ignore[assignment]  # in no OpenAPI file
    operations = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "me.read")
    http_method_names: list[str] = []

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise NotFound
