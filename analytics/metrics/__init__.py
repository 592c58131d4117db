"""The catalogue of metrics, by name. A new one is a class in one of these modules, and named in its METRICS.

`CATALOGUE["hit_rate"]` is a metric; `analytics.queries.ask` answers for it, and the API lists all.
"""

from analytics.errors import BadQuery
from analytics.metrics import learning, library, work
from analytics.metrics.base import AGGREGATIONS, SHARES, Metric, Otherwise, Ratio, Read

__all__ = ["AGGREGATIONS", "CATALOGUE", "SHARES", "Metric", "Otherwise", "Ratio", "Read", "find"]
CATALOGUE: dict[str, Metric] = {kind.name: kind() for kind in (*library.METRICS, *work.METRICS, *learning.METRICS)}


def find(name: str, at: str = "/metrics") -> Metric:
    """The metric of a name. Raises BadQuery."""
    if name not in CATALOGUE:
        raise BadQuery(at, "is not a metric of the catalogue")
    return CATALOGUE[name]
