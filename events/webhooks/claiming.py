"""Which deliveries go out next: leased, and counted as tried before they are."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from events.models import Delivery
from events.webhooks import schedule

AT_ONCE = 2  # deliveries to one webhook
OF_TENANT = 40  # webhooks of one tenant that are sent to at once
LEASE = timedelta(seconds=30)  # twice as long as a try takes
State = Delivery.State
_ROOM = f"(CASE WHEN w.failures >= {schedule.CIRCUIT} THEN 1 ELSE {AT_ONCE} END)"
# Webhooks that may be sent to and have something due. `waiting` jumps from webhook to webhook in the index, over
# whatever waits behind each. First come those of tenants that have the fewest at work, then who has waited longest.
# Locked, so that two workers do not fill the same room; weakly, so that the relay need not wait for us.
READY = f"""
WITH RECURSIVE waiting(id) AS (
  (SELECT webhook_id FROM events_delivery WHERE state = 'pending' ORDER BY webhook_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.webhook_id FROM events_delivery d WHERE d.state = 'pending' AND d.webhook_id > waiting.id
          ORDER BY d.webhook_id LIMIT 1) FROM waiting WHERE waiting.id IS NOT NULL),
busy AS (SELECT webhook_id, tenant_id, count(*) n FROM events_delivery WHERE state = 'sending' GROUP BY 1, 2),
ready AS (
  SELECT w.id, w.tenant_id, first.next_at FROM waiting JOIN events_webhook w ON w.id = waiting.id
  JOIN LATERAL (SELECT d.next_at FROM events_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending'
                ORDER BY d.next_at LIMIT 1) first ON first.next_at <= %(now)s
  LEFT JOIN busy ON busy.webhook_id = w.id
  WHERE w.state = 'active' AND (w.rests_until IS NULL OR w.rests_until <= %(now)s)
    AND NOT w.tenant_id = ANY(%(closed)s) AND coalesce(busy.n, 0) < {_ROOM}),
ranked AS (
  SELECT ready.id, ready.next_at, row_number() OVER (PARTITION BY ready.tenant_id ORDER BY ready.next_at)
    + (SELECT count(*) FROM busy WHERE busy.tenant_id = ready.tenant_id) AS turn FROM ready)
SELECT w.id FROM ranked JOIN events_webhook w ON w.id = ranked.id WHERE turn <= {OF_TENANT}
ORDER BY turn, ranked.next_at LIMIT %(most)s FOR NO KEY UPDATE OF w SKIP LOCKED
"""  # noqa: S608  numbers of our own
# A second statement, so that it sees what others claimed before the locks were ours, and who was paused or asked for a
# rest meanwhile.
TAKE = f"""
WITH due AS (
  SELECT d.id FROM events_webhook w
  CROSS JOIN LATERAL (SELECT count(*) n FROM events_delivery s WHERE s.webhook_id = w.id AND s.state = 'sending') busy
  CROSS JOIN LATERAL (
    SELECT p.id FROM events_delivery p WHERE p.webhook_id = w.id AND p.state = 'pending' AND p.next_at <= %(now)s
    ORDER BY p.next_at, p.seq LIMIT greatest(0, {_ROOM} - busy.n) FOR UPDATE SKIP LOCKED) d
  WHERE w.id = ANY(%(webhooks)s) AND w.state = 'active' AND (w.rests_until IS NULL OR w.rests_until <= %(now)s))
UPDATE events_delivery d SET state = 'sending', attempts = d.attempts + 1, lease = %(lease)s, lease_until = %(until)s
FROM due WHERE d.id = due.id RETURNING d.id
"""  # noqa: S608  numbers of our own


def claim(webhooks: int) -> list[Delivery]:
    """Lease what is due, to at most so many webhooks: rows with their webhooks and facts."""
    now, closed = timezone.now(), import_string(settings.CLOSED_TENANTS)()
    with transaction.atomic(), connection.cursor() as cursor:
        hasty()
        cursor.execute(READY, {"now": now, "closed": closed, "most": webhooks})
        ready = [id for (id,) in cursor.fetchall()]
        if not ready:
            return []
        lease: UUID = uuid4()
        cursor.execute(TAKE, {"now": now, "webhooks": ready, "lease": lease, "until": now + LEASE})
        ids = [id for (id,) in cursor.fetchall()]
    return list(Delivery.objects.filter(pk__in=ids, lease=lease).select_related("webhook", "event").order_by("next_at"))


def hasty() -> None:
    """Let this transaction's commit not wait for the disk. Everybody sees it, and it outlives the worker; what a crash
    of the database itself takes back is sent again, as may happen anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def take_back() -> int:
    """What was leased to a worker that is gone: due again, or given up when that was its last try; how many."""
    now = timezone.now()
    lost = Delivery.objects.filter(state=State.SENDING, lease_until__lte=now)
    if not lost.exists():
        return 0
    last = Q(attempts__gte=len(schedule.STEPS))
    over = lost.filter(last).update(state=State.DEAD, finished_at=now, lease=None, lease_until=None)
    return over + lost.update(state=State.PENDING, next_at=now, lease=None, lease_until=None)
