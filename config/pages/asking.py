"""The playground's question: heard from a form, checked, and told again as a call of the API."""

import json
from pprint import pformat
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ParseError

from api.gate import read_json
from memory.context import BUDGET
from memory.types import Query, Scope

LATEST = 10  # messages of the session that come first in a context
DEFAULTS = {"limit": "10", "max_tokens": str(BUDGET)}
SCOPE = ("user_id", "agent_id", "session_id", "namespace")
NARROWING = (*SCOPE, "tags", "when", "as_of", "valid_at", "filters")


def with_defaults(given: QueryDict) -> dict[str, str]:
    return {name: given.get(name, "").strip() or DEFAULTS.get(name, "") for name in Asked.base_fields}


def _text(most: int = 255, **options: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=most, **options)


class Asked(forms.Form):
    """What may be asked. Everything but the question is optional."""

    q = _text(10_000)
    user_id = _text()
    agent_id = _text()
    session_id = _text()
    namespace = _text()
    tags = _text(1_000)
    when = _text()
    as_of = forms.DateTimeField(required=False)
    valid_at = forms.DateTimeField(required=False)
    filters = _text(20_000)
    limit = forms.IntegerField(min_value=1, max_value=200)
    max_tokens = forms.IntegerField(min_value=64, max_value=32_000)

    def clean_tags(self) -> tuple[str, ...]:
        return tuple(tag for tag in (part.strip() for part in self.cleaned_data["tags"].split(",")) if tag)

    def clean_filters(self) -> dict[str, Any]:
        text = self.cleaned_data["filters"]
        try:
            told = read_json(text.encode()) if text else {}
        except ParseError as error:
            raise forms.ValidationError(str(error.detail).replace("The body", "This")) from None
        except UnicodeError:
            raise forms.ValidationError("Text holds a lone surrogate.") from None
        if not isinstance(told, dict):
            raise forms.ValidationError('Filters are an object, such as {"kind": "fact"}.')
        return told

    def query(self) -> Query:
        """The question of a valid form."""
        told = self.cleaned_data
        return Query(
            text=told["q"],
            scope=Scope(**{name: told[name] for name in SCOPE}),
            limit=told["limit"],
            filters=told["filters"],
            tags=told["tags"],
            when=told["when"],
            as_of=told["as_of"],
            valid_at=told["valid_at"],
        )


def calls(request: HttpRequest, form: Asked, language: str) -> list[dict[str, str]]:
    """The search and the context of a valid form, as calls in a language."""
    told = form.cleaned_data
    body = {"query": told["q"]} | {name: _plain(told[name]) for name in NARROWING if told[name]}
    write = {"curl": _curl, "python": _python}[language]
    search = write(request.build_absolute_uri("/api/v1/memories/search"), body | {"limit": told["limit"]})
    room = {"max_tokens": told["max_tokens"], "shape": "prompt"} | (
        {"include_session": 10} if told["session_id"] else {}
    )
    known = write(request.build_absolute_uri("/api/v1/context"), body | room)
    return [{"title": "Search", "text": search}, {"title": "Context", "text": known}]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _curl(url: str, body: dict[str, Any]) -> str:
    quoted = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
    headers = """-H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'"""
    return f"curl {url} \\\n  {headers} \\\n  -d '{quoted}'"


def _python(url: str, body: dict[str, Any]) -> str:
    literal = pformat(body, sort_dicts=False, width=100).replace("\n", "\n    ")
    return (
        "import os\n\nimport httpx\n\n"
        f"answer = httpx.post(\n    {url!r},\n"
        '    headers={"Authorization": f"Bearer {os.environ[\'KEY\']}"},\n'
        f"    json={literal},\n)\nanswer.raise_for_status()\nprint(answer.json())"
    )
