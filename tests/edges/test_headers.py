"""What an answer tells browsers, whom it believes about addresses, and which pages elsewhere may call."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches

from config import edges
from tenants.models import Tenant, User
from tests.conftest import Caller


@pytest.fixture
def operator(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    return client


@pytest.mark.parametrize("page", ["/console/", "/t/acme/console/", "/console/login/", "/api/v1/memories", "/healthz"])
def test_every_answer_bounds_what_a_browser_may_do_with_it(operator: Client, acme: Tenant, page: str) -> None:
    answer = operator.get(page)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert "http" not in scripts
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_a_page_has_no_inline_script(operator: Client, acme: Tenant) -> None:
    for page in ("/console/", "/t/acme/console/", "/t/acme/console/memory/memory/", "/api/docs"):
        shown = operator.get(page).content.decode()
        assert "<script>" not in shown
        assert "javascript:" not in shown


def test_cookies_cannot_be_read_by_scripts_nor_sent_from_elsewhere(db: None) -> None:
    User.objects.create_superuser("operator@example.org", "correct horse")
    client = Client()
    client.post("/console/login/", {"username": "operator@example.org", "password": "correct horse"})
    client.get("/console/tenants/tenant/add/")
    assert {"sessionid", "csrftoken", "known_browser"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_over_tls_only_health_is_told_without_it(db: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    client = Client()
    assert client.get("/console/login/").status_code == 301
    assert client.get("/healthz").status_code == 200
    assert client.get("/console/login/", secure=True)["Strict-Transport-Security"] == "max-age=60"


@pytest.mark.parametrize(("path", "code"), [("/nothing", "not_found"), ("/t/nobody/console/", "not_found")])
def test_an_error_page_says_its_request_id(operator: Client, path: str, code: str) -> None:
    answer = operator.get(path, headers={"X-Request-Id": "remember-me"})
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == answer["X-Request-Id"] == "remember-me"


def test_a_forged_form_gets_a_problem_with_its_request_id(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/console/login/", {"username": "x", "password": "y"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert answer.json()["request_id"] == answer["X-Request-Id"]


def test_what_a_person_may_not_do_gets_a_problem_with_its_request_id(acme: Tenant) -> None:
    user = User.objects.create_user("viewer@example.org", "correct horse", is_staff=True)
    user.memberships.create(tenant=acme, role="viewer")
    client = Client()
    client.force_login(user)
    answer = client.get("/t/acme/console/memory/memory/add/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert answer.json()["request_id"] == answer["X-Request-Id"]


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6", "6.6.6.6"),
        (1, "1.1.1.1, 6.6.6.6", "6.6.6.6"),
        (2, "1.1.1.1, 6.6.6.6, 10.0.0.2", "6.6.6.6"),
        (2, "6.6.6.6", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Any, proxies: int, told: str, address: str) -> None:
    settings.NUM_PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": told}
    edges.true_address(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


ELSEWHERE = {"Origin": "https://app.example"}
ASKING = ELSEWHERE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}


def test_pages_elsewhere_may_not_call_by_default(ada: Caller) -> None:
    assert "Access-Control-Allow-Origin" not in ada.raw("GET", "memories", **ELSEWHERE)


@pytest.fixture
def with_cors(settings: Any) -> None:
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    clear_url_caches()


@pytest.mark.usefixtures("with_cors")
def test_a_named_page_may_call_the_api_and_nothing_else(ada: Caller, operator: Client) -> None:
    answer = ada.raw("GET", "memories", **ELSEWHERE)
    assert answer["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in answer
    assert "x-request-id" in answer["Access-Control-Expose-Headers"]
    asked = Client().options("/t/acme/api/v1/memories", headers=ASKING)
    assert asked.status_code == 200
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in ada.raw("GET", "memories", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in operator.get("/console/", headers=ELSEWHERE)


@pytest.mark.usefixtures("with_cors")
@pytest.mark.parametrize("path", ["/v1/memories", "/api/v1/memory/read", "/compat/mem0/v1/ping", "/t/acme/v1/search"])
def test_a_named_page_may_call_the_dialects_too(db: None, path: str) -> None:
    asked = Client().options(path, headers=ASKING | {"Access-Control-Request-Headers": "x-user-id"})
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (200, "https://app.example")
    assert "x-user-id" in asked["Access-Control-Allow-Headers"]
    assert Client().get(path, headers=ELSEWHERE)["Access-Control-Allow-Origin"] == "https://app.example"
