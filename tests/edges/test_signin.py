"""Signing in: too slow to guess, the same answer for everybody, and no way to lock a colleague out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client, RequestFactory

from tenants import signin
from tenants.errors import TooManyTries
from tenants.models import User

EMAIL, PASSWORD = "operator@example.org", "correct horse"


@pytest.fixture(autouse=True)
def nobody_counted(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # hundreds of passwords are tried here
    counters = signin._counters()
    for name in counters.scan_iter("signin:*"):
        counters.delete(name)


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser(EMAIL, PASSWORD)


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, address: str = "10.0.0.1") -> str:
    """`in`, or what the form says."""
    answer = client.post("/console/login/", {"username": email, "password": password}, REMOTE_ADDR=address)
    if answer.status_code == 302:
        return "in"
    return str(answer.context["form"].non_field_errors()[0])


def guess(times: int, email: str = EMAIL, address: str = "6.6.6.{}") -> list[str]:
    """Wrong passwords, each from an address of its own."""
    return [sign_in(Client(), email, f"guess {n}", address.format(n)) for n in range(times)]


def test_the_answer_is_the_same_whether_the_account_is_there(operator: User) -> None:
    User.objects.create_user("gone@example.org", PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("plain@example.org", PASSWORD)
    told = [
        sign_in(Client(), EMAIL, "wrong"),
        sign_in(Client(), "nobody@example.org"),
        sign_in(Client(), "gone@example.org"),
        sign_in(Client(), "plain@example.org"),
    ]
    assert len(set(told)) == 1


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", EMAIL.upper()])
def test_an_account_known_or_not_is_closed_after_ten_wrong_passwords(operator: User, email: str) -> None:
    told = guess(12, email)
    assert len(set(told[:10])) == 1
    assert "Too many tries" in told[10]
    assert "Too many tries" in sign_in(Client(), email)


def test_an_address_is_closed_after_fifty_wrong_passwords(operator: User) -> None:
    told = [sign_in(Client(), f"user{n}@example.org", "guess", "6.6.6.6") for n in range(51)]
    assert "Too many tries" not in told[49]
    assert "Too many tries" in told[50]
    assert "Too many tries" in sign_in(Client(), address="6.6.6.6")
    assert sign_in(Client(), address="10.0.0.1") == "in"


def test_an_ipv6_caller_is_its_network(operator: User) -> None:
    for n in range(50):
        sign_in(Client(), f"user{n}@example.org", "guess", f"2001:db8::{n:x}")
    assert "Too many tries" in sign_in(Client(), address="2001:db8::ffff")
    assert sign_in(Client(), address="2001:db8:0:1::1") == "in"


def test_who_has_been_in_is_not_locked_out_by_who_guesses(operator: User) -> None:
    own = Client()
    assert sign_in(own) == "in"
    own.get("/console/logout/")
    guess(30)
    assert "Too many tries" in sign_in(Client())
    assert sign_in(own) == "in"


def test_a_browser_that_has_been_in_may_not_guess_for_ever_either(operator: User) -> None:
    own = Client()
    sign_in(own)
    told = [sign_in(own, password=f"guess {n}") for n in range(11)]
    assert "Too many tries" in told[10]


def test_a_browser_of_one_account_is_a_stranger_to_another(operator: User) -> None:
    User.objects.create_superuser("other@example.org", PASSWORD)
    own = Client()
    sign_in(own, "other@example.org")
    guess(11)
    assert "Too many tries" in sign_in(own)


def test_a_forged_cookie_opens_nothing(operator: User) -> None:
    guess(11)
    for forged in ("x", "W10:1:1", "operator"):
        client = Client()
        client.cookies["known_browser"] = forged
        assert "Too many tries" in sign_in(client)


def test_the_lock_ends_a_quarter_of_an_hour_after_the_first_try(operator: User) -> None:
    guess(12)
    (name,) = signin._counters().scan_iter("signin:account:*")
    assert 0 < signin._counters().ttl(name) <= 900
    signin._counters().delete(name)
    assert sign_in(Client()) == "in"


def test_who_signs_in_is_not_counted(operator: User) -> None:
    assert [sign_in(Client()) for _ in range(12)] == ["in"] * 12


@pytest.mark.usefixtures("committed")
def test_guesses_at_once_are_counted_exactly() -> None:
    User.objects.create_superuser(EMAIL, PASSWORD)

    def try_once(n: int) -> str:
        request = RequestFactory().get("/", REMOTE_ADDR=f"7.7.7.{n}")
        try:
            return "wrong" if authenticate(request, username=EMAIL, password="guess") is None else "in"
        except TooManyTries:
            return "closed"
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(try_once, range(40)))
    assert told.count("wrong") == 10
    assert told.count("closed") == 30


def test_without_redis_people_still_sign_in(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    monkeypatch.setattr(signin, "_counters", lambda: away)
    assert sign_in(Client()) == "in"
