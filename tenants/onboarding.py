"""Opening a tenant: its row, its schema and its tables, together or not at all."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django_tenants.utils import tenant_context

from events import ledger
from tenants import blueprint
from tenants.models import Domain, Receipt, Tenant
from tenants.resolve import PLATFORM


def open_tenant(slug: str, name: str, domain: str = "") -> Tenant:
    """Create a tenant with its schema and tables, from wherever one stands.

    Raises ValidationError for a slug that is bad or was ever taken.
    """
    with tenant_context(PLATFORM):
        return _open(slug, name, domain)


@transaction.atomic
def _open(slug: str, name: str, domain: str) -> Tenant:
    tenant = Tenant(slug=slug, name=name, schema_name=f"t_{slug.replace('-', '_')}")
    tenant.full_clean()
    check_free(slug)
    tenant.save()
    blueprint.furnish(tenant.schema_name)
    if domain:
        named = Domain(tenant=tenant, domain=domain, is_primary=True)
        named.full_clean()
        named.save()
    ledger.record("tenant.created", tenant, tenant_id=tenant.id, slug=slug)
    return tenant


def check_free(slug: str) -> None:
    """Raises ValidationError for the slug of a deleted tenant."""
    if Receipt.objects.filter(slug=slug).exists():
        raise ValidationError({"slug": "A tenant of this slug was deleted; slugs are not given again."})


@transaction.atomic
def rename(tenant: Tenant, name: str) -> Tenant:
    """Give a tenant another name; its slug stays."""
    tenant.name = name
    tenant.save(update_fields=["name"])
    ledger.record("tenant.renamed", tenant, tenant_id=tenant.pk)
    return tenant
