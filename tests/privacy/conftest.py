"""Storages of a test's own, and an erasure from its preview to its end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memory.models import Erasure
from memory.privacy import erase
from memory.privacy.subjects import Subject

CANARY = "kingfisher7741"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    own = {name: {"BACKEND": backend, "OPTIONS": {"location": tmp_path / name}} for name in ("cold", "transfers")}
    settings.STORAGES = settings.STORAGES | own
    return tmp_path


def files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


@pytest.fixture
def erased() -> Callable[..., Erasure]:
    """Erase a subject as its preview says, and hand back the row."""

    def run(type: str, name: str, **options: Any) -> Erasure:
        subject = Subject(type, name)
        row, _ = erase.request(subject, erase.preview(subject).found["memories"], **options)
        erase.pending()
        row.refresh_from_db()
        assert row.state == "done", row.reason
        return row

    return run
