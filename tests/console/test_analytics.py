"""The pages of the study: one range of time for all of them, charts with their tables, numbers with their rows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import counts, insights
from analytics.counts import Cell
from analytics.finding import Finding
from analytics.models import Insight
from config import charts
from config.charts import Series
from config.pages.analytics import changed
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft
from tenants.models import Tenant
from tests.analytics.planted import plant
from tests.conftest import costs
from tests.console.test_pages import member

PAGES = ("analytics", "insights", "reports")
CONSOLE = "/t/acme/console"


@pytest.fixture
def editor(acme: Tenant) -> Client:
    return member(acme, "editor")


@pytest.fixture
def full(acme: Tenant) -> None:
    with tenant_context(acme):
        plant(timezone.now(), 9)


@pytest.fixture
def today() -> str:
    return f"{timezone.now():%Y-%m-%d}"  # of the test: the suite may have begun before midnight


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def found(acme: Tenant) -> Insight:
    told = Finding(
        "anomaly", "high", "accuracy", "STL season 7, MAD 3.5", 0.5, "Accuracy, 19 May: 50 %.", timezone.now(), "support",
        expected=0.9, low=0.8, high=1.0,
    )  # fmt: skip
    with tenant_context(acme):
        insights.keep([told], timezone.now())
        return insights.listed().order_by("-id")[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_is_missing_while_there_is_nothing(editor: Client, page: str) -> None:
    told = text(editor.get(f"{CONSOLE}/{page}/"))
    nothing = {
        "analytics": "Nothing was counted in this time",
        "insights": "Nothing stands out",
        "reports": "Nothing in this time.",
    }
    assert nothing[page] in told


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "asked", ["range=24h", "range=30d", "range=own&from={today}&to={today}", "range=7d&domain=support"]
)
@pytest.mark.usefixtures("full")
def test_a_page_opens_for_each_range(editor: Client, page: str, asked: str, today: str) -> None:
    assert 'role="alert"' not in text(editor.get(f"{CONSOLE}/{page}/?{asked.format(today=today)}"))


@pytest.mark.parametrize(
    "asked",
    ["range=1y", "from=x", "from=2026-05-02&to=2026-05-01", "from=0001-01-01", "range=own"],
)
def test_a_range_that_is_none_is_answered_by_seven_days_and_said(editor: Client, asked: str) -> None:
    told = text(editor.get(f"{CONSOLE}/analytics/?{asked}"))
    assert 'role="alert"' in told
    assert '<a href="?range=7d" aria-current="true">7 days</a>' in re.sub('&amp;domain=[^"]*', "", told)


def test_the_range_goes_along_from_page_to_page(editor: Client) -> None:
    told = text(editor.get(f"{CONSOLE}/analytics/?range=30d&domain=support"))
    for page in ("insights", "reports"):
        assert f'{CONSOLE}/{page}/?range=30d&amp;domain=support"' in told
    assert f'{CONSOLE}/policies/"' in told


@pytest.mark.usefixtures("full")
def test_each_chart_has_its_table_and_each_number_its_rows(editor: Client, today: str) -> None:
    told = text(editor.get(f"{CONSOLE}/analytics/?range=7d"))
    assert told.count('<svg class="mh-plot"') == told.count('<details class="mh-behind') == 11
    assert f"memory/memory/?state=all&amp;created_at_from={today}&amp;created_at_to={today}" in told
    assert "kind__exact=fact" in told
    assert "traces/?range=7d&amp;kind=recall&amp;why=empty" in told


def test_the_rows_behind_a_days_writes_are_those_of_the_day(editor: Client, acme: Tenant, today: str) -> None:
    with tenant_context(acme):
        remember_many([Draft("Tea of today."), Draft("Tea of before.")])
        Memory.objects.filter(content="Tea of before.").update(created_at=timezone.now() - timedelta(days=2))
    told = text(editor.get(f"{CONSOLE}/memory/memory/?state=all&created_at_from={today}&created_at_to={today}"))
    assert "Tea of today." in told
    assert "Tea of before." not in told


def test_names_that_callers_gave_are_no_markup(editor: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        counts.add([Cell("memories_written", counts.hour_of(timezone.now()), kind="<script>x", domain="<b>d", n=3)])
    told = text(editor.get(f"{CONSOLE}/analytics/"))
    assert "<script>x" not in told
    assert "<b>d" not in told
    assert "&lt;script&gt;x" in told


@pytest.mark.parametrize(("page", "statements"), [("analytics", 21), ("insights", 7), ("reports", 27)])
@pytest.mark.parametrize("much", [False, True])
def test_a_page_costs_as_much_full_as_empty(
    editor: Client, acme: Tenant, page: str, statements: int, much: bool
) -> None:
    if much:
        with tenant_context(acme):
            plant(timezone.now(), 9)
        found(acme)
    editor.get(f"{CONSOLE}/{page}/")
    with costs(statements):
        text(editor.get(f"{CONSOLE}/{page}/"))


def test_an_insight_shows_what_was_expected_and_is_dismissed(editor: Client, acme: Tenant) -> None:
    row = found(acme)
    told = text(editor.get(f"{CONSOLE}/insights/"))
    assert "expected 80 % to 100 %" in told
    assert "STL season 7, MAD 3.5" in told
    answer = editor.post(f"{CONSOLE}/insights/{row.pk}/dismiss?range=30d", follow=True)
    assert answer.redirect_chain[-1][0].endswith("/insights/?range=30d")
    assert "Nothing stands out" in text(answer)
    assert "Accuracy, 19 May" in text(editor.get(f"{CONSOLE}/insights/?state=dismissed"))


def test_who_only_looks_dismisses_nothing(acme: Tenant, editor: Client) -> None:
    row, viewer = found(acme), member(acme, "viewer")
    assert "Dismiss</button>" not in text(viewer.get(f"{CONSOLE}/insights/"))
    assert viewer.post(f"{CONSOLE}/insights/{row.pk}/dismiss").status_code == 403


@pytest.mark.parametrize("type", ["performance", "learning", "business", "executive"])
@pytest.mark.usefixtures("full")
def test_a_report_is_shown_and_downloaded(editor: Client, type: str) -> None:
    told = text(editor.get(f"{CONSOLE}/reports/?type={type}"))
    assert f"<h1>{type.capitalize()} report</h1>" in told
    assert "mh-paper" in told
    answer = editor.get(f"{CONSOLE}/reports/?type={type}&format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode().startswith("section,name,label,unit,at,value,before")


STEPS = [timezone.now().replace(hour=0) - timedelta(days=ago) for ago in range(9, -1, -1)]


def test_a_line_breaks_where_nothing_is_known() -> None:
    chart = charts.lines("x", STEPS, [Series("a", [1, 2, None, 4, None, None, 7, 8, 9, 9])])
    assert [shape["kind"] for shape in chart.shapes if shape["kind"] != "glow"] == ["line", "point", "line"]
    assert len(chart.hits) == len(chart.rows) == 10


def test_a_band_is_over_no_gap_and_a_step_alone_is_a_point() -> None:
    known = [1, 2, None, 4, None, None, 7, 8, 9, 9]
    chart = charts.lines("x", STEPS, [Series("a", known, low=known, high=known)])
    kinds = [shape["kind"] for shape in chart.shapes]
    assert (kinds.count("band"), kinds.count("line"), kinds.count("point")) == (3, 2, 1)


def test_a_number_that_was_none_before_is_neither_good_nor_bad() -> None:
    assert changed(3, 0, "", good=False)["tone"] == "same"
    assert changed(3, 2, "", good=False)["tone"] == "worse"


def test_layers_stand_on_top_of_each_other() -> None:
    chart = charts.areas("x", STEPS, [Series("a", [1] * 10), Series("b", [None, 2, *[2] * 8], 1)])
    assert chart.hits[0]["title"].splitlines()[1:] == ["b: 2", "a: 1", "all: 3"]


@pytest.mark.parametrize(
    ("most", "unit", "told"),
    [
        (7, "", [0, 2, 4, 6, 8]),
        (1, "", [0, 1]),
        (0.4, "share", [0, 0.1, 0.2, 0.3, 0.4]),
        (0.93, "share", [0, 0.25, 0.5, 0.75, 1]),
        (1180, "ms", [0, 500, 1000, 1500]),
    ],
)
def test_axes_have_round_numbers(most: float, unit: str, told: list[float]) -> None:
    assert charts.words.marks(most, unit) == pytest.approx(told)


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (None, "", "–"),
        (1234, "", "1,234"),
        (20_500, "", "20.5 k"),
        (3_200_000, "", "3.2 M"),
        (0.945, "share", "94.5 %"),
        (0, "share", "0 %"),
        (31.24, "ms", "31.2 ms"),
        (1500, "ms", "1.5 s"),
        (2.5, "", "2.5"),
    ],
)
def test_numbers_are_told_as_people_read_them(value: float | None, unit: str, told: str) -> None:
    assert charts.said(value, unit) == told
