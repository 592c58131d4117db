"""The small job of the housekeeper's tests."""

from tests.automation.conftest import enter, hushing

__all__ = ["enter", "hushing"]
