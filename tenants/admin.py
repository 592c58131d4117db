"""The doorkeeper in the console: tenants, people, keys. Each action calls the verb that the API calls."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from events import feed
from tenants import keys, leaving, members, onboarding, plans, schema
from tenants.errors import BadKey, DoorError, KeyOver
from tenants.metered import BUCKETS, LEVELS, LONG_RATES
from tenants.middleware import may, tenant_of
from tenants.models import ApiKey, Domain, Membership, Plan, Tenant, User
from tenants.people import ToldPeople
from tenants.permits import Permitted

KEY_FIELDS = ("name", "scopes", "namespaces", "expires_at")
VERBS = ("view", "add", "change", "delete")


class DomainInline(Permitted, TabularInline):
    operations = dict.fromkeys(VERBS, "tenants.manage")
    model = Domain
    extra = 0


class MembershipInline(Permitted, TabularInline):
    operations = dict.fromkeys(VERBS, "tenants.manage")
    model = Membership
    extra = 0


class MembersAdmin(Permitted, ModelAdmin):
    """Saves memberships by their verbs, so that each change is a fact and a last owner stays."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Membership:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        by = "platform" if may(request, "tenants.manage") else ""
        try:
            for member in formset.deleted_objects:
                members.remove(member, by=by)
            for member, _ in formset.changed_objects:
                members.change(member, member.role, by=by)
            for member in formset.new_objects:
                members.add(member.tenant, member.user.email, member.role, by=by)
        except DoorError as error:
            messages.error(request, f"Not all members were saved: {type(error).__name__}.")


class TenantForm(forms.ModelForm):
    class Meta:
        model = Tenant
        fields = ("slug", "name", "plan", "limits")
        help_texts = {
            "plan": "None: the plan for tenants without one.",
            "limits": 'Its own, in place of the plan\'s: {"key_read": 600, "memories_hard": null}; null is no limit.',
        }

    def clean(self) -> dict[str, Any] | None:
        if slug := self.cleaned_data.get("slug"):
            onboarding.check_free(slug)
        return super().clean()


@admin.register(Tenant)
class TenantAdmin(MembersAdmin):
    operations = dict.fromkeys(("view", "add", "change"), "tenants.manage")
    list_display = ("slug", "name", "state_label", "plan", "key_count", "people", "created_at", "enter")
    search_fields = ("slug", "name")
    ordering = ("slug",)
    form = TenantForm
    inlines = (DomainInline, MembershipInline)
    change_form_outer_before_template = "console/tenant_life.html"

    @display(
        description="State",
        label={"active": "success", "suspended": "danger", "deleting": "danger", "erasing": "danger"},
    )
    def state_label(self, tenant: Tenant) -> str:
        return tenant.state

    @display(description="Live keys")
    def key_count(self, tenant: Tenant) -> int:
        return tenant.key_count  # type: ignore[attr-defined]

    @display(description="People")
    def people(self, tenant: Tenant) -> int:
        return tenant.people  # type: ignore[attr-defined]

    @display(description="")
    def enter(self, tenant: Tenant) -> str:
        return format_html('<a class="mh-link" href="/t/{}/console/">Enter →</a>', tenant.slug)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        live = Count("keys", filter=Q(keys__revoked_at=None), distinct=True)
        customers = super().get_queryset(request).filter(scratch=False)
        return customers.annotate(key_count=live, people=Count("memberships", distinct=True))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tenant = self.get_object(request, object_id)
        life = {"life": self._life(tenant)} if tenant else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | life)

    def _life(self, tenant: Tenant) -> dict[str, Any]:
        return {
            "counts": leaving.summary(tenant),
            "keys": tenant.key_count,  # type: ignore[attr-defined]
            "people": tenant.people,  # type: ignore[attr-defined]
            "last": feed.activity()[0].get(tenant.pk),
            "late": bool(schema.drifted([tenant.schema_name])),
        }

    def get_readonly_fields(self, request: HttpRequest, tenant: Tenant | None = None) -> tuple[str, ...]:
        return ("slug",) if tenant else ()

    def get_inlines(self, request: HttpRequest, tenant: Tenant | None) -> tuple[type[TabularInline], ...]:
        return self.inlines if tenant else ()

    def save_model(self, request: HttpRequest, tenant: Tenant, form: Any, change: bool) -> None:
        if change:
            if "name" in form.changed_data:
                onboarding.rename(tenant, tenant.name)
        else:
            opened = onboarding.open_tenant(tenant.slug, tenant.name)
            tenant.pk, tenant.schema_name, tenant._state.adding = opened.pk, opened.schema_name, False
        if {"plan", "limits"} & set(form.changed_data):
            plans.assign(tenant, tenant.plan, tenant.limits or {})


