"""A text's words without whitespace, quotes and case, as the database compares them."""

from typing import Any

from django.db import models
from django.db.models import Func

# The same expression on both sides of a comparison, in an index and in a question: what it takes away is said once.
PLAIN = """md5(lower(btrim(regexp_replace({}, '[[:space:]"''`´“”„‘’‚«»‹›<>]+', ' ', 'g'))))"""


class Plain(Func):
    """The MD5 of a text whose runs of whitespace and quotes are one space, in small letters."""

    template = PLAIN.format("%(expressions)s")
    output_field = models.TextField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, **extra)
