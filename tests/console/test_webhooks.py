"""The pages of webhooks: of a tenant, of one webhook, of one delivery, and of the platform."""

import html
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from events import relay
from events.models import Attempt, Delivery, Event, Webhook
from events.webhooks import endpoints
from tenants.models import Tenant
from tests.api.test_webhooks import URL, made, over, relayed
from tests.conftest import Caller, costs
from tests.console.test_pages import member, operator  # noqa: F401  a fixture

PAGE = "/t/acme/console/webhooks/"


def said(client: Client, path: str = PAGE, **form: Any) -> str:
    answer = client.post(path, form, follow=True) if form else client.get(path)
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.content.decode()).split())


@pytest.fixture
def admin(acme: Tenant) -> Client:
    return member(acme, "admin")


@pytest.fixture
def webhook(ada: Caller) -> str:
    return f"{PAGE}{made(ada, types=['memory.created'])['id']}/"


@pytest.fixture
def three(ada: Caller, acme: Tenant, webhook: str) -> list[Delivery]:
    """Deliveries of three memories: one arrived, one died, one waits."""
    for word in "abc":
        ada.remember(f"Tea {word}.")
    relayed(acme)
    rows = list(Delivery.objects.order_by("seq"))
    over(rows[0], "delivered")
    over(rows[1], "dead", None, "the connection was refused")
    return rows


def test_without_webhooks_the_page_says_how_to_make_one(admin: Client) -> None:
    page = said(admin)
    assert "Nobody is told yet" in page
    assert "http://testserver/api/v1/webhooks" in page