class PersonCreation(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class PersonAdmin(ToldPeople, MembersAdmin, DjangoUserAdmin, ModelAdmin):
    operations = dict.fromkeys(VERBS, "tenants.manage")
    form, add_form = UserChangeForm, PersonCreation
    list_display = ("email", "name", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    inlines = (MembershipInline,)
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Record", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)


class PlanForm(forms.ModelForm):
    def _get_validation_exclusions(self) -> set[str]:
        # That one plan at most is the default is not for the form to say: plans.change moves the mark.
        return super()._get_validation_exclusions() | {"is_default"}  # type: ignore[misc]


@admin.register(Plan)
class PlanAdmin(Permitted, ModelAdmin):
    operations = dict.fromkeys(("view", "add", "change"), "tenants.manage")
    form = PlanForm
    list_display = ("name", "is_default", "tenant_count", "memories_hard", "bytes_hard", "searches_hard")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "is_default")}),
        ("Requests a minute", {"fields": [(f"key_{bucket}", f"tenant_{bucket}") for bucket in BUCKETS]}),
        ("Requests of all kinds", {"fields": [LONG_RATES]}),
        ("Quotas", {"fields": [LEVELS[at : at + 2] for at in range(0, len(LEVELS), 2)]}),
        ("Prices", {"fields": ("currency", "price_requests", "price_searches", "price_memories", "price_gigabytes")}),
    )

    @display(description="Tenants of its own")
    def tenant_count(self, plan: Plan) -> int:
        return plan.tenant_count  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        own = Tenant.objects.filter(plan=OuterRef("pk")).order_by().values("plan").annotate(n=Count("pk")).values("n")
        return super().get_queryset(request).annotate(tenant_count=Coalesce(Subquery(own), 0))

    def save_model(self, request: HttpRequest, plan: Plan, form: Any, change: bool) -> None:
        plans.change(plan)


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices,
        initial=["read", "write"],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="`platform` alone, without a tenant: a key that acts for any tenant it names.",
    )
    of_tenant: Tenant | None = None  # in whose console the form stands
    namespaces = SimpleArrayField(
        forms.CharField(max_length=255),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The only ones in which it reads and writes, separated by commas; none: all.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "tenant", "scopes", "namespaces", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.of_tenant and "scopes" in self.fields:  # in this form alone: the class is everybody's
            inside = [choice for choice in ApiKey.Scope.choices if choice[0] != ApiKey.Scope.PLATFORM]
            scopes: Any = self.fields["scopes"]
            scopes.choices, scopes.help_text = inside, ""

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        tenant = self.of_tenant or told.get("tenant")
        try:
            keys.check(ApiKey(tenant=tenant, **{name: told[name] for name in KEY_FIELDS if name in told}))
        except BadKey as error:
            self.add_error(error.pointer[1:] if error.pointer[1:] in self.fields else None, f"This {error.detail}.")
        return told


@admin.register(ApiKey)
class KeyAdmin(Permitted, ModelAdmin):
    operations = dict.fromkeys(("view", "add", "change"), "keys.manage")
    list_display = (
        "name",
        "prefix",
        "tenant",
        "scope_list",
        "namespace_list",
        "state_label",
        "last_used_at",
        "usage_count",
        "expires_at",
    )
    list_filter = ("tenant",)
    list_select_related = ("tenant",)
    search_fields = ("name", "public")
    ordering = ("-created_at",)
    form = KeyForm
    actions = ("rotate_chosen", "revoke_chosen")

    @display(description="Key")
    def prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}_…"

    @display(description="Scopes")
    def scope_list(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="Namespaces")
    def namespace_list(self, key: ApiKey) -> str:
        return ", ".join(key.namespaces) or "all"

    @display(
        description="State", label={"live": "success", "rotated": "info", "expired": "warning", "revoked": "danger"}
    )
    def state_label(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "revoked"
        if not key.is_live():
            return "expired"
        return "rotated" if key.successor_id else "live"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        rows = super().get_queryset(request)
        tenant = tenant_of(request)
        return rows.filter(tenant=tenant) if tenant else rows

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return () if tenant_of(request) else self.list_filter

    def get_fields(self, request: HttpRequest, key: ApiKey | None = None) -> tuple[str, ...]:
        if key:
            return (
                "name",
                "prefix",
                "tenant",
                "scope_list",
                "namespace_list",
                "state_label",
                "created_at",
                "expires_at",
                "revoked_at",
                "successor",
                "last_used_at",
                "usage_count",
            )
        own = ("scopes", "namespaces", "expires_at")
        return ("name", *own) if tenant_of(request) else ("name", "tenant", *own)

    def get_form(self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Inside a tenant a key is the tenant's, and no key of the platform is made there."""
        form = super().get_form(request, obj, change, **kwargs)
        if (tenant := tenant_of(request)) and not change:
            form = type(form.__name__, (form,), {"of_tenant": tenant})
        return form

    def get_readonly_fields(self, request: HttpRequest, key: ApiKey | None = None) -> tuple[str, ...]:
        return self.get_fields(request, key) if key else ()

    def save_model(self, request: HttpRequest, key: ApiKey, form: Any, change: bool) -> None:
        told = form.cleaned_data
        tenant = tenant_of(request) or told["tenant"]
        issued, text = keys.issue(tenant, **{name: told[name] for name in KEY_FIELDS})
        key.pk, request.issued_keys = issued.pk, [(issued, text)]  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, key: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, getattr(request, "issued_keys", []), "Your new API key")

    def _shown_once(self, request: HttpRequest, issued: list[tuple[ApiKey, str]], title: str) -> HttpResponse:
        """Keys on a page of their own, once: in no message, no cookie and no log."""
        context = self.admin_site.each_context(request) | {"title": title, "issued": issued}
        response = TemplateResponse(request, "console/key_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(description="Rotate: new keys, the old ones go on for a day", permissions=["change"])
    def rotate_chosen(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> HttpResponse | None:
        issued, over = [], 0
        for key in rows:
            try:
                issued.append(keys.rotate(key))
            except KeyOver:
                over += 1
        if over:
            messages.warning(request, f"{over} not rotated: revoked, expired or rotated before.")
        return self._shown_once(request, issued, "Your new API keys") if issued else None

    @action(description="Revoke keys", permissions=["change"])
    def revoke_chosen(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        messages.success(request, f"{sum(keys.revoke(key) for key in rows)} revoked.")

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        # Keys are not edited; the list's actions ask for this permission without an object.
        return obj is None and super().has_change_permission(request)
