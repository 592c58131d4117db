"""What one does with a memory on its page: restore, supersede, judge, pin; and undoing a bulk deletion."""

from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST

from config.pages.base import tenant_here
from memory import erasing, pinning, revise
from memory.algorithms import scoring
from memory.errors import LibraryError, VersionConflict
from memory.models import Memory
from memory.tiers import cold
from memory.types import Draft, Scope

SAMPLE = 5
LONGEST = 1_048_576  # bytes of content, as the API takes them
KEPT = ("kind", "role", "author", "topic", "language", "trust")


def _back(memory_id: UUID) -> HttpResponse:
    return redirect("admin:memory_memory_change", memory_id)


@require_POST
def restore(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Bring a memory back; with a version, let it say again what that one said."""
    tenant_here(request)
    version = _number(request.POST.get("version", ""))
    try:
        back = revise.restore_version(memory_id, version) if version else revise.restore(memory_id)
    except LibraryError as error:
        messages.error(request, f"Not restored: {error}.")
        return _back(memory_id)
    if back is None:
        messages.error(request, "Not restored: it is not there any more, or its words have been remembered anew.")
    else:
        messages.success(request, f"It says again what version {version} said." if version else "It is live again.")
    return _back(memory_id)


@require_POST
def supersede(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Put new words in the place of a memory's; all else that describes it goes over to them."""
    tenant_here(request)
    old = Memory.objects.live().light().filter(pk=memory_id).first()
    if old is None:
        raise Http404
    content = request.POST.get("content", "").replace("\r\n", "\n").replace("\x00", "")
    if not content.strip() or len(content.encode()) > LONGEST:
        messages.error(request, "Write what is true now, in 1 MiB at most.")
        return _back(memory_id)
    scope = Scope(old.namespace, old.user_id, old.agent_id, old.session_id)
    told = {name: getattr(old, name) for name in KEPT} | {"tags": tuple(old.tags), "people": tuple(old.people)}
    try:
        outcome = revise.supersede(memory_id, Draft(content, scope, source="console", **told), expected=_seen(request))
    except VersionConflict:
        messages.error(request, "Not superseded: somebody changed it meanwhile. Look at it again.")
        return _back(memory_id)
    except LibraryError as error:
        messages.error(request, f"Not superseded: {error}.")
        return _back(memory_id)
    if outcome is None or outcome.id is None:
        raise Http404
    messages.success(request, "This memory took the place of the one before.")
    return _back(outcome.id)


@require_POST
def judge(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    tenant_here(request)
    verdict = request.POST.get("verdict", "")
    if verdict not in scoring.VERDICTS:
        raise Http404
    memory = revise.judge(memory_id, verdict)
    if memory is None:
        raise Http404
    messages.success(request, f"Noted: {verdict}. Its confidence is {memory.confidence:.2f}.")
    return _back(memory_id)


@require_POST
def pin(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    tenant_here(request)
    pinned = request.POST.get("pinned") == "1"
    if (pinning.pin if pinned else pinning.unpin)(memory_id) is None:
        raise Http404
    messages.success(request, "Pinned: no upkeep touches it." if pinned else "Unpinned.")
    return _back(memory_id)


@require_http_methods(["GET", "POST"])
def undelete(request: HttpRequest, batch: UUID) -> HttpResponse:
    """What one bulk deletion took, to be brought back."""
    tenant_here(request)
    if request.method == "POST":
        messages.success(request, f"{erasing.undelete(batch)} are live again.")
        return redirect("admin:memory_memory_changelist")
    gone = Memory.objects.filter(deleted_batch=batch, state=Memory.State.DELETED)
    sample = list(gone.light().order_by("-id")[:SAMPLE])
    cold.fill(sample)
    context = admin.site.each_context(request) | {
        "title": "Undo a deletion",
        "verb": "Bring back",
        "note": "Those whose words have been remembered anew stay deleted.",
        "count": gone.count(),
        "sample": sample,
    }
    return TemplateResponse(request, "console/chosen.html", context)


def _seen(request: HttpRequest) -> int | None:
    return _number(request.POST.get("seen", "")) or None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
