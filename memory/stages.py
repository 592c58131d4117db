"""What the stages of one question took, and how many memories each of them left."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """`left` is None where a stage chooses no memories."""

    name: str
    ms: float
    left: int | None = None


class Watch:
    """A stop watch with laps. A question of the past asks two scopes: the laps of a stage are added up."""

    def __init__(self) -> None:
        self.began = self._at = time.perf_counter()
        self._took: dict[str, float] = {}
        self._left: dict[str, int] = {}

    def lap(self, name: str, left: int | None = None) -> None:
        """What was done since the last lap was this stage."""
        now = time.perf_counter()
        self._took[name] = self._took.get(name, 0.0) + now - self._at
        self._at = now
        if left is not None:
            self._left[name] = self._left.get(name, 0) + left

    def took_ms(self) -> float:
        """Since it was made."""
        return round((time.perf_counter() - self.began) * 1000, 2)

    def stages(self) -> tuple[Stage, ...]:
        """In the order in which they were first run."""
        return tuple(Stage(name, round(took * 1000, 3), self._left.get(name)) for name, took in self._took.items())
