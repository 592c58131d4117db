"""The library's background work. Rows are the work; these messages are hints that some is there."""

from celery import shared_task

from memory import touched, transfers
from memory.privacy import erase
from memory.upkeep import embed, index, reembed, rescore, retier, stock, sweep
from tenants.tasks import TenantTask, in_each


@shared_task(base=TenantTask)
def embed_pending(tenant_id: str) -> None:
    embed.pending()
    reembed.fill()


@shared_task
def embed_everywhere() -> None:
    """The tick: look into each tenant, and embed where something waits."""
    in_each(embed_pending)


@shared_task(base=TenantTask)
def sweep_tenant(tenant_id: str) -> None:
    sweep.run()
    transfers.expire()


@shared_task(base=TenantTask)
def run_transfers(tenant_id: str) -> None:
    transfers.pending()


@shared_task
def transfers_everywhere() -> None:
    in_each(run_transfers)


@shared_task(base=TenantTask)
def run_erasures(tenant_id: str) -> None:
    erase.pending()


@shared_task
def erasures_everywhere() -> None:
    in_each(run_erasures)


@shared_task
def sweep_everywhere() -> None:
    in_each(sweep_tenant)


@shared_task(base=TenantTask)
def retier_tenant(tenant_id: str) -> None:
    retier.run()


@shared_task
def retier_everywhere() -> None:
    in_each(retier_tenant)


@shared_task(base=TenantTask)
def fold_recalls(tenant_id: str) -> None:
    touched.fold()


@shared_task
def fold_recalls_everywhere() -> None:
    in_each(fold_recalls)


@shared_task(base=TenantTask)
def take_stock(tenant_id: str) -> None:
    stock.run()


@shared_task
def take_stock_everywhere() -> None:
    in_each(take_stock)


@shared_task(base=TenantTask)
def rescore_tenant(tenant_id: str) -> None:
    rescore.run()


@shared_task
def rescore_everywhere() -> None:
    in_each(rescore_tenant)


@shared_task(base=TenantTask)
def index_tenant(tenant_id: str) -> None:
    index.run()


@shared_task
def index_everywhere() -> None:
    in_each(index_tenant)
