"""What was said: messages, or what stands for them."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.dialects.base import Words
from api.native import words


class Message(Words):
    """Something that was said. `content` is a text, or a list of parts of which the texts are read.

    A call of a tool or a picture has no text: nothing was said.
    """

    role = words.Name(max_length=32)
    name = words.Name()
    content = serializers.JSONField(required=False)

    def validate_content(self, told: Any) -> str:
        parts = told if isinstance(told, list) else [told]
        texts = [part if isinstance(part, str) else _text_of(part) for part in parts]
        said = "\n".join(text for text in texts if text.strip())
        return words.Content().run_validation(said) if said else ""

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"content": ""} | told


def _text_of(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type", "text") == "text" else ""
    return text if isinstance(text, str) else ""


class Messages(serializers.ListField):
    """A list of messages; one of them, or a bare text of the user, stands for such a list."""

    child = Message()

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str):
            data = {"role": "user", "content": data}
        found: list[Any] = super().to_internal_value([data] if isinstance(data, Mapping) else data)
        return found
