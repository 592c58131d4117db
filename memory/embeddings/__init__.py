from memory.embeddings.base import Embedder, chosen, current, named, warm

__all__ = ["Embedder", "chosen", "current", "named", "warm"]
