"""The blueprint as an app, so that Django finds its commands and checks."""

from django.apps import AppConfig


class Config(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, deploy  # noqa: F401  registers them
