"""What writes new memories out of old ones: the protocol, and the writers that keep it."""

from memory.llm.base import Writer, Written, current, named

__all__ = ["Writer", "Written", "current", "named"]
