"""The one field of bodies whose change may be refused since saved questions would be answered worse by it."""

from typing import Any

from rest_framework import serializers

ACCEPTS = "Do it although saved questions would be answered worse; else that is refused as `quality_would_fall`."


def accept_loss() -> Any:
    return serializers.BooleanField(default=False, help_text=ACCEPTS)
