"""Signatures and bodies, by the specification and by its reference library."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from events.models import Event
from events.webhooks import payload, signing

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()


def test_the_published_vector_comes_out() -> None:
    """That of the specification's own libraries."""
    told = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (told["webhook-id"], told["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_a_signature_is_the_formula_of_the_specification() -> None:
    at, body = timezone.now(), '{"a":"ü"}'
    told = signing.headers("id", at, body, [NEW])
    digest = hmac.new(b"n" * 32, f"id.{int(at.timestamp())}.{body}".encode(), hashlib.sha256).digest()
    assert told["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_while_a_secret_is_rolled_who_knows_either_is_content_and_nobody_else() -> None:
    told = signing.headers("id", timezone.now(), "{}", [NEW, OLD])
    for secret in (NEW, OLD):
        Webhook(secret).verify("{}", told)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify("{}", told)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify("{ }", told)


def test_the_user_agent_tells_the_version_that_the_changelog_has_on_top() -> None:
    assert signing.headers("id", timezone.now(), "{}", [NEW])["user-agent"] == f"Memhouse/{settings.VERSION}"
    heading = next(line for line in Path("CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert heading.split()[1] == settings.VERSION


def fact(**data: object) -> Event:
    return Event(
        tenant_id="0198c1a4-0000-7000-8000-000000000001", seq=7, type="memory.created", subject_type="memory",
        subject_id="m", actor="key:k", data=data, occurred_at=datetime(2026, 11, 21, tzinfo=UTC),
    )  # fmt: skip


def test_a_body_is_type_timestamp_and_the_fact_as_the_feed_tells_it() -> None:
    event = fact(kind="fact", user_id="Ädä")
    assert json.loads(payload.body(event)) == {
        "type": "memory.created",
        "timestamp": "2026-11-21T00:00:00+00:00",
        "data": {
            "seq": 7,
            "id": str(event.pk),
            "tenant_id": "0198c1a4-0000-7000-8000-000000000001",
            "subject": {"type": "memory", "id": "m"},
            "actor": "key:k",
            "data": {"kind": "fact", "user_id": "Ädä"},
        },
    }


def test_a_body_is_thin_whatever_a_fact_holds() -> None:
    body = payload.body(fact(names=["x" * 255] * 200))
    assert len(body.encode()) < 1000
    assert json.loads(body)["data"]["data"] == {}