def test_a_webhook_is_made_and_its_secret_is_shown_once(admin: Client) -> None:
    form = {"url": URL, "groups": ["memory.*"], "types": "health.alert, run.failed", "namespaces": "support"}
    answer = admin.post(f"{PAGE}new/", form)
    row = Webhook.objects.get()
    assert (row.types, row.namespaces) == (["health.alert", "memory.*", "run.failed"], ["support"])
    (secret,) = endpoints.secrets_of(row)
    assert secret in html.unescape(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert secret not in said(admin) + said(admin, f"{PAGE}{row.pk}/")


@pytest.mark.parametrize(
    "form",
    [
        {"url": ""}, {"url": "ftp://example.com"}, {"url": URL, "types": "tea.drunk"}, {"url": URL, "groups": "tea.*"},
        {"url": "https://10.0.0.1/"}, {"url": "x\x00y"}, {"url": URL, "namespaces": "a," * 101 + "b" * 300},
    ],
)  # fmt: skip
def test_a_webhook_that_makes_no_sense_is_not_made_and_the_form_says_why(admin: Client, form: dict[str, str]) -> None:
    page = said(admin, f"{PAGE}new/", **form)
    assert "Not saved:" in page
    assert not Webhook.objects.exists()


def test_that_a_tenant_has_enough_is_said(admin: Client, ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made(ada)
    monkeypatch.setattr(endpoints, "MOST", 1)
    assert "a tenant has at most 1 webhooks" in said(admin, f"{PAGE}new/", url=URL)


def test_a_webhook_is_changed_as_its_form_says(admin: Client, webhook: str) -> None:
    Webhook.objects.update(types=["memory.created", "run.*"], description="ours")
    page = said(admin, f"{webhook}change/")
    assert 'value="memory.created"' in page
    assert 'value="run.*" checked' in page
    said(admin, f"{webhook}change/", url="https://example.com/other", description="")
    row = Webhook.objects.get()
    assert (row.url, row.types, row.description) == ("https://example.com/other", [], "")
    assert "Not saved" in said(admin, f"{webhook}change/", url="no")


def test_a_webhook_is_paused_enabled_and_deleted(admin: Client, webhook: str, three: list[Delivery]) -> None:
    assert "paused: deliveries wait" in said(admin, f"{webhook}act", step="pause").lower()
    assert "when it is enabled" in said(admin, webhook)
    assert "It is served again" in said(admin, f"{webhook}act", step="enable")
    assert "3 deliveries go with it, 1 of them not sent yet." in said(admin, webhook)
    assert "Nobody is told yet" in said(admin, f"{webhook}act", step="delete")
    assert not Delivery.objects.exists()
    assert admin.post(f"{webhook}act", {"step": "delete"}).status_code == 404


def test_what_is_no_step_does_nothing(admin: Client, webhook: str) -> None:
    assert admin.post(f"{webhook}act", {"step": "dance"}).status_code == 404


def test_a_webhook_that_is_disabled_is_not_sent_a_test(admin: Client, webhook: str) -> None:
    Webhook.objects.update(state="disabled", reason="gone")
    assert "Send a test" not in said(admin, webhook)
    page = admin.post(f"{webhook}act", {"step": "ping"})["Location"]
    assert "Not done: the webhook is disabled; enable it first." in said(admin, page)
    assert not Event.objects.filter(type="ping.test").exists()


def test_the_outcome_of_a_test_is_shown(admin: Client, acme: Tenant, webhook: str) -> None:
    page = admin.post(f"{webhook}act", {"step": "ping"})["Location"]
    assert "It is on its way…" in said(admin, page)
    assert 'data-running="1500"' in said(admin, page)
    while relay.relay_batch(acme.pk):
        pass
    assert "It is being sent" in said(admin, page)
    delivery = Delivery.objects.get(type="ping.test")
    over(delivery, "pending", 503)
    Delivery.objects.update(next_at=timezone.now() + timedelta(minutes=5, seconds=5))
    assert "It did not arrive: answered 503. Tried again 5 minutes from now." in said(admin, page)
    over(delivery, "delivered")
    assert "It arrived: answered 200." in said(admin, page)
    assert 'data-running="5000"' in said(admin, page)


def test_a_secret_is_rolled_and_the_new_one_shown_once(admin: Client, webhook: str) -> None:
    old = endpoints.secrets_of(Webhook.objects.get())[0]
    answer = admin.post(f"{webhook}secret", {"hours": "2"})
    new = endpoints.secrets_of(Webhook.objects.get())[0]
    assert new in html.unescape(answer.content.decode())
    assert old not in html.unescape(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert "Two secrets sign, the one before until" in said(admin, webhook)
    for hours in ("soon", "-1", "721", "nan", ""):
        assert "Not done: the overlap is 0 to 720 hours." in said(admin, f"{webhook}secret", hours=hours)


def test_what_was_given_up_says_why_and_can_be_enabled(admin: Client, webhook: str) -> None:
    ago = timezone.now() - timedelta(days=5)
    Webhook.objects.update(state="disabled", reason="failing", failing_since=ago, failures=40)
    assert "disabled: nothing arrived for days" in said(admin)
    page = said(admin, webhook)
    assert "Disabled: nothing arrived for days" in page
    assert ">Enable<" in page
    assert ">Enable<" not in said(admin, f"{webhook}act", step="enable")


def test_an_open_circuit_and_a_rest_are_told(admin: Client, webhook: str) -> None:
    now = timezone.now()
    Webhook.objects.update(failures=7, failing_since=now, rests_until=now + timedelta(minutes=3))
    page = said(admin, webhook)
    assert "its circuit is open" in page
    assert "7</b> failures in a row" in page
    assert "failing, rests until" in said(admin)


def test_health_is_drawn_in_the_list_and_on_its_page(admin: Client, webhook: str, three: list[Delivery]) -> None:
    drawn = "Attempts of the last 24 hours: 1 arrived, 1 failed"
    for page in (said(admin), said(admin, webhook)):
        assert drawn in page
        assert "50 %" in page
    assert said(admin).count('data-height="50"') == 2


def test_deliveries_are_filtered_and_paged(
    admin: Client, webhook: str, three: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = said(admin, f"{webhook}?state=dead")
    assert "the connection was refused" in dead
    assert f"/deliveries/{three[1].pk}/" in dead
    assert f"/deliveries/{three[0].pk}/" not in dead
    assert "No delivery is like that" in said(admin, f"{webhook}?state=cancelled")
    assert "No delivery is like that" in said(admin, f"{webhook}?type=run.queued")
    assert f"/deliveries/{three[0].pk}/" in said(admin, f"{webhook}?type=memory.created&state=delivered")
    monkeypatch.setattr("config.pages.webhook.LISTED", 2)
    assert f"before={three[1].seq}" in said(admin, webhook)
    older = said(admin, f"{webhook}?before={three[1].seq}")
    assert f"/deliveries/{three[0].pk}/" in older
    assert f"/deliveries/{three[2].pk}/" not in older


@pytest.mark.parametrize("query", ["state=lost", "before=x", "before=" + "9" * 40, "ping=x", f"ping={UUID(int=7)}",
                                   "first=1", "first=9&last=1", "first=²&last=1"])  # fmt: skip
def test_a_page_that_makes_no_sense_opens(admin: Client, webhook: str, query: str) -> None:
    assert said(admin, f"{webhook}?{query}")


def test_a_replay_is_counted_before_it_is_done(admin: Client, webhook: str, three: list[Delivery]) -> None:
    between = {"first": str(three[0].seq), "last": str(three[2].seq)}
    asked = said(admin, f"{webhook}?first={between['first']}&last={between['last']}")
    assert "Send 2 deliveries anew" in asked
    assert "Send 1 delivery anew" in said(admin, f"{webhook}?dead=1")
    assert not Event.objects.filter(type="webhook.replayed").exists()
    assert "1 delivery is sent anew." in said(admin, f"{webhook}replay", dead="1")
    assert "1 delivery is sent anew." in said(admin, f"{webhook}replay", **between)
    assert "None of them can be sent anew" in said(admin, f"{webhook}?first=1&last=999")
    assert "Not done: say the first and the last number." in said(admin, f"{webhook}replay", first="x", last="1")


def test_a_delivery_shows_its_tries_and_what_is_sent(admin: Client, three: list[Delivery]) -> None:
    Attempt.objects.update(response="<b>no</b>")
    answer = admin.get(f"{PAGE}deliveries/{three[1].pk}/")
    assert b"&lt;b&gt;no&lt;/b&gt;" in answer.content
    page = said(admin, f"{PAGE}deliveries/{three[1].pk}/")
    assert "the connection was refused" in page
    assert f"webhook-id: {three[1].event_id}" in page
    assert f'"seq":{three[1].seq}' in page
    assert "webhook-signature" not in page
    assert "data-running" not in page
    page = said(admin, f"{PAGE}deliveries/{three[2].pk}/")
    assert "It was not tried yet." in page
    assert "data-running" in page


def test_a_delivery_is_sent_anew_from_its_page(admin: Client, three: list[Delivery]) -> None:
    page = f"{PAGE}deliveries/{three[1].pk}/"
    assert "It is sent anew, with the same id." in said(admin, f"{page}replay", yes="1")
    assert "Not done: it waits" in said(admin, f"{page}replay", yes="1")
    assert "replayed <b>1</b> time" in said(admin, page)


@pytest.mark.parametrize(("role", "reads"), [("analyst", 200), ("editor", 403), ("viewer", 403)])
def test_others_look_at_most(acme: Tenant, webhook: str, three: list[Delivery], role: str, reads: int) -> None:
    client = member(acme, role)
    delivery = f"{PAGE}deliveries/{three[1].pk}/"
    for page in (PAGE, webhook, delivery):
        answer = client.get(page)
        assert answer.status_code == reads
        assert not any(word in answer.content for word in (b"New webhook", b"Delete it", b"Send it anew"))
    for path in ("new/", f"{webhook}act", f"{webhook}secret", f"{webhook}replay", f"{delivery}replay"):
        path = path if path.startswith("/") else PAGE + path
        assert client.post(path, {"step": "delete", "dead": "1", "url": URL}).status_code == 403
    assert Webhook.objects.count() == 1


def test_another_tenants_webhooks_are_not_there(
    globex: Tenant,
    webhook: str,
    three: list[Delivery],
    operator: Client,  # noqa: F811
) -> None:
    theirs = webhook.replace("acme", "globex")
    assert "Nobody is told yet" in said(operator, PAGE.replace("acme", "globex"))
    paths = (theirs, f"{theirs}change/", f"/t/globex/console/webhooks/deliveries/{three[1].pk}/")
    assert {operator.get(path).status_code for path in paths} == {404}
    for path in (f"{theirs}act", f"{theirs}secret", f"{theirs}replay", f"{paths[2]}replay"):
        assert operator.post(path, {"step": "delete", "dead": "1", "hours": "1"}).status_code == 404
    assert Webhook.objects.count() == 1


def test_pages_cost_the_same_for_one_and_for_many(
    admin: Client, ada: Caller, acme: Tenant, webhook: str, three: list[Delivery]
) -> None:
    pages = {PAGE: 10, webhook: 13, f"{PAGE}deliveries/{three[1].pk}/": 8}
    for page in pages:
        said(admin, page)
    for _ in range(2):
        for page, count in pages.items():
            with costs(count):
                said(admin, page)
        for word in "def":
            made(ada)
            ada.remember(f"Tea {word}.")
        relayed(acme)
        for row in Delivery.objects.filter(state="pending", webhook_id=three[0].webhook_id)[:2]:
            over(row, "dead", 500)


# --- the platform


def test_the_platform_sees_what_fails_and_what_was_given_up_of_all_tenants(
    operator: Client,  # noqa: F811
    ada: Caller,
    ben: Caller,
    acme: Tenant,
) -> None:
    assert "No tenant has a webhook yet" in said(operator, "/console/webhooks/")
    first, second, third = made(ada)["id"], made(ben)["id"], made(ben)["id"]
    assert "3 webhooks of all tenants, and none of them fails." in said(operator, "/console/webhooks/")
    Webhook.objects.filter(pk=first).update(failures=3, failing_since=timezone.now())
    Webhook.objects.filter(pk=second).update(state="disabled", reason="gone")
    page = said(operator, "/console/webhooks/")
    assert f"/t/acme/console/webhooks/{first}/" in page
    assert f"/t/globex/console/webhooks/{second}/" in page
    assert third not in page
    assert "disabled: it answered 410 Gone" in page
    assert "2</b>failing or given up, of 3" in page
    assert 'class="mh-error">2</b>failing webhooks' in said(operator, "/console/")


def test_the_platform_sees_what_waits_for_too_long(operator: Client, ada: Caller) -> None:  # noqa: F811
    ada.remember("Tea.")
    assert "does it run?" not in said(operator, "/console/webhooks/")
    Event.objects.filter(seq=None).update(occurred_at=timezone.now() - timedelta(minutes=4))
    assert "4 minutes</span></b>the oldest fact waits for the relay: does it run?" in said(
        operator, "/console/webhooks/"
    )


def test_only_operators_see_webhooks_of_all(admin: Client) -> None:
    assert admin.get("/console/webhooks/").status_code == 403
