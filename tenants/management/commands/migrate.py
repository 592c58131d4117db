"""Django's own `migrate`, for `public` alone. Tenants are migrated by `manage.py tenants migrate`."""

from django.core.management.commands.migrate import Command

__all__ = ["Command"]
