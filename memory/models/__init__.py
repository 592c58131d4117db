from memory.models.erasure import Erasure
from memory.models.memory import Memory
from memory.models.passage import Passage
from memory.models.relation import Relation
from memory.models.report import Report
from memory.models.review import Review
from memory.models.session import Session
from memory.models.step import Step
from memory.models.tally import Tally
from memory.models.transfer import Transfer
from memory.models.version import Version

__all__ = [
    "Erasure", "Memory", "Passage", "Relation", "Report", "Review", "Session", "Step", "Tally", "Transfer", "Version",
]  # fmt: skip
