"""What fades and what goes: plans read and write nothing, are the same each time, and what they say is what is done."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from events.models import Event
from memory import holds, pinning
from memory.erasing import erase_all
from memory.errors import BadOption
from memory.models import Memory, Rule
from memory.relations import relate
from memory.remember import remember, remember_many
from memory.revise import erase, restore, revise, supersede
from memory.tiers import cold
from memory.types import Draft, Scope
from memory.upkeep import (
    cleanup,
    compress,
    decay,
    embed,
    expire,
    forget,
    options,
    rescore,
    retain,
    retier,
    steps,
)  # fmt: skip
from memory.upkeep.plan import EVERYBODY, Change, Reach, forecast
from tenants.models import Tenant
from tests.conftest import costs

DAY = timedelta(days=1)
ADA = Scope(user_id="ada")
LONG = "Ada opened the Berlin office in May. The weather was grey. Ben carried twelve desks up the stairs all day."


def old(content: str, days: float = 0.0, **fields: Any) -> Memory:
    """A memory that is so many days old."""
    at = timezone.now() - days * DAY
    told = {name: fields.pop(name) for name in ("recalls",) if name in fields}
    made = remember(Draft(content, fields.pop("scope", ADA), event_time=at, **fields)).id
    Memory.objects.filter(pk=made).update(created_at=at, updated_at=at, **told)
    return Memory.objects.get(pk=made)


def planned(job: Any, now: datetime | None = None, reach: Reach = EVERYBODY, **told: Any) -> list[Change]:
    return list(job.plan(reach, options.read(job.Options, told), now or timezone.now()))


def done(changes: list[Change]) -> Counter[str]:
    """Do them; how many of each action were done."""
    run_id = uuid7()
    steps.lay(run_id, changes)
    while steps.take(run_id, lambda done: None):
        pass
    return Counter(steps.counts(run_id))


def actions(changes: list[Change]) -> dict[str, str]:
    words = dict(Memory.objects.values_list("pk", "content"))
    return {words[change.subject]: change.action for change in changes if change.subject}


@pytest.fixture
def bands(in_acme: Tenant) -> None:
    """One memory for each action."""
    old("kept", importance=0.9, recalls=9)
    old("decayed", importance=0.5, recalls=3, kind="fact")
    old("silenced", 60, importance=0.3)
    old(LONG, 300, importance=0.05, kind="event", confidence=0.6)
    old("deleted", 3_000, importance=0.0, kind="task", confidence=0.1)


EACH = ["keep", "decay", "silence", "compress", "delete"]


def test_every_memory_is_scored_with_its_parts_and_gets_its_action(bands: None) -> None:
    changes = planned(forget)
    assert actions(changes) == dict(zip(["kept", "decayed", "silenced", LONG, "deleted"], EACH, strict=True))
    for change in changes:
        assert change.score == pytest.approx(sum(change.parts.values()))
    assert forecast(changes).counts == dict.fromkeys(EACH, 1)


def test_a_plan_writes_nothing_and_says_the_same_again(bands: None) -> None:
    now = timezone.now()
    before, told = list(Memory.objects.order_by("id").values()), Event.objects.count()
    assert planned(forget, now) == planned(forget, now)
    assert list(Memory.objects.order_by("id").values()) == before
    assert Event.objects.count() == told


def test_what_forgetting_says_is_what_it_does(bands: None) -> None:
    now = timezone.now()
    changes = planned(forget, now)
    assert done(changes) == Counter(EACH[1:])
    rows = {memory.state: memory for memory in Memory.objects.exclude(state="active")}
    assert rows["silent"].metadata["silenced_at"] == now.isoformat()
    assert rows["compressed"].content == "Ada opened the Berlin office in May."
    assert rows["compressed"].metadata == {"compressed_at": now.isoformat(), "original_length": len(LONG)}
    assert rows["deleted"].deleted_at is not None
    decayed = Memory.objects.get(content="decayed")
    assert (decayed.confidence, decayed.metadata["last_decay"]) == (0.9, now.isoformat())


def test_a_memory_decays_once_a_day_and_not_below_the_floor(in_acme: Tenant) -> None:
    old("faint", importance=0.9, recalls=3, confidence=0.12, kind="preference")
    now, told = timezone.now(), {"keep": 1.0, "decay": 1.0}
    assert done(planned(forget, now, **told)) == {"decay": 1}
    assert planned(forget, now, **told)[0].why == "its confidence is at the floor"
    revise(Memory.objects.get().pk, {"confidence": 0.5})
    assert planned(forget, now + DAY / 2, **told)[0].why == "it decayed a short while ago"
    assert done(planned(forget, now + DAY, **told)) == {"decay": 1}
    assert Memory.objects.get().confidence == 0.4


def test_what_others_hang_on_is_silenced_at_most(in_acme: Tenant) -> None:
    roots = [old(f"root {number}", 5_000, importance=0.0, kind="task", confidence=0.0) for number in range(5)]
    for number, type in enumerate(("derived_from", "supports", "references")):
        relate(remember(Draft(f"above {number}", ADA, importance=1.0)).id, roots[number].pk, type)
    relate(remember(Draft("beside", ADA, importance=1.0)).id, roots[4].pk, "similar_to")
    refs = {"evidence_refs": [str(roots[3].pk).upper(), "not an id", 7]}
    remember(Draft("evident", ADA, metadata=refs, importance=1.0))
    remember(Draft("strange", ADA, metadata={"evidence_refs": {"no": "list"}}, importance=1.0))
    told = actions(planned(forget))
    assert [told[f"root {number}"] for number in range(5)] == ["silence"] * 4 + ["delete"]


def test_who_stands_in_the_place_of_another_is_hung_on(in_acme: Tenant) -> None:
    was = old("was", 5_000, importance=0.0, kind="task", confidence=0.0)
    supersede(was.pk, Draft("is", ADA, importance=0.0, kind="task", confidence=0.0))
    Memory.objects.filter(content="is").update(event_time=timezone.now() - 5_000 * DAY)
    assert actions(planned(forget)) == {"is": "silence"}
    erase(was.pk)
    Memory.objects.filter(pk=was.pk).update(state="deleted")
    assert actions(planned(forget)) == {"is": "delete"}


def test_what_is_in_cold_storage_is_silenced_instead_of_compressed(bands: None) -> None:
    Memory.objects.filter(content=LONG).update(tier="cold", cold_key="k")
    change = next(change for change in planned(forget) if change.why == "its words are in cold storage")
    assert change.action == "silence"


@pytest.mark.parametrize(
    "told", [{"keep": 0.4}, {"compress": 0.5}, {"protected": "fact,tea"}, {"most": 0}, {"decay": 1.5}, {"half": 1}]
)
def test_options_that_make_no_sense_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(BadOption):
        options.read(forget.Options, told)


def test_thresholds_and_protected_kinds_are_options(bands: None) -> None:
    told = forecast(planned(forget, keep=0.0, decay=0.0, silence=0.0, compress=0.0))
    assert told.counts == {"keep": 5}
    told = forecast(planned(forget, keep=1.0, decay=1.0, silence=1.0, compress=1.0, protected="fact, task,event"))
    assert told.counts == {"decay": 5}


def test_of_too_many_those_worth_least_are_looked_at(bands: None) -> None:
    assert set(actions(planned(forget, most=2)).values()) == {"delete", "compress"}


JOBS = (forget, decay, compress, rescore, cleanup, expire, embed, retier, retain)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.__name__.rpartition(".")[2])
def test_what_is_pinned_or_held_is_left_alone_and_others_statements_do_not_grow(in_acme: Tenant, job: Any) -> None:
    Rule.objects.create(name="all", retention_days=1, action="delete")
    scopes = [ADA, Scope(user_id="ben"), Scope(user_id="ada", namespace="other")]
    for number in range(12):
        old(f"{LONG} {number}", 100 + number, importance=0.2, scope=scopes[number % 3])
    kept = old("pinned", 200, importance=0.2)
    pinning.pin(kept.pk)
    holds.place("a case", Scope(user_id="ben"))
    left = {str(pk) for pk in Memory.objects.filter(user_id="ben").values_list("pk", flat=True)} | {str(kept.pk)}
    with Noted() as few:
        changes = planned(job, reach=Reach(user_id="ada", namespace="other"))
    with Noted() as many:
        changes = planned(job)
    assert len(many) == len(few) <= 4
    if job not in (embed, expire):  # a vector changes nothing that is said, and nothing here is over
        assert changes or job in (rescore, cleanup, retier)
        assert not left & {str(change.subject) for change in changes}


class Noted:
    """The statements inside, without the search path before each."""

    def __enter__(self) -> list[str]:
        self.told: list[str] = []
        self.wrapper = connection.execute_wrapper(self._note)
        self.wrapper.__enter__()
        return self.told

    def __exit__(self, *error: Any) -> None:
        self.wrapper.__exit__(*error)

    def _note(self, execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith("SET search_path"):
            self.told.append(sql)
        return execute(sql, *rest)


def test_forgetting_five_hundred_costs_three_statements(in_acme: Tenant) -> None:
    remember_many([Draft(f"note {number}", ADA) for number in range(300)])
    now = timezone.now()
    with costs(3):
        assert len(list(forget.plan(EVERYBODY, forget.Options(), now))) == 300


MEMORIES = st.lists(
    st.tuples(
        st.sampled_from(["fact", "message", "event", "preference", "constraint", "task"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.floats(0, 2_000),
        st.integers(0, 20),
        st.text(min_size=1, max_size=300).filter(lambda text: "\x00" not in text and text.strip() != ""),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda told: told[5],
)
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("job", [forget, decay, compress, retain], ids=["forget", "decay", "compress", "retain"])
@FEW
@given(told=MEMORIES)
def test_whatever_there_is_the_plan_is_what_is_done_and_undoing_brings_it_back(
    in_acme: Tenant, job: Any, told: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        Rule.objects.create(name="months", retention_days=90, action="delete", min_importance=0.8)
        for kind, importance, confidence, days, recalls, content in told:
            old(content, days, kind=kind, importance=importance, confidence=confidence, recalls=recalls)
        before = everything_said()
        changes = planned(job)
        assert everything_said() == before
        run_id = uuid7()
        steps.lay(run_id, changes)
        while steps.take(run_id, lambda done: None):
            pass
        wanted = Counter(change.action for change in changes if change.effect)
        assert Counter(steps.counts(run_id)) == wanted
        while steps.undo(run_id, lambda done: None):
            pass
        assert everything_said() == before
        transaction.set_rollback(True)


def everything_said() -> list[dict[str, Any]]:
    rows = Memory.objects.order_by("id").values()
    return [{name: row[name] for name in row if name not in ("version", "updated_at", "search")} for row in rows]


def test_importance_fades_from_where_it_began_however_often_it_is_run(in_acme: Tenant) -> None:
    old("often", importance=0.8, confidence=0.5)
    start = timezone.now()
    for day in range(1, 31):
        done(planned(decay, start + day * DAY))
    done(planned(decay, start + 30 * DAY))
    often = Memory.objects.get()
    assert often.importance == pytest.approx(0.4, abs=1e-3)
    assert planned(decay, start + 30 * DAY)[0].action == "keep"
    erase(often.pk)
    old("once", importance=0.8, confidence=0.5)
    done(planned(decay, start + 30 * DAY))
    assert Memory.objects.get(content="once").importance == pytest.approx(often.importance, abs=1e-3)


def test_who_gives_it_another_importance_lets_it_begin_anew(in_acme: Tenant) -> None:
    made = old("goal", 60, importance=0.8, kind="goal", confidence=0.5)
    now = timezone.now()
    done(planned(decay, now))
    assert Memory.objects.get().importance == pytest.approx(0.4, abs=1e-4)
    revise(made.pk, {"importance": 0.9})
    done(planned(decay, now + 60 * DAY))
    assert Memory.objects.get().importance == pytest.approx(0.45, abs=1e-3)


def test_one_half_life_can_be_for_all_and_small_changes_are_not_worth_a_version(in_acme: Tenant) -> None:
    old("one", 10, importance=0.8, confidence=0.5, kind="preference")
    assert planned(decay, half_life_days=10.0)[0].touches[0].fields["importance"] == pytest.approx(0.4, abs=1e-4)
    assert planned(decay, half_life_days=36_000.0)[0].action == "keep"


def test_metadata_may_hold_anything_under_the_names_of_marks(in_acme: Tenant) -> None:
    told = {"importance_decay": "soon", "compression": [1], "last_decay": 7}
    old(LONG, 100, importance=0.8, metadata=told)
    old(f"{LONG}!", 100, importance=0.8, metadata={"importance_decay": {"from": "x", "since": 3}})
    assert {change.action for change in planned(decay)} == {"decay"}
    assert {change.action for change in planned(compress, least_characters=50)} == {"compress"}
    assert len(planned(forget, keep=1.0, decay=0.3)) == 2


def test_the_least_important_long_memories_are_shortened_until_the_share_is_reached(in_acme: Tenant) -> None:
    for number, importance in enumerate((0.9, 0.1, 0.5)):
        old(f"{number} {LONG} {LONG}", 10, importance=importance)
    old("short", 10, importance=0.0)
    before = sum(map(len, Memory.objects.values_list("content", flat=True)))
    changes = planned(compress)
    assert [change.action for change in changes] == ["keep", "compress", "compress", "keep"]
    assert done(changes) == {"compress": 2}
    after = sum(map(len, Memory.objects.values_list("content", flat=True)))
    assert after <= before * 0.7
    assert Memory.objects.live().count() == 4
    assert {change.action for change in planned(compress)} == {"keep"}


def test_scopes_are_shortened_each_by_itself(in_acme: Tenant) -> None:
    old(f"{LONG} {LONG}", importance=0.1)
    old(f"{LONG} {LONG}", importance=0.9, scope=Scope(user_id="ben"))
    assert [change.action for change in planned(compress)] == ["compress", "compress"]


def test_rules_archive_and_delete_what_is_old_enough(in_acme: Tenant) -> None:
    Rule.objects.create(name="cold", retention_days=30, action="archive")
    Rule.objects.create(name="gone", retention_days=365, action="delete", tags_to_preserve=["tax"])
    Rule.objects.create(name="off", retention_days=1, action="delete", enabled=False)
    old("new")
    old("asleep", 31)
    old("waits for its vector", 31)
    old("over", 366)
    old("taxes", 366, tags=("tax",))
    silent = old("silent", 366)
    Memory.objects.filter(pk=silent.pk).update(state="silent")
    Memory.objects.exclude(content="waits for its vector").update(embedding=[0.0] * 384, embedding_model="m")
    told = actions(planned(retain))
    assert told == {"asleep": "archive", "over": "delete", "taxes": "archive", "silent": "delete"}
    assert done(planned(retain)) == {"archive": 2, "delete": 2}
    assert [change.why for change in planned(retain)] == ["it is archived already, or waits for its vector"]


def test_what_no_rule_is_for_is_archived_and_deleted_as_the_options_say(in_acme: Tenant) -> None:
    Rule.objects.create(name="events", kind="event", retention_days=3_650, action="archive")
    old("light", importance=0.2)
    old("heavy", importance=0.8)
    old("old", 31, importance=0.8)
    old("an event", 200, kind="event", importance=0.1)
    gone = old("archived long ago", 91, importance=0.8)
    Memory.objects.update(embedding=[0.0] * 384, embedding_model="m")
    assert cold.archive(gone.pk)
    usual = {"archive_days": 30, "archive_importance": 0.35, "delete_days": 90}
    told = {change.subject: change.action for change in planned(retain, **usual)}
    assert told[gone.pk] == "delete"
    kept = {name: pk for pk, name in Memory.objects.values_list("pk", "content")}
    assert {name: told.get(kept[name]) for name in ("light", "heavy", "old", "an event")} == {
        "light": "archive", "heavy": None, "old": "archive", "an event": "keep",
    }  # fmt: skip
    assert {change.action for change in planned(retain, delete=False, **usual)} == {"archive", "keep"}
    assert {change.action for change in planned(retain, archive=False, **usual)} == {"delete", "keep"}
    assert planned(retain) == []


def test_expired_and_long_deleted_memories_go_and_held_ones_stay(in_acme: Tenant) -> None:
    over, held = old("over", expires_at=timezone.now() - DAY), old("held", expires_at=timezone.now() - DAY)
    gone, fresh = old("gone"), old("fresh")
    erase(gone.pk)
    erase(fresh.pk)
    Memory.objects.filter(pk=gone.pk).update(deleted_at=timezone.now() - 8 * DAY)
    holds.place("a case", memory_id=held.pk)
    assert actions(planned(expire)) == {"over": "expire", "gone": "expire"}
    assert done(planned(expire)) == {"expire": 2}
    assert set(Memory.objects.values_list("pk", flat=True)) == {held.pk, fresh.pk}
    assert over.pk != held.pk


def test_what_came_back_before_its_purge_is_not_purged(in_acme: Tenant) -> None:
    gone = old("gone")
    erase(gone.pk)
    Memory.objects.filter(pk=gone.pk).update(deleted_at=timezone.now() - 8 * DAY)
    changes = planned(expire)
    restore(gone.pk)
    assert done(changes) == {}
    assert Memory.objects.live().count() == 1


def test_what_is_pinned_or_held_after_the_plan_is_not_touched(bands: None) -> None:
    changes = planned(forget)
    pinning.pin(Memory.objects.get(content="deleted").pk)
    holds.place("a case", memory_id=Memory.objects.get(content=LONG).pk)
    assert done(changes) == {"decay": 1, "silence": 1}


def test_cleaning_up_takes_what_expired_and_what_says_nothing(in_acme: Tenant) -> None:
    old("over", expires_at=timezone.now() - DAY)
    empty = old("empty")
    Memory.objects.filter(pk=empty.pk).update(content=" \n")
    old("says something")
    assert done(planned(cleanup)) == {"delete": 2}
    assert [memory.content for memory in Memory.objects.live()] == ["says something"]


def test_the_asleep_are_archived_after_the_days_that_are_told(in_acme: Tenant) -> None:
    old("asleep", 11)
    old("awake", 9)
    Memory.objects.update(embedding=[0.0] * 384, embedding_model="m")
    assert actions(planned(retier, days=10)) == {"asleep": "archive"}


def test_those_without_a_vector_and_of_another_model_are_embedded(in_acme: Tenant) -> None:
    old("waits")
    old("foreign")
    Memory.objects.filter(content="foreign").update(embedding=[0.0] * 384, embedding_model="another")
    assert {change.why for change in planned(embed)} == {"it has no vector", "another model embedded it"}
    assert done(planned(embed))["embed"] == 2
    embed.pending()
    assert planned(embed) == []


def test_fresh_unstated_importance_is_scored_anew(in_acme: Tenant) -> None:
    old("fresh", 0.5)
    Memory.objects.update(importance=0.9)
    old("stated", 0.5, importance=0.9)
    assert actions(planned(rescore)) == {"fresh": "rescore"}
    assert done(planned(rescore)) == {"rescore": 1}
    assert Memory.objects.get(content="fresh").importance == pytest.approx(0.4 * 0.5 + 0.1 + 0.2, abs=1e-4)


@pytest.mark.parametrize("low", [0.3, 0.1])
def test_restoring_brings_what_was_silenced_or_compressed_back_as_it_was(in_acme: Tenant, low: float) -> None:
    made = old(LONG, 300, importance=0.0, confidence=0.1, kind="task", metadata={"own": 1})
    told = {"keep": 1.0, "decay": 1.0, "silence": 0.0, "compress": 0.0} if low == 0.3 else {
        "keep": 1.0, "decay": 1.0, "silence": 1.0, "compress": 0.0}  # fmt: skip
    done(planned(forget, **told))
    assert Memory.objects.get().state == ("silent" if low == 0.3 else "compressed")
    back = restore(made.pk)
    assert back is not None
    assert (back.state, back.content, back.metadata) == ("active", LONG, {"own": 1})
    assert back.content_hash == made.content_hash
    assert Event.objects.filter(type="memory.restored").count() == 1


def test_a_compressed_memory_that_was_deleted_comes_back_with_its_words(in_acme: Tenant) -> None:
    made = old(LONG, 300, importance=0.0)
    done(planned(forget, keep=1.0, decay=1.0, silence=1.0, compress=0.0))
    erase_all(Memory.objects.all())
    back = restore(made.pk)
    assert back is not None
    assert back.content == LONG


def test_words_said_again_meanwhile_are_not_doubled(in_acme: Tenant) -> None:
    made = remember(Draft(LONG, ADA, importance=0.0)).id
    done(planned(forget, keep=1.0, decay=1.0, silence=1.0, compress=0.0))
    again = remember(Draft(LONG, ADA)).id
    assert again != made
    assert restore(made) is None
    erase(again)
    assert restore(made) is not None
    assert remember(Draft(LONG, ADA)).status == "merged"
