from memory.embeddings.base import Embedder, chosen, current, named, provider, soon, warm

__all__ = ["Embedder", "chosen", "current", "named", "provider", "soon", "warm"]
