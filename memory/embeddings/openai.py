"""Any endpoint that speaks OpenAI's embeddings protocol: OpenAI, Gemini's compatible one, Ollama, vLLM, TEI."""

import random
import threading
import time
from typing import Any

import httpx
import numpy as np
import structlog
from django.conf import settings

from memory.embeddings.breaker import Breaker
from memory.errors import EmbedderUnavailable

log = structlog.get_logger(__name__)
BATCH = 96  # texts in a request; endpoints differ, 100 is the least that any of them takes
TIMEOUT = httpx.Timeout(15.0, connect=3.0)
TRIES = 3
LONGEST_WAIT = 5.0  # seconds between two tries; who says more in Retry-After is left for later
AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}


class OpenAIEmbedder:
    """Named after the model it asks for: another EMBEDDINGS_MODEL is another embedder, its vectors are not mixed."""

    remote = True

    def __init__(self, name: str) -> None:
        size = f"@{settings.EMBEDDINGS_DIMENSION}" if settings.EMBEDDINGS_DIMENSION else ""
        self.name = f"{name}/{settings.EMBEDDINGS_MODEL}{size}"[:100]
        self.dimension = settings.EMBEDDINGS_DIMENSION  # 0 until the first answer tells it
        self._breaker = Breaker()
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def embed(self, texts: list[str]) -> np.ndarray:
        made = [self._batch(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        return np.concatenate(made) if made else np.empty((0, self.dimension), np.float32)

    def _batch(self, texts: list[str]) -> np.ndarray:
        if not self._breaker.lets_through():
            raise EmbedderUnavailable("the embedder failed again and again; it is left alone for a while")
        try:
            vectors = self._read(self._ask(texts), len(texts))
        except EmbedderUnavailable:
            self._breaker.failed()
            raise
        self._breaker.worked()
        return vectors

    def _ask(self, texts: list[str]) -> httpx.Response:
        """The endpoint's answer with status 200; asked up to TRIES times."""
        body: dict[str, Any] = {"model": settings.EMBEDDINGS_MODEL, "input": texts, "encoding_format": "float"}
        if settings.EMBEDDINGS_DIMENSION:
            body["dimensions"] = settings.EMBEDDINGS_DIMENSION
        for left in reversed(range(TRIES)):
            answer, problem = self._once(body)
            if answer is not None and answer.status_code == 200:
                return answer
            wait = _wait(answer, TRIES - left)
            if not left or wait > LONGEST_WAIT or (answer is not None and answer.status_code not in AGAIN):
                break
            time.sleep(wait)
        # Not the answer's text: it may quote what was sent.
        log.warning("no vectors from the embedder", problem=problem)
        raise EmbedderUnavailable(f"the embedder at EMBEDDINGS_URL gives no vectors: {problem}")

    def _once(self, body: dict[str, Any]) -> tuple[httpx.Response | None, str]:
        try:
            answer = self._http().post(f"{settings.EMBEDDINGS_URL.rstrip('/')}/embeddings", json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, type(error).__name__
        return answer, f"status {answer.status_code}"

    def _http(self) -> httpx.Client:
        """One client a process, for its open connections."""
        with self._lock:
            if self._client is None:
                key = settings.EMBEDDINGS_API_KEY
                self._client = httpx.Client(timeout=TIMEOUT, headers={"Authorization": f"Bearer {key}"} if key else {})
            return self._client

    def _read(self, answer: httpx.Response, count: int) -> np.ndarray:
        """The vectors of an answer in the order of the texts, of unit length. Raises EmbedderUnavailable."""
        try:
            items = sorted(answer.json()["data"], key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in items], np.float32)
        except (ValueError, KeyError, TypeError):
            raise EmbedderUnavailable("the embedder's answer is not of OpenAI's form") from None
        wanted = self.dimension or (vectors.shape[1] if vectors.ndim == 2 else 0)
        if vectors.shape != (count, wanted) or not wanted:
            raise EmbedderUnavailable(f"the embedder gave vectors of shape {vectors.shape}, not {(count, wanted)}")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise EmbedderUnavailable("the embedder gave vectors without a direction")
        self.dimension = wanted
        return vectors / lengths


def _wait(answer: httpx.Response | None, tries: int) -> float:
    """Seconds until the next try: as Retry-After says, else doubling, with jitter so that not all come at once."""
    told = answer.headers.get("Retry-After", "") if answer is not None else ""
    if told.isascii() and told.isdigit():
        return float(told)
    return random.uniform(0.5, 1.0) * 0.4 * 2**tries  # noqa: S311  no secret hangs on it
