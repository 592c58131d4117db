"""Exponential smoothing: the model that fits what was best, and what it says of the steps to come."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

Told = tuple[list[float], list[float], list[float], str]


def filled(values: Sequence[float | None]) -> list[float]:
    """With None replaced by what lies straight between its neighbours; at an end by the nearest."""
    places = [place for place, value in enumerate(values) if value is not None]
    known = [value for value in values if value is not None]
    return [float(value) for value in np.interp(range(len(values)), places, known)]


def foretell(values: Sequence[float], ahead: int, season: int) -> Told | None:
    """The next values with lower and upper bounds of 95 in 100, and the model's name; None when none fits."""
    fits = [found for trend in (False, True) for period in _periods(len(values), season)
            if (found := _fit(values, trend, period))]  # fmt: skip
    if not fits:
        return None
    _, name, model = min(fits, key=lambda fit: fit[0])
    frame = model.get_prediction(start=len(values), end=len(values) + ahead - 1).summary_frame(alpha=0.05)
    rows = [[float(value) for value in frame[column]] for column in ("mean", "pi_lower", "pi_upper")]
    return (rows[0], rows[1], rows[2], name) if np.isfinite(rows).all() else None


def _periods(length: int, season: int) -> tuple[int, ...]:
    return (0, season) if length >= 2 * season + 2 else (0,)


def _fit(values: Sequence[float], trend: bool, period: int) -> tuple[float, str, Any] | None:
    # Imported here, as it takes a second and 100 MB, and few processes ever ask.
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    more = {"seasonal": "add", "seasonal_periods": period} if period else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that end early: their criterion says how good they are
        try:
            model = ETSModel(
                pd.Series(values, dtype=float), error="add", trend="add" if trend else None, damped_trend=trend,
                initialization_method="heuristic" if period else "estimated", **more,
            ).fit(disp=False)  # fmt: skip
        except (ValueError, np.linalg.LinAlgError):
            return None
    name = f"ETS(A,{'Ad' if trend else 'N'},{'A' if period else 'N'})" + (f" season {period}" if period else "")
    return (model.aicc, name, model) if np.isfinite(model.aicc) else None
