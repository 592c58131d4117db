"""Objects in a storage of settings.STORAGES, S3 or disk: put, get, delete, list. Names are never written twice."""

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import Storage, storages

from memory.errors import Unreadable

FAILURES = (OSError, BotoCoreError, ClientError)


class Objects:
    """The objects of one storage, by its name in settings."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    @property
    def storage(self) -> Any:
        storage: Storage = storages[self.alias]
        return storage

    def put(self, name: str, data: bytes) -> None:
        """Store, and read back: a storage that kept something else is found now. Raises Unreadable."""
        try:
            kept = self.storage.save(name, File(io.BytesIO(data)))
        except FAILURES as error:
            raise Unreadable(f"{name} could not be stored: {type(error).__name__}") from error
        if kept != name:
            self.delete(kept)  # another was there: storages give the second one another name
        if not self._has_bucket():
            _flush(Path(self.storage.path(name)))
        if self.get(name) != data:
            raise Unreadable(f"{name} did not come back as it was stored")

    def get(self, name: str) -> bytes:
        """Raises Unreadable when it is not there or the storage does not answer."""
        try:
            with self.storage.open(name, "rb") as file:
                return file.read()
        except FAILURES as error:
            raise Unreadable(f"{name} cannot be read: {type(error).__name__}") from error

    def delete(self, name: str) -> None:
        """Delete, whether it is there or not. Raises Unreadable when the storage does not answer."""
        try:
            self.storage.delete(name)
            if not self._has_bucket():
                with suppress(OSError):  # others are in it, or just came
                    self.storage.delete(str(Path(name).parent))
        except FAILURES as error:
            raise Unreadable(f"{name} cannot be deleted: {type(error).__name__}") from error

    def clear(self, folder: str) -> int:
        """Delete everything below a folder; how many there were. Raises Unreadable."""
        names = [name for name, _ in self.under(folder)]
        for name in names:
            self.delete(name)
        if not self._has_bucket():
            with suppress(OSError):
                self.storage.delete(folder)
        return len(names)

    def exists(self, name: str) -> bool:
        try:
            return self.storage.exists(name)
        except FAILURES as error:
            raise Unreadable(f"{name} cannot be looked for: {type(error).__name__}") from error

    def under(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """Every object below a folder with the time of its writing, in the order of their names."""
        try:
            yield from self._in_bucket(folder) if self._has_bucket() else self._on_disk(folder)
        except FAILURES as error:
            raise Unreadable(f"{folder} cannot be listed: {type(error).__name__}") from error

    def _has_bucket(self) -> bool:
        return hasattr(self.storage, "bucket")

    def _in_bucket(self, folder: str) -> Iterator[tuple[str, datetime]]:
        # One request for each thousand; the storage's own listdir would ask once for each folder.
        root = f"{self.storage.location}/" if self.storage.location else ""
        for found in self.storage.bucket.objects.filter(Prefix=f"{root}{folder}/"):
            yield found.key.removeprefix(root), found.last_modified

    def _on_disk(self, folder: str) -> Iterator[tuple[str, datetime]]:
        if not self.storage.exists(folder):
            return
        folders, files = self.storage.listdir(folder)
        for name in sorted([*folders, *files]):
            path = f"{folder}/{name}"
            if name in folders:
                yield from self._on_disk(path)
            else:
                yield path, self.storage.get_modified_time(path)


def _flush(path: Path) -> None:
    """To the disk itself: the row's content goes once this returns, and must not go with the power."""
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(place, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
