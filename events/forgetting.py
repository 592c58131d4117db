"""Taking a person out of the ledger: names become the digests that were chained, and no salt is left to guess them."""

from uuid import UUID

from django.db import connection, transaction

from events import relay
from events.chain import PERSONAL
from events.webhooks import deliveries

_SEALED = " || ".join(
    f"CASE WHEN jsonb_typeof(data->'{name}') = 'string' THEN jsonb_build_object('{name}',"
    f" 'sha256:' || encode(sha256(decode(salt, 'hex') || convert_to(data->>'{name}', 'UTF8')), 'hex')) ELSE '{{}}' END"
    for name in PERSONAL
)


@transaction.atomic
def forget(tenant_id: UUID, name: str, value: str) -> int:
    """Take every fact that has `value` as `name` (one of PERSONAL) out of knowledge; how many there were.

    The chain still holds: it was made of the digests. What webhooks were to be told of them is cancelled.
    Raises ValueError for a name that is not hashed so.
    """
    if name not in PERSONAL:
        raise ValueError(f"{name} is not one of {PERSONAL}")
    while relay.relay_batch(tenant_id):  # a fact without a number has no digest yet
        pass
    relay.locked(tenant_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE events_event SET data = data || {_SEALED}, salt = NULL"  # noqa: S608  names of our own
            " WHERE tenant_id = %s AND salt IS NOT NULL AND data->>%s = %s RETURNING id",
            [tenant_id, name, value],
        )
        sealed = [id for (id,) in cursor.fetchall()]
    deliveries.cancel_for(sealed)
    return len(sealed)
