"""The small job of the housekeeper's tests."""

from tests.automation.conftest import enter, hushing, six

__all__ = ["enter", "hushing", "six"]
