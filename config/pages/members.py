"""Members: who may do what in the tenant; add a person, give another role, remove one."""

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST

from config.pages.base import tenant_here
from tenants import members, roles
from tenants.errors import DoorError, IsMember, LastOwner, OwnersOnly
from tenants.models import Membership, User

WHY: dict[type[DoorError], str] = {
    IsMember: "this person is a member already",
    LastOwner: "a tenant keeps one owner at least",
    OwnersOnly: "only an owner gives or takes the role of owner",
}


class MemberForm(forms.Form):
    email = forms.EmailField(max_length=254)
    role = forms.ChoiceField(choices=Membership.Role.choices)


@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """The members by e-mail address; a POST adds one."""
    tenant = tenant_here(request)
    form = MemberForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            told = form.cleaned_data
            _try(request, lambda by: members.add(tenant, told["email"], told["role"], by=by), f"{told['email']} added.")
        else:
            messages.error(request, "Not added: an e-mail address and a role are needed.")
        return redirect("members")
    context = admin.site.each_context(request) | {
        "title": "Members",
        "members": Membership.objects.filter(tenant=tenant).select_related("user").order_by("user__email"),
        "roles": Membership.Role.choices,
        "table": [
            {"operation": name, "says": told.says, "cells": [role in told.roles for role in Membership.Role.values]}
            for name, told in roles.OPERATIONS.items()
        ],
    }
    return TemplateResponse(request, "console/members.html", context)


@require_POST
def change(request: HttpRequest, member_id: int) -> HttpResponse:
    """Give a member the role that was sent; without one the membership ends."""
    member = Membership.objects.filter(tenant=tenant_here(request), pk=member_id).select_related("user").first()
    if member is None:
        raise Http404
    role = request.POST.get("role", "")
    if role and role not in Membership.Role.values:
        raise Http404
    if role:
        _try(request, lambda by: members.change(member, role, by=by), f"{member.user} is {role} now.")
    else:
        _try(request, lambda by: members.remove(member, by=by), f"{member.user} is no member any more.")
    return redirect("members")


def _try(request: HttpRequest, act: Callable[[str], object], done: str) -> None:
    assert isinstance(request.user, User)  # admin_view let nobody else in
    try:
        act(request.user.role_in(tenant_here(request)))
    except DoorError as error:
        messages.error(request, f"Not done: {WHY.get(type(error), 'it cannot be')}.")
    else:
        messages.success(request, done)
