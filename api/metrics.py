"""/metrics: the numbers of the whole house, for Prometheus."""

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from analytics import exposed
from api.native.base import PlatformView


class AnyText(JSONRenderer):
    """Admits whatever a scraper accepts. What it renders is a problem."""

    media_type = "*/*"
    format = "text"


class Metrics(PlatformView):
    operations = {"GET": "metrics.read"}
    schema = None  # not of the API: a page for one program
    renderer_classes = [AnyText]

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(exposed.text(), content_type=exposed.CONTENT_TYPE)
