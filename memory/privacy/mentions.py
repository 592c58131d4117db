"""Where else a name is said: in the words of memories that belong to others."""

from django.contrib.postgres.search import SearchQuery

from memory.models import Memory
from memory.privacy.subjects import Subject


def mentions(subject: Subject) -> int:
    """How many other memories say the name in their words, in any state, cold ones too. A search by words: a hint."""
    words = SearchQuery(subject.name, config="english", search_type="phrase")
    return Memory.objects.filter(search=words).exclude(subject.memories()).count()
