"""Opening a tenant: its row, its schema and its tables, together or not at all."""

from django.db import transaction

from events import ledger
from tenants import blueprint
from tenants.models import Domain, Tenant


@transaction.atomic
def open_tenant(slug: str, name: str, domain: str = "") -> Tenant:
    """Create a tenant with its schema and tables. Raises ValidationError for a slug that is bad or taken."""
    tenant = Tenant(slug=slug, name=name, schema_name=f"t_{slug.replace('-', '_')}")
    tenant.full_clean()
    tenant.save()
    blueprint.furnish(tenant.schema_name)
    if domain:
        Domain.objects.create(tenant=tenant, domain=domain, is_primary=True)
    ledger.record("tenant.created", tenant, tenant_id=tenant.id, slug=slug)
    return tenant
