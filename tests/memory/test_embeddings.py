"""Models: made once, near to the original, never mixed; what was asked before is not computed again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from memory import embeddings
from memory.embeddings import onnx
from memory.embeddings.cache import Cached
from memory.models import Memory
from memory.recall import recall
from memory.remember import remember
from memory.types import Draft, Query
from memory.upkeep import embed
from tenants.models import Tenant

INT8, FP32 = "all-MiniLM-L6-v2/int8", "all-MiniLM-L6-v2/fp32"
TALK = [
    "Ada (8 May 2023): I adopted a puppy last week, she is called Toast.",
    "Ben (9 May 2023): The deployment failed again because the certificate had expired.",
    "Cleo (1 January 2024): We moved to Lisbon in the autumn and never looked back!",
    "(3 March 2025): Prefers green tea without sugar, and no calls before ten.",
    "Dan (4 April 2022): What did you say the recipe was?",
    "x",
    "",
    "Ada (8 May 2023): " + "a long story about the sea and the people on its shores " * 60,
]


class Counting:
    """An embedder that counts what it is asked; its vectors tell the text's length."""

    name = "counting"

    def __init__(self, remote: bool) -> None:
        self.remote = remote
        self.asked: list[str] = []

    def embed(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def test_int8_vectors_stay_near_to_the_models_own() -> None:
    small, full = embeddings.named(INT8).embed(TALK), embeddings.named(FP32).embed(TALK)
    assert small.shape == (len(TALK), 384)
    assert np.allclose(np.linalg.norm(small, axis=1), 1, atol=1e-3)
    assert (small * full).sum(axis=1).mean() >= 0.985
    assert (small * full).sum(axis=1).min() >= 0.96


def test_order_of_texts_is_kept_whatever_their_length() -> None:
    embedder = embeddings.named(INT8)
    together = embedder.embed(TALK)
    for vector, text in zip(together, TALK, strict=True):
        assert float(vector @ embedder.embed([text])[0]) > 0.95


def test_two_processes_at_once_export_one_model(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from memory.embeddings.export import exported; print(exported(pathlib.Path(sys.argv[1])))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    files = {process.communicate()[0].strip() for process in both}
    assert len(files) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([Path(files.pop()).name, "export.lock"])


def test_without_an_export_sentence_transformers_serves_under_its_own_name(settings: object, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MODELS_DIR = tmp_path / "file" / "models"  # type: ignore[attr-defined]  # no directory can be made there
    embedder = onnx.OnnxEmbedder(INT8)
    assert embedder.embed(["tea"]).shape == (1, 384)
    assert embedder.name == FP32


def test_a_memory_of_another_model_is_found_by_words_and_embedded_anew(in_acme: Tenant) -> None:
    made = remember(Draft("The ferry leaves at noon.")).id
    Memory.objects.filter(pk=made).update(embedding=[1.0, 0.0], embedding_model="another")
    assert recall(Query("ferry")).hits[0].parts["semantic"] == 0
    assert embed.pending() == 1
    memory = Memory.objects.get(pk=made)
    assert (memory.embedding_model, len(memory.embedding)) == (INT8, 384)
    assert recall(Query("ferry")).hits[0].parts["semantic"] > 0.3
    assert embed.pending() == 0


def test_a_tenant_may_have_an_embedder_of_its_own(in_acme: Tenant) -> None:
    assert embeddings.current().name == INT8
    in_acme.embedder = FP32
    assert embeddings.current().name == FP32


def test_an_unknown_embedder_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="nobody"):
        embeddings.named("nobody")


@pytest.mark.parametrize("remote", [False, True])
def test_a_question_asked_again_is_not_computed_again(remote: bool) -> None:
    counting = Counting(remote)
    first = Cached(counting)
    once, again = first.embed([f"tea? {remote}"]), first.embed([f"tea? {remote}"])
    assert np.array_equal(once, again)
    assert len(counting.asked) == 1


def test_a_remote_models_vectors_are_shared_by_processes() -> None:
    counting = Counting(remote=True)
    Cached(counting).embed(["one", "two", "one"])
    assert Cached(counting).embed(["two", "three"])[:, 0].tolist() == [3, 5]
    assert sorted(counting.asked) == ["one", "three", "two"]


def test_the_cache_may_be_away(settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/1"}
    }
    assert Cached(Counting(remote=True)).embed(["away"]).tolist() == [[4, 1]]


@pytest.mark.parametrize(
    ("path", "told"),
    [("memory.embeddings.onnx.OnnxEmbedder", "onnx"), ("memory.embeddings.openai.OpenAIEmbedder", "openai")],
)
def test_what_runs_the_model_is_told(db: None, settings: Any, path: str, told: str) -> None:
    settings.EMBEDDERS, settings.EMBEDDER = {"own": path}, "own"
    assert embeddings.provider() == told
