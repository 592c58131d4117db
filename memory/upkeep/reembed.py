"""Change a tenant's embedding model while it serves: new vectors grow in the shadow, then take over in one step.

    start -> the worker fills the shadows -> switch -> finish      (cancel undoes a start, rollback a switch)

Until the switch `Tenant.shadow_embedder` is the model to come. After it, it is the one that was: its vectors stay in
the shadow, also for memories written since, until `finish` drops them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from events import ledger, poke
from memory import embeddings, measuring, places
from memory.errors import EmbedderUnavailable, QualityWouldFall, ReembedRefused
from memory.models import Memory, Passage
from memory.remember import embedded_text
from memory.tiers import cold
from memory.upkeep import vectors
from memory.upkeep.embed import READ, standing
from tenants.errors import Suspended
from tenants.models import Tenant

log = structlog.get_logger(__name__)
SWAP = (
    "UPDATE {} SET embedding = shadow, embedding_model = shadow_model, shadow = embedding, shadow_model ="
    " embedding_model WHERE shadow IS NOT NULL AND shadow_model = %s AND embedding IS NOT NULL"
)


@dataclass(frozen=True)
class Progress:
    """`state` is idle, growing or switched; of `total` memories and stretches `waiting` have no shadow yet."""

    model: str
    shadow: str
    state: str
    total: int
    waiting: int


def progress() -> Progress:
    """Where the tenant that one stands in is."""
    tenant = _tenant()
    state = "idle" if not tenant.shadow_embedder else "switched" if tenant.switched_at else "growing"
    total = _memories().count() + Passage.objects.count()
    waiting = _waiting(tenant.shadow_embedder) if state != "idle" else 0
    return Progress(tenant.embedder or settings.EMBEDDER, tenant.shadow_embedder, state, total, waiting)


def start(model: str) -> None:
    """Begin to fill the shadows with vectors of `model`, a key of settings.EMBEDDERS.

    Raises ReembedRefused, and EmbedderUnavailable when the model does not answer now.
    """
    if model not in settings.EMBEDDERS:
        raise ReembedRefused(f"there is no model {model!r:.100}; there are {', '.join(settings.EMBEDDERS)}")
    embeddings.named(model).embed(["does it answer?"])
    with transaction.atomic():
        tenant = _tenant(lock=True)
        if tenant.shadow_embedder:
            raise ReembedRefused("another change of the model is not finished yet")
        if model == (tenant.embedder or settings.EMBEDDER):
            raise ReembedRefused("this is the model in use")
        _set(tenant, shadow_embedder=model, switched_at=None)
        ledger.record("embedding.reembed_started", model=model)
        poke.after_commit("memory.tasks.embed_pending", str(tenant.pk))


def switch(*, accept_loss: bool = False) -> None:
    """Let the shadows take over. Raises ReembedRefused while something has none.

    The saved questions are asked with both models. Raises QualityWouldFall, and all is as before, where the new one
    answers them worse, unless `accept_loss`.
    """
    here = getattr(connection, "tenant", None)
    kept = {name: getattr(here, name, None) for name in ("embedder", "shadow_embedder", "switched_at")}
    try:
        with transaction.atomic():
            tenant = _expect("growing")
            if waiting := _waiting(tenant.shadow_embedder):
                raise ReembedRefused(f"{waiting} memories and stretches have no vector of the new model yet")
            with measuring.no_fall(accepted=accept_loss):
                _swap(tenant, "embedding.switched")
    except QualityWouldFall:
        for name, value in kept.items():
            setattr(here, name, value)  # the row is as before by itself, what this connection stands in is not
        raise


def rollback() -> None:
    """Let the old vectors take over again; the new ones stay in the shadow. Raises ReembedRefused.

    What was written since and has no old vector yet is found by words until the worker has made it.
    """
    with transaction.atomic():
        _swap(_expect("switched"), "embedding.rolled_back")


def finish() -> None:
    """Drop the old model's vectors: no way back. Raises ReembedRefused."""
    _drop("switched", "embedding.reembed_finished")


def cancel() -> None:
    """Drop what has grown in the shadow. Raises ReembedRefused."""
    _drop("growing", "embedding.reembed_cancelled")


def _swap(tenant: Tenant, event: str) -> None:
    was, new = tenant.embedder or settings.EMBEDDER, tenant.shadow_embedder
    with connection.cursor() as cursor:
        for table in ("memory_memory", "memory_passage"):
            cursor.execute(SWAP.format(table), [embeddings.named(new).name])
    _set(tenant, embedder=new, shadow_embedder=was, switched_at=None if tenant.switched_at else timezone.now())
    ledger.record(event, model=new, was=was)


