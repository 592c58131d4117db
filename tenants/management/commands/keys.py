"""List, issue, rotate and revoke API keys. A new key is printed once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants import keys
from tenants.errors import DoorError, KeyOver
from tenants.models import ApiKey, Tenant


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="verb", required=True)
        listing = does.add_parser("list", help="all keys, of one tenant or of everybody")
        listing.add_argument("--tenant", default="", help="slug")
        issue = does.add_parser("issue", help="a new key")
        issue.add_argument("name")
        whose = issue.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", default="", help="slug")
        whose.add_argument("--platform", action="store_true", help="a key that acts for any tenant")
        issue.add_argument("--scopes", default="read,write", help="separated by commas")
        issue.add_argument("--namespaces", default="", help="the only ones in which it reads and writes")
        issue.add_argument("--days", type=float, help="until it expires")
        rotate = does.add_parser("rotate", help="a new key in the place of one")
        rotate.add_argument("prefix", help="im_…, as the list shows it")
        rotate.add_argument("--hours", type=float, default=keys.OVERLAP, help="that the old key goes on")
        does.add_parser("revoke", help="end a key now").add_argument("prefix")

    def handle(self, *args: Any, verb: str, **told: Any) -> None:
        try:
            {"list": self._list, "issue": self._issue, "rotate": self._rotate, "revoke": self._revoke}[verb](told)
        except KeyOver:
            raise CommandError("The key was revoked or rotated, or has expired.") from None
        except DoorError as error:
            raise CommandError(str(error)) from None

    def _list(self, told: dict[str, Any]) -> None:
        rows = ApiKey.objects.select_related("tenant").order_by("tenant__slug", "-id")
        for key in rows.filter(tenant=_tenant(told["tenant"])) if told["tenant"] else rows:
            whose = key.tenant.slug if key.tenant else "platform"
            within = f" in {','.join(key.namespaces)}" if key.namespaces else ""
            state = "revoked" if key.revoked_at else "live" if key.is_live() else "expired"
            self.stdout.write(f"{key.prefix} {whose} {state} {','.join(key.scopes)}{within} {key.name}")

    def _issue(self, told: dict[str, Any]) -> None:
        tenant = None if told["platform"] else _tenant(told["tenant"])
        scopes = ["platform"] if told["platform"] else _split(told["scopes"])
        ends = timezone.now() + timedelta(days=told["days"]) if told["days"] else None
        self.stdout.write(keys.issue(tenant, told["name"], scopes, ends, _split(told["namespaces"]))[1])

    def _rotate(self, told: dict[str, Any]) -> None:
        if not 0 <= told["hours"] <= keys.LONGEST_OVERLAP:
            raise CommandError(f"--hours is 0 to {keys.LONGEST_OVERLAP:.0f}")
        self.stdout.write(keys.rotate(_key(told["prefix"]), told["hours"])[1])

    def _revoke(self, told: dict[str, Any]) -> None:
        revoked = keys.revoke(_key(told["prefix"]))
        self.stdout.write("Revoked." if revoked else "It was revoked already.")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _tenant(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug}.")
    return tenant


def _key(prefix: str) -> ApiKey:
    key = ApiKey.objects.filter(public=prefix.removeprefix("im_").split("_")[0]).first()
    if key is None:
        raise CommandError(f"There is no key {prefix}.")
    return key
