"""`manage.py evaluate`: the gate before a new version serves."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from automation import jobs, runner
from memory.algorithms import ranking
from memory.models import Evaluation
from memory.upkeep import embed
from tenants.models import Tenant
from tests.conftest import Caller

assert jobs


def asked(**options: object) -> str:
    out = StringIO()
    call_command("evaluate", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def evaluated(ada: Caller, acme: Tenant) -> None:
    said = ["Ada drinks green tea.", "The deploy runs on Friday.", "Ben sings in a choir."]
    ids = [ada.remember(words) for words in said]
    ada.post("questions", {"text": "What does Ada drink?", "expected": [ids[0]], "limit": 1})
    with tenant_context(acme):
        embed.pending()
        runner.run_now("evaluate")


def test_a_version_that_ranks_as_well_passes_and_nothing_is_kept(evaluated: None, acme: Tenant) -> None:
    assert "acme: 1 questions, recall 1.000" in asked()
    with tenant_context(acme):
        assert Evaluation.objects.count() == 1


def test_one_that_ranks_worse_fails_and_says_what_is_another(evaluated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "LEXICAL", -50.0)
    monkeypatch.setattr(ranking, "NAMED", -50.0)
    out = StringIO()
    with pytest.raises(CommandError, match="worse than before in acme"):
        call_command("evaluate", stdout=out, tenant="acme")
    assert "ranking    setup.ranking" in out.getvalue()


def test_a_tenant_that_is_not_there_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="no tenant 'nobody'"):
        asked(tenant="nobody")
