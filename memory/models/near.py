"""The index by which the nearest of one user are found without reading a page of the table."""

from django.db import models
from django.db.models import Func, Q
from django.db.models.lookups import LessThanOrEqual

# An index entry may have 2,704 bytes: 255 of the user, 1,020 of the namespace, 400 of the model's name, 808 of the
# vector and 60 of the rest fit. What is larger is read from the table.
COVERED_DIMENSIONS, COVERED_OCTETS = 400, 255


def near() -> models.Index:
    """All that decides whether a memory is live, and its vector, by user."""
    return models.Index(
        fields=["user_id"],
        include=["namespace", "expires_at", "valid_from", "valid_to", "embedding_model", "id", "embedding"],
        condition=Q(state="active")
        & Q(
            LessThanOrEqual(
                Func("embedding", function="vector_dims", output_field=models.IntegerField()), COVERED_DIMENSIONS
            )
        )
        & Q(
            LessThanOrEqual(
                Func("user_id", function="octet_length", output_field=models.IntegerField()), COVERED_OCTETS
            )
        ),
        name="memory_near",
    )