def _drop(state: str, event: str) -> None:
    with transaction.atomic():
        tenant = _expect(state)
        for rows in (Memory.objects, Passage.objects):
            rows.filter(shadow__isnull=False).update(shadow=None, shadow_model="")
        ledger.record(event, model=tenant.shadow_embedder)
        _set(tenant, shadow_embedder="", switched_at=None)


def _tenant(*, lock: bool = False) -> Tenant:
    """The tenant's row as it is now. Its lock waits for the batch that an embedder is at, and keeps the next away."""
    rows = Tenant.objects.select_for_update() if lock else Tenant.objects.all()
    return rows.get(pk=ledger.current_tenant_id())


def _expect(state: str) -> Tenant:
    tenant = _tenant(lock=True)
    if not tenant.shadow_embedder:
        raise ReembedRefused("no change of the model is under way")
    if bool(tenant.switched_at) != (state == "switched"):
        raise ReembedRefused(
            "the new model serves already" if tenant.switched_at else "the new model does not serve yet"
        )
    return tenant


def _set(tenant: Tenant, **values: object) -> None:
    """In the row, and in the instance that this connection stands in."""
    for one in (tenant, getattr(connection, "tenant", tenant)):
        for name, value in values.items():
            setattr(one, name, value)
    tenant.save(update_fields=list(values))


def _memories() -> QuerySet[Memory]:
    return Memory.objects.exclude(state=Memory.State.DELETED)


def _without(model: str) -> Q:
    return Q(shadow=None) | ~Q(shadow_model=model)


def _waiting(key: str) -> int:
    lacking = _without(embeddings.named(key).name)
    return _memories().filter(lacking).count() + Passage.objects.filter(lacking).count()


def fill(*, batches: int = 50) -> int:
    """Give up to `batches` batches of memories and stretches their shadows; how many got one."""
    done = 0
    steps: tuple[Callable[[Any], tuple[int, Any]], ...] = (_some_memories, _some_stretches)
    for step in steps:
        last = None
        for _ in range(batches):
            try:
                count, last = step(last)
            except (EmbedderUnavailable, Suspended) as error:
                log.warning("the change of the model waits", reason=repr(error))
                return done
            done += count
            if last is None:
                break
    return done


@transaction.atomic
def _some_memories(after: UUID | None) -> tuple[int, UUID | None]:
    """A batch of memories after this id, claimed by lock; how many, and the last id, None when none was left."""
    shadow = standing().shadow
    if not shadow:
        return 0, None
    embedder = embeddings.named(shadow)
    rows = _memories().filter(_without(embedder.name), **({"pk__gt": after} if after else {})).order_by("pk")
    claimed = list(rows.select_for_update(skip_locked=True, no_key=True).only(*READ)[: settings.EMBED_BATCH])
    if not claimed:
        return 0, None
    unread = cold.fill(claimed)
    told = [memory for memory in claimed if memory.pk not in unread]
    before = places.said_before([memory.pk for memory in told])
    made = embedder.embed([embedded_text(memory, before=before.get(memory.pk)) for memory in told])
    statement = "UPDATE memory_memory SET shadow = %b, shadow_model = %s WHERE id = %s"
    vectors.write(statement, made, [(embedder.name, memory.pk) for memory in told])
    return len(told), claimed[-1].pk


@transaction.atomic
def _some_stretches(after: int | None) -> tuple[int, int | None]:
    """The same for stretches of long memories."""
    shadow = standing().shadow
    if not shadow:
        return 0, None
    embedder = embeddings.named(shadow)
    rows = Passage.objects.filter(_without(embedder.name), pk__gt=after or 0).order_by("pk")
    claimed = list(rows.select_for_update(skip_locked=True, no_key=True)[: settings.EMBED_BATCH])
    if not claimed:
        return 0, None
    whole = Memory.objects.only(*READ).in_bulk({row.memory_id for row in claimed})
    unread = cold.fill(whole.values())
    told = [(row, whole[row.memory_id]) for row in claimed if row.memory_id not in unread]
    made = embedder.embed([embedded_text(memory, memory.content[row.start : row.end]) for row, memory in told])
    statement = "UPDATE memory_passage SET shadow = %b, shadow_model = %s WHERE id = %s"
    vectors.write(statement, made, [(embedder.name, row.pk) for row, _ in told])
    return len(told), claimed[-1].pk
