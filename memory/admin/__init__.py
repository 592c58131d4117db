"""The library in the console: memories of the tenant that the URL names."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db.models import BooleanField, Case, QuerySet, TextField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from memory.admin import chosen, life
from memory.admin.names import Names
from memory.admin.narrowing import DaysFilter, NamespaceFilter, StateFilter, TagFilter, UserFilter
from memory.errors import LibraryError
from memory.models import Memory
from memory.remember import remember
from memory.revise import erase, revise
from memory.tiers import cold
from memory.types import Draft, Scope
from tenants.middleware import may, tenant_of
from tenants.permits import Permitted


@admin.register(Memory)
class MemoryAdmin(Permitted, ModelAdmin):
    operations = dict.fromkeys(("add", "change", "delete"), "memories.write") | {"view": "memories.read"}
    list_display = ("words", "kind_label", "standing", "trust_label", "whose", "importance_bar", "happened")
    list_filter = (
        StateFilter, ("kind", ChoicesDropdownFilter), ("trust", ChoicesDropdownFilter), UserFilter, NamespaceFilter,
        TagFilter, ("tier", ChoicesDropdownFilter), ("event_time", DaysFilter), ("created_at", DaysFilter),
    )  # fmt: skip
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    search_fields = ("content",)
    search_help_text = "Words of the content; the recall playground finds by meaning."
    actions = ("tag_chosen", "delete_chosen", "restore_chosen")
    actions_detail = ("related",)
    change_form_outer_before_template = "console/memory_state.html"
    change_form_outer_after_template = "console/memory.html"
    formfield_overrides = {
        ArrayField: {
            "form_class": Names, "widget": UnfoldAdminTextInputWidget,
            "help_text": "Separated by commas; what holds one itself stands in double quotes.",
        },
        TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 5})},
    }  # fmt: skip
    record = (
        "id", "state", "version", "tier", "recalls", "recalled_at", "embedding_model", "content_hash", "created_at",
        "updated_at", "deleted_at",
    )  # fmt: skip
    readonly_fields = (*record, "position")
    fieldsets = (
        (None, {"fields": ("content", "kind", "topic", "tags", "people")}),
        ("Weight and time", {"classes": ["tab"], "fields": (
            "importance", "confidence", "event_time", "valid_from", "valid_to", "expires_at")}),
        ("Said by, in", {"classes": ["tab"], "fields": (
            "author", "role", "namespace", "user_id", "agent_id", "session_id", "position")}),
        ("Provenance", {"classes": ["tab"], "fields": ("source", "trust", "language", "metadata")}),
        ("Record", {"classes": ["tab"], "fields": record}),
    )  # fmt: skip
    scope_fields = ("namespace", "user_id", "agent_id", "session_id")

    @display(description="Memory", ordering="-id")
    def words(self, memory: Memory) -> str:
        if memory.tier == Memory.Tier.COLD:
            return "In cold storage: open it to read it."
        return Truncator(memory.content).chars(110)

    @display(description="Kind", label=True, ordering="kind")
    def kind_label(self, memory: Memory) -> str:
        return memory.get_kind_display()

    @display(
        description="State",
        label={
            "active": "success",
            "waiting": "info",
            "superseded": "warning",
            "silent": "warning",
            "compressed": "warning",
            "deleted": "danger",
        },
    )
    def standing(self, memory: Memory) -> str:
        """In one word; `waiting` for a live one that is found by its words only, until it has its vector."""
        standing = life.standing(memory)
        return "waiting" if standing == "active" and not memory.has_vector else standing  # type: ignore[attr-defined]

    @display(description="Trust", label={"unverified": "warning", "untrusted": "danger"}, ordering="trust")
    def trust_label(self, memory: Memory) -> str:
        return memory.trust

    @display(description="Whose", ordering="user_id")
    def whose(self, memory: Memory) -> str:
        elsewhere = memory.namespace if memory.namespace != "default" else ""
        return " · ".join(filter(None, (memory.user_id, elsewhere, memory.author)))

    @display(description="Happened", ordering="event_time")
    def happened(self, memory: Memory) -> str:
        return date_format(memory.event_time, "j M Y")

    @display(description="Importance", ordering="importance")
    def importance_bar(self, memory: Memory) -> str:
        return f"{memory.importance:.2f}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Memory]:
        has_vector = Case(When(embedding=None, then=Value(False)), default=Value(True), output_field=BooleanField())
        return (
            super()
            .get_queryset(request)
            .defer("embedding", "shadow", "search", "cold_search")
            .annotate(has_vector=has_vector)
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Memory | None:
        memory = super().get_object(request, object_id, from_field)
        if memory is not None and cold.fill([memory]):
            messages.error(request, "The content of this memory cannot be read from cold storage now.")
        return memory

    def get_search_results(self, request: HttpRequest, rows: QuerySet[Memory], term: str) -> Any:
        if not term:
            return rows, False
        return rows.filter(
            search=SearchQuery(term.replace("\x00", ""), config="english", search_type="websearch")
        ), False

    def get_readonly_fields(self, request: HttpRequest, memory: Memory | None = None) -> tuple[str, ...]:
        # A memory does not move between scopes: what another user was told stays theirs.
        return self.readonly_fields + self.scope_fields if memory else self.readonly_fields

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except LibraryError as error:  # its session is closed, or whom it names was erased
            messages.error(request, f"Not stored: {error}.")
            return redirect(request.path)

    def save_model(self, request: HttpRequest, memory: Memory, form: Any, change: bool) -> None:
        told = {name: form.cleaned_data[name] for name in form.changed_data}
        if change:
            # Not a merge: the form shows the whole of it, so what was taken out is meant to go.
            revise(memory.pk, told, merge=False)
            return
        scope = Scope(**{name: form.cleaned_data[name] for name in self.scope_fields})
        said = {name: value for name, value in form.cleaned_data.items() if name not in self.scope_fields}
        said |= {"tags": tuple(said["tags"]), "people": tuple(said["people"])}
        outcome = remember(Draft(scope=scope, **said))
        memory.pk = outcome.id
        if outcome.reason:
            messages.warning(request, f"Merged: {outcome.reason}.")

    def delete_model(self, request: HttpRequest, memory: Memory) -> None:
        erase(memory.pk)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if memory := kwargs.get("obj"):
            context["life"] = life.told(memory)
            context["may_write"] = self.has_add_permission(request)
            context["may_see_holds"] = may(request, "retention.read")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_actions(self, request: HttpRequest) -> Any:
        """Without Django's own deletion: ours counts, shows a sample and can be undone."""
        return {name: told for name, told in super().get_actions(request).items() if name != "delete_selected"}

    @action(description="Relations", url_path="related")
    def related(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("graph", memory_id=object_id)

    @action(description="Give a tag", permissions=["change"])
    def tag_chosen(self, request: HttpRequest, rows: QuerySet[Memory]) -> HttpResponse | None:
        return chosen.give_tag(request, rows)

    @action(description="Delete", permissions=["erase"])
    def delete_chosen(self, request: HttpRequest, rows: QuerySet[Memory]) -> HttpResponse | None:
        return chosen.delete(request, rows)

    @action(description="Restore what is put aside or deleted", permissions=["change"])
    def restore_chosen(self, request: HttpRequest, rows: QuerySet[Memory]) -> None:
        chosen.bring_back(request, rows)

    def log_deletions(self, *args: Any, **kwargs: Any) -> None:
        """The ledger is the record; Django's admin log would be a second one."""

    log_addition = log_change = log_deletions

    def has_view_permission(self, request: HttpRequest, obj: Memory | None = None) -> bool:
        return tenant_of(request) is not None and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Memory | None = None) -> bool:
        return tenant_of(request) is not None and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Memory | None = None) -> bool:
        return self.has_add_permission(request) and (obj is None or obj.state == Memory.State.ACTIVE)

    def has_delete_permission(self, request: HttpRequest, obj: Memory | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return tenant_of(request) is not None and may(request, "memories.erase")
