"""The project, which is the tenant: who is asking, its settings, its members."""

from typing import Any

from django.utils.text import slugify
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.mem0.presenters import projects as presenters
from api.dialects.mem0.serializers import memories, others
from api.dialects.mem0.views.base import Mem0View
from tenants import kept, lifecycle, members, onboarding
from tenants.models import Membership, Tenant

KEPT = "mem0.project"
LONGEST_SLUG = 47
ROLES = {"READER": Membership.Role.VIEWER.value, "OWNER": Membership.Role.OWNER.value}


class Ping(Mem0View):
    """Ask who one is."""

    operations = {"GET": "me.read"}
    told = {"GET": others.PingTold}

    def get(self, request: Request) -> Response:
        return self.answer(presenters.caller(self.speaker.tenant, self.speaker.user))


def project(tenant: Tenant) -> dict[str, Any]:
    return presenters.project(tenant, kept.read(tenant.pk, KEPT))


def slug_of(name: str) -> str:
    return slugify(name.replace("_", "-"))[:LONGEST_SLUG].strip("-")


class Projects(Mem0View):
    """Open a project: a tenant, with a key of the platform."""

    operations = {"POST": "tenants.manage"}
    heard = others.ProjectDraft
    told = {"POST": others.ProjectTold}

    def post(self, request: Request, org_id: str) -> Response:
        told = self.hear(request)
        tenant = onboarding.open_tenant(slug_of(told["name"]), told["name"])
        kept.write(tenant.pk, KEPT, {"description": told.get("description")})
        return self.answer(project(tenant))


class Project(Mem0View):
    """Read, change or delete the project."""

    operations = {"GET": "me.read", "PATCH": "tenant.settings", "DELETE": "tenant.delete"}
    heard = others.ProjectHeard
    told = {"GET": others.ProjectTold, "PATCH": others.ProjectTold, "DELETE": memories.MessageTold}

    def get(self, request: Request, org_id: str, project_id: str) -> Response:
        wanted, told = request.query_params.getlist("fields"), project(self.speaker.tenant)
        return self.answer({name: told.get(name) for name in wanted} if wanted else told)

    def patch(self, request: Request, org_id: str, project_id: str) -> Response:
        told = self.hear(request)
        if not told:
            raise ValidationError({"custom_instructions": "say what to change"})
        kept.write(self.speaker.tenant.pk, KEPT, told)
        return self.answer(project(self.speaker.tenant) | {"message": "Project updated successfully"})

    def delete(self, request: Request, org_id: str, project_id: str) -> Response:
        """It is closed at once, and can be restored until its grace is over."""
        lifecycle.ask_deletion(self.speaker.tenant.pk, self.speaker.tenant.slug)
        return self.answer({"message": "Project deleted successfully"})


class Members(Mem0View):
    """The people of the project."""

    operations = dict.fromkeys(("GET", "POST", "PUT", "DELETE"), "members.manage")
    heard = others.MemberHeard
    asked = others.MemberAsked
    told = {"GET": others.MembersTold, "POST": others.MemberTold, "PUT": others.MemberTold,
            "DELETE": memories.MessageTold}  # fmt: skip

    def get(self, request: Request, org_id: str, project_id: str) -> Response:
        return self.answer({"members": [presenters.member(member) for member in self.rows().order_by("user_id")]})

    def post(self, request: Request, org_id: str, project_id: str) -> Response:
        told = self.hear(request)
        member = members.add(self.speaker.tenant, told["email"], ROLES[told["role"]], by=self.speaker.gives_as)
        return self.answer(presenters.member(member))

    def put(self, request: Request, org_id: str, project_id: str) -> Response:
        told = self.hear(request)
        member = members.change(self.one(told["email"]), ROLES[told["role"]], by=self.speaker.gives_as)
        return self.answer(presenters.member(member))

    def delete(self, request: Request, org_id: str, project_id: str) -> Response:
        members.remove(self.one(self.ask(request)["email"]), by=self.speaker.gives_as)
        return self.answer({"message": "Member removed successfully"})

    def rows(self) -> Any:
        return Membership.objects.filter(tenant=self.speaker.tenant).select_related("user")

    def one(self, email: str) -> Membership:
        found: Membership | None = self.rows().filter(user__email=email.strip().lower()).first()
        if found is None:
            raise NotFound
        return found
