"""The two dialects that have no client of their own: each of their paths has a golden file, and answers as it tells."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tenants import keys
from tenants.models import Tenant
from tests.dialects import golden
from tests.dialects.speaking import Dialect, operations

WITHOUT_A_CLIENT = ("memory_layer", "persistence")
FILES = [(name, file) for name in WITHOUT_A_CLIENT for file in golden.files(name)]


@pytest.mark.parametrize("name", WITHOUT_A_CLIENT)
def test_each_operation_has_a_golden_file(name: str) -> None:
    assert sorted(set(operations(name)) - golden.operations(name)) == [], f"write one in tests/dialects/golden/{name}/"
    assert sorted(golden.operations(name) - set(operations(name))) == []


@pytest.mark.parametrize(("name", "file"), FILES, ids=[f"{name}-{file.stem}" for name, file in FILES])
def test_it_is_answered_as_the_golden_file_tells(acme: Tenant, name: str, file: Path) -> None:
    told, kept = golden.read(file), dict[str, Any]()
    speakers = {
        "own": Dialect(name, keys.issue(acme, "ada")[1]),
        "nobody": Dialect(name, ""),
        "platform": Dialect(name, keys.issue(None, "operator", scopes=["platform"])[1]),
    }
    for request in told.get("before", []):
        answer = golden.called(speakers, request, kept)
        assert answer.status_code < 300, answer.content
    answer = golden.called(speakers, told["request"], kept)
    answered = golden.body_of(answer)
    assert answer.status_code < 500, answer.content
    right = answer.status_code == told.get("status") and not golden.alike(
        golden.filled(told["response"], kept), answered
    )
    if os.environ.get("GOLDEN") == "write" and not right:
        told |= {"status": answer.status_code, "response": golden.written(answered, told.get("response"), kept)}
        file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        return
    assert answer.status_code == told["status"], answer.content
    assert golden.alike(golden.filled(told["response"], kept), answered) == []
