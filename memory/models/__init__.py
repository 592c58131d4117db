from memory.models.erasure import Erasure
from memory.models.evaluation import Evaluation
from memory.models.hold import Hold
from memory.models.memory import Memory
from memory.models.passage import Passage
from memory.models.question import Question
from memory.models.relation import Relation
from memory.models.report import Report
from memory.models.review import Review
from memory.models.rule import Rule
from memory.models.session import Session
from memory.models.step import Step
from memory.models.tally import Tally
from memory.models.transfer import Transfer
from memory.models.version import Version

__all__ = [
    "Erasure", "Evaluation", "Hold", "Memory", "Passage", "Question", "Relation", "Report", "Review", "Rule",
    "Session", "Step", "Tally", "Transfer", "Version",
]  # fmt: skip
