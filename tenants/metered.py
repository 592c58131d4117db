"""What a tenant may use and what it used: plans, usage by the day, stock by the day. All in `public`."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

BUCKETS = ("read", "write", "search", "admin")
MINUTE = 60  # seconds
LONG = {"hour": 3_600, "day": 86_400}  # windows of requests of all buckets together
LONG_RATES = tuple(f"tenant_{name}" for name in LONG)
KEY_RATES = tuple(f"key_{bucket}" for bucket in BUCKETS)  # requests a minute
RATES = (*KEY_RATES, *(f"tenant_{bucket}" for bucket in BUCKETS), *LONG_RATES)
QUOTAS = ("memories", "bytes", "searches")
LEVELS = tuple(f"{quota}_{level}" for quota in QUOTAS for level in ("soft", "hard"))
LIMITS = (*RATES, *LEVELS)
MOST = 2**53
PLATFORM = "platform"  # in place of a tenant, for what is asked of the platform itself


def check_limits(told: Any, known: tuple[str, ...] = LIMITS) -> None:
    """Limits by name, each a number from 0 or null for none. Raises ValidationError."""
    if not isinstance(told, Mapping):
        raise ValidationError("Limits are an object of names and numbers.")
    for name, number in told.items():
        if name not in known:
            raise ValidationError(f"{name} is none of {', '.join(known)}.")
        whole = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MOST
        if number is not None and not whole:
            raise ValidationError(f"{name} is a whole number from 0, or null for no limit.")


def check_key_limits(told: Any) -> None:
    check_limits(told, KEY_RATES)


def _number(says: str) -> models.PositiveBigIntegerField:
    return models.PositiveBigIntegerField(says, null=True, blank=True, help_text="Empty: no limit.")


def _price(says: str) -> models.DecimalField:
    return models.DecimalField(says, max_digits=12, decimal_places=6, default=0)


class Plan(models.Model):
    """Rates, quotas and prices that many tenants share. One of them is for tenants that have none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=50, unique=True)
    is_default = models.BooleanField("for tenants without a plan", default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    key_read = _number("reads a minute per key")
    key_write = _number("writes a minute per key")
    key_search = _number("searches a minute per key")
    key_admin = _number("admin calls a minute per key")
    tenant_read = _number("reads a minute per tenant")
    tenant_write = _number("writes a minute per tenant")
    tenant_search = _number("searches a minute per tenant")
    tenant_admin = _number("admin calls a minute per tenant")
    tenant_hour = _number("requests an hour per tenant")
    tenant_day = _number("requests a day per tenant")

    memories_soft = _number("memories, warned from")
    memories_hard = _number("memories, at most")
    bytes_soft = _number("bytes of content, warned from")
    bytes_hard = _number("bytes of content, at most")
    searches_soft = _number("searches a day, warned from")
    searches_hard = _number("searches a day, at most")

    currency = models.CharField(max_length=3, default="EUR")
    price_requests = _price("price of 1,000 reads, writes and admin calls")
    price_searches = _price("price of 1,000 searches")
    price_memories = _price("price of keeping 1,000 memories for a day")
    price_gigabytes = _price("price of keeping a gigabyte for a day")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=models.Q(is_default=True), name="plan_one_default")
        ]

    def __str__(self) -> str:
        return self.name


class Usage(models.Model):
    """What one caller of one tenant did on one day (UTC). Added to by metering.fold, never lowered."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    caller = models.CharField(max_length=100)  # the actor, for example `key:k6Mu2S7xxhTd`
    day = models.DateField()
    reads = models.BigIntegerField(default=0)
    writes = models.BigIntegerField(default=0)
    searches = models.BigIntegerField(default=0)
    admin = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)  # by a rate limit or the quota of searches
    bytes_in = models.BigIntegerField(default=0)  # of request bodies

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "caller"], name="usage_once")]

    def __str__(self) -> str:
        return f"{self.caller} on {self.day}"


class Stock(models.Model):
    """What a tenant kept on one day (UTC), as last looked at, and which of its quotas were told of that day."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    memories = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    told = models.JSONField(default=list)  # facts told today, such as `quota.warning memories`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="stock_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} on {self.day}"
