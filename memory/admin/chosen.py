"""What is done to many memories at once in the console: a count and a sample first, an undo afterwards."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from memory.erasing import erase_confirmed
from memory.errors import LibraryError, Unconfirmed
from memory.models import Memory
from memory.models.memory import MemoryQuerySet
from memory.revise import restore, tag
from memory.tiers import cold

SAMPLE = 5


class TagForm(forms.Form):
    tag = forms.CharField(max_length=100)


def delete(request: HttpRequest, rows: QuerySet[Memory]) -> HttpResponse | None:
    """Delete all of them or none: as many as the page before counted."""
    there = _plain(rows).exclude(state=Memory.State.DELETED)
    confirmed = request.POST.get("confirm_count", "")
    if not confirmed.isdecimal() or len(confirmed) > 15:
        return _asked(request, there, "delete_chosen", "Delete", "They can be brought back until the undo window ends.")
    try:
        deleted, batch = erase_confirmed(there, int(confirmed))
    except Unconfirmed as error:
        messages.error(request, f"Nothing was deleted: there are {error.count} by now. Look at them again.")
        return None
    undo = reverse("undelete", args=[batch])
    messages.success(request, format_html('{} deleted. <a class="underline" href="{}">Undo</a>', deleted, undo))
    return None


def give_tag(request: HttpRequest, rows: QuerySet[Memory]) -> HttpResponse | None:
    """Give all of them a tag."""
    live = _plain(rows).live()
    form = TagForm(request.POST if "tag" in request.POST else None)
    if not form.is_valid():
        return _asked(request, live, "tag_chosen", "Tag", "A tag that a memory has already is left alone.", form=form)
    word = form.cleaned_data["tag"]
    try:
        tagged = sum(tag(pk, word) for pk in list(live.values_list("pk", flat=True)))
    except LibraryError as error:
        messages.error(request, f"Not all of them were tagged: {error}.")
        return None
    messages.success(request, f"{tagged} tagged {word}.")
    return None


def bring_back(request: HttpRequest, rows: QuerySet[Memory]) -> None:
    keys = list(rows.values_list("pk", flat=True))
    back = sum(restore(pk) is not None for pk in keys)
    messages.success(request, f"{back} restored.")
    if back < len(keys):
        messages.warning(request, f"{len(keys) - back} stay as they are: live, or their words were said anew.")


def _plain(rows: QuerySet[Memory]) -> MemoryQuerySet:
    """The same rows without the list's columns and order, to count, lock and page through."""
    return Memory.objects.filter(pk__in=rows.order_by().values("pk"))


def _asked(
    request: HttpRequest, rows: MemoryQuerySet, action: str, verb: str, note: str, **extra: Any
) -> TemplateResponse:
    sample = list(rows.light().order_by("-id")[:SAMPLE])
    cold.fill(sample)
    context = admin.site.each_context(request) | {
        "title": f"{verb} memories",
        "verb": verb,
        "note": note,
        "count": rows.count(),
        "sample": sample,
        "action": action,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "across": request.POST.get("select_across", "0"),
        **extra,
    }
    return TemplateResponse(request, "console/chosen.html", context)
