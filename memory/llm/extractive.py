"""The writer without a model: it chooses among the texts' own sentences. Offline, free, and never inventing."""

from collections.abc import Sequence

from memory.algorithms import gisting, summarizing
from memory.algorithms.summarizing import Told
from memory.llm.base import Written


class ExtractiveWriter:
    def __init__(self, name: str) -> None:
        self.name = name

    def summarize(self, texts: Sequence[Told], most: int) -> Written:
        return Written(summarizing.summary(texts, most), self.name)

    def gist(self, texts: Sequence[Told]) -> Written:
        found = gisting.extracted(texts)
        return Written(found.text if found else "", self.name, found)
