"""The writer without a model: it chooses among the texts' own sentences. Offline, free, and never inventing."""

from collections.abc import Sequence
from dataclasses import replace

from memory.algorithms import gisting, summarizing
from memory.algorithms.summarizing import Told
from memory.llm.base import Written


class ExtractiveWriter:
    def __init__(self, name: str) -> None:
        self.name = name

    def summarize(self, texts: Sequence[Told], most: int) -> Written:
        chosen = summarizing.chosen(texts, most)
        kept = tuple(replace(texts[one.text], words=one.words) for one in chosen)
        return Written(summarizing.composed(texts, chosen), self.name, kept)

    def gist(self, texts: Sequence[Told]) -> Written:
        found = gisting.extracted(texts)
        return Written(found.text if found else "", self.name, gist=found)
