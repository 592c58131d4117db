"""Checks with ids for a server that others can reach: it does not start with defaults that anybody knows."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

HERE = {"localhost", "127.0.0.1", "[::1]", "testserver"}
KNOWN = {"", "admin", "changeme", "change-me", "default", "example", "memhouse", "minioadmin", "password", "postgres",
         "redis", "root", "secret", "test"}  # fmt: skip
SECRET_LENGTH, DATA_KEY_LENGTH, DISTINCT = 50, 32, 8


def reachable() -> bool:
    """Whether others than this machine are answered."""
    return settings.SERVED_OVER_TLS or bool(set(settings.ALLOWED_HOSTS) - HERE)


@register(Tags.security)
def safe_for_others(app_configs: Any, **_: Any) -> list[CheckMessage]:
    return [*_open_doors(), *_weak_secrets()] if reachable() else []


def _open_doors() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on, and shows code and settings to everybody.", hint="Unset DEBUG.", id="config.E005")
    if any(host in ("*", ".") for host in settings.ALLOWED_HOSTS):
        hint = "Name the hosts in ALLOWED_HOSTS; `.memory.example` allows its subdomains."
        yield Error("Every host name is answered.", hint=hint, id="config.E006")


def _weak_secrets() -> Iterator[CheckMessage]:
    if _weak(settings.SECRET_KEY, SECRET_LENGTH):
        hint = "python -c 'import secrets; print(secrets.token_urlsafe(64))' makes one."
        yield Error("SECRET_KEY can be guessed, or is shorter than 50 characters.", hint=hint, id="config.E007")
    if any(_weak(key, DATA_KEY_LENGTH) for key in settings.DATA_KEYS):
        yield Error("A key of DATA_KEYS can be guessed, or is shorter than 32 characters.", id="config.E008")
    for name, password in _passwords():
        if password.lower() in KNOWN:
            yield Error(f"The password in {name} is one that everybody tries first.", id="config.E009")


def _weak(secret: str, least: int) -> bool:
    return len(secret) < least or len(set(secret)) < DISTINCT or secret.startswith("django-insecure-")


def _passwords() -> Iterator[tuple[str, str]]:
    database = settings.DATABASES["default"]
    if not str(database.get("HOST", "")).startswith("/") and database.get("PASSWORD"):  # a socket asks the system
        yield "DATABASE_URL", str(database["PASSWORD"])
    if secret := settings.STORAGES["cold"]["OPTIONS"].get("secret_key"):
        yield "COLD_S3_SECRET_KEY", str(secret)


@register(Tags.security, deploy=True)
def advice_for_others(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Told by `manage.py check --deploy`."""
    found: list[CheckMessage] = []
    if not settings.SERVED_OVER_TLS:
        hint = "Put a proxy with TLS before it, and set SERVED_OVER_TLS and NUM_PROXIES."
        found.append(checks.Warning("Passwords and keys travel in the clear.", hint=hint, id="config.W010"))
    if settings.DATA_KEYS == [settings.SECRET_KEY]:
        hint = "Set DATA_KEYS: then SECRET_KEY can be changed and what is encrypted stays readable."
        found.append(checks.Warning("What is kept encrypted hangs on SECRET_KEY.", hint=hint, id="config.W011"))
    return found
