"""The live feed's page: narrowed, linked, and continued by its socket where the page ends."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from events import feed, relay
from tenants import members
from tenants.models import Tenant
from tests.conftest import Caller
from tests.console.test_pages import signed_in

PAGE = "/t/acme/console/live/"


@pytest.fixture
def viewer(acme: Tenant) -> Client:
    return signed_in(members.add(acme, "viewer@example.org", "viewer", by="platform").user)


@pytest.fixture
def told(ada: Caller) -> str:
    made = ada.remember("tea", user_id="ada")
    ada.remember("milk", user_id="ben")
    ada.delete(f"memories/{made}")
    relay.drain()
    return made


def script(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_it_shows_the_newest_and_goes_on_from_there(viewer: Client, acme: Tenant, told: str) -> None:
    page = viewer.get(PAGE).content.decode()
    assert script(page, "recent")[0]["seq"] == feed.last_seq(acme.pk)
    assert f'data-since="{feed.last_seq(acme.pk)}"' in page
    assert script(page, "wanted") == {}


def test_it_is_narrowed_and_its_socket_with_it(viewer: Client, acme: Tenant, told: str) -> None:
    page = viewer.get(f"{PAGE}?type=memory.*&user=ada&subject={told}").content.decode()
    assert [event["type"] for event in script(page, "recent")] == ["memory.deleted", "memory.created"]
    assert script(page, "wanted") == {"types": ["memory.*"], "users": ["ada"], "subjects": [told]}
    assert f'data-since="{feed.last_seq(acme.pk)}"' in page


def test_a_type_that_there_is_not_is_told(viewer: Client, told: str) -> None:
    assert "is no type of the catalogue" in viewer.get(f"{PAGE}?type=dreams").content.decode()


def test_subjects_lead_to_their_pages(viewer: Client, told: str) -> None:
    pages = script(viewer.get(PAGE).content.decode(), "pages")
    zero = "00000000-0000-0000-0000-000000000000"
    assert pages["memory"] == f"/t/acme/console/memory/memory/{zero}/change/"
    assert viewer.get(pages["memory"].replace(zero, told)).status_code == 200


def test_a_tenant_without_events_says_so(viewer: Client) -> None:
    page = viewer.get(f"{PAGE}?type=export.*").content.decode()
    assert "Nothing of this has happened yet" in page
    assert script(page, "recent") == []
