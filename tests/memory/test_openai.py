"""Embedding endpoints elsewhere: a real server on this machine that speaks their protocol, and fails as they do."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from memory.embeddings import breaker, openai
from memory.errors import EmbedderUnavailable


class Endpoint:
    """Answers each request with the next of `answers`, and with vectors when there is none left."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.dimension = 3
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.asked.append(body | {"path": self.path})
                endpoint.headers.append(self.headers)
                answer = endpoint.answers.pop(0) if endpoint.answers else (200, endpoint.vectors(body["input"]), {})
                if answer == "hang":
                    time.sleep(1.5)
                    return
                status, told, headers = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told if isinstance(told, bytes) else json.dumps(told).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def vectors(self, texts: list[str], **changes: Any) -> dict[str, Any]:
        data = [{"index": i, "embedding": [len(text), 1, 0][: self.dimension]} for i, text in enumerate(texts)]
        return {"data": data[::-1]} | changes  # the order is told by `index` alone


@pytest.fixture
def endpoint(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    made = Endpoint()
    settings.EMBEDDINGS_URL = f"http://127.0.0.1:{made.server.server_port}/v1/"
    settings.EMBEDDINGS_MODEL, settings.EMBEDDINGS_API_KEY, settings.EMBEDDINGS_DIMENSION = "tiny", "secret", 0
    monkeypatch.setattr(openai, "TIMEOUT", 0.5)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def embedder(endpoint: Endpoint) -> openai.OpenAIEmbedder:
    return openai.OpenAIEmbedder("openai")


def test_vectors_come_in_the_order_of_the_texts_and_of_unit_length(endpoint: Endpoint, embedder: Any) -> None:
    vectors = embedder.embed(["a", "bbb"])
    assert np.allclose(vectors, [[1 / 2**0.5, 1 / 2**0.5, 0], [3 / 10**0.5, 1 / 10**0.5, 0]])
    assert endpoint.asked[0] == {
        "model": "tiny", "input": ["a", "bbb"], "encoding_format": "float", "path": "/v1/embeddings",
    }  # fmt: skip
    assert endpoint.headers[0]["Authorization"] == "Bearer secret"
    assert embedder.name == "openai/tiny"


def test_many_texts_are_asked_in_batches(endpoint: Endpoint, embedder: Any) -> None:
    assert embedder.embed([str(i) for i in range(200)]).shape == (200, 3)
    assert [len(asked["input"]) for asked in endpoint.asked] == [96, 96, 8]


def test_a_wished_dimension_is_asked_for_and_named(endpoint: Endpoint, settings: Any) -> None:
    settings.EMBEDDINGS_DIMENSION = endpoint.dimension = 2
    embedder = openai.OpenAIEmbedder("openai")
    assert embedder.embed(["a"]).shape == (1, 2)
    assert endpoint.asked[0]["dimensions"] == 2
    assert embedder.name == "openai/tiny@2"


@pytest.mark.parametrize("failure", [(429, {}, {"Retry-After": "0"}), (500, b"oh", {}), (503, b"", {}), "hang"])
def test_a_passing_failure_is_tried_again(endpoint: Endpoint, embedder: Any, failure: Any) -> None:
    endpoint.answers = [failure]
    assert embedder.embed(["a"]).shape == (1, 3)
    assert len(endpoint.asked) == 2


def test_retry_after_is_waited_for(endpoint: Endpoint, embedder: Any) -> None:
    endpoint.answers = [(429, {}, {"Retry-After": "1"})]
    began = time.monotonic()
    embedder.embed(["a"])
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    "failure", [(401, {}, {}), (400, b"x", {}), (404, b"", {}), (429, {}, {"Retry-After": "3600"})]
)
def test_what_will_not_pass_soon_is_not_tried_again(endpoint: Endpoint, embedder: Any, failure: Any) -> None:
    endpoint.answers = [failure]
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["a"])
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "told",
    [
        b"not json",
        {"data": []},
        {"data": None},
        [],
        {"data": [{"index": 0}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [0, 0, 0]}]},
        {"data": [{"index": 0, "embedding": [1, float("nan"), 0]}]},
        {"data": [{"index": 0, "embedding": ["a"]}]},
        {"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]},
    ],
)
def test_an_answer_that_is_no_vectors_is_refused(endpoint: Endpoint, embedder: Any, told: Any) -> None:
    endpoint.answers = [(200, told, {})]
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["a"])


def test_another_dimension_than_before_is_refused(endpoint: Endpoint, embedder: Any) -> None:
    embedder.embed(["a"])
    endpoint.dimension = 2
    with pytest.raises(EmbedderUnavailable, match="shape"):
        embedder.embed(["b"])


def test_nobody_listening_is_unavailable(embedder: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "TRIES", 1)
    settings.EMBEDDINGS_URL = "http://127.0.0.1:1"
    with pytest.raises(EmbedderUnavailable, match="ConnectError"):
        embedder.embed(["a"])


def test_who_fails_again_and_again_is_left_alone_and_then_probed(
    endpoint: Endpoint, embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.answers = [(401, {}, {})] * 6
    for _ in range(7):
        with pytest.raises(EmbedderUnavailable):
            embedder.embed(["a"])
    assert len(endpoint.asked) == breaker.FAILURES
    monkeypatch.setattr(breaker, "OPEN_FOR", 0.0)
    with pytest.raises(EmbedderUnavailable):
        embedder.embed(["a"])
    assert embedder.embed(["a"]).shape == (1, 3)
    monkeypatch.setattr(breaker, "OPEN_FOR", 30.0)
    assert embedder.embed(["a"]).shape == (1, 3)
