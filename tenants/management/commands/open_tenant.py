"""Open a tenant and issue its first API key, which is printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants import keys, onboarding


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", default="", help="the slug, when it is not given")
        parser.add_argument("--domain", default="")

    def handle(self, *args: Any, slug: str, name: str, domain: str, **options: Any) -> None:
        try:
            tenant = onboarding.open_tenant(slug, name or slug, domain)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(keys.issue(tenant, "first key")[1])
