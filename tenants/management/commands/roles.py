"""Write docs/roles.md from the table of roles and operations."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tenants import roles


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "roles.md").write_text(roles.page())
