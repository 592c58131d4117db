"""The nightly check: each chain is walked, a whole one is anchored, a broken one is told."""

import time

import structlog
from django.db import transaction

from events import ledger, verify
from events.models import PLATFORM, Stream

log = structlog.get_logger(__name__)
SECONDS = 600.0  # of one night; what is left goes on in the next


def run(seconds: float = SECONDS) -> int:
    """Check every chain for about so long, those that were left off first; how many are broken."""
    until = time.monotonic() + seconds
    streams = Stream.objects.order_by("-verified_seq", "tenant_id")
    return sum(not _checked(stream, until) for stream in streams if time.monotonic() < until)


def _checked(stream: Stream, until: float) -> bool:
    tenant_id = None if stream.tenant_id == PLATFORM else stream.tenant_id
    verdict = verify.verify(tenant_id, stream.verified_seq)
    while verdict.intact and not verdict.complete and time.monotonic() < until:
        verdict = verify.verify(tenant_id, verdict.to)
    over = verdict.complete or not verdict.intact
    Stream.objects.filter(pk=stream.pk).update(verified_seq=0 if over else verdict.to)
    if not verdict.intact:
        log.error("the audit chain is broken", tenant=str(stream.tenant_id), seq=verdict.seq, reason=verdict.reason)
        with transaction.atomic():
            ledger.record("audit.broken", tenant_id=tenant_id, seq=verdict.seq, reason=verdict.reason)
    elif verdict.complete and (made := verify.anchor(tenant_id)):
        # Logs are kept elsewhere: whoever rewrites the database does not reach this line.
        log.info("audit chain anchored", tenant=str(stream.tenant_id), seq=made.seq, hash=made.hash)
    return verdict.intact
