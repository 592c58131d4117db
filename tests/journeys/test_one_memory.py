"""The walk of one memory through real processes: API, worker, recall, socket, browser."""

import os
import shutil
import stat

import httpx
import pytest

from tests.journeys.house import House, eventually

FACT = "Our neighbour keeps three hens behind the shed."
QUESTION = "Who owns poultry?"  # shares no word with the fact
CHROMIUM = shutil.which("chromium")


def test_a_memory_goes_in_is_embedded_found_by_meaning_and_told(house: House) -> None:
    feed = house.socket({"type": "auth", "token": house.facts["api_key"]})
    ready = feed.next()
    assert (ready["type"], ready["tenant"]) == ("ready", "acme")

    answer = house.api.post("memories", json={"content": FACT, "user_id": "journey"})
    assert answer.status_code == 201
    made = answer.json()["data"][0]["id"]

    told = feed.until(lambda frame: frame["type"] == "sync" and frame["event"]["subject"]["id"] == made)
    assert told["event"]["type"] == "memory.created"
    assert told["seq"] > ready["seq"]
    assert "hens" not in str(told)
    feed.until(lambda frame: frame["event"]["type"] == "embedding.completed")

    hits = house.api.post("memories/search", json={"query": QUESTION, "explain": True}).json()["data"]
    assert hits[0]["id"] == made
    assert hits[0]["scores"]["lexical"] == 0
    assert hits[0]["scores"]["semantic"] > 0.3


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing: apt-get install chromium")
def test_it_shows_live_in_the_console(house: House) -> None:
    from playwright.sync_api import sync_playwright

    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        page = browser.new_page()
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
        page.goto(house.facts["console_url"])
        page.fill("input[name=username]", house.facts["operator_email"])
        page.fill("input[name=password]", house.facts["operator_password"])
        page.click("button[type=submit]")
        page.wait_for_url(house.facts["console_url"])

        page.click("text=Live feed")
        page.wait_for_selector("#live-state .mh-open")
        assert "/t/acme/" in page.url
        made = house.api.post("memories", json={"content": "<b>bold</b> words for the browser"}).json()["data"][0]["id"]
        page.wait_for_selector(f'#live code[title="{made}"]')

        page.click("text=Memories")
        page.wait_for_selector("text=<b>bold</b> words for the browser")

        eventually(lambda: house.api.post("memories/search", json={"query": QUESTION}).json()["data"])
        page.click("text=Recall playground")
        page.fill("input[name=q]", "words for the browser")
        page.click("button:has-text('Recall')")
        page.wait_for_selector(".mh-hit .mh-stack i.mh-semantic")
        assert broken == []
        browser.close()


def test_the_access_file_is_private_and_whole(house: House) -> None:
    file = house.var / "access.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert set(house.facts) == {
        "url", "console_url", "docs_url", "operator_email", "operator_password", "tenant", "api_key",
    }  # fmt: skip
    assert all(house.facts.values())
    assert httpx.get(house.facts["docs_url"], trust_env=False).status_code == 200
    assert "swagger" in httpx.get(house.facts["docs_url"], trust_env=False).text.lower()


def test_static_files_and_health_are_served(house: House) -> None:
    assert httpx.get(f"{house.facts['url']}/static/console/console.css", trust_env=False).status_code == 200
    ready = httpx.get(f"{house.facts['url']}/readyz", trust_env=False)
    assert ready.json() == {"status": "ok", "parts": {"database": True, "redis": True}}


def test_an_unknown_page_is_a_problem_document(house: House) -> None:
    answer = httpx.get(f"{house.facts['url']}/nowhere", trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
