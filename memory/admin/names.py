"""Tags and people in one line of a form: separated by commas, in double quotes where a name holds one itself."""

import csv
import io
from typing import Any

from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError


class Names(SimpleArrayField):
    """Django's own would make two tags of the tag `a,b`, only because the page was saved."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(value)
        return line.getvalue() if value else ""

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]  # the stubs take it for a text
        if not isinstance(value, str):
            return list(value or ())
        try:
            rows = list(csv.reader([value], skipinitialspace=True))
        except csv.Error:
            raise ValidationError("Write names with commas between them.") from None
        return [name.strip() for row in rows for name in row if name.strip()]
