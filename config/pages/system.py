"""How each component of the platform does, and what to do; of no tenant."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from analytics import components
from config.pages.tenants import outside


@require_GET
def system(request: HttpRequest) -> HttpResponse:
    outside(request)
    health = components.health()
    context = admin.site.each_context(request) | {
        "title": "System",
        "health": health,
        "report": components.report(health),
        "troubled": [one for one in health.components if one.advice],
    }
    return TemplateResponse(request, "console/system.html", context)
