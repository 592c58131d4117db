"""Every route: the doors, and the console."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path


def front(request: HttpRequest) -> HttpResponse:
    return redirect("admin:index")


urlpatterns = [
    path("", front),
    path("", include("api.urls")),
    path("console", front),
    path("console/", include("config.pages.urls")),
    path("console/", admin.site.urls),
]
handler400 = "api.problems.bad_request"
handler403 = "api.problems.forbidden"
handler404 = "api.problems.not_found"
handler500 = "api.problems.server_error"
