"""Where settings come from: the environment first, then what `manage.py up` left under var/."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from botocore.config import Config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")  # what the environment says already stays
VAR = Path(os.environ.get("MEMHOUSE_VAR", BASE_DIR / "var"))


def _embedded(name: str) -> str:
    """The URL of an embedded service while `manage.py up` runs, else an empty string."""
    try:
        return json.loads((VAR / "services.json").read_text()).get(name, "")
    except FileNotFoundError:
        return ""


def database() -> dict[str, Any]:
    """DATABASE_URL as Django's dictionary; a host may be a percent-encoded socket directory."""
    url = os.environ.get("DATABASE_URL") or _embedded("database_url") or "postgres://localhost/memhouse"
    config = env.db_url_config(url)
    return config | {"HOST": unquote(config["HOST"])}


def redis_url() -> str:
    return os.environ.get("REDIS_URL") or _embedded("redis_url") or "redis://localhost:6379"


def secret_key() -> str:
    """SECRET_KEY, or the one that `up` generated; empty when there is neither (config.E001 refuses that)."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    try:
        return (VAR / "secret_key").read_text().strip()
    except FileNotFoundError:
        return ""


def s3_config() -> Config:
    """Time-outs that a reader can wait for, and few retries: what fails is tried again by its job."""
    return Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
