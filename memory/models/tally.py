"""The tally: how much a tenant keeps, as a sum of rows that triggers of memory_memory add. Nobody waits for anybody."""

from django.db import models


class Tally(models.Model):
    """What one statement added or took: memories that are not deleted, and the bytes of their content.

    Bytes are of content in UTF-8, and of the object where the content is in cold storage.
    """

    memories = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        db_table = "memory_tally"

    def __str__(self) -> str:
        return f"{self.memories:+}"
