from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "automation"

    def ready(self) -> None:
        from automation import jobs  # their import enters them in the catalogue, and they need the models

        assert jobs
