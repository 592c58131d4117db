from memory.embeddings.base import Embedder, current, warm

__all__ = ["Embedder", "current", "warm"]
