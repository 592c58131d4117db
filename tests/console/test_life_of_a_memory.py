"""A memory's page tells what became of it, and lets one change that; many are changed after a count and a sample."""

import html
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from memory.algorithms.timeline import Span, laid_out
from memory.models import Memory
from memory.privacy import erase
from memory.privacy.subjects import Subject
from tenants.models import Tenant, User
from tests.conftest import costs
from tests.console.test_pages import member, signed_in

LIST = "/t/acme/console/memory/memory/"
FIELD = '<input[^>]*name="{}"[^>]*value="([^"]*)"'
POSTS = ["restore/", "supersede/", "judge/"]


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))


def page_of(client: Client, memory_id: str) -> str:
    answer = client.get(f"{LIST}{memory_id}/change/")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def does(client: Client, memory_id: str, what: str, **form: Any) -> str:
    """The page that a button of a memory's page leads to."""
    answer = client.post(f"/t/acme/console/memories/{memory_id}/{what}/", form, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def chooses(client: Client, query: str, ids: list[str], action: str, **form: Any) -> str:
    answer = client.post(LIST + query, {"action": action, "_selected_action": ids, **form}, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_the_page_shows_versions_with_their_words_compared(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("Ada lives in <i>Lisbon</i>.", tags=["home"])
    ada.patch(f"memories/{mine}", {"content": "Ada lives in <i>Porto</i>.", "importance": 0.75})
    raw = operator.get(f"{LIST}{mine}/change/").content.decode()
    assert "<i>Lisbon" not in raw
    page = html.unescape(raw)
    assert "<del><i>Lisbon</i>.</del><ins><i>Porto</i>.</ins>" in page
    assert re.search(r"importance</span> <del>[\d.]+</del> <ins>0.75</ins>", page)
    assert page.count("Restore this version") == 1
    assert "mh-held mh-on" in page


def test_a_version_is_restored_by_its_button(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("first words")
    ada.patch(f"memories/{mine}", {"content": "second words"})
    assert "It says again what version 1 said." in does(operator, mine, "restore", version=1)
    assert ada.get(f"memories/{mine}")[1]["content"] == "first words"
    assert "Not restored" in does(operator, mine, "restore", version=9)


def test_superseding_leads_to_what_is_true_now_and_back(operator: Client, ada: Any, acme: Tenant) -> None:
    old = ada.remember("Ada drinks coffee.", user_id="ada", kind="preference", tags=["drinks"])
    page = does(operator, old, "supersede", content="Ada drinks tea.", seen=1)
    assert "takes the place of" in page
    new = ada.get("memories")[1]["data"][0]
    assert (new["content"], new["user_id"], new["kind"], new["tags"], new["source"]) == (
        "Ada drinks tea.", "ada", "preference", ["drinks"], "console",
    )  # fmt: skip
    told = page_of(operator, old)
    assert "superseded by" in told
    assert "Ada drinks tea." in told
    assert "It is live again." in does(operator, old, "restore")
    assert ada.get(f"memories/{old}")[1]["state"] == "active"


def test_superseding_what_somebody_changed_meanwhile_is_refused(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("one")
    ada.patch(f"memories/{mine}", {"topic": "t"})
    assert "changed it meanwhile" in does(operator, mine, "supersede", content="two", seen=1)
    assert "Write what is true now" in does(operator, mine, "supersede", content=" ", seen=2)
    assert "Not superseded" in does(operator, mine, "supersede", content="one", seen=2)
    assert ada.get(f"memories/{mine}")[1]["state"] == "active"


def test_a_verdict_is_a_button(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("one")
    assert "Its confidence is 0.50" in does(operator, mine, "judge", verdict="incorrect")
    assert "superseded" in does(operator, mine, "judge", verdict="outdated")
    assert operator.post(f"/t/acme/console/memories/{mine}/judge/", {"verdict": "maybe"}).status_code == 404


def test_what_was_said_around_it_stands_on_its_page(operator: Client, ada: Any, acme: Tenant) -> None:
    said = [ada.remember(f"line {i}", session_id="s", user_id="cleo") for i in range(9)]
    ada.remember("of somebody else", session_id="s", user_id="dan")
    page = page_of(operator, said[4])
    near = re.findall(r"<span>(line \d)</span>", page.partition("Said around it")[2])
    assert near == [f"line {i}" for i in range(1, 8)]
    assert "of somebody else" not in page


@pytest.mark.parametrize("where", ["deleted", "superseded", "cold"])
def test_the_page_of_what_is_not_live_or_not_warm_can_be_read(
    operator: Client, ada: Any, acme: Tenant, where: str
) -> None:
    mine = ada.remember("Kept all the same.")
    if where == "deleted":
        ada.delete(f"memories/{mine}")
    elif where == "superseded":
        ada.post(f"memories/{mine}/feedback", {"verdict": "outdated"})
    else:
        ada.post(f"memories/{mine}/archive", None)
    page = page_of(operator, mine)
    assert "Kept all the same." in page.partition("History")[2]
    assert (">Supersede<" in page) == (where == "cold")


@pytest.mark.parametrize("what", POSTS)
def test_who_may_only_read_changes_nothing(ada: Any, acme: Tenant, what: str) -> None:
    mine = ada.remember("one")
    viewer = member(acme, "viewer")
    assert ">Supersede<" not in page_of(viewer, mine)
    assert viewer.post(f"/t/acme/console/memories/{mine}/{what}", {"verdict": "incorrect"}).status_code == 403
    assert viewer.get(f"/t/acme/console/memories/undelete/{uuid.uuid4()}/").status_code == 403
    assert ada.get(f"memories/{mine}")[1]["version"] == 1


@pytest.mark.parametrize("what", POSTS)
def test_buttons_of_no_memory_are_no_500(operator: Client, acme: Tenant, what: str) -> None:
    form = {
        "verdict": "correct",
        "content": "\x00 🦊",
        "version": "x",
        "seen": "²",
    }
    answer = operator.post(f"/t/acme/console/memories/{uuid.uuid4()}/{what}", form, follow=True)
    assert answer.status_code in (200, 404)


def test_many_are_deleted_after_a_count_and_a_sample_and_come_back(operator: Client, ada: Any, acme: Tenant) -> None:
    ids = [ada.remember(f"note {i}", user_id="cleo") for i in range(7)]
    asked = chooses(operator, "?user_id=cleo", ids, "delete_chosen")
    assert "Delete 7 memories" in asked
    assert "and 2 more" in asked
    assert asked.count("note ") == 5
    assert len(ada.get("memories")[1]["data"]) == 7
    assert "Nothing was deleted" in chooses(operator, "?user_id=cleo", ids, "delete_chosen", confirm_count=6)
    done = chooses(operator, "?user_id=cleo", ids, "delete_chosen", confirm_count=7)
    undo = re.search(r'href="(/t/acme/console/memories/undelete/[^"]+)"', done)
    assert undo
    assert ada.get("memories")[1]["data"] == []
    assert "Bring back 7 memories" in operator.get(undo[1]).content.decode()
    assert "7 are live again" in operator.post(undo[1], follow=True).content.decode()
    assert len(ada.get("memories")[1]["data"]) == 7


def test_all_that_a_filter_finds_can_be_chosen(operator: Client, ada: Any, acme: Tenant) -> None:
    ids = [ada.remember(f"note {i}", user_id="cleo") for i in range(3)]
    ada.remember("not this one", user_id="dan")
    across = {"select_across": "1", "confirm_count": "3"}
    assert "3 deleted" in chooses(operator, "?user_id=cleo", ids[:1], "delete_chosen", **across)
    assert [item["user_id"] for item in ada.get("memories")[1]["data"]] == ["dan"]


def test_many_get_a_tag(operator: Client, ada: Any, acme: Tenant) -> None:
    ids = [ada.remember("a", tags=["tea"]), ada.remember("b", tags=["x"])]
    assert "Tag 2 memories" in chooses(operator, "", ids, "tag_chosen")
    assert "1 tagged tea" in chooses(operator, "", ids, "tag_chosen", tag="tea")
    assert sorted(item["tags"] for item in ada.get("memories")[1]["data"]) == [["tea"], ["x", "tea"]]
    assert "at most 100" in chooses(operator, "", ids, "tag_chosen", tag="x" * 101)


def test_djangos_own_deletion_is_not_offered(operator: Client, ada: Any, acme: Tenant) -> None:
    mine = ada.remember("a")
    assert "delete_selected" not in operator.get(LIST).content.decode()
    chooses(operator, "", [mine], "delete_selected", post="yes")
    assert ada.get(f"memories/{mine}")[0] == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"live", "old"}),
        ("?state=superseded", {"outdated"}),
        ("?state=deleted", {"gone"}),
        ("?state=expired", {"over"}),
        ("?state=all", {"live", "old", "outdated", "gone", "over"}),
        ("?state=waiting", {"live", "old"}),
        ("?kind__exact=goal", {"live"}),
        ("?trust__exact=untrusted", {"old"}),
        ("?tag=tea", {"live"}),
        ("?user_id=cleo", {"old"}),
        ("?namespace=work", {"live"}),
        ("?event_time_from=2020-01-01&event_time_to=2020-01-02", {"old"}),
        ("?event_time_to=2020-01-01", set()),
        ("?event_time_from=x&event_time_to=9999-12-31", {"live", "old"}),
    ],
)
def test_the_list_is_narrowed(operator: Client, ada: Any, acme: Tenant, query: str, found: set[str]) -> None:
    ada.remember("the live one", kind="goal", tags=["tea"], namespace="work")
    ada.remember("the old one", user_id="cleo", trust="untrusted", event_time="2020-01-02T23:59:00Z")
    outdated = ada.remember("the outdated one", event_time="2021-01-01T00:00:00Z")
    ada.post(f"memories/{outdated}/feedback", {"verdict": "outdated"})
    ada.delete(f"memories/{ada.remember('the gone one')}")
    over = ada.remember("the over one")
    with tenant_context(acme):
        Memory.objects.filter(pk=over).update(expires_at="2025-01-01T00:00:00Z")
    page = operator.get(LIST + query).content.decode()
    assert set(re.findall(r"the (\w+) one", page)) == found


def test_the_page_and_the_list_cost_a_known_number_of_queries(operator: Client, ada: Any, acme: Tenant) -> None:
    said = [ada.remember(f"line {i}", session_id="s") for i in range(4)]
    for other in said[1:]:
        ada.post("relations", {"source": said[0], "target": other, "type": "causes"})
    for topic in "abc":
        ada.patch(f"memories/{said[0]}", {"topic": topic})
    operator.get(LIST)
    with costs(10):  # session, person, reviews that wait, tenants to switch to, count, tenant, rows, and the note of it
        operator.get(LIST)
    with costs(16):  # eight as above; memory, itself, its versions, holds, relations and their ends, around; its type
        operator.get(f"{LIST}{said[0]}/change/")


def test_a_line_is_shared_out_from_the_first_moment_to_the_last() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2024, 1, 1, tzinfo=UTC)
    day = timedelta(days=1)
    spans = [Span("held", start, None), Span("one", start + day, start + 2 * day), Span("odd", start + day, start)]
    line = laid_out(spans, [start + 4 * day], start + 2 * day)
    assert (line.first, line.last) == (start, start + 4 * day)
    held, one, odd = line.bars
    assert (held.left, held.width, held.goes_on) == (0, 1, True)
    assert (round(one.left * 4.2, 6), round(one.width * 4.2, 6), one.goes_on) == (1, 1, False)
    assert odd.width == 0
    assert line.places == (line.last_place,)


def test_saving_a_page_leaves_names_with_commas_as_they_are(operator: Client, ada: Any, acme: Tenant) -> None:
    tags, people = ["a,b", 'say "hi"', "tea"], ["King, Ada"]
    mine = ada.remember("Ada knows Ben.", tags=tags, people=people)
    page = operator.get(f"{LIST}{mine}/change/").content.decode()
    shown = {name: html.unescape(re.search(FIELD.format(name), page)[1]) for name in ("tags", "people")}  # type: ignore[index]
    told = ada.get(f"memories/{mine}")[1]
    day, _, time = told["event_time"][:19].partition("T")
    same = {name: told[name] for name in ("content", "kind", "importance", "confidence", "trust")}
    at = {f"{initial}event_time_{part}": said for initial in ("", "initial-") for part, said in ((0, day), (1, time))}
    before = {f"initial-{name}": value for name, value in shown.items()}
    form = same | {"metadata": "{}"} | at | shown | before
    assert operator.post(f"{LIST}{mine}/change/", form).status_code == 302
    assert ada.get(f"memories/{mine}/history")[1]["data"][-1]["changed"] == [], (
        form,
        ada.get(f"memories/{mine}/diff?before=1&after=2"),
    )
    operator.post(f"{LIST}{mine}/change/", form | {"tags": '"a,b", tea , ', "people": ""})
    after = ada.get(f"memories/{mine}")[1]
    assert (after["version"], after["tags"], after["people"]) == (2, ["a,b", "tea"], [])


def test_a_live_memory_without_a_vector_is_shown_as_waiting(operator: Client, ada: Any, acme: Tenant) -> None:
    ada.remember("Ada knows Ben.")
    assert "waiting" in operator.get(LIST).content.decode().split("<tbody", 1)[1].split("</tbody>")[0].lower()


def test_a_memory_that_cannot_be_stored_is_said(operator: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        erase.request(Subject("user", "ada"), 0)
    form = {"content": "Late.", "user_id": "ada", "namespace": "default", "kind": "fact", "trust": "trusted"}
    form |= {"tags": "", "people": "", "metadata": "{}", "importance": "0.5", "confidence": "1"}
    form |= {"event_time_0": "2026-01-01", "event_time_1": "10:00:00"}
    answer = operator.post("/t/acme/console/memory/memory/add/", form, follow=True)
    assert "Not stored" in answer.content.decode()
