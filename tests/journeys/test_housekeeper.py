"""One policy in three modes, restarts, two beats: what is due runs once, and does the same whoever runs it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.house import ROOT, House, eventually

LONG = [
    f"On day {day} we walked through the old town for hours. The weather was mild and the streets were empty. "
    f"Ada bought a map of the harbour for {day} euros at the market. We had coffee near the station and talked. "
    "Later the rain came, and everybody went home."
    for day in range(1, 7)
]
IN_PROCESS = """
import json
from automation.controller import AutomationController
print(json.dumps(AutomationController("acme").run_compression({user!r}, force=True)))
"""


@pytest.fixture(scope="module")
def own_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, in which a schedule may be due every two seconds."""
    house = House(Path(tmp_path_factory.mktemp("kept")))
    house.env["SHORTEST_SCHEDULE_SECONDS"] = "2"
    try:
        yield house.start()
    finally:
        house.stop()


def remember(house: House, user: str, texts: list[str]) -> None:
    said = [{"content": text, "user_id": user, "importance": 0.2} for text in texts]
    assert house.api.post("memories", json={"memories": said}).status_code == 201


def policy(house: House, user: str, **told: Any) -> None:
    body = {"auto_compression": True, "compression_threshold": 6, "auto_summarization": False} | told
    body |= {"auto_consolidation": False, "importance_decay": False, "health_monitoring": False}
    body |= {"conflict_resolution": False, "user_id": user}
    answer = house.api.post(f"users/{user}/policy", json=body)
    assert answer.status_code in (200, 201), answer.text


def runs(house: House, user: str) -> list[dict[str, Any]]:
    found = house.api.get("runs", params={"user_id": user, "job": "compress"}).json()["data"]
    return [run for run in found if run["state"] == "succeeded"]


def words(house: House, user: str) -> list[str]:
    found = house.api.get("memories", params={"user_id": user}).json()["data"]
    return sorted(memory["content"] for memory in found)


def test_one_policy_does_the_same_in_process_at_its_threshold_and_by_its_schedule(own_house: House) -> None:
    house = own_house
    policy(house, "here", policy_type="manual")
    remember(house, "here", LONG)
    told = json.loads(house.manage("shell", "-v0", "-c", IN_PROCESS.format(user="here")).splitlines()[-1])
    assert told["status"] == "success"
    assert told["memories_compressed"] > 0

    policy(house, "worker")
    remember(house, "worker", LONG[:5])
    time.sleep(3)
    assert runs(house, "worker") == []  # below its threshold
    remember(house, "worker", LONG[5:])
    (by_worker,) = eventually(lambda: runs(house, "worker"), 60)

    remember(house, "beat", LONG)
    every = {"interval_hours": 2 / 3600}
    policy(house, "beat", policy_type="schedule", compression_schedule=every)
    by_beat = eventually(lambda: runs(house, "beat"), 60)[-1]
    assert house.api.delete("users/beat/policy").status_code in (200, 204)

    assert told["counts"] == by_worker["result"]["counts"] == by_beat["result"]["counts"]
    assert words(house, "here") == words(house, "worker") == words(house, "beat")
    assert by_worker["started_by"].startswith("policy:")


def test_after_a_restart_policies_schedules_and_runs_are_there(own_house: House) -> None:
    house = own_house
    nightly = {"cron_expression": "0 2 * * *"}
    policy(house, "night", policy_type="schedule", compression_schedule=nightly)
    asked = ("policies", "runs", "schedule")
    before = {path: house.api.get(path).json() for path in asked}
    assert house.stop() == 0
    house.start()
    assert {path: house.api.get(path).json() for path in asked} == before


def test_two_beats_and_a_killed_one_run_each_slot_once(own_house: House) -> None:
    house = own_house
    remember(house, "twice", LONG)
    policy(house, "twice", policy_type="schedule", compression_schedule={"interval_hours": 2 / 3600})
    environment = _of_beat(house)
    command = house.running("celery", "beat")[0].cmdline()
    second = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: len(runs(house, "twice")) >= 4, 60)
        for beat in house.running("celery", "beat"):
            if beat.pid != second.pid:
                beat.kill()
        eventually(lambda: len(runs(house, "twice")) >= 9, 60)
    finally:
        second.kill()
        second.wait()
    assert house.api.delete("users/twice/policy").status_code in (200, 204)
    slots = [run["slot"] for run in house.api.get("runs", params={"user_id": "twice"}).json()["data"] if run["slot"]]
    assert len(slots) == len(set(slots))
    missed = sum(event["data"]["slots"] for event in house.events() if event["type"] == "schedule.missed")
    assert len(slots) + missed >= _span(slots) // 2 + 1


def _of_beat(house: House) -> dict[str, str]:
    return os.environ | house.running("celery", "beat")[0].environ()


def _span(slots: list[str]) -> int:
    """Seconds from the first of these slots to the last."""
    times = sorted(datetime.fromisoformat(slot.partition("@")[2]) for slot in slots)
    return round((times[-1] - times[0]).total_seconds())
