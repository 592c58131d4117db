"""A server that others can reach does not start with what everybody knows; a good one has nothing to complain of."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import SystemCheckError

from config import checks, deploy

ROOT = Path(__file__).resolve().parents[2]
SECRET = "kJ3n5Zq-7sXw2LrTmB9vYc8eUf4hGa6dPo1iRtWnQzKxMvBs0yEuCjHgDlFpAo5"
GOOD = {
    "SECRET_KEY": SECRET,
    "DATA_KEYS": SECRET[::-1],
    "DATABASE_URL": "postgres://memhouse:Zj3kd9s0djl2@db.example/memhouse",
    "ALLOWED_HOSTS": "memory.example",
    "SERVED_OVER_TLS": "true",
    "NUM_PROXIES": "1",
}


def manage(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "MEMHOUSE_VAR": "/nonexistent"} | GOOD | told
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_deployment_check_is_clean_with_settings_for_the_internet() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_the_deployment_check_advises_tls_and_keys_of_their_own() -> None:
    done = manage("check", "--deploy", SERVED_OVER_TLS="", DATA_KEYS="")
    assert "config.W010" in done.stderr
    assert "config.W011" in done.stderr


@pytest.mark.parametrize(
    ("told", "id"),
    [
        ({"DEBUG": True}, "config.E005"),
        ({"ALLOWED_HOSTS": ["*"]}, "config.E006"),
        ({"ALLOWED_HOSTS": ["memory.example", "*"]}, "config.E006"),
        ({"SECRET_KEY": "short"}, "config.E007"),
        ({"SECRET_KEY": "a" * 80}, "config.E007"),
        ({"SECRET_KEY": f"django-insecure-{SECRET}"}, "config.E007"),
        ({"DATA_KEYS": ["changeme"]}, "config.E008"),
        ({"DATA_KEYS": [SECRET, "old"]}, "config.E008"),
        ({"STORAGES": {"cold": {"OPTIONS": {"secret_key": "minioadmin"}}}}, "config.E009"),
    ],
)
def test_a_server_for_others_refuses_what_everybody_knows(settings: Any, told: dict[str, Any], id: str) -> None:
    settings.ALLOWED_HOSTS, settings.SECRET_KEY, settings.DATA_KEYS = ["memory.example"], SECRET, [SECRET]
    assert deploy.safe_for_others(None) == []
    for name, value in told.items():
        setattr(settings, name, value)
    assert [message.id for message in deploy.safe_for_others(None)] == [id]


def test_a_database_with_a_password_that_everybody_tries_is_refused() -> None:
    done = manage("check", DATABASE_URL="postgres://memhouse:Password@db.example/memhouse")
    assert "config.E009" in done.stderr
    assert manage("check", DATABASE_URL="postgres://memhouse@%2Frun/memhouse").returncode == 0


def test_a_server_for_this_machine_alone_may_be_simple(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SECRET_KEY, settings.DEBUG = ["localhost", "127.0.0.1"], "short", True
    assert deploy.safe_for_others(None) == []
    settings.SERVED_OVER_TLS = True
    assert len(deploy.safe_for_others(None)) == 2


@pytest.mark.usefixtures("db")
def test_a_server_does_not_start_with_an_error(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with pytest.raises(SystemCheckError, match=r"config\.E006"):
        checks.refuse_unsafe_start()


def test_the_web_server_itself_does_not_start() -> None:
    done = manage("shell", "-v0", "-c", "import config.asgi", ALLOWED_HOSTS="*")
    assert done.returncode != 0
    assert "config.E006" in done.stderr
