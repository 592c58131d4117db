"""Give vectors to memories that have none."""

from django.conf import settings
from django.db import transaction

from events import ledger
from memory import embeddings
from memory.models import Memory
from memory.remember import embedded_text


def pending(*, batches: int = 50) -> int:
    """Embed up to `batches` batches of this tenant's waiting memories; how many were embedded."""
    done = 0
    for _ in range(batches):
        count = _one_batch()
        done += count
        if count < settings.EMBED_BATCH:
            break
    return done


@transaction.atomic
def _one_batch() -> int:
    """Claim rows by lock, embed, save. A killed worker's rows are free again the moment its connection dies."""
    claimed = list(
        Memory.objects.unembedded()
        .select_for_update(skip_locked=True, no_key=True)
        .defer("metadata", "search")[: settings.EMBED_BATCH]
    )
    if not claimed:
        return 0
    embedder = embeddings.current()
    vectors = embedder.embed([embedded_text(memory) for memory in claimed])
    for memory, vector in zip(claimed, vectors, strict=True):
        memory.embedding, memory.embedding_model = vector.tolist(), embedder.name
    Memory.objects.bulk_update(claimed, ["embedding", "embedding_model"])
    ledger.record("embedding.completed", count=len(claimed), model=embedder.name)
    return len(claimed)
