"""A simulation as the simulator's page draws it: numbers, samples, losses, and the plain values for its script."""

from collections import Counter
from typing import Any
from uuid import UUID

from automation import ladders
from automation.ladders import Ladder
from automation.simulate import Rung, Simulation
from config.pages.actions import action, place
from memory.losing import Loss
from memory.models import Memory
from memory.tiers import cold
from tenants import preferences

TONES = 8  # colours of parts, see console.css
WORDS = 240  # letters of a memory that a sample shows
QUESTIONS = 20  # whose losses are drawn


def drawn(found: Simulation, ladder: Ladder | None) -> dict[str, Any]:
    samples = _samples(found)
    losses = [_loss(loss, found) for loss in found.losses[:QUESTIONS]]
    return {
        "actions": _actions(found, ladder),
        "said": [one for one in _actions(found, None) if one["count"]],
        "samples": samples,
        "parts": _legend(samples),
        "losses": losses,
        "losing": sum(bool(loss["gone"]) for loss in losses),
        "recalled": _recalled(found),
        "undo_days": preferences.current().undo_days,
        "live": live(found, ladder),
        "now": found.now.isoformat(),
    }


def _actions(found: Simulation, ladder: Ladder | None) -> list[dict[str, Any]]:
    """Each action with its count and share; also those that other thresholds would lead to."""
    counts = found.forecast.counts
    names = set(counts) | {name for lane in (ladder.lanes if ladder else ()) for name in lane}
    total = found.forecast.total or 1
    return [
        {
            "action": action(name),
            "count": counts.get(name, 0),
            "share": round(100 * counts.get(name, 0) / total, 1),
        }
        for name in sorted(names, key=place)
    ]


def _samples(found: Simulation) -> list[dict[str, Any]]:
    """The forecast's samples with what the memories say."""
    told = found.forecast.samples
    rows = Memory.objects.light().in_bulk([UUID(one["subject"]) for one in told if one["subject"]])
    cold.fill(rows.values())
    names = list(dict.fromkeys(name for one in told for name in one["parts"]))
    samples = [
        _sample(one, rows.get(UUID(one["subject"])) if one["subject"] else None, names, found) | {"made": made}
        for one, made in zip(told, found.drafts, strict=True)
    ]
    return sorted(samples, key=lambda sample: (place(sample["action"].name), -(sample["score"] or 0)))


def _sample(told: dict[str, Any], memory: Memory | None, names: list[str], found: Simulation) -> dict[str, Any]:
    whole = max(1.0, sum(value for value in told["parts"].values() if value > 0))
    return {
        "action": action(told["action"]),
        "memory": memory,
        "words": memory.content[:WORDS] if memory else "",
        "days": max(0, (found.now - memory.event_time).days) if memory else None,
        "score": told["score"],
        "why": told["why"],
        "bars": [
            {"name": name, "tone": names.index(name) % TONES, "value": value, "width": round(100 * value / whole, 2)}
            for name, value in told["parts"].items()
            if value > 0
        ],
    }


def _legend(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    tones = {bar["name"]: bar["tone"] for sample in samples for bar in sample["bars"]}
    return [{"name": name, "tone": tone} for name, tone in sorted(tones.items(), key=lambda item: item[1])]


def _recalled(found: Simulation) -> dict[str, Any]:
    """Answers that stay, of all that count; and expected ones that are found, before and after."""
    before, after = found.recalled()
    answers = sum(len(loss.before) for loss in found.losses)
    gone = sum(len(loss.gone) for loss in found.losses)
    return {
        "before": None if before is None else round(100 * before),
        "after": None if after is None else round(100 * after),
        "answers": answers,
        "stay": answers - gone,
        "gone": gone,
    }


def _loss(loss: Loss, found: Simulation) -> dict[str, Any]:
    words, expected = loss.answers.words, set(loss.answers.question.expected)
    gone = [_hit(one, words, expected) | {"action": action(found.gone[one])} for one in loss.gone]
    new = [one for one in loss.after if one not in loss.before]
    return {
        "question": loss.answers.question,
        "before": len(loss.before),
        "stay": len(loss.before) - len(gone),
        "gone": gone,
        "moved_up": [_hit(one, words, expected) for one in new],
        "expected": len(expected),
        "hit_before": loss.hit_before,
        "hit_after": loss.hit_after,
        "strip": [
            {"gone": one in found.gone, "tone": action(found.gone.get(one, "")).tone, "expected": one in expected}
            for one in loss.before
        ],
    }


def _hit(one: UUID, words: dict[UUID, str], expected: set[UUID]) -> dict[str, Any]:
    return {"id": one, "words": words.get(one, "")[:160], "expected": one in expected}


def live(found: Simulation, ladder: Ladder | None) -> dict[str, Any]:
    """For simulator.js: each score with its lane, and each question's answers as places among them, -1 for others.

    Without the ladder of a job that has one, the script asks for it: finding the lanes of many takes seconds.
    """
    scored = [rung for rung in found.rungs if rung.score is not None and _climbs(rung, ladder)]
    told: dict[str, Any] = {"tones": {name: action(name).tone for name in _names(found, ladder)}}
    told["labels"] = {name: action(name).label for name in told["tones"]}
    at = {rung.subject: number for number, rung in enumerate(scored)}
    told["questions"] = [_answers(loss, at) for loss in found.losses]
    names = ladders.THRESHOLDS.get(found.job.name, ())
    told["thresholds"] = [_threshold(name, found.options[name]) for name in names]
    if ladder is None:
        return told | {"items": [[rung.score, rung.action] for rung in scored]}
    return told | {
        "lanes": ladder.lanes,
        "taking": ladder.taking,
        "items": [[rung.score, ladder.lane_of[rung.subject]] for rung in scored if rung.subject],
    }


def _threshold(name: str, value: float) -> dict[str, Any]:
    """It is called as what is done from it on."""
    return {"name": name, "value": value, "tone": action(name).tone, "label": action(name).label}


def _climbs(rung: Rung, ladder: Ladder | None) -> bool:
    return ladder is None or rung.subject in ladder.lane_of


def _names(found: Simulation, ladder: Ladder | None) -> list[str]:
    lanes = ladder.lanes if ladder else ()
    return sorted(Counter([*found.forecast.counts, *(name for lane in lanes for name in lane)]), key=place)


def _answers(loss: Loss, at: dict[UUID | None, int]) -> dict[str, Any]:
    hits, expected = loss.answers.hits, set(loss.answers.question.expected)
    return {
        "limit": loss.answers.question.limit,
        "hits": [at.get(one, -1) for one in hits],
        "expected": [place for place, one in enumerate(hits) if one in expected],
        "wanted": len(expected),
    }
