"""Give vectors to memories that have none, or those of another model; and to the later text of long ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from events import ledger, poke
from memory import embeddings, places
from memory.algorithms import passages
from memory.errors import EmbedderUnavailable
from memory.models import Memory, Passage
from memory.remember import embedded_text
from memory.tiers import cold
from memory.upkeep import slices, vectors
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach
from tenants.errors import Suspended
from tenants.models import Tenant

log = structlog.get_logger(__name__)
# What the embedder reads of a row, and what finds the content of a cold one.
READ = ("id", "content", "author", "agent_id", "role", "event_time", "passages", "tier", "cold_key", "version")
STRETCHES = 16  # of a long memory in one transaction, about what a batch of short ones costs


@dataclass(frozen=True)
class Options:
    most: int = option(5_000, "memories, the oldest first", least=1, most=100_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Give vectors to memories that have none, or those of another model than the one in use."""
    model = embeddings.current().name
    waiting = reach.rows().live().filter(~Q(embedding_model=model) | Q(embedding=None))
    for memory in slices.read(slices.chosen(waiting, [], options.most), only=("embedding_model",)):
        why = "another model embedded it" if memory.embedding_model else "it has no vector"
        yield Change("embed", memory.pk, effect="embed", why=why)


def pending(*, batches: int = 50) -> int:
    """Embed up to `batches` batches of this tenant's waiting memories; how many were embedded.

    Between two batches come some stretches of a long memory, so neither waits for all of the other.
    """
    done = 0
    for turn in range(batches):
        try:
            count = _one_batch()
            more = _some_stretches()
        except (EmbedderUnavailable, Suspended) as error:
            log.warning("memories wait for their vectors", reason=repr(error))
            break
        done += count
        if count < settings.EMBED_BATCH and not more:
            break
        if turn == 0:  # there is more than one batch: another process may help
            poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))
    return done


@dataclass(frozen=True)
class Standing:
    """Keys of the tenant's embedder and of the one in the shadow, empty when there is none."""

    embedder: str
    shadow: str


def standing() -> Standing:
    """Read for each batch, and held until its end: a switch of models neither meets a batch nor is met by one.

    Raises Suspended for a tenant that was closed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, embedder, shadow_embedder FROM public.tenants_tenant WHERE id = %s FOR SHARE",
            [ledger.current_tenant_id()],
        )
        state, embedder, shadow = cursor.fetchone()
    if state != Tenant.State.ACTIVE:
        raise Suspended
    return Standing(embedder or settings.EMBEDDER, shadow)


@transaction.atomic
def _one_batch() -> int:
    """Claim rows by lock, embed, save. A killed worker's rows are free again the moment its connection dies."""
    embedder = embeddings.named(standing().embedder)
    claimed = _claim(embedder.name)
    unread = cold.fill(claimed)
    claimed = [memory for memory in claimed if memory.pk not in unread]
    if not claimed:
        return 0
    before = places.said_before([memory.pk for memory in claimed])
    made = embedder.embed([embedded_text(memory, before=before.get(memory.pk)) for memory in claimed])
    if stale := [memory.pk for memory in claimed if memory.passages]:
        Passage.objects.filter(memory__in=stale).delete()
    vectors.write(
        "UPDATE memory_memory SET embedding = %b, embedding_model = %s, passages = %s WHERE id = %s",
        made,
        [(embedder.name, -1 if passages.is_long(memory.content) else 0, memory.pk) for memory in claimed],
    )
    ledger.record("embedding.completed", count=len(claimed), model=embedder.name)
    return len(claimed)


def _claim(model: str) -> list[Memory]:
    """A batch of rows that wait: first those without a vector, then those that another model embedded."""
    for waiting in (Memory.objects.unembedded(), Memory.objects.outdated(model)):
        claimed = waiting.select_for_update(skip_locked=True, no_key=True).only(*READ)[: settings.EMBED_BATCH]
        if found := list(claimed):
            return found
    return []


@transaction.atomic
def _some_stretches() -> bool:
    """Embed the next stretches of the oldest long memory whose later text waits; False when none does."""
    waiting = Memory.objects.unfinished().select_for_update(skip_locked=True, no_key=True).only(*READ)
    memory = waiting.first()
    if memory is None or cold.fill([memory]):
        return False
    embedder = embeddings.named(standing().embedder)
    later = passages.split(memory.content)[1:]
    done = Passage.objects.filter(memory=memory).count()
    if part := later[done : done + STRETCHES]:
        _write_stretches(embedder, memory, part, done + 1)
    if done + STRETCHES >= len(later):
        Memory.objects.filter(pk=memory.pk).update(passages=len(later))
    return True


def _write_stretches(
    embedder: embeddings.Embedder, memory: Memory, stretches: list[passages.Stretch], first: int
) -> None:
    """Rows of Passage for these stretches, numbered from `first`."""
    made = embedder.embed([embedded_text(memory, memory.content[s.start : s.end]) for s in stretches])
    vectors.write(
        'INSERT INTO memory_passage (embedding, embedding_model, memory_id, number, start, "end", shadow_model)'
        " VALUES (%b, %s, %s, %s, %s, %s, '')",
        made,
        [(embedder.name, memory.pk, first + i, s.start, s.end) for i, s in enumerate(stretches)],
    )
