"""Kill what you like: nothing acknowledged is lost, and the house goes on."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.journeys.house import ROOT, House, eventually, free_port


def embedded(house: House) -> int:
    return sum(event["data"]["count"] for event in house.events() if event["type"] == "embedding.completed")


def waiting(house: House) -> int:
    """How many memories of acme have no vector yet, by the database itself."""
    script = (
        "from django_tenants.utils import schema_context as c; from memory.models import Memory\n"
        "with c('t_acme'): print(Memory.objects.unembedded().count())"
    )
    return int(house.manage("shell", "-v0", "-c", script).splitlines()[-1])


def test_a_killed_embedder_leaves_every_memory_embedded_once(house: House) -> None:
    eventually(lambda: waiting(house) == 0)
    before = embedded(house)
    batch = {"memories": [{"content": f"Fact {i}: {'the quick brown fox ' * 30}"} for i in range(600)]}
    assert house.api.post("memories", json=batch).status_code == 201
    eventually(lambda: embedded(house) > before)
    victims = house.running("celery", "embedder@")
    assert victims
    for process in victims:
        process.kill()
    assert embedded(house) < before + 600
    eventually(lambda: embedded(house) >= before + 600, within=120)
    assert embedded(house) == before + 600
    assert waiting(house) == 0


def test_killed_web_and_database_come_back(house: House) -> None:
    made = house.api.post("memories", json={"content": "acknowledged before the crash"}).json()["data"][0]["id"]
    for victim in (house.running("uvicorn")[0], house.running("postgres", "-D")[0]):
        victim.kill()
    eventually(lambda: _reads(house, made), within=60)


def _reads(house: House, memory_id: str) -> bool:
    try:
        return house.api.get(f"memories/{memory_id}").status_code == 200
    except httpx.TransportError:
        return False


def test_the_house_starts_stops_and_finds_its_data(tmp_path: Path) -> None:
    house = House(
        tmp_path / "a house with a rather long name, so that no socket's path can hold it" / ("x" * 40)
    ).start()
    first = house.facts
    made = house.api.post("memories", json={"content": "still here tomorrow"}).json()["data"][0]["id"]

    second = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=house.env, capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert first["url"] in second.stderr

    assert house.stop() == 0
    assert house.processes() == []
    assert not (house.var / "services.json").exists()

    house.start()
    assert house.facts == first
    assert house.api.get(f"memories/{made}").status_code == 200

    before = house.processes()
    house.up.send_signal(signal.SIGKILL)
    house.up.wait()
    house.start()
    assert not any(process.is_running() for process in before)
    assert house.facts == first
    assert house.api.get(f"memories/{made}").status_code == 200
    assert house.stop() == 0
    eventually(lambda: house.processes() == [])


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        house = House(tmp_path)
        done = subprocess.run(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT, env=house.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert house.processes() == []
