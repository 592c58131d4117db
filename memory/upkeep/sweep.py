"""Close sessions whose time is over; erase for good what is due, and forget steps that nobody can undo any more."""

from memory import sessions
from memory.models import Memory
from memory.upkeep import expire, steps


def run() -> int:
    """Close this tenant's due sessions, then erase its due memories; how many memories there were."""
    sessions.close_due()
    done = 0
    while count := len(expire.purge(Memory.objects.all())):
        done += count
    steps.sweep()
    return done
