"""Pages of lists, by their number."""

from collections.abc import Sequence
from typing import Any


def told(items: Sequence[Any], total: int, page: int, size: int) -> dict[str, Any]:
    return {"items": items, "total": total, "page": page, "per_page": size, "total_pages": -(-total // size)}
