"""API keys."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tenants import keys, onboarding
from tenants.models import ApiKey, Tenant
from tests.conftest import costs


def test_only_a_hash_of_the_secret_is_kept(acme: Tenant) -> None:
    key, text = keys.issue(acme, "one")
    secret = text.split("_")[2]
    assert len(secret) == 43
    assert all(secret not in str(value) for value in ApiKey.objects.filter(pk=key.pk).values().get().values())
    assert keys.find(text) == key


def test_another_secret_of_the_same_prefix_is_nobody(acme: Tenant) -> None:
    _, text = keys.issue(acme, "one")
    assert keys.find(text[:-1] + ("a" if text[-1] != "a" else "b")) is None


@how(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80) | st.text(max_size=40).map(lambda rest: f"im_{rest}_{rest}"))
def test_no_text_but_a_key_is_found(acme: Tenant, text: str) -> None:
    assert keys.find(text) is None


def test_uses_are_added_up(acme: Tenant) -> None:
    key, _ = keys.issue(acme, "one")
    for _ in range(2):
        keys.count_uses({key.public: 3, "unknown": 1})
    key.refresh_from_db()
    assert key.usage_count == 6
    assert key.last_used_at is not None


def test_a_found_key_is_remembered_for_a_moment_and_forgotten_when_it_is_revoked(acme: Tenant, settings: Any) -> None:
    settings.KEYS_KEPT_SECONDS = 60
    key, text = keys.issue(acme, "one")
    with costs(1):
        assert [keys.find(text), keys.find(text)] == [key, key]
    keys.revoke(key)
    assert keys.find(text) is None


def test_a_remembered_key_expires_all_the_same(acme: Tenant, settings: Any) -> None:
    settings.KEYS_KEPT_SECONDS = 60
    _, text = keys.issue(acme, "one", expires_at=timezone.now() + timedelta(milliseconds=50))
    assert keys.find(text)
    time.sleep(0.06)
    assert keys.find(text) is None


def test_a_key_is_revoked_once(acme: Tenant) -> None:
    key, text = keys.issue(acme, "one")
    assert keys.revoke(key)
    assert not keys.revoke(key)
    assert keys.find(text) is None


@pytest.mark.parametrize("slug", ["Acme", "9lives", "a b", "pg;", "", "x" * 48, "acme"])
def test_a_bad_or_taken_slug_opens_nothing(acme: Tenant, slug: str) -> None:
    before = Tenant.objects.count()
    with pytest.raises(Exception, match=r"slug|Slug|blank|exists"):
        onboarding.open_tenant(slug, "x")
    assert Tenant.objects.count() == before
