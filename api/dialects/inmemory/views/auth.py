"""/v1/auth: is the key good, another one like it, and none at all."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.inmemory import presenters, serializers
from api.dialects.inmemory.views.base import InMemoryView
from tenants import keys


class Validate(InMemoryView):
    """Ask whether the key is good."""

    operations = {"GET": "me.read"}
    told = {"GET": serializers.Valid}

    def get(self, request: Request) -> Response:
        return self.answer({"valid": True, "user_id": self.user()})


class GenerateKey(InMemoryView):
    """Issue a key of the same tenant, which reads and writes as far as the caller may, and no longer."""

    operations = {"POST": "keys.manage"}
    heard = serializers.KeyHeard
    told = {"POST": serializers.KeyTold}
    reply_is_secret = True

    def post(self, request: Request) -> Response:
        name = self.hear(request)["name"]
        scopes = [scope for scope in ("read", "write") if self.speaker.may(f"memories.{scope}")]
        if not scopes:
            raise PermissionDenied
        until = self.speaker.key.expires_at if self.speaker.key else None
        made = keys.issue(self.speaker.tenant, name, scopes, until)
        return self.answer(presenters.issued(*made), Cache_Control="no-store")


class RevokeKey(InMemoryView):
    """Revoke the key that asks."""

    operations = {"DELETE": "me.revoke"}
    told = {"DELETE": serializers.Revoked}

    def delete(self, request: Request) -> Response:
        assert self.speaker.key  # no role may this
        keys.revoke(self.speaker.key)
        return self.answer({"success": True, "message": "API key revoked"})
