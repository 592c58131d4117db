"""A writer that asks a model: any endpoint that speaks OpenAI's chat protocol, such as vLLM, Ollama or Gemini's."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx
import structlog
from django.conf import settings

from memory.algorithms.gisting import Gist
from memory.algorithms.summarizing import Told
from memory.embeddings.breaker import Breaker
from memory.llm import asking, spending
from memory.llm.base import Written
from memory.llm.extractive import ExtractiveWriter

log = structlog.get_logger(__name__)
LARGEST = 1_048_576  # bytes of an answer
CONNECT = 3.0  # seconds
Made = TypeVar("Made")


class Failed(Exception):
    """No answer that can be used; its text says why, without content."""


@dataclass
class _Bill:
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class OpenAIWriter:
    """Where the model cannot, the extractive writer writes, and `failed` says why."""

    def __init__(self, name: str) -> None:
        self.name = f"{name}/{settings.WRITER_MODEL}"[:100]
        self._instead = ExtractiveWriter("extractive")
        self._breaker = Breaker()
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def summarize(self, texts: Sequence[Told], most: int) -> Written:
        if not texts:
            return Written("", self.name)
        written = self._written(
            asking.for_summary(texts, most),
            lambda answer: (asking.read_summary(answer, texts), None),
            lambda: self._instead.summarize(texts, most),
        )
        trusted = all(told.trusted for told in texts)
        return replace(written, kept=written.kept or (Told(written.text, texts[-1].at, trusted=trusted),))

    def gist(self, texts: Sequence[Told]) -> Written:
        if not texts:
            return Written("", self.name)

        def read(answer: str) -> tuple[str, Gist | None]:
            found = asking.read_gist(answer, texts)
            return found.text if found else "", found

        return self._written(asking.for_gist(texts), read, lambda: self._instead.gist(texts))

    def _written(
        self,
        asked: list[dict[str, str]],
        read: Callable[[str], tuple[str, Gist | None]],
        instead: Callable[[], Written],
    ) -> Written:
        bill = _Bill()
        try:
            text, gist = self._asked(asked, read, bill)
            written = Written(text, self.name, gist=gist, **vars(bill))
        except Failed as error:
            log.warning("a model did not write what it was asked to", model=self.name, problem=str(error))
            plain = instead()
            written = replace(plain, failed=str(error), **vars(bill))
        spending.count(written)
        return written

    def _asked(self, asked: list[dict[str, str]], read: Callable[[str], Made], bill: _Bill) -> Made:
        """What `read` makes of the model's answer, or of a second one when that is of no use. Raises Failed."""
        answer = self._answer(asked, bill)
        try:
            return read(answer)
        except asking.Unusable as problem:
            repaired = self._answer(asking.for_repair(asked, answer, str(problem)), bill)
        try:
            return read(repaired)
        except asking.Unusable as problem:
            raise Failed(f"two answers could not be used: {problem}") from None

    def _answer(self, messages: list[dict[str, str]], bill: _Bill) -> str:
        """The text of the model's answer. Raises Failed."""
        if not self._breaker.lets_through():
            raise Failed("the model failed again and again; it is left alone for a while")
        try:
            answer = self._post(messages, bill)
        except Failed:
            self._breaker.failed()
            raise
        self._breaker.worked()
        return answer

    def _post(self, messages: list[dict[str, str]], bill: _Bill) -> str:
        body = {"model": settings.WRITER_MODEL, "messages": messages, "response_format": {"type": "json_object"}}
        bill.calls += 1
        url = f"{settings.WRITER_URL.rstrip('/')}/chat/completions"
        try:
            with self._http().stream("POST", url, json=body) as answer:
                status, told = answer.status_code, _read(answer, time.monotonic() + settings.WRITER_TIMEOUT)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(type(error).__name__) from None
        if status != 200:  # not the answer's text: it may quote what was sent
            raise Failed(f"status {status}")
        return _content(told, bill)

    def _http(self) -> httpx.Client:
        """One client a process, for its open connections."""
        with self._lock:
            if self._client is None:
                key = settings.WRITER_API_KEY
                timeout = httpx.Timeout(settings.WRITER_TIMEOUT, connect=min(CONNECT, settings.WRITER_TIMEOUT))
                headers = {"Authorization": f"Bearer {key}"} if key else {}
                self._client = httpx.Client(timeout=timeout, headers=headers)
            return self._client


def _read(answer: httpx.Response, until: float) -> bytes:
    """The body of an answer that comes in time and is no larger than it may be. Raises Failed."""
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise Failed("the answer is too large")
        if time.monotonic() > until:
            raise Failed("the answer takes too long")
    return body


def _content(told: bytes, bill: _Bill) -> str:
    """What the model says, and its tokens on the bill. Raises Failed."""
    try:
        answer: Any = json.loads(told)
        bill.tokens_in += _number(answer, "prompt_tokens")
        bill.tokens_out += _number(answer, "completion_tokens")
        content = answer["choices"][0]["message"]["content"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Failed("the answer is not of OpenAI's form") from None
    if not isinstance(content, str):
        raise Failed("the answer is not of OpenAI's form")
    return content


def _number(answer: Any, name: str) -> int:
    """A count of tokens, 0 where the endpoint tells none."""
    told = (answer.get("usage") or {}).get(name)
    return told if isinstance(told, int) and 0 <= told < 10**9 else 0
