"""What all words of the Persistence Service share: camelCase on the wire, spans of time, pages, JSON of any kind."""

import json
from typing import Any

from rest_framework import serializers

from api.dialects.base import TenfoldImportance, Words
from api.native import words

MOST_JSON = words.METADATA_LIMIT_BYTES  # of what is kept beside a memory's words
MOST_NAMES = 100  # of a list


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


class Camel(Words):
    """Fields are named as everywhere in the house; on the wire each has its name in camelCase."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {camel(name): _from(name, field) for name, field in super().get_fields().items()}


def _from(name: str, field: serializers.Field) -> serializers.Field:
    if camel(name) != name:
        field.source = name
    return field


class KnownAndBeside(words.Metadata):
    """An object of which some fields are known, and under `beside` all others, but for names that are the house's."""

    known: type[Camel]
    ours: tuple[str, ...] = ()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        told = super().to_internal_value(data)
        known = self.known()
        beside = {name: value for name, value in told.items() if name not in known.fields}
        if taken := next((name for name in self.ours if name in beside), None):
            raise serializers.ValidationError(f"`{taken}` is a name of the house")
        heard: dict[str, Any] = known.run_validation(told)
        return heard | {"beside": beside}


class Json(serializers.JSONField):
    """Any JSON but null, as large as what may be kept."""

    def to_internal_value(self, data: Any) -> Any:
        if len(json.dumps(data, ensure_ascii=False).encode()) > MOST_JSON:
            raise serializers.ValidationError(f"is larger than {MOST_JSON} bytes", code="max_length")
        return super().to_internal_value(data)


class Objects(Json):
    """A JSON object."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        return super().to_internal_value(data)


class Importance(TenfoldImportance):
    def __init__(self, **options: Any) -> None:
        super().__init__(help_text="0 to 10.", **options)


class Names(serializers.ListField):
    def __init__(self, longest: int = 255, **options: Any) -> None:
        super().__init__(
            child=serializers.CharField(max_length=longest), max_length=MOST_NAMES, required=False, **options
        )


class Range(Camel):
    start = words.Moment(required=False)
    end = words.Moment(required=False)


class RangeTold(serializers.Serializer):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class Span(Camel):
    """A span of time: `startDate` and `endDate`, or `timeRange` or `dateRange` with `start` and `end`."""

    start_date = words.Moment(required=False)
    end_date = words.Moment(required=False)

    def validate(self, heard: dict[str, Any]) -> dict[str, Any]:
        told = heard.pop("time_range", None) or heard.pop("date_range", None) or {}
        heard["since"] = heard.pop("start_date", None) or told.get("start")
        heard["until"] = heard.pop("end_date", None) or told.get("end")
        if heard["since"] and heard["until"] and heard["since"] > heard["until"]:
            raise serializers.ValidationError({"startDate": "is after the end"})
        return heard


class SpanBody(Span):
    time_range = Range(required=False)
    date_range = Range(required=False)


class Page(serializers.Serializer):
    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=100)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class Said(serializers.Serializer):
    """An answer that says that it was done."""

    message = serializers.CharField()


class Stored(Said):
    id = serializers.UUIDField(allow_null=True)
