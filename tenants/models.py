"""Who there is: tenants, the people who run them, and the keys that programs carry. All in `public`."""

import re

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin
from uuid_utils.compat import uuid7

from tenants.metered import Plan, Stock, Usage, check_key_limits, check_limits

__all__ = ["ApiKey", "Domain", "Membership", "Plan", "Stock", "Tenant", "Usage", "User"]
SLUG_FORM = re.compile(r"\A[a-z][a-z0-9-]{0,46}\Z")
SLUG = RegexValidator(SLUG_FORM.pattern, "Use lower-case letters, digits and dashes; start with a letter.")


class Tenant(TenantMixin):
    """One customer's house. Opened by `onboarding.open_tenant`, which makes its schema too."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=47, unique=True, validators=[SLUG])
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Which model embeds its memories (empty: the setting says), and which shall take over: see memory.upkeep.reembed.
    embedder = models.CharField(max_length=100, blank=True, editable=False)
    shadow_embedder = models.CharField(max_length=100, blank=True, editable=False)
    scratch = models.BooleanField(default=False, editable=False)  # of a self-test, which drops it: not among customers
    switched_at = models.DateTimeField(null=True, editable=False)  # when the two changed places
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    limits = models.JSONField(default=dict, blank=True, validators=[check_limits])  # its own, over the plan's

    auto_create_schema = False  # onboarding does it, in the row's own transaction

    def __str__(self) -> str:
        return self.slug


class Domain(DomainMixin):
    """A host name that names a tenant. It grants nothing: the credential must agree with it."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, who signs in by e-mail. A superuser is a platform operator and may enter every tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the console", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email

    def role_in(self, tenant: Tenant | None) -> str:
        """The role in a tenant, or on the platform itself; empty for none. What it may is in tenants.roles."""
        if self.is_superuser:
            return "platform"
        return (tenant and self.memberships.filter(tenant=tenant).values_list("role", flat=True).first()) or ""


class Membership(models.Model):
    """What a person may do in one tenant."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        EDITOR = "editor"
        ANALYST = "analyst"
        VIEWER = "viewer"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="one_role_per_tenant")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.tenant}"


class ApiKey(models.Model):
    """A program's credential: `im_<public>_<secret>`. Only a SHA-256 of the secret is kept."""

    class Scope(models.TextChoices):
        READ = "read"
        WRITE = "write"
        ADMIN = "admin"
        PLATFORM = "platform"  # of a key without a tenant, which acts for any that it names

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="keys")
    name = models.CharField(max_length=100)
    public = models.CharField("prefix", max_length=16, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope))
    namespaces = ArrayField(models.CharField(max_length=255), default=list, blank=True)  # empty: all of them
    successor = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="predecessor"
    )  # the key that this one was rotated to
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    usage_count = models.BigIntegerField(default=0, editable=False)
    limits = models.JSONField(default=dict, blank=True, validators=[check_key_limits])  # its own, over the tenant's

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(tenant=None, scopes__contains=["platform"])
                | Q(Q(tenant__isnull=False), ~Q(scopes__contains=["platform"])),
                name="key_of_platform_or_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (im_{self.public}_…)"

    def is_live(self) -> bool:
        now = timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    @property
    def prefix(self) -> str:
        """What of the key may be shown."""
        return f"im_{self.public}"


class KeptReply(models.Model):
    """What was answered to a request with an Idempotency-Key; see tenants.replies."""

    digest = models.CharField(primary_key=True, max_length=64)  # of tenant, credential, route and key
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="+")  # null: the platform
    fingerprint = models.CharField(max_length=64)  # of path, query and body; empty: forgotten
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField(null=True)  # sealed; null: too long, secret or forgotten
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "kept replies"

    def __str__(self) -> str:
        return f"{self.status} at {self.created_at}"


class Login(models.Model):
    """What access and refresh tokens stand on: a key, or a person's password. Each request reads it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True)  # null: the platform
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    refresh = models.UUIDField()  # the id of the one refresh token that is good now
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(key=None, user__isnull=False) | Q(key__isnull=False, user=None), name="login_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"login {str(self.id)[:8]}"

    def is_open(self) -> bool:
        return self.closed_at is None and self.expires_at > timezone.now()
