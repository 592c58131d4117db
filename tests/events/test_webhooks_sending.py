"""One try over real HTTP: limits of time and size, certificates, what is remembered of an answer."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from events.webhooks import sending, signing
from events.webhooks.sending import Letter, Post, sent
from tests.receiver import Receiver, saying

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def letter(url: str, body: str = '{"a":1}') -> Letter:
    headers = signing.headers(str(uuid4()), timezone.now(), body, [SECRET])
    return Letter(uuid4(), uuid4(), uuid4(), 1, url, body.encode(), headers)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1", "receiver.internal", "other.internal"]
    with Receiver() as receiver:
        yield receiver


async def test_what_arrives_is_what_was_signed(receiver: Receiver) -> None:
    outcome = await sent(letter(receiver.url + "hook?x=1", '{"ü":1}'))
    [heard] = receiver.heard
    assert heard.verified(SECRET) == {"ü": 1}
    assert (heard.path, heard.headers["content-type"]) == ("/hook?x=1", "application/json")
    assert (outcome.status, outcome.response, outcome.error) == (200, "ok", "")
    assert 0 <= outcome.took_ms < 1000 * sending.TOTAL


async def test_an_answer_is_remembered_as_text_that_can_be_kept(receiver: Receiver) -> None:
    receiver.answer = saying(500, b"a\x00b\xff" + "ü".encode() * 4000)
    outcome = await sent(letter(receiver.url))
    assert outcome.response.startswith("ab�üü")
    assert len(outcome.response) <= 1024


async def test_a_packed_answer_is_not_unpacked(receiver: Receiver) -> None:
    receiver.answer = saying(200, b"\x1f\x8b not gzip", content_encoding="gzip")
    assert (await sent(letter(receiver.url))).status == 200


async def test_of_an_endless_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    wrote = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(10**9))
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b"x" * 10**6)
                wrote.append(10**6)
        except OSError:
            pass

    receiver.answer = endless
    outcome = await sent(letter(receiver.url))
    assert (outcome.status, outcome.response) == (200, "x" * 1024)
    assert sum(wrote) < 20 * 10**6


def drip(handler: BaseHTTPRequestHandler) -> None:
    try:
        for byte in b"HTTP/1.1 200 OK\r\nx-long: " + b"y" * 1000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


async def test_a_receiver_that_drips_bytes_has_its_time_and_no_more(receiver: Receiver, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "TOTAL", 1.0)
    receiver.answer = drip
    began = time.monotonic()
    outcome = await sent(letter(receiver.url))
    assert (outcome.status, outcome.error) == (None, "no answer within 1 s")
    assert 0.9 < time.monotonic() - began < 30  # all of it takes 50


async def test_an_answer_whose_body_never_ends_is_an_answer(receiver: Receiver, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "TOTAL", 3.0)

    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        time.sleep(20)

    receiver.answer = half
    outcome = await sent(letter(receiver.url))
    assert (outcome.status, outcome.response, outcome.error) == (200, "half", "")


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 9999 X\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000]
)
async def test_what_is_not_http_is_a_failure_and_no_more(receiver: Receiver, said: bytes) -> None:
    def speak(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(said)
        handler.close_connection = True

    receiver.answer = speak
    outcome = await sent(letter(receiver.url))
    assert outcome.status is None
    assert outcome.error.startswith("no answer")


async def test_nobody_there_is_a_failure(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    outcome = await sent(letter("http://127.0.0.1:1/"))
    assert outcome.status is None
    assert outcome.error.startswith("no connection")
    assert (await sent(letter("http://nobody.invalid/"))).error == "its host is not known"


@pytest.fixture
def tls(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """The receiver with a certificate for `receiver.internal`, whose authority is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("receiver.internal")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "receiver.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "receiver.pem")
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "receiver.pem"))
    sending._trust.cache_clear()
    monkeypatch.setattr("socket.getaddrinfo", lambda host, port, *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))])
    return receiver


@pytest.fixture(autouse=True)
def trust() -> Iterator[None]:
    yield
    sending._trust.cache_clear()


async def test_a_certificate_must_name_the_host_and_not_the_address_that_was_connected_to(tls: Receiver) -> None:
    assert (await sent(letter(f"https://receiver.internal:{tls.port}/"))).status == 200
    assert (await sent(letter(f"https://receiver.internal.:{tls.port}/"))).status == 200
    for host in ("other.internal", "127.0.0.1"):
        outcome = await sent(letter(f"https://{host}:{tls.port}/"))
        assert (outcome.status, len(tls.heard)) == (None, 2)
        assert "certificate verify failed" in outcome.error


async def test_a_certificate_that_nobody_vouches_for_is_refused(tls: Receiver, monkeypatch: Any) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    sending._trust.cache_clear()
    outcome = await sent(letter(f"https://receiver.internal:{tls.port}/"))
    assert (outcome.status, tls.heard) == (None, [])


def test_many_go_at_once_and_come_back_one_by_one(receiver: Receiver) -> None:
    receiver.answer = lambda handler: (time.sleep(1), saying(200)(handler))[0]
    letters = [letter(receiver.url) for _ in range(20)]
    began = time.monotonic()
    with Post() as post:
        assert post.back(0.01) == []
        for one in letters:
            post.send(one)
        done = []
        while post.under_way:
            done += post.back(0.05)
    assert {one.delivery_id for one, _ in done} == {one.delivery_id for one in letters}
    assert all(outcome.status == 200 for _, outcome in done)
    assert time.monotonic() - began < 15  # one after the other would take 20


def test_what_is_under_way_ends_with_a_worker_that_cannot_go_on(receiver: Receiver) -> None:
    receiver.answer = lambda handler: (time.sleep(30), saying(200)(handler))[0]
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), Post() as post:
        post.send(letter(receiver.url))
        post.back(0.3)
        1 / 0  # noqa: B018
    assert time.monotonic() - began < sending.TOTAL
