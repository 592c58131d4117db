"""All settings, from the environment alone, in the order in which a request meets them."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp import constants as csp

from config.env import BASE_DIR, VAR, database, env, redis_url, s3_config, secret_key

VERSION = "0.7.0"  # the newest one of CHANGELOG.md

# --- where it runs
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret_key() or "unset"  # config.E001 stops every server that would run with this
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
MEMHOUSE_ROLE = env.str("MEMHOUSE_ROLE", "command")  # web, worker, beat or command
SERVED_OVER_TLS = env.bool("SERVED_OVER_TLS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SERVED_OVER_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # who watches the process asks it without TLS
SECURE_HSTS_SECONDS = 31_536_000 if SERVED_OVER_TLS else 0
# Subdomains and the browsers' own list bind the whole domain, which is its owner's to decide: not in `check --deploy`.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
NUM_PROXIES = env.int("NUM_PROXIES", 0)  # of ours before this server: each adds one address to X-Forwarded-For
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # pages of ours read the CSRF token from the page
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# No inline script anywhere, so none is allowed; a template that needs one gives it `request.csp_nonce`. Alpine, which
# unfold's pages are made of, compiles its attributes ('unsafe-eval'), and sets inline styles.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF, csp.NONCE, csp.UNSAFE_EVAL],
        "style-src": [csp.SELF, csp.UNSAFE_INLINE],
        "img-src": [csp.SELF, "data:"],
        "font-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "base-uri": [csp.SELF],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    }
}
# Web pages elsewhere that may call the API with a key: `https://app.example`, or `*`. No cookie is ever shared.
CORS_ORIGINS = env.list("CORS_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS = CORS_ORIGINS == ["*"]
CORS_ALLOWED_ORIGINS = [] if CORS_ALLOW_ALL_ORIGINS else CORS_ORIGINS
CORS_URLS_REGEX = r"^(/t/[^/]+)?/(api|compat|v1)/"
CORS_ALLOW_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id",
    "x-api-key", "x-request-id", "x-tenant-id", "x-user-id",
)  # fmt: skip
CORS_EXPOSE_HEADERS = (
    "etag", "idempotent-replayed", "location", "ratelimit", "ratelimit-policy", "retry-after", "server-timing",
    "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "x-total-rows",
)  # fmt: skip

# --- rooms. Content lives in the tenant's schema, operations in public.
SHARED_APPS = [
    "events",
    "automation",
    "tenants",  # before django_tenants, for its `migrate` is the one that counts
    "django_tenants",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_beat",
    "corsheaders",
    "csp",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "api",
    "config",  # last: its admin.py restyles what others registered
]
TENANT_APPS = ["memory", "events.sync", "analytics"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
TENANT_LEFTOVERS = ["memory.leaving.objects"]  # what a deleted tenant has elsewhere, see tenants/leaving.py
EVENT_CONSUMERS = [
    "events.sockets.push",
    "events.webhooks.deliveries.enqueue",
    "memory.tiers.hot.notice",
    "automation.triggers.notice",
    "analytics.realtime.notice",
]

RECALL_OBSERVERS = ["analytics.noting.recalled"]  # of each recall; the floors above memory are not known there
NOTING = env.bool("NOTING", True)  # whether requests and recalls are counted and traced, see analytics/noting.py
NOTE_READERS = ["analytics.realtime.seen", "analytics.gauges.counted"]  # of what was counted, after it is written

MIDDLEWARE = [
    "config.edges.true_address",
    "django.middleware.security.SecurityMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ORIGINS else []),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.edges.browser_features",
    "csp.middleware.CSPMiddleware",
    "config.middleware.request_log",
    "config.middleware.storable_address",
    "api.throttle.announce",
    "config.middleware.measured_body",
    "tenants.middleware.tenant_path",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenants.signin.known_browser",
    "tenants.middleware.console_tenant",
    "config.seen.by_operators",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # clients do not follow redirects; routes answer with and without the slash
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- data
# The pool is for web processes only: a pool made before a worker's fork hangs its children.
_POOL = {"min_size": 1, "max_size": env.int("DATABASE_POOL", 10), "timeout": 5, "max_lifetime": 1800}
# How far an approximate index is searched: as far as a filter needs, for nearly all of the nearest.
_HNSW = "-c hnsw.ef_search=200 -c hnsw.iterative_scan=relaxed_order"
DATABASES = {
    "default": database()
    | {
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": None if MEMHOUSE_ROLE in ("worker", "beat") else 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": _POOL, "options": f"{_HNSW} -c statement_timeout=30s"}
        if MEMHOUSE_ROLE == "web"
        else {"options": _HNSW},
        "TEST": {"NAME": "memhouse_test"},
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# A cached search_path goes stale when a savepoint rolls back (django-tenants#1262): set it every time.
TENANT_LIMIT_SET_CALLS = False
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = redis_url()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL}/1",
        "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.25},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # The layer waits 5 s for a message; the client's own time-out, also 5 s, would end idle sockets.
            "hosts": [{"address": f"{REDIS_URL}/2", "socket_timeout": 30}],
            "capacity": 1500,
            "expiry": 10,
            "group_expiry": 43_200,
            "symmetric_encryption_keys": [SECRET_KEY],
        },
    }
}

# --- people
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["tenants.signin.Guarded"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# A found key is good for so long without a look at its row; what is revoked has to be refused within 5 seconds.
KEYS_KEPT_SECONDS = 2.0 if MEMHOUSE_ROLE == "web" else 0.0
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 7)),
    "SIGNING_KEY": hashlib.sha256(f"memhouse.tokens|{SECRET_KEY}".encode()).hexdigest(),
    "ISSUER": "memhouse",
    "USER_ID_CLAIM": "sub",
}
CSRF_FAILURE_VIEW = "api.problems.csrf_failed"

# --- tenants
TENANT_GRACE_DAYS = env.float("TENANT_GRACE_DAYS", 7)  # between the wish to delete a tenant and its deletion

# --- the diary, told to others
SYNC_DAYS = env.float("SYNC_DAYS", 7)  # for which a message between services is delivered, and kept after that
FEED_DAYS = env.float("FEED_DAYS", 7)  # how far back the feed goes; the audit trail keeps facts for good
SOCKETS_PER_KEY = env.int("SOCKETS_PER_KEY", 100)  # open at once, of one credential
SOCKETS_PER_TENANT = env.int("SOCKETS_PER_TENANT", 1000)
# A socket is sent back after this to nearly twice as long; the layer forgets a group's members after 12 hours.
SOCKET_SECONDS = min(env.float("SOCKET_SECONDS", 21_600), 21_600)
WEBHOOK_PORTS = [int(port) for port in env.list("WEBHOOK_PORTS", default=["443", "80", "8443"])]
# Hosts and networks that webhooks may reach though they are not public: `receiver.internal`, `10.1.0.0/16`.
WEBHOOK_PRIVATE_HOSTS = env.list("WEBHOOK_PRIVATE_HOSTS", default=[])
CLOSED_TENANTS = "tenants.lifecycle.closed"  # whose deliveries wait; the diary's floor does not know tenants

VAR_DIR = VAR  # whose disk is watched

# --- what is kept outside the tables, always encrypted: content of cold memories, files of exports and imports
DATA_KEYS = env.list("DATA_KEYS", default=[]) or [SECRET_KEY]  # the first one seals, each of them opens
_S3 = {
    "bucket_name": env.str("COLD_S3_BUCKET", ""),
    "endpoint_url": env.str("COLD_S3_ENDPOINT", "") or None,
    "access_key": env.str("COLD_S3_ACCESS_KEY", "") or None,
    "secret_key": env.str("COLD_S3_SECRET_KEY", "") or None,
    "region_name": env.str("COLD_S3_REGION", "") or None,
    "client_config": s3_config(),
    "file_overwrite": False,
    "querystring_auth": False,
}


def _kept(name: str) -> dict[str, Any]:
    """A directory under var/, or the S3 bucket when one is named."""
    if _S3["bucket_name"]:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _S3 | {"location": name}}
    private = {"location": VAR / name, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": private}


STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "cold": _kept("cold"),
    "transfers": _kept("transfers"),
}
COLD_AFTER_DAYS = env.int("COLD_AFTER_DAYS", 0)  # memories not recalled for so long go to cold storage; 0: never

IMPORT_LIMIT_BYTES = env.int("IMPORT_LIMIT_BYTES", 256 * 1024 * 1024)

# --- memory
EMBEDDERS = {
    "all-MiniLM-L6-v2/int8": "memory.embeddings.onnx.OnnxEmbedder",
    "all-MiniLM-L6-v2/fp32": "memory.embeddings.sentence.SentenceEmbedder",
}
EMBEDDER = env.str("EMBEDDER", "all-MiniLM-L6-v2/int8")
# An endpoint that speaks OpenAI's protocol, for the embedder `openai`: its base URL ends before `/embeddings`.
EMBEDDINGS_URL = env.str("EMBEDDINGS_URL", "")
EMBEDDINGS_API_KEY = env.str("EMBEDDINGS_API_KEY", "")
EMBEDDINGS_MODEL = env.str("EMBEDDINGS_MODEL", "")
EMBEDDINGS_DIMENSION = env.int("EMBEDDINGS_DIMENSION", 0)  # 0: what the endpoint gives
if EMBEDDINGS_URL:
    EMBEDDERS["openai"] = "memory.embeddings.openai.OpenAIEmbedder"
EMBED_BATCH = 64
# What writes summaries and gists: sentences of the texts themselves, or a model of an endpoint that speaks OpenAI's
# protocol; its base URL ends before `/chat/completions`.
WRITERS = {"extractive": "memory.llm.extractive.ExtractiveWriter"}
WRITER_URL = env.str("WRITER_URL", "")
WRITER_API_KEY = env.str("WRITER_API_KEY", "")
WRITER_MODEL = env.str("WRITER_MODEL", "")
WRITER_TIMEOUT = min(env.float("WRITER_TIMEOUT", 30.0), 30.0)  # seconds for an answer
WRITER_PRICE_IN = env.float("WRITER_PRICE_IN", 0.0)  # of a million tokens, in any currency
WRITER_PRICE_OUT = env.float("WRITER_PRICE_OUT", 0.0)
if WRITER_URL:
    WRITERS["openai"] = "memory.llm.openai.OpenAIWriter"
WRITER = env.str("WRITER", "openai" if WRITER_URL else "extractive")
NEAR_INDEX_FROM = env.int("NEAR_INDEX_FROM", 20_000)  # memories of a tenant, for an approximate index; 0: never
MODELS_DIR = Path(env.str("MODELS_DIR", str(VAR / "models")))  # a model made for this machine, once
# What must forget a person, in the order in which it does; each answers for tables, see memory.privacy.erasers.
ERASERS = [
    "analytics.privacy.learned",  # while the sessions that it is told of are there
    "analytics.privacy.tracked",
    "analytics.privacy.traced",
    "analytics.privacy.counted",
    "memory.privacy.found.reviews",
    "memory.privacy.library.steps",  # while the memories that they name are there
    "memory.privacy.library.memories",
    "memory.privacy.library.versions",
    "memory.privacy.found.reports",
    "memory.privacy.found.evaluations",
    "memory.privacy.library.sessions",
    "memory.privacy.library.questions",
    "memory.privacy.orders.orders",
    "memory.privacy.between.sent",
    "memory.privacy.copies.files",
    "memory.privacy.copies.kept_replies",
    "automation.privacy.rows",  # before the facts: it tells one that names the user
    "memory.privacy.copies.facts",
    "memory.privacy.copies.vectors",
]
# What an export of a person tells beside the library, see memory.privacy.telling.
TOLD_OF_PEOPLE = [
    "analytics.privacy.told_learning",
    "analytics.privacy.told_tracking",
    "analytics.privacy.told_traces",
]
TRACE_SHARE = env.float("TRACE_SHARE", 0.1)  # of all calls, beside those that are slow, empty or failed
TRACE_SLOW_MS = env.int("TRACE_SLOW_MS", 500)
TRACE_DAYS = env.int("TRACE_DAYS", 7)  # 0: none is kept
UNDO_DAYS = env.int("UNDO_DAYS", 7)  # a deleted memory can be brought back for this long

# --- the doors
BODY_LIMIT_BYTES = env.int("BODY_LIMIT_BYTES", 4 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
# The foreign APIs that are served, see docs/dialects.md.
DIALECTS = env.list("DIALECTS", default=["cml", "hippocampai", "inmemory", "mem0", "memory_layer", "persistence"])
DOCS_PUBLIC = env.bool("MEMHOUSE_DOCS_PUBLIC", False)
# Requests a minute that all tenants together may make, by bucket; a bucket that is not named has no such limit.
_PLENTY = {"read": 600_000, "write": 600_000, "search": 600_000, "admin": 60_000}
GLOBAL_RATES = {bucket: int(most) for bucket, most in env.dict("GLOBAL_RATES", default=_PLENTY).items()}
WEB_PROCESSES = max(1, env.int("WEB_PROCESSES", 4))  # each keeps its share of the limits while Redis is down
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.auth.CredentialAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.auth.MayDo"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttle.Throttle"],
    "DEFAULT_PARSER_CLASSES": ["api.gate.GatedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    "EXCEPTION_HANDLER": "api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Memhouse",
    "DESCRIPTION": "The memory platform for AI agents. Send an API key as `Authorization: Bearer im_…`.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["api.auth.MayReadDocs"],
    "SERVE_AUTHENTICATION": ["api.auth.CredentialAuthentication", "api.auth.ConsoleAuthentication"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["api.schema.native"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.hooked.webhooks"],
    "ENUM_NAME_OVERRIDES": {
        "MemoryStateEnum": "memory.models.Memory.State",
        "TransferStateEnum": "memory.models.Transfer.State",
        "SelftestStateEnum": "api.models.Selftest.State",
        "RunStateEnum": "automation.models.TaskRun.State",
        "StepStateEnum": "memory.models.Step.State",
        "RuleActionEnum": "memory.models.Rule.Action",
        "SyncStateEnum": "events.sync.models.Receipt.State",
        "SyncKindEnum": "events.sync.models.Message.Kind",
        "SyncActionEnum": "events.sync.models.Message.Action",
        "ReviewStateEnum": "memory.models.Review.State",
        "ReviewKindEnum": "memory.models.Review.Kind",
        "ErasureStateEnum": "memory.models.Erasure.State",
        "PolicyTypeEnum": "automation.models.Policy.Type",
        "ErasureTypeEnum": "memory.models.Erasure.Type",
        "RelationTypeEnum": "memory.models.Relation.Type",
        "MemoryKindEnum": "memory.models.Memory.Kind",
        "MembershipRoleEnum": "tenants.models.Membership.Role",
        "MessageRoleEnum": "api.native.messages.ROLES",
        "WebhookStateEnum": "events.models.Webhook.State",
        "DeliveryStateEnum": "events.models.Delivery.State",
        "TenantStateEnum": "tenants.models.Tenant.State",
        "EventTypeEnum": "events.types.NAMES",
        "TraceKindEnum": "analytics.models.Trace.Kind",
        "TraceWhyEnum": "analytics.models.Trace.Why",
        "LearningTypeEnum": "analytics.models.LearningEvent.Type",
        "PriorityEnum": "automation.asking.LANES",
        "SuggestionStateEnum": "analytics.models.Suggestion.State",
        "InsightKindEnum": "analytics.models.Insight.Kind",
        "AdvicePriorityEnum": "analytics.models.Suggestion.Priority",
        "InsightStateEnum": "analytics.models.Insight.State",
        "ReportTypeEnum": "analytics.reports.TYPES",
        "ComponentStatusEnum": "api.native.components.STATUSES",
    },
}

# --- background work
SHORTEST_SCHEDULE_SECONDS = env.int("SHORTEST_SCHEDULE_SECONDS", 60)  # between two slots of a policy's interval
RUN_LEASE_SECONDS = env.float("RUN_LEASE_SECONDS", 600)  # a run whose worker lives and is silent so long is another's
CELERY_BROKER_URL = f"{REDIS_URL}/0"
CELERY_TIMEZONE = "UTC"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
# What keeps memories in order runs long, so it has workers of its own.
# An index is built, and the self-test searches by meaning, where the model is and nobody waits.
CELERY_TASK_ROUTES = {
    name: {"queue": "embed"} for name in ("memory.tasks.embed*", "memory.tasks.index*", "api.tasks.*")
} | {"automation.tasks.work": {"queue": "upkeep"}, "events.tasks.deliver": {"queue": "webhooks"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_VISIBILITY_TIMEOUT = 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000  # KiB; a child above it is replaced after its task
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SYNC_EVERY = 1
CELERY_RESULT_EXPIRES = None  # no results, so no tick that would clean them up
# The few static ticks. A tick is a hint: the rows say what is due, so a lost or doubled one is harmless.
CELERY_BEAT_SCHEDULE = {
    "relay": {"task": "events.tasks.relay", "schedule": 1.0, "options": {"expires": 5}},
    "deliver": {"task": "events.tasks.deliver", "schedule": 1.0, "options": {"expires": 5}},
    "old_deliveries": {"task": "events.tasks.sweep_deliveries", "schedule": 3600.0, "options": {"expires": 3600}},
    "embed": {"task": "memory.tasks.embed_everywhere", "schedule": 5.0, "options": {"expires": 10}},
    "usage": {"task": "tenants.tasks.fold_usage", "schedule": 10.0, "options": {"expires": 20}},
    "runs": {"task": "automation.tasks.work", "schedule": 5.0, "options": {"expires": 10}},
    "policies": {"task": "automation.tasks.catch_up", "schedule": 60.0, "options": {"expires": 60}},
    "schedules": {"task": "automation.tasks.check_schedules", "schedule": 3600.0, "options": {"expires": 3600}},
    "old_runs": {"task": "automation.tasks.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "stock": {"task": "memory.tasks.take_stock_everywhere", "schedule": 60.0, "options": {"expires": 60}},
    "logins": {"task": "tenants.tasks.forget_logins", "schedule": 3600.0, "options": {"expires": 3600}},
    "leaving": {"task": "tenants.tasks.delete_left_tenants", "schedule": 60.0, "options": {"expires": 60}},
    "schemas": {"task": "tenants.tasks.migrate_noted_tenants", "schedule": 15.0, "options": {"expires": 15}},
    "recalls": {"task": "memory.tasks.fold_recalls_everywhere", "schedule": 60.0, "options": {"expires": 60}},
    "rescore": {"task": "memory.tasks.rescore_everywhere", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep": {"task": "memory.tasks.sweep_everywhere", "schedule": 3600.0, "options": {"expires": 3600}},
    "replies": {"task": "tenants.tasks.sweep_replies", "schedule": 3600.0, "options": {"expires": 3600}},
    "transfers": {"task": "memory.tasks.transfers_everywhere", "schedule": 15.0, "options": {"expires": 30}},
    "index": {"task": "memory.tasks.index_everywhere", "schedule": 900.0, "options": {"expires": 900}},
    "audit": {"task": "events.tasks.check_chains", "schedule": 86_400.0, "options": {"expires": 3600}},
    "selftest": {"task": "api.tasks.nightly_selftest", "schedule": crontab("7", "3"), "options": {"expires": 3600}},
    "scratch": {"task": "api.tasks.reap_selftests", "schedule": 300.0, "options": {"expires": 300}},
    "erasures": {"task": "memory.tasks.erasures_everywhere", "schedule": 15.0, "options": {"expires": 30}},
    "sync": {"task": "tenants.tasks.expire_messages", "schedule": 300.0, "options": {"expires": 300}},
    "suggestions": {"task": "analytics.tasks.suggest_everywhere", "schedule": crontab("37", "4")},
    "gauges": {"task": "analytics.tasks.measure_everywhere", "schedule": 60.0, "options": {"expires": 60}},
    "old_traces": {"task": "analytics.tasks.sweep_traces", "schedule": 3600.0, "options": {"expires": 3600}},
    "retier": {"task": "memory.tasks.retier_everywhere", "schedule": 86_400.0, "options": {"expires": 3600}},
    "insights": {"task": "analytics.tasks.insights_everywhere", "schedule": 3600.0, "options": {"expires": 3600}},
    "rollups": {"task": "analytics.tasks.roll_up_everywhere", "schedule": 60.0, "options": {"expires": 60}},
    "snapshots": {"task": "analytics.tasks.take_snapshots_everywhere", "schedule": 600.0, "options": {"expires": 600}},
    # One to each queue: see automation.pulses. They wait a while, for a queue may be busy.
    "pulse_default": {
        "task": "automation.tasks.pulse",
        "schedule": 15.0,
        "args": ("default",),
        "options": {"queue": "default", "expires": 60},
    },
    "pulse_embed": {
        "task": "automation.tasks.pulse",
        "schedule": 15.0,
        "args": ("embed",),
        "options": {"queue": "embed", "expires": 60},
    },
    "pulse_upkeep": {
        "task": "automation.tasks.pulse",
        "schedule": 15.0,
        "args": ("upkeep",),
        "options": {"queue": "upkeep", "expires": 60},
    },
    "pulse_webhooks": {
        "task": "automation.tasks.pulse",
        "schedule": 15.0,
        "args": ("webhooks",),
        "options": {"queue": "webhooks", "expires": 60},
    },
    "evaluations": {
        "task": "automation.tasks.evaluate_everywhere",
        "schedule": crontab("17", "4"),
        "options": {"expires": 3600},
    },
}

# --- language, time, files, logs
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # a checkout works before collectstatic has run
LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"level": env.str("LOG_LEVEL", "INFO"), "json": env.bool("LOG_JSON", False)}

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no model hub is ever asked
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# --- the console
from config.console import UNFOLD  # noqa: E402, F401  the theme's settings, kept beside the site that uses them
