"""What programs keep with a tenant for themselves."""

import pytest
from django.core.exceptions import ValidationError

from events.models import Event
from tenants import kept, preferences
from tenants.models import Tenant


def test_fields_are_set_and_taken_away_by_program(acme: Tenant, globex: Tenant) -> None:
    assert kept.read(acme.pk, "one") == {}
    kept.write(acme.pk, "one", {"a": 1, "b": [2]})
    kept.write(acme.pk, "two", {"a": 3})
    assert kept.write(acme.pk, "one", {"b": None, "c": {}}) == {"a": 1, "c": {}}
    assert (kept.read(acme.pk, "one"), kept.read(acme.pk, "two")) == ({"a": 1, "c": {}}, {"a": 3})
    assert kept.read(globex.pk, "one") == {}


def test_settings_of_the_house_stay_what_they_are(acme: Tenant) -> None:
    preferences.change(acme.pk, {"undo_days": 3})
    kept.write(acme.pk, "one", {"undo_days": 9})
    preferences.change(acme.pk, {"audit_reads": True})
    acme.refresh_from_db()
    assert preferences.of(acme).undo_days == 3
    assert preferences.told(acme)["set"] == ["audit_reads", "undo_days"]
    assert kept.read(acme.pk, "one") == {"undo_days": 9}


def test_a_change_is_told_once_and_what_is_too_large_is_refused(acme: Tenant) -> None:
    told = Event.objects.filter(type="tenant.settings_changed", tenant_id=acme.pk)
    before = told.count()
    kept.write(acme.pk, "one", {"a": 1})
    kept.write(acme.pk, "one", {"a": 1})
    with pytest.raises(ValidationError):
        kept.write(acme.pk, "one", {"b": "x" * kept.MOST_BYTES})
    assert told.count() == before + 1
    assert told.order_by("-id")[0].data == {"fields": ["one.a"]}
