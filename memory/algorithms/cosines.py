"""How near vectors are to one another by their direction, exactly."""

from collections.abc import Sequence

import numpy as np


def cosines(rows: Sequence[np.ndarray], vector: np.ndarray) -> list[float]:
    """The cosine between `vector` and each row, -1 to 1; of a row without a direction, or with no numbers, -1."""
    if not rows:
        return []
    with np.errstate(all="ignore"):
        near = _even(np.stack(rows)) @ _even(vector[None])[0]
    return [float(one) for one in np.clip(np.nan_to_num(near, nan=-1.0, posinf=-1.0, neginf=-1.0), -1.0, 1.0)]


def _even(rows: np.ndarray) -> np.ndarray:
    """Each row of length 1; divided by its largest number first, so that no square is too large or too small."""
    scaled: np.ndarray = rows / np.abs(rows).max(axis=1, keepdims=True)
    return scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
