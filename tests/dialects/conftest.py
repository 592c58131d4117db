"""Callers of dialects that more than one file of tests speaks."""

import pytest

from tenants import keys
from tenants.models import Tenant
from tests.dialects.speaking import Dialect


@pytest.fixture
def hip(acme: Tenant) -> Dialect:
    return Dialect("hippocampai", keys.issue(acme, "hip")[1])


@pytest.fixture
def another(globex: Tenant) -> Dialect:
    """Who speaks HippocampAI in another tenant."""
    return Dialect("hippocampai", keys.issue(globex, "ben")[1])
