"""The doors: health, the native API with its schema and its docs, and the dialects."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api import health, metrics
from api.dialects import mounting

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.Metrics.as_view()),
    path("api/v1/", include("api.native.urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema")),
    *mounting.routes(),
]
