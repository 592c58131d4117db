from memory.models.memory import Memory

__all__ = ["Memory"]
