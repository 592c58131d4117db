"""Making the demo: its tenant, a month of history in one transaction, and then what the house itself makes of it.

What is generated are the rows and facts of the past; numbers and the chain come from the relay, vectors from the
embedder, rollups from the rollup, as for any tenant. Made again, nothing is done twice: who died in between goes on.
"""

from collections.abc import Callable

from django.db import transaction
from django_tenants.utils import tenant_context

from analytics import insights, rollups, suggestions
from automation.models import TaskRun
from config.demo import (
    hooks,
    lessons,
    library,
    looking,
    nights,
    quality,
    questions,
    study,
    talks,
    traffic,
    upkeep,
    words,
)
from config.demo.rhythm import DAY, Month
from events import actors, ledger, relay
from events.ledger import Past
from memory.models import Memory, Report, Session
from memory.upkeep import embed
from tenants import members, onboarding, preferences
from tenants.errors import IsMember
from tenants.models import Membership, Tenant, User

Say = Callable[[str], None]
ACTOR = "system:demo"
KEPT_DAYS = 60


class NotOurs(RuntimeError):
    """The tenant has memories that no demo made, or the month is in another tenant."""


def make(slug: str, month: Month, say: Say) -> Tenant:
    """Make the demo in a tenant of this slug, which is opened. Raises NotOurs, ValidationError."""
    with actors.acting_as(ACTOR):
        tenant = _opened(slug)
        with tenant_context(tenant):
            if _is_new():
                _write(tenant, month, say)
            else:
                say("Its history is there.")
            _number(tenant)
            _embed(say)
            if not Report.objects.exists():
                _look(month, say)
            _number(tenant)
            hooks.hook(month)
            _think(month, say)
            _number(tenant)
    return tenant


def _opened(slug: str) -> Tenant:
    tenant = Tenant.objects.filter(slug=slug).first() or onboarding.open_tenant(slug, words.TENANT)
    for person in User.objects.filter(is_superuser=True):
        try:
            members.add(tenant, person.email, Membership.Role.OWNER, by="platform")
        except IsMember:
            continue
    return tenant


def _is_new() -> bool:
    """Whether nothing is there. Raises NotOurs for what somebody else put there before the demo was made."""
    if Session.objects.filter(metadata__made_by=library.SOURCE).exists():
        return False
    if Memory.objects.exists() or Session.objects.exists():
        raise NotOurs("This tenant has memories of its own: say another slug.")
    return True


@transaction.atomic
def _write(tenant: Tenant, month: Month, say: Say) -> None:
    """The whole history or nothing of it. Raises NotOurs when another tenant has it, by the ids of its runs."""
    runs = nights.runs(month)
    if TaskRun.objects.filter(pk__in=[run.id for run in runs]).exists():
        raise NotOurs("Another tenant has this month: say another seed.")
    spoken = talks.talks(month)
    everything = talks.said(month)
    pairs = talks.pairs(month, everything)
    everything += [pair.second for pair in pairs]
    history = lessons.learned(month, spoken)
    facts: list[Past] = [
        *library.write(month, everything, pairs),
        *study.learn(month, history),
        *upkeep.run(tenant, month, runs),
        *upkeep.rule(tenant, month),
    ]
    study.track(traffic.tracked(month, spoken))
    study.count(traffic.counted(month))
    study.stock(month, everything)
    preferences.change(tenant.pk, {"trace_days": KEPT_DAYS})  # the traces of the whole month stay
    ledger.bring(sorted(facts, key=lambda fact: fact.id))
    say(f"{len(everything)} memories, {len(history)} learning events, {len(facts)} facts are written.")


def _number(tenant: Tenant) -> None:
    """Facts get their numbers and hashes, and what they tell is counted."""
    while relay.relay_batch(tenant.pk):
        pass
    while rollups.run():
        pass


def _embed(say: Say) -> None:
    while embed.pending():
        pass
    say("The memories have vectors.")


@transaction.atomic
def _look(month: Month, say: Say) -> None:
    """What needs vectors: reports, golden questions, and traces of searches."""
    everything = talks.said(month)
    searched = list(questions.asked(month, everything))
    golden = questions.golden(month, everything)
    facts = looking.report(month) + looking.ask(month, golden) + quality.evaluate(month, golden)
    looking.trace(searched)
    looking.fail(month)
    ledger.bring(sorted(facts, key=lambda fact: fact.id))
    say(f"{len(searched)} searches are traced, and each night was looked at.")


def _think(month: Month, say: Say) -> None:
    """What stood out on the night after the bad day and at the end, and what is suggested then."""
    after = next(night for night in questions.nights(month) if night > month.bad_day + DAY)
    found = insights.look(after) + insights.look(month.end)
    say(f"{found} insights and {suggestions.look(month.end)} suggestions are new.")
