"""The catalogue of event types: a name, one sentence, the keys of its payload. Docs and subscriptions come from it."""

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class EventType:
    """`resource`, `reach` and `also` tell who keeps a copy what to read again, see docs/events.md.

    `resource` is a route under /api/v1/ (a word in braces stands for the value of that key), empty where nothing
    changes that a route tells; `reach` says whether the subject alone is read again, or all. Of `also` all is.
    """

    name: str
    says: str
    keys: tuple[str, ...] = ()
    resource: str = ""
    reach: Literal["one", "all"] = "one"
    also: tuple[str, ...] = ()


_ALL = [
    EventType("memory.created", "A memory was stored.", ("kind", "namespace", "user_id", "version")),
    EventType("memory.updated", "A memory was changed.", ("kind", "namespace", "user_id", "version", "fields")),
    EventType(
        "memory.deleted",
        "A memory was deleted; it can be restored for the undo window.",
        ("kind", "namespace", "user_id", "version"),
    ),
    EventType(
        "memory.restored",
        "A deleted, superseded, silenced or compressed memory came back.",
        ("kind", "namespace", "user_id", "version"),
    ),
    EventType(
        "memory.superseded",
        "Another memory took a memory's place; its validity ended.",
        ("kind", "namespace", "user_id", "version", "by"),
    ),
    EventType(
        "memory.judged",
        "Feedback on a memory: correct, incorrect or outdated.",
        ("kind", "namespace", "user_id", "version", "verdict", "confidence"),
    ),
    EventType(
        "memory.pinned", "A memory was pinned: no upkeep touches it.", ("kind", "namespace", "user_id", "version")
    ),
    EventType("memory.unpinned", "A memory is pinned no more.", ("kind", "namespace", "user_id", "version")),
    EventType("hold.placed", "A legal hold was placed: nothing under it is erased.", ("memories",)),
    EventType("hold.released", "A legal hold was released."),
    EventType("rule.created", "A retention rule was made.", ("action", "retention_days", "enabled")),
    EventType("rule.updated", "A retention rule was changed.", ("action", "retention_days", "enabled", "fields")),
    EventType("rule.deleted", "A retention rule was deleted.", ("action", "retention_days", "enabled")),
    EventType(
        "memory.silenced",
        "A memory is not among the answers any more; it is kept, and can be restored.",
        ("kind", "namespace", "user_id", "version"),
    ),
    EventType(
        "memory.compressed",
        "A memory was shortened to a sentence and silenced; it can be restored.",
        ("kind", "namespace", "user_id", "version"),
    ),
    EventType("memory.rescored", "Memories whose importance nobody stated were scored anew.", ("count",)),
    EventType("memory.purged", "Deleted and expired memories were erased for good.", ("count",)),
    EventType(
        "memory.review_required",
        "Two memories, or one, wait for a person to decide about them.",
        ("kind", "namespace", "user_id"),
    ),
    EventType("review.decided", "A review was decided.", ("kind", "namespace", "user_id", "decision")),
    EventType(
        "review.undone",
        "A decision was taken back with all that it did; the review is open again.",
        ("kind", "namespace", "user_id", "decision"),
    ),
    EventType(
        "review.withdrawn",
        "A review that nobody had decided went, as the run that asked for it was undone.",
        ("kind", "namespace", "user_id"),
    ),
    EventType(
        "health.reported",
        "It was reported how healthy the memories are.",
        ("namespace", "user_id", "score", "status"),
    ),
    EventType(
        "health.alert",
        "The memories are less healthy than the threshold.",
        ("namespace", "user_id", "score", "status", "threshold"),
    ),
    EventType(
        "health.withdrawn",
        "A health report went, as the run that made it was undone.",
        ("namespace", "user_id"),
    ),
    EventType("relation.created", "A memory was related to another one.", ("relation", "source", "target", "weight")),
    EventType(
        "relation.updated",
        "A relation got another weight or other metadata.",
        ("relation", "source", "target", "weight"),
    ),
    EventType("relation.deleted", "Two memories were parted.", ("relation", "source", "target", "weight")),
    EventType("session.opened", "A session was opened.", ("namespace", "user_id", "session_id")),
    EventType("session.updated", "A session was changed.", ("namespace", "user_id", "session_id", "fields")),
    EventType("session.closed", "A session was closed, or its time was over.", ("namespace", "user_id", "session_id")),
    EventType(
        "session.deleted",
        "A session was ended and its memories deleted; they can be restored for the undo window.",
        ("namespace", "user_id", "session_id", "count"),
    ),
    EventType("question.saved", "A question was saved, to see what a rule would lose.", ("expected",)),
    EventType("question.changed", "A saved question was changed.", ("fields",)),
    EventType("question.deleted", "A saved question was deleted."),
    EventType("memory.archived", "A memory's content went to cold storage.", ("version",)),
    EventType("memory.warmed", "A memory's content came back from cold storage.", ("version",)),
    EventType("tier.dangling", "Cold memories whose object is missing were found.", ("count",)),
    EventType(
        "entity.erased",
        "All memories of a user, an agent, a session or a namespace were deleted, or a label taken off its memories.",
        ("entity", "count", "sessions"),
    ),
    EventType("memory.erased", "A memory was erased for good, since everything of a person was."),
    EventType("erasure.requested", "Erasing everything of a person was asked for.", ("entity", "count", "block")),
    EventType(
        "erasure.completed", "Everything of a person was erased; the receipt is made.", ("entity", "count", "checksum")
    ),
    EventType("erasure.failed", "An erasure was given up for now; it still refuses writes.", ("entity",)),
    EventType("erasure.lifted", "A person who was erased may be written of again.", ("entity",)),
    EventType("policy.created", "A policy was made.", ("namespace", "user_id", "version")),
    EventType("policy.changed", "A policy was changed.", ("namespace", "user_id", "version", "fields")),
    EventType("policy.deleted", "A policy was deleted; its runs stay.", ("namespace", "user_id", "version")),
    EventType(
        "schedule.missed",
        "Nobody came for slots of a policy's schedule: the latest of them was run late, or none.",
        ("job", "slots", "ran"),
    ),
    EventType(
        "schedule.paused", "A pause was set: no policy starts anything by itself in it.", ("starts_at", "ends_at")
    ),
    EventType("schedule.resumed", "A pause was taken away."),
    EventType("run.queued", "A run of a job was asked for, or its time had come.", ("job", "dry_run")),
    EventType("run.started", "A worker began with a run.", ("job", "attempt")),
    EventType("run.succeeded", "A run came to its end.", ("job", "dry_run", "counts")),
    EventType("run.failed", "A run was given up, as it failed again and again.", ("job",)),
    EventType("run.dead", "A run was given up, as its workers died of it again and again.", ("job",)),
    EventType("run.cancelled", "A run was cancelled; what it had done stays.", ("job",)),
    EventType("run.retried", "A run that was given up is tried again.", ("job",)),
    EventType("run.undone", "What a run had done was taken back.", ("job", "counts")),
    EventType("embedding.completed", "Memories got their vectors and are found by meaning.", ("count", "model")),
    EventType("embedding.reembed_started", "A tenant began to change its embedding model.", ("model",)),
    EventType("embedding.switched", "The new embedding model took over.", ("model", "was")),
    EventType("embedding.rolled_back", "The old embedding model took over again.", ("model", "was")),
    EventType("embedding.reembed_finished", "The old embedding model's vectors were dropped.", ("model",)),
    EventType("embedding.reembed_cancelled", "A change of the embedding model was given up.", ("model",)),
    EventType("export.started", "An export was asked for.", ("format", "dry_run")),
    EventType("import.started", "A file was sent to be imported, or only tried.", ("format", "dry_run")),
    EventType("transfer.cancelled", "An export or import was cancelled.", ("direction",)),
    EventType("export.ready", "An export can be downloaded.", ("count",)),
    EventType("import.completed", "An import has come to its end.", ("created", "merged", "failed", "dry_run")),
    EventType("transfer.failed", "An export or import was given up.", ("direction",)),
    EventType(
        "operator.saw",
        "An operator of the platform was shown memories of the tenant in the console.",
        ("page", "count"),
    ),
    EventType("audit.broken", "The nightly check found that the chain of facts does not hold.", ("seq", "reason")),
    EventType("selftest.started", "An isolation self-test was asked for."),
    EventType("selftest.completed", "An isolation self-test came to its end.", ("state", "probes", "failed")),
    EventType("scratch.dropped", "A scratch tenant of a self-test was dropped.", ("slug",)),
    EventType("content.read", "Content was read over the API, by a tenant that audits reads.", ("operation", "status")),
    EventType("tenant.created", "A tenant was opened.", ("slug",)),
    EventType("tenant.limited", "A tenant got another plan, or limits of its own.", ("plan", "limits")),
    EventType("quota.warning", "A quota reached its soft limit; told once a day.", ("quota", "used", "soft", "hard")),
    EventType("quota.exceeded", "A quota is used up; told once a day.", ("quota", "used", "soft", "hard")),
    EventType("plan.changed", "A plan was made or changed.", ("name",)),
    EventType("key.limited", "An API key got rates of its own.", ("limits",)),
    EventType("tenant.renamed", "A tenant got another name."),
    EventType("tenant.settings_changed", "A tenant's own settings were changed.", ("fields",)),
    EventType("tenant.suspended", "A tenant was closed; nothing of it is answered."),
    EventType("tenant.resumed", "A suspended tenant was opened again."),
    EventType("tenant.deletion_asked", "A tenant was closed, to be deleted when its grace is over."),
    EventType("tenant.restored", "The wish to delete a tenant was taken back."),
    EventType("tenant.deleted", "A tenant and all that it had was deleted; a receipt stays.", ("slug",)),
    EventType("tenant.migration_asked", "The migration of tenants was asked for.", ("count",)),
    EventType("person.added", "Somebody may sign in to the console."),
    EventType("person.changed", "What is known of a person, or what they may, was changed.", ("fields",)),
    EventType("person.removed", "A person was removed."),
    EventType("key.issued", "An API key was issued.", ("name", "scopes", "namespaces")),
    EventType("key.rotated", "An API key got a successor, and ends soon.", ("name", "by", "until")),
    EventType("key.revoked", "An API key was revoked.", ("name",)),
    EventType("login.opened", "Tokens were issued to a person or for a key.", ("by",)),
    EventType("login.refreshed", "Tokens were renewed.", ()),
    EventType("login.closed", "Tokens were revoked.", ("reused",)),
    EventType("member.added", "A person became a member.", ("role",)),
    EventType("member.changed", "A member got another role.", ("role", "was")),
    EventType("member.removed", "A person is no member any more.", ("role",)),
    EventType("webhook.created", "A webhook was made.", ("types",)),
    EventType("webhook.changed", "A webhook was changed.", ("fields",)),
    EventType("webhook.paused", "A webhook was paused; what would go to it waits."),
    EventType("webhook.enabled", "A webhook is served again."),
    EventType("webhook.disabled", "A webhook was given up: it is gone, or nothing arrived for days.", ("reason",)),
    EventType("webhook.deleted", "A webhook was deleted, with its deliveries."),
    EventType("webhook.secret_rolled", "A webhook got a new secret; the old one signs too until then.", ("until",)),
    EventType("webhook.replayed", "Deliveries of a webhook were ordered anew.", ("count",)),
    EventType("ping.test", "A test, which goes to one webhook alone."),
    EventType("sync.identified", "A service made itself known, or can something else.", ("service", "capabilities")),
    EventType("sync.sent", "A service sent a message, to one other or to all.", ("kind", "action", "source", "target")),
    EventType(
        "sync.acknowledged",
        "A service said of a message that it has processed it, or failed to.",
        ("source", "target", "status"),
    ),
    EventType(
        "sync.dead", "A message was given up, as a service failed or was silent again and again.", ("source", "target")
    ),
    EventType("sync.requeued", "A message that was given up is delivered again.", ("source", "target", "count")),
    EventType("sync.expired", "Messages were not acknowledged while their time lasted.", ("count",)),
    EventType(
        "learning.recorded",
        "A learning event was recorded; `at` is when it was.",
        ("kind", "namespace", "service", "at"),
    ),
    EventType("learning.judged", "Feedback was written into a learning event.", ("kind", "namespace", "service", "at")),
    EventType("suggestion.created", "A change of a policy was suggested.", ("namespace", "reason", "job")),
    EventType(
        "suggestion.accepted", "A suggestion was accepted: the policy says so now.", ("namespace", "reason", "job")
    ),
    EventType("suggestion.rejected", "A suggestion was rejected.", ("namespace", "reason", "job")),
    EventType(
        "suggestion.withdrawn", "A suggestion was withdrawn: its reason is gone.", ("namespace", "reason", "job")
    ),
    EventType(
        "tracked.recorded",
        "An application tracked an event; `at` is when it happened.",
        ("namespace", "service", "at"),
    ),
    EventType("insight.found", "Something stands out in the numbers.", ("kind", "severity", "metric", "namespace")),
    EventType("insight.dismissed", "An insight was dismissed.", ("kind", "severity", "metric", "namespace")),
    EventType(
        "evaluation.completed",
        "The saved questions were asked, and it was kept how well they are answered.",
        ("namespace", "user_id", "questions", "recall", "mrr"),
    ),
    EventType(
        "evaluation.regressed",
        "The saved questions are answered worse than in the evaluation before.",
        ("namespace", "user_id", "questions", "recall", "mrr", "recall_was", "mrr_was", "worse"),
    ),
    EventType(
        "evaluation.withdrawn",
        "An evaluation went, as the run that made it was undone.",
        ("namespace", "user_id"),
    ),
]
# What a type changes, by the first word of its name.
_RESOURCES = {
    "memory": "memories",
    "relation": "relations",
    "session": "sessions",
    "question": "questions",
    "review": "reviews",
    "hold": "holds",
    "rule": "retention-rules",
    "policy": "policies",
    "run": "runs",
    "erasure": "erasures",
    "embedding": "embeddings",
    "export": "exports",
    "import": "imports",
    "transfer": "{direction}s",
    "key": "keys",
    "member": "members",
    "webhook": "webhooks",
    "sync": "sync/messages",
    "learning": "learning/events",
    "suggestion": "suggestions",
    "tracked": "analytics/events",
    "insight": "analytics/insights",
}
_OF_A_PERSON = (
    "sessions", "relations", "questions", "reviews", "health-reports", "evaluations", "holds", "retention-rules",
    "policies", "runs", "exports", "learning/events", "analytics/events",
)  # fmt: skip
# And where it is another resource, or more of it. With a memory its relations and reviews go, and come back.
_OTHERWISE: dict[str, tuple[str, Literal["one", "all"], tuple[str, ...]]] = {
    "memory.restored": ("memories", "one", ("relations", "reviews")),
    "memory.rescored": ("memories", "all", ()),
    "memory.purged": ("memories", "all", ("relations", "reviews")),
    "memory.erased": ("memories", "one", ("relations", "reviews")),
    "memory.review_required": ("reviews", "one", ()),
    "entity.erased": ("sessions", "all", ()),
    "erasure.completed": ("erasures", "one", _OF_A_PERSON),
    "import.completed": ("imports", "one", ("sessions", "relations")),
    "health.reported": ("health-reports", "all", ()),
    "health.withdrawn": ("health-reports", "all", ()),
    "embedding.completed": ("embeddings", "all", ()),
    "embedding.reembed_started": ("embeddings", "all", ()),
    "embedding.switched": ("embeddings", "all", ("settings",)),
    "embedding.rolled_back": ("embeddings", "all", ("settings",)),
    "embedding.reembed_finished": ("embeddings", "all", ()),
    "embedding.reembed_cancelled": ("embeddings", "all", ()),
    "hold.placed": ("holds", "all", ()),
    "hold.released": ("holds", "all", ()),
    "schedule.paused": ("pauses", "all", ()),
    "schedule.resumed": ("pauses", "all", ()),
    "member.added": ("members", "all", ()),
    "member.changed": ("members", "all", ()),
    "member.removed": ("members", "all", ()),
    "tenant.settings_changed": ("settings", "all", ()),
    "sync.identified": ("sync/services", "all", ()),
    "sync.expired": ("sync/messages", "all", ()),
    "evaluation.completed": ("evaluations", "all", ()),
    "evaluation.regressed": ("evaluations", "one", ()),
    "evaluation.withdrawn": ("evaluations", "all", ()),
}


def _placed(kind: EventType) -> EventType:
    resource, reach, also = _OTHERWISE.get(kind.name, (_RESOURCES.get(kind.name.partition(".")[0], ""), "one", ()))
    return replace(kind, resource=resource, reach=reach, also=also)


CATALOGUE = {kind.name: _placed(kind) for kind in _ALL}
NAMES = list(CATALOGUE)
