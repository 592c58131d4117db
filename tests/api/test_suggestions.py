"""Suggestions over the API."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.conftest import Caller, costs


@pytest.fixture
def suggested(ada: Caller) -> dict[str, Any]:
    at = (timezone.now() - timedelta(days=1)).isoformat()
    told = {"type": "training", "domain": "shop", "occurred_at": at}
    assert ada.post("learning/events", {"events": [told] * 30})[0] == 201
    assert ada.post("suggestions/look", {}) == (200, {"created": 1})
    (row,) = ada.get("suggestions?state=open&domain=shop")[1]["data"]
    return row


def test_a_suggestion_is_looked_at_simulated_and_accepted(ada: Caller, suggested: dict[str, Any]) -> None:
    ada.remember("Hardly so.", namespace="shop", confidence=0.1)
    told = ada.post(f"suggestions/{suggested['id']}/simulate", {})[1]
    assert (told["job"], told["writes"]) == ("screen", 1)
    status, accepted = ada.post(f"suggestions/{suggested['id']}/accept", {})
    assert (status, accepted["state"], accepted["effect"]["before"]["events"]) == (200, "accepted", 30)
    policy = ada.get(f"policies/{accepted['policy_id']}")[1]
    assert (policy["namespace"], policy["jobs"]["screen"]) == ("shop", accepted["change"])
    assert accepted["decided_by"].startswith("key:")
    status, problem = ada.post(f"suggestions/{suggested['id']}/reject", {})
    assert (status, problem["code"]) == (409, "decided")


def test_a_suggestion_is_rejected_and_stays_away(ada: Caller, suggested: dict[str, Any]) -> None:
    status, rejected = ada.post(f"suggestions/{suggested['id']}/reject", {})
    assert (status, rejected["state"], rejected["effect"]) == (200, "rejected", None)
    assert ada.post("suggestions/look", {})[1] == {"created": 0}
    assert ada.get("suggestions?state=open")[1]["data"] == []


def test_a_dry_run_of_it_is_started(ada: Caller, suggested: dict[str, Any]) -> None:
    status, run = ada.post(f"suggestions/{suggested['id']}/try", {})
    assert (status, run["job"], run["dry_run"], run["namespace"]) == (202, "screen", True, "shop")
    assert ada.get(f"suggestions/{suggested['id']}")[1]["run_id"] == run["id"]


@pytest.mark.parametrize("act", ["simulate", "try", "accept", "reject"])
def test_what_is_not_there_is_not_found(ada: Caller, act: str) -> None:
    assert ada.post(f"suggestions/{uuid4()}/{act}", {})[0] == 404
    assert ada.post(f"suggestions/{uuid4()}/{act}", {"sure": True})[0] == 422


def test_a_page_of_suggestions_costs_two_statements(ada: Caller, suggested: dict[str, Any]) -> None:
    with costs(2):
        assert ada.get("suggestions")[0] == 200
