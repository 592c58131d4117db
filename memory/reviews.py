"""Reviews: ask a person about memories, decide, and take a decision back."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from events import actors, ledger
from memory.algorithms import scoring
from memory.errors import BadDecision, ReviewRefused
from memory.models import Memory, Review, Step
from memory.models.memory import MemoryQuerySet
from memory.upkeep import writing
from memory.upkeep.plan import Change, Touch
from memory.upkeep.settling import begins, best_of, merged, quiet, settled

Kind, State = Review.Kind, Review.State
PAIRS = (Kind.DUPLICATE, Kind.CONTRADICTION)
HEAVY = ("embedding", "search", "shadow", "cold_search")  # columns of a memory that nobody reads here
Act = Callable[[Review], Change | None]


@dataclass(frozen=True)
class Decision:
    """What a decision makes of a review, and does to its memories."""

    kinds: tuple[Review.Kind, ...]
    state: Review.State
    act: Act


def _merge(review: Review) -> Change:
    keeper = best_of(_both(review))
    other = next(memory for memory in _both(review) if memory.pk != keeper.pk)
    return merged(keeper, [other], score=review.score, why=review.reason)


def _keep_first(review: Review) -> Change:
    first, second = _both(review)
    return settled(first, second, score=review.score, why=review.reason, contradicts=review.kind == Kind.CONTRADICTION)


def _keep_second(review: Review) -> Change:
    first, second = _both(review)
    return settled(second, first, score=review.score, why=review.reason, contradicts=review.kind == Kind.CONTRADICTION)


def _both(review: Review) -> list[Memory]:
    assert review.second
    return [review.first, review.second]


def _accept(review: Review) -> Change:
    memory = review.first
    if review.kind == Kind.QUARANTINE:
        return _touch(memory, trust=Memory.Trust.TRUSTED)
    return _touch(memory, confidence=scoring.confidence_after(memory.confidence, "correct"))


def _reject(review: Review) -> Change:
    return _touch(review.first, state=Memory.State.SILENT)


def _touch(memory: Memory, **fields: Any) -> Change:
    return Change("review", memory.pk, touches=(Touch(memory.pk, memory.version, fields),))


def _nothing(review: Review) -> None:
    return None


DECISIONS = {
    "merge": Decision(PAIRS, State.MERGED, _merge),
    "keep_first": Decision(PAIRS, State.RESOLVED, _keep_first),
    "keep_second": Decision(PAIRS, State.RESOLVED, _keep_second),
    "keep_both": Decision(PAIRS, State.KEPT_BOTH, _nothing),
    "accept": Decision((Kind.QUARANTINE, Kind.LOW_CONFIDENCE), State.RESOLVED, _accept),
    "reject": Decision((Kind.QUARANTINE, Kind.LOW_CONFIDENCE), State.RESOLVED, _reject),
    "dismiss": Decision(tuple(Kind), State.DISMISSED, _nothing),
}


@transaction.atomic
def propose(told: dict[str, Any], run_id: UUID | None = None) -> dict[str, str]:
    """Ask a person about one memory or two; `told` has kind, first, second, score (0 to 1) and reason.

    What `withdraw` needs is answered: {"review": id}. It is empty when nothing was asked: a memory is not live any
    more, they are not of one user and namespace, or it is asked already, or was decided so that both stay.
    """
    ends = [UUID(str(told[name])) for name in ("first", "second") if told.get(name)]
    live = Memory.objects.live().filter(pk__in=ends).order_by("id").only("id", "namespace", "user_id")
    rows = list(live.select_for_update(no_key=True))
    if len(rows) != len(ends) or len({(row.namespace, row.user_id) for row in rows}) != 1:
        return {}
    pair = (rows[0].pk, rows[1].pk if len(rows) == 2 else None)
    if quiet().filter(kind=told["kind"], first=pair[0], second=pair[1]).exists():
        return {}
    review = Review(
        kind=told["kind"], namespace=rows[0].namespace, user_id=rows[0].user_id, first_id=pair[0], second_id=pair[1],
        score=told["score"], reason=told["reason"], run_id=run_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError:  # another run asks the same at this moment
        return {}
    ledger.record("memory.review_required", review, **_thin(review))
    return {"review": str(review.pk)}


@transaction.atomic
def withdraw(outcome: dict[str, str]) -> bool:
    """Take back what `propose` answered; False when somebody has decided it meanwhile."""
    review = Review.objects.filter(pk__in=[outcome["review"]] if outcome else [], state=State.OPEN).first()
    if review is None or not Review.objects.filter(pk=review.pk, state=State.OPEN).delete()[0]:
        return False
    ledger.record("review.withdrawn", review, **_thin(review))
    return True


@transaction.atomic
def decide(review_id: UUID, decision: str) -> Review | None:
    """Decide an open review, by one of DECISIONS that its kind knows; None when there is none.

    What the decision does to the memories is done as by a run of upkeep, so that it can be taken back. Raises
    ReviewRefused when it is decided, or a memory is gone, pinned or held, and BadDecision for another decision.
    """
    review = _one(review_id)
    if review is None:
        return None
    chosen = DECISIONS.get(decision)
    if chosen is None or review.kind not in chosen.kinds:
        raise BadDecision("/decision", f"is not one of those for {review.kind}: {', '.join(decisions(review.kind))}")
    if review.state != State.OPEN:
        raise ReviewRefused("it is decided already")
    change = chosen.act(review)
    outcome = {"decision": decision} | (_apply(review, change) if change else {})
    _move(review, chosen.state, decided_by=actors.current(), decided_at=timezone.now(), outcome=outcome)
    ledger.record("review.decided", review, **_thin(review), decision=decision)
    return _one(review_id)


def stronger(review: Review, strategy: str) -> str:
    """The decision by which the newer, the more believed or the more important of two is kept; `strategy` is one of
    conflicts.STRATEGIES. Of equals it is the second, which was stored later.
    """
    read = begins if strategy == "temporal" else attrgetter(strategy)
    first, second = _both(review)
    return "keep_first" if read(first) > read(second) else "keep_second"


def decisions(kind: str) -> list[str]:
    """What can be decided of a review of this kind."""
    return [name for name, told in DECISIONS.items() if kind in told.kinds]


@transaction.atomic
def undo(review_id: UUID) -> Review | None:
    """Take a decision back, with all that it did: the review is open again. None when there is none.

    Raises ReviewRefused when it is not decided, or what it did cannot be taken back any more.
    """
    review = _one(review_id)
    if review is None:
        return None
    if review.state == State.OPEN:
        raise ReviewRefused("it is not decided")
    decision = review.outcome.get("decision", "")
    _take_back(review)
    try:
        with transaction.atomic():
            _move(review, State.OPEN, decided_by="", decided_at=None, outcome={})
    except IntegrityError:
        raise ReviewRefused("the same is asked anew") from None
    ledger.record("review.undone", review, **_thin(review), decision=decision)
    return _one(review_id)


def _one(review_id: UUID) -> Review | None:
    return told().filter(pk=review_id).first()


def _apply(review: Review, change: Change) -> dict[str, Any]:
    step = writing.laid(review.pk, 1, change)
    writing.write([step])
    if step.state != Step.State.APPLIED:
        raise ReviewRefused("a memory of it was changed at this moment, is gone, pinned or held")
    return {"change": step.change, "memories": [str(key) for key in step.memories], "done": step.outcome}


def _take_back(review: Review) -> None:
    if "done" not in review.outcome:
        if len(review.outcome) == 0:
            raise ReviewRefused("what it did is not known any more")
        return
    told = review.outcome
    step = Step(run_id=review.pk, number=1, change=told["change"], outcome=told["done"])
    step.memories = [UUID(key) for key in told["memories"]]
    writing.unwrite([step])
    if step.state != Step.State.UNDONE:
        raise ReviewRefused("a memory of it was changed since")


def _move(review: Review, state: str, **values: Any) -> None:
    """Only from the state that it was read in: of two who decide at once one is refused."""
    if not Review.objects.filter(pk=review.pk, state=review.state).update(state=state, **values):
        raise ReviewRefused("somebody else decided it at this moment")


def _thin(review: Review) -> dict[str, Any]:
    return {"kind": review.kind, "namespace": review.namespace, "user_id": review.user_id}


def told() -> Any:
    """Reviews with their memories, which a page reads at once."""
    heavy = [f"{end}__{column}" for end in ("first", "second") for column in HEAVY]
    return Review.objects.select_related("first", "second").defer(*heavy)


def listed(*, kind: str = "", state: str = "", user_id: str = "", namespace: str = "") -> Any:
    """Reviews, unordered; what is empty does not narrow. An open one is left out while a memory of it is gone."""
    named = {"kind": kind, "state": state, "user_id": user_id, "namespace": namespace}
    rows = told().filter(**{name: value for name, value in named.items() if value})
    return rows.filter(_there("first"), Q(second=None) | _there("second")) if state == State.OPEN else rows


def _there(end: str) -> Q:
    now = timezone.now()
    alive = Q(**{f"{end}__expires_at": None}) | Q(**{f"{end}__expires_at__gt": now})
    return alive & Q(**{f"{end}__state": Memory.State.ACTIVE})


def waiting() -> dict[str, int]:
    """How many reviews of each kind wait for a decision."""
    counted = listed(state=State.OPEN).order_by().values_list("kind").annotate(count=Count("id"))
    return dict.fromkeys(Kind.values, 0) | dict(counted)


def in_question() -> MemoryQuerySet:
    """The memories that open reviews ask about."""
    asked = listed(state=State.OPEN).order_by()
    return Memory.objects.filter(Q(pk__in=asked.values("first_id")) | Q(pk__in=asked.values("second_id")))
