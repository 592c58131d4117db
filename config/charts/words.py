"""Numbers and times as people read them, and the round numbers of an axis."""

import math
from datetime import datetime

Value = float | None


def marks(most: float, unit: str = "", least: float = 0) -> list[float]:
    """Round numbers from 0 to at least `most`, three to six of them. A share ends at 100 % where it comes near it.

    Shares that are all high begin at three quarters or at a half, where `least` is above.
    """
    if unit == "share" and most > 0.5:
        first = 0.75 if least >= 0.78 else 0.5 if least >= 0.55 else 0.0
        return [first + (1 - first) * place / (5 if first == 0.75 else 4) for place in range(6 if first == 0.75 else 5)]
    most = most or 1
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    each = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    if unit == "":
        each = max(1.0, math.ceil(each))
    return [round(each * place, 10) for place in range(math.ceil(round(most / each, 6)) + 1)]


def said(value: Value, unit: str = "") -> str:
    """A number as people read it; a dash for what is not known."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %" if 0 < value < 1 and round(100 * value, 1) % 1 else f"{100 * value:.0f} %"
    if unit == "ms":
        return f"{value / 1000:.3g} s" if value >= 1000 else f"{value:.3g} ms"
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:.3g} M"
    if abs(value) >= 10_000:
        return f"{value / 1000:.3g} k"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def when(at: datetime, step: str, *, whole: bool = False) -> str:
    """The time of a step, as the axis names it, or `whole`."""
    if step == "hour":
        return f"{at.day} {at:%b}, {at:%H:%M}" if whole else f"{at:%H:%M}" if at.hour else f"{at.day} {at:%b}"
    if step == "month":
        return f"{at:%b %Y}"
    year = f" {at:%Y}" if whole else ""
    return f"{'week of ' if whole and step == 'week' else ''}{at.day} {at:%b}{year}"
