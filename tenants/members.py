"""Members: the people of a tenant and their roles."""

from django.db import IntegrityError, transaction

from events import ledger
from tenants.errors import IsMember, LastOwner, OwnersOnly
from tenants.models import Membership, Tenant, User

OWNER = Membership.Role.OWNER.value
# Who may make somebody an owner, or take that away. A key, which has no role, may not.
GIVERS = (OWNER, "platform")


@transaction.atomic
def add(tenant: Tenant, email: str, role: str, *, by: str) -> Membership:
    """Make the person of an e-mail address a member; `by` is the role of who does it.

    Whoever was unknown is known now, without a password: an operator sets one. Raises IsMember, OwnersOnly.
    """
    _owners_only(by, role)
    address = email.strip().lower()
    user = User.objects.filter(email=address).first() or _known(address)
    member, created = Membership.objects.get_or_create(user=user, tenant=tenant, defaults={"role": role})
    if not created:
        raise IsMember
    ledger.record("member.added", member, tenant_id=tenant.id, role=role)
    return member


def _known(email: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email, is_staff=True)
    except IntegrityError:  # somebody else made it known just now
        return User.objects.get(email=email)


@transaction.atomic
def change(member: Membership, role: str, *, by: str) -> Membership:
    """Give a member another role. Raises LastOwner, OwnersOnly."""
    was = _held(member)
    if was == role:
        return member
    _owners_only(by, was, role)
    if was == OWNER:
        _another_owner(member)
    Membership.objects.filter(pk=member.pk).update(role=role)
    member.role = role
    ledger.record("member.changed", member, tenant_id=member.tenant_id, role=role, was=was)
    return member


@transaction.atomic
def remove(member: Membership, *, by: str) -> bool:
    """End a membership; False when it is over already. Raises LastOwner, OwnersOnly."""
    was = _held(member)
    if not was:
        return False
    _owners_only(by, was)
    if was == OWNER:
        _another_owner(member)
    ledger.record("member.removed", member, tenant_id=member.tenant_id, role=was)
    Membership.objects.filter(pk=member.pk).delete()
    return True


def _held(member: Membership) -> str:
    """The role now. The tenant's row is locked, so that two owners cannot remove each other at once."""
    Tenant.objects.select_for_update(no_key=True).get(pk=member.tenant_id)
    return Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first() or ""


def _another_owner(member: Membership) -> None:
    if not Membership.objects.filter(tenant=member.tenant_id, role=OWNER).exclude(pk=member.pk).exists():
        raise LastOwner


def _owners_only(by: str, *roles: str) -> None:
    if OWNER in roles and by not in GIVERS:
        raise OwnersOnly
