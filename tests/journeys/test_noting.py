"""What is noted of calls is written beside them by the house's own processes, and before one of them stops."""

from pathlib import Path
from typing import Any

import httpx

from tests.journeys.house import House, eventually

ASKED = {"query": "Where is nobody?", "user_id": "nobody"}


def traces(caller: httpx.Client) -> list[dict[str, Any]]:
    return [row for row in caller.get("traces?kind=recall").json()["data"] if row["query"] == "Where is nobody?"]


def test_a_search_is_traced_soon_and_once_told_to_stop_nothing_is_lost(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    try:
        house.start()
        house.api.post("memories/search", json=ASKED).raise_for_status()
        assert len(eventually(lambda: traces(house.api), 10)) == 1
        metrics = httpx.get(f"http://127.0.0.1:{house.port}/metrics")
        assert metrics.status_code == 401
        house.api.post("memories/search", json=ASKED).raise_for_status()
        house.stop()  # within the second
        house.start()
        assert len(traces(house.api)) == 2
    finally:
        house.stop()
