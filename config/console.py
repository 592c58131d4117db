"""The look of the console, its sidebar and its tenant switcher: django-unfold's settings and callbacks."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# Teal, one step darker than Tailwind's, so that white text on 600 has a contrast above 4.5.
TEAL = {
    "50": "oklch(98.4% .014 180.7)",
    "100": "oklch(95.3% .051 180.8)",
    "200": "oklch(91% .096 180.4)",
    "300": "oklch(85.5% .138 181.1)",
    "400": "oklch(77.7% .152 181.9)",
    "500": "oklch(60% .118 184.7)",
    "600": "oklch(51.1% .096 186.4)",
    "700": "oklch(43.7% .078 188.2)",
    "800": "oklch(38.6% .063 188.4)",
    "900": "oklch(32% .053 190)",
    "950": "oklch(27.7% .046 192.5)",
}
UNFOLD = {
    "SITE_TITLE": "Memhouse",
    "SITE_HEADER": "Memhouse",
    "SITE_SUBHEADER": "config.console.where",
    "SITE_SYMBOL": "cottage",
    "SITE_DROPDOWN": "config.console.switcher",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": TEAL},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/favicon.svg")}],
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/copy.js")],
    "LOGIN": {"form": "tenants.signin.SignInForm"},
    "DASHBOARD_CALLBACK": "config.pages.front.front",
    "SIDEBAR": {"navigation": "config.console.sidebar"},
}


def where(request: HttpRequest) -> str:
    """The tenant one stands in, shown under the product's name and in the URL."""
    tenant = getattr(request, "tenant", None)
    return tenant.slug if tenant else "all tenants"


def switcher(request: HttpRequest) -> list[dict[str, str]]:
    """Every tenant this person may enter, each a link that names it in the path."""
    from tenants.models import Tenant  # apps are not loaded when settings read this module

    if not request.user.is_authenticated:
        return []
    tenants = Tenant.objects.filter(scratch=False).order_by("slug")
    operator = bool(request.user.role_in(None))
    if not operator:
        tenants = tenants.filter(memberships__user=request.user)
    everything = [{"title": "All tenants", "link": "/console/", "icon": "apartment"}]
    own = [{"title": t.slug, "link": f"/t/{t.slug}/console/", "icon": "cottage"} for t in tenants[:50]]
    return everything + own if operator else own


def _item(title: str, icon: str, name: str, operation: str = "memories.read") -> dict[str, Any]:
    """A line of the sidebar, for those who may do the operation of its page."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse(name),
        "page": name,
        "permission": lambda request: request.may(operation),
    }


def _waiting(request: HttpRequest) -> dict[str, int]:
    """How much waits at the review desk, to stand beside its name."""
    from memory import reviews  # apps are not loaded when settings read this module

    inside = getattr(request, "tenant", None) and request.may("reviews.decide")  # type: ignore[attr-defined]
    count = sum(reviews.waiting().values()) if inside else 0
    return {"badge": count} if count else {}


def _kept(request: HttpRequest, item: dict[str, Any]) -> dict[str, Any]:
    """The pages of the study go on with the range of time that one looks at."""
    from config.pages import ranges  # apps are not loaded when settings read this module

    return item | {"link": ranges.kept(request, item["page"], item["link"])}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    in_tenant = getattr(request, "tenant", None)
    own = [_kept(request, item) for item in _of_a_tenant(request)] if in_tenant else _of_the_platform()
    docs = [{"title": "API docs", "icon": "menu_book", "link": reverse("docs")}]
    return [{"items": own}, {"separator": True, "items": docs}]


def _of_a_tenant(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        _item("Overview", "dashboard", "admin:index", "me.read"),
        _item("Memories", "psychology", "admin:memory_memory_changelist"),
        _item("Recall playground", "manage_search", "playground"),
        _item("Saved questions", "quiz", "questions"),
        _item("Quality", "target", "quality", "health.read"),
        _item("Exports and imports", "swap_vert", "transfers"),
        _item("Tiers", "ac_unit", "tiers"),
        _item("Sessions", "forum", "sessions", "sessions.read"),
        _item("Entities", "hub", "entities"),
        _item("Statistics", "bar_chart", "statistics"),
        _item("Analytics", "query_stats", "analytics", "analytics.read"),
        _item("Learning", "school", "learning", "learning.read"),
        _item("Patterns", "pattern", "patterns", "learning.read"),
        _item("Recommendations", "recommend", "recommendations", "learning.read"),
        _item("Insights", "lightbulb", "insights", "analytics.read"),
        _item("Reports", "summarize", "reports", "analytics.read"),
        _item("Policies", "rule", "policies", "policies.read"),
        _item("Simulator", "experiment", "simulator", "policies.read"),
        _item("Calendar", "calendar_month", "calendar", "policies.read"),
        _item("Runs", "cleaning_services", "runs", "runs.read"),
        _item("Review desk", "fact_check", "reviews", "reviews.read") | _waiting(request),
        _item("Health", "monitor_heart", "health", "health.read"),
        _item("Searches", "search_insights", "searches", "traces.read"),
        _item("Traces", "timeline", "traces", "traces.read"),
        _item("Embedding models", "model_training", "embeddings"),
        _item("Usage", "speed", "usage", "usage.read"),
        _item("Retention and holds", "event_busy", "retention", "retention.read"),
        _item("Privacy desk", "privacy_tip", "privacy", "people.erase"),
        _item("Settings", "tune", "settings", "tenant.settings"),
        _item("Sync", "sync_alt", "sync", "sync.read"),
        _item("Webhooks", "webhook", "webhooks", "webhooks.read"),
        _item("Dialects", "translate", "dialects", "me.read"),
        _item("Live feed", "sensors", "live", "events.read"),
        _item("Events", "receipt_long", "admin:events_event_changelist", "events.read"),
        _item("Audit", "policy", "audit", "audit.read"),
        _item("Members", "group", "members", "members.manage"),
        _item("API keys", "key", "admin:tenants_apikey_changelist", "keys.manage"),
    ]


def _of_the_platform() -> list[dict[str, Any]]:
    return [
        _item("Overview", "dashboard", "admin:index", "me.read"),
        _item("System", "health_and_safety", "system", "metrics.read"),
        _item("Tenants", "apartment", "admin:tenants_tenant_changelist", "tenants.manage"),
        _item("Plans", "price_change", "admin:tenants_plan_changelist", "tenants.manage"),
        _item("Usage", "speed", "usage", "usage.read"),
        _item("Runs", "cleaning_services", "runs", "runs.read"),
        _item("Calendar", "calendar_month", "calendar", "policies.read"),
        _item("Webhooks", "webhook", "webhooks", "webhooks.read"),
        _item("Dialects", "translate", "dialects", "me.read"),
        _item("Migrations", "account_tree", "schemas", "tenants.manage"),
        _item("Deleted tenants", "receipt", "receipts", "tenants.manage"),
        _item("People", "group", "admin:tenants_user_changelist", "tenants.manage"),
        _item("API keys", "key", "admin:tenants_apikey_changelist", "keys.manage"),
        _item("Events", "receipt_long", "admin:events_event_changelist", "events.read"),
        _item("Audit", "policy", "audit", "audit.read"),
        _item("Isolation", "verified_user", "selftests", "selftest.run"),
        _item("Ticks", "schedule", "admin:django_celery_beat_periodictask_changelist", "tenants.manage"),
    ]
