"""Where the dialects of settings.DIALECTS stand: whole under /compat/<name>/, and at the root what clashes with none.

Each has its OpenAPI file at /compat/<name>/schema (also /openapi.json) and a page to read it at /compat/<name>/docs.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularJSONAPIView, SpectacularSwaggerSplitView

from api.dialects.base import Nowhere
from api.routes import both


def urls_of(name: str) -> ModuleType:
    return import_module(f"api.dialects.{name}.urls")


def schema_of(name: str) -> dict[str, Any]:
    """What is different in the OpenAPI file of a dialect; its description is the dialect's README."""
    readme = Path(__file__).parent / name / "README.md"
    return {
        "TITLE": f"Memhouse as {urls_of(name).TITLE}",
        "DESCRIPTION": readme.read_text(),
        "SCHEMA_PATH_PREFIX": f"/compat/{name}",
        "PREPROCESSING_HOOKS": ["api.schema.once"],
        "POSTPROCESSING_HOOKS": [],
        "ENUM_NAME_OVERRIDES": {},
    }


def patterns_of(name: str) -> list[URLResolver]:
    """A dialect, whole, under its own prefix."""
    return [path(f"compat/{name}/", include(urls_of(name).urlpatterns))]


def _mounted(name: str) -> Iterator[URLPattern | URLResolver]:
    page = f"compat/{name}"
    of = {"patterns": patterns_of(name), "custom_settings": schema_of(name)}
    yield path(f"{page}/schema", SpectacularAPIView.as_view(**of), name=f"{name}-schema")
    yield path(f"{page}/openapi.json", SpectacularJSONAPIView.as_view(**of))
    yield from both(f"{page}/docs", SpectacularSwaggerSplitView.as_view(url_name=f"{name}-schema", title=name))
    yield from patterns_of(name)
    nowhere: Any = type("Nowhere", (Nowhere, urls_of(name).VIEW), {})
    yield re_path(f"^{page}/", nowhere.as_view())


def routes() -> list[URLPattern | URLResolver]:
    """All routes of all dialects. The native API stands before them, so nothing of it can be taken."""
    whole = [route for name in settings.DIALECTS for route in _mounted(name)]
    return [*whole, *(route for name in settings.DIALECTS for route in urls_of(name).at_root)]
