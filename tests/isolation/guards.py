"""The guards that keep tenants apart, each with what takes it out and the tests that must go red then.

A line: what it guards; the file; its exact text; what is put in its place; the tests. `mutations.py` runs them, and
test_guards.py sees that each text is still in its file once.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    says: str
    file: str
    text: str
    without: str
    tests: tuple[str, ...]


SWEEP = "tests/isolation/test_sweep.py"
BENEATH = "tests/isolation/test_beneath.py"
SOCKETS = "tests/api/test_socket_doors.py"
TURNS = "tests/isolation/test_interleaved.py"
DOORS = "tests/api/test_isolation.py"
TASKS = "tests/tenants/test_tasks.py"
CONSOLE = "tests/console/test_pages.py"
KEYS = "tests/tenants/test_keys.py"
ACCESS = "tests/api/test_roles.py"
NAMESPACES = "tests/api/test_namespaces.py"
TOKENS = "tests/api/test_access.py"
RATES = "tests/tenants/test_limits.py"
SELFTEST = "tests/isolation/test_selftest.py"
ADDRESSES = "tests/events/test_webhooks_addresses.py"
REPLAY = "tests/events/test_webhooks_replay.py"
DELIVERER = "tests/events/test_webhooks_worker.py"
HOOKS = "tests/api/test_webhooks.py::test_another_tenants_webhooks_and_deliveries_are_not_there"
SYNC, SYNC_SOCKETS = "tests/api/test_sync.py", "tests/api/test_sync_sockets.py"

GUARDS = [
    Guard(
        "a view enters its speaker's schema",
        "api/native/base.py",
        "self.stay.enter_context(speaking(self.speaker))",
        "self.stay.enter_context(ExitStack())",
        (DOORS,),
    ),
    Guard(
        "who speaks stands in its tenant's schema",
        "tenants/resolve.py",
        "with tenant_context(speaker.tenant), actors",
        "with tenant_context(Tenant.objects.order_by('slug')[0]), actors",
        (DOORS,),
    ),
    Guard(
        "a tenant named beside the credential must agree",
        "tenants/resolve.py",
        "if any(name not in own for name in told):",
        "if False:",
        (DOORS,),
    ),
    Guard(
        "the header's tenant is heard",
        "api/auth.py",
        'headers.get("X-Tenant-ID", "")',
        '""',
        (f"{DOORS}::test_a_named_tenant_must_agree_with_the_credential",),
    ),
    Guard(
        "the path's tenant is heard",
        "api/auth.py",
        'getattr(request, "named_tenant", "")',
        '""',
        (f"{DOORS}::test_a_tenant_in_the_path_must_agree",),
    ),
    Guard(
        "the host's tenant is heard",
        "tenants/resolve.py",
        "told = [*named, *filter(None, [tenant_of_domain(host)])]",
        "told = [*named]",
        (f"{DOORS}::test_a_tenant_of_the_host_must_agree",),
    ),
    Guard(
        "the secret of a key is compared",
        "tenants/keys.py",
        "not hmac.compare_digest(key.secret_hash, _digest(parts[2]))",
        "False",
        (KEYS,),
    ),
    Guard("a revoked or expired key opens nothing", "tenants/keys.py", " or not key.is_live():", ":", (DOORS,)),
    Guard(
        "a tenant's own key does not run tenants",
        "api/native/base.py",
        'operations = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "tenants.manage")',
        'operations = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "memories.read")',
        ("tests/tenants/test_lifecycle.py::test_a_tenants_own_key_does_none_of_it",),
    ),
    Guard(
        "a suspended tenant's key opens nothing",
        "tenants/resolve.py",
        "key.tenant.state != Tenant.State.ACTIVE",
        "False",
        (DOORS,),
    ),
    Guard(
        "a key may only what its scopes say",
        "api/auth.py",
        "return isinstance(request.auth, Speaker) and request.auth.may(operation_of(view, request.method))",
        "return isinstance(request.auth, Speaker)",
        (DOORS,),
    ),
    Guard(
        "a task of a suspended tenant does not run",
        "tenants/tasks.py",
        "pk=tenant_id, state=Tenant.State.ACTIVE",
        "pk=tenant_id",
        (TASKS,),
    ),
    Guard(
        "a task in the wrong schema does not run",
        "tenants/tasks.py",
        "if schema != tenant.schema_name:",
        "if False:",
        (TASKS,),
    ),
    Guard(
        "a task enters its tenant's schema",
        "tenants/tasks.py",
        "with tenant_context(tenant), actors",
        "with actors",
        (TASKS,),
    ),
    Guard(
        "a coroutine's hop enters the schema",
        "tenants/channels.py",
        "        with speaking(speaker):\n            return function",
        "        if speaker:\n            return function",
        (f"{TURNS}::test_a_thousand_reads_of_coroutines",),
    ),
    Guard(
        "a person enters the own tenants only",
        "tenants/middleware.py",
        "if tenant is None or not role:",
        "if tenant is None:",
        (CONSOLE,),
    ),
    Guard(
        "a console page stands in its tenant's schema",
        "tenants/middleware.py",
        "with tenant_context(tenant):",
        "if tenant:",
        (CONSOLE,),
    ),
    Guard(
        "the switcher shows the own tenants",
        "config/console.py",
        "tenants = tenants.filter(memberships__user=request.user)",
        "pass",
        (BENEATH,),
    ),
    Guard(
        "the console lists its tenant's keys",
        "tenants/admin.py",
        "return rows.filter(tenant=tenant) if tenant else rows",
        "return rows",
        (BENEATH,),
    ),
    Guard(
        "the console lists its tenant's facts",
        "events/admin.py",
        "return rows.filter(tenant_id=tenant.id) if tenant else rows",
        "return rows",
        (BENEATH,),
    ),
    Guard(
        "a feed is of one tenant",
        "events/feed.py",
        "Event.objects.filter(tenant_id=tenant_id, seq__gt=0)",
        "Event.objects.filter(seq__gt=0)",
        (BENEATH,),
    ),
    Guard("a group of sockets is of one tenant", "events/sockets.py", 'f"ev.{tenant_id.hex}"', '"ev"', (BENEATH,)),
    Guard(
        "a socket keeps no power that its person lost",
        "api/sockets/recognise.py",
        ", unchanged=True",
        "",
        ("tests/api/test_sockets.py::test_a_socket_keeps_no_power_that_its_person_lost",),
    ),
    Guard(
        "a revoked key closes its sockets",
        "tenants/resolve.py",
        "    except SpeakerError:\n        return False\n",
        "    except SpeakerError:\n        return True\n",
        (f"{BENEATH}::test_a_revoked_key_closes_its_open_socket",),
    ),
    Guard(
        "a socket hears the tenant that is named",
        "api/sockets/recognise.py",
        "named=[] if named is None else [named]",
        "named=[]",
        (f"{BENEATH}::test_a_socket_that_names_another_tenant_is_closed",),
    ),
    Guard(
        "a page of a foreign origin opens no socket",
        "api/sockets/door.py",
        'return _is_here(origin, headers.get("host", "")) or',
        "return True or",
        (f"{SOCKETS}::test_a_page_of_a_foreign_origin_is_refused_at_the_handshake",),
    ),
    Guard(
        "a host that is not ours is no origin of ours",
        "api/sockets/door.py",
        " and validate_host(hostname(here), settings.ALLOWED_HOSTS)",
        "",
        (f"{SOCKETS}::test_a_name_that_was_bent_to_our_address_is_no_origin_of_ours",),
    ),
    Guard(
        "a socket bound to namespaces hears no others",
        "api/sockets/hearing.py",
        'if self.bound and fact.json["data"].get("namespace") not in self.bound:',
        "if False:",
        ("tests/api/test_sockets.py::test_a_socket_that_is_bound_to_namespaces_hears_only_of_them",),
    ),
    Guard(
        "a ticket ends with the key that it stands on",
        "tenants/tickets.py",
        "now = again(was)",
        "now = was",
        (f"{SOCKETS}::test_a_ticket_of_a_key_that_is_revoked_meanwhile_opens_nothing",),
    ),
    Guard(
        "a ticket is for a tenant of the person",
        "tenants/resolve.py",
        "if not role or not user.is_active or",
        "if not user.is_active or",
        (BENEATH,),
    ),
    Guard(
        "a role may what the table says",
        "tenants/roles.py",
        "return told is not None and role in told.roles",
        "return told is not None",
        (ACCESS,),
    ),
    Guard(
        "a key may what the table says of its scopes",
        "tenants/roles.py",
        'return told is not None and (told.scope == ANY or bool({told.scope, "platform"} & set(scopes)))',
        "return told is not None",
        (ACCESS,),
    ),
    Guard(
        "a console page asks the table",
        "config/pages/urls.py",
        'if not may(request, operations.get(request.method or "", reads)):',
        "if False:",
        (ACCESS, CONSOLE),
    ),
    Guard(
        "who is bound to namespaces finds nothing elsewhere",
        "memory/models/within.py",
        "return rows.filter(self.lies_in(bound)) if bound else rows",
        "return rows",
        (NAMESPACES,),
    ),
    Guard(
        "who is bound to namespaces writes nothing elsewhere",
        "memory/namespaces.py",
        "if bound and named not in bound:",
        "if False:",
        (NAMESPACES,),
    ),
    Guard(
        "who is bound to namespaces walks nowhere else",
        "memory/relations.py",
        "AND (%(bound)s::text[] = '{}' OR namespace = ANY(%(bound)s::text[]))",
        "AND %(bound)s::text[] IS NOT NULL",
        (NAMESPACES,),
    ),
    Guard(
        "a feed is of the namespaces that its reader is bound to",
        "events/feed.py",
        "return rows.filter(data__namespace__in=list(namespaces)) if namespaces else rows",
        "pass",
        (NAMESPACES,),
    ),
    Guard(
        "a speaker brings along the namespaces it is bound to",
        "tenants/resolve.py",
        ", bounds.bound_to(speaker.namespaces):",
        ":",
        (NAMESPACES,),
    ),
    Guard(
        "a transfer goes on in the namespaces of who asked for it",
        "memory/transfers.py",
        "bounds.bound_to(tuple(transfer.namespaces)):",
        "bounds.bound_to(()):",
        (NAMESPACES,),
    ),
    Guard(
        "a token stands on a key or a membership that is good now",
        "tenants/tokens.py",
        "if not role_of(login) and not (login.key and login.key.is_live()):",
        "if False:",
        (TOKENS,),
    ),
    Guard(
        "a refresh token is good once",
        "tenants/tokens.py",
        'refresh=UUID(claims["jti"]), closed_at=None',
        "closed_at=None",
        (TOKENS,),
    ),
    Guard(
        "a key of the platform is listed by the platform alone",
        "tenants/keys.py",
        "return ApiKey.objects.filter(tenant=tenant)",
        "return ApiKey.objects.all()",
        (TOKENS,),
    ),
    Guard("a ticket is good once", "tenants/tickets.py", "if not cache.add(", "if cache.get(", (BENEATH,)),
    Guard(
        "a ticket of a suspended tenant is none",
        "tenants/resolve.py",
        "not user.is_active or tenant.state != Tenant.State.ACTIVE:",
        "not user.is_active:",
        (BENEATH,),
    ),
    Guard(
        "a stream stops when its key is revoked",
        "api/native/stream.py",
        'if not still_speaks(speaker, "memories.read"):',
        "if False:",
        ("tests/api/test_stream.py",),
    ),
    Guard(
        "a stream's next piece is read in the schema",
        "api/native/stream.py",
        "in_tenant(speaker, _fetch_on, speaker,",
        "asyncio.to_thread(_fetch_on, speaker,",
        ("tests/api/test_stream.py",),
    ),
    Guard(
        "a hot copy is named after its tenant",
        "memory/tiers/hot.py",
        'f"t:{tenant}:hot:{pk}"',
        'f"t:hot:{pk}"',
        (BENEATH,),
    ),
    Guard(
        "a cold object is named after its tenant",
        "memory/tiers/cold.py",
        'return f"v1/{ledger.current_tenant_id()}"',
        'return "v1"',
        (BENEATH,),
    ),
    Guard(
        "a key of sealing is of one tenant",
        "events/sealing.py",
        'info = f"memhouse|{purpose}|{tenant_id}".encode()',
        'info = f"memhouse|{purpose}".encode()',
        (BENEATH,),
    ),
    Guard(
        "what is sealed is bound to its place",
        "events/sealing.py",
        "sealed[HEAD:], place.encode())",
        "sealed[HEAD:], None)",
        (BENEATH,),
    ),
    Guard(
        "facts are filed under the schema's tenant",
        "events/ledger.py",
        "filed_under = tenant_id or current_tenant_id()",
        "filed_under = tenant_id",
        (BENEATH,),
    ),
    Guard(
        "each tenant has rates of its own",
        "tenants/limits.py",
        'of_tenant = f"rate:{_place(speaker)}"',
        'of_tenant = "rate"',
        (RATES,),
    ),
    Guard(
        "a request spends of its limits",
        "config/settings.py",
        '"DEFAULT_THROTTLE_CLASSES": ["api.throttle.Throttle"],',
        "",
        (RATES,),
    ),
    Guard(
        "an Idempotency-Key is of one credential of one tenant",
        "api/idempotency.py",
        "digest = _digest(speaker.tenant.pk, speaker.actor, _route(request), key)",
        'digest = _digest("", "", _route(request), key)',
        ("tests/api/test_idempotency.py::test_a_key_belongs_to_its_route_its_credential_and_its_tenant",),
    ),
    Guard(
        "an audit log is of one tenant",
        "events/audit.py",
        "return found(asked).filter(tenant_id=tenant_id)",
        "return found(asked)",
        ("tests/api/test_audit.py::test_only_the_own_tenants_rows_are_told",),
    ),
    Guard(
        "usage is told of one tenant",
        "tenants/metering.py",
        "rows = rows.filter(tenant=tenant)",
        "pass",
        ("tests/api/test_usage.py::test_a_tenant_sees_its_own_usage_only",),
    ),
    Guard(
        "only scratch tenants are dropped",
        "tenants/scratch.py",
        "filter(pk=tenant_id, scratch=True).first()",
        "filter(pk=tenant_id).first()",
        (f"{SELFTEST}::test_a_customer_is_never_dropped",),
    ),
    Guard(
        "the self-test is the operator's",
        "api/native/selftests.py",
        '    operations = {"GET": "selftest.run", "POST": "selftest.run"}\n',
        "",
        (f"{SELFTEST}::test_a_key_without_the_right_asks_for_none",),
    ),
    Guard(
        "runs are of one tenant",
        "automation/runner.py",
        "return TaskRun.objects.filter(tenant=ledger.current_tenant_id())",
        "return TaskRun.objects.all()",
        ("tests/api/test_runs.py::test_runs_of_another_tenant_are_not_there",),
    ),
    Guard(
        "who is bound to namespaces sees no other runs",
        "automation/looking.py",
        "return rows.filter(own) if bound else rows",
        "return rows",
        ("tests/api/test_runs.py::test_a_key_of_one_namespace_starts_and_sees_runs_of_that_one_alone",),
    ),
    Guard(
        "who is bound to namespaces starts no run elsewhere",
        "automation/asking.py",
        "if bound and reach.namespace and reach.namespace not in bound:",
        "if False:",
        ("tests/api/test_runs.py::test_a_key_of_one_namespace_starts_and_sees_runs_of_that_one_alone",),
    ),
    Guard(
        "policies are those of the own tenant",
        "automation/policies.py",
        'Policy.objects.filter(tenant_id=_tenant_id()).order_by("-id")',
        'Policy.objects.order_by("-id")',
        ("tests/automation/test_policies.py::test_another_tenants_policies_are_not_there",),
    ),
    Guard(
        "a tenant takes no pause of others away",
        "automation/pauses.py",
        "filter(pk=pause_id, tenant=tenant_id).first()",
        "filter(pk=pause_id).first()",
        ("tests/api/test_policies.py::test_pauses_are_set_listed_and_taken_away",),
    ),
    Guard(
        "a tenant sees its own pauses and those of all",
        "automation/pauses.py",
        "rows.filter(Q(tenant=tenant_id) | Q(tenant=None))",
        "rows",
        ("tests/api/test_policies.py::test_pauses_are_set_listed_and_taken_away",),
    ),
    Guard(
        "what is due is started in its own tenant's schema",
        "automation/due.py",
        "tenant = Tenant.objects.get(pk=tenant_id)",
        'tenant = Tenant.objects.order_by("slug")[0]',
        ("tests/automation/test_schedules.py::test_the_tick_finds_what_beat_missed",),
    ),
    Guard(
        "a webhook reaches public addresses alone",
        "events/webhooks/addresses.py",
        "if not all(allowed(host, address) for address in addresses):",
        "if False:",
        (ADDRESSES,),
    ),
    Guard(
        "every address of a webhook's host is looked at",
        "events/webhooks/addresses.py",
        "if not all(allowed(host, address) for address in addresses):",
        "if not any(allowed(host, address) for address in addresses):",
        (ADDRESSES,),
    ),
    Guard(
        "an address inside an address is unwrapped",
        "events/webhooks/addresses.py",
        "else _unwrapped(told)",
        "else [told]",
        (ADDRESSES,),
    ),
    Guard(
        "deliveries are replayed by their own tenant",
        "events/webhooks/deliveries.py",
        "return of_tenant(tenant_id)",
        "return Delivery.objects.all()",
        (REPLAY,),
    ),
    Guard(
        "deliveries of a closed tenant wait",
        "events/webhooks/claiming.py",
        "AND NOT w.tenant_id = ANY(%(closed)s)",
        "AND %(closed)s IS NOT NULL",
        (DELIVERER,),
    ),
    Guard(
        "webhooks are those of the own tenant",
        "events/webhooks/endpoints.py",
        "return Webhook.objects.filter(tenant_id=tenant_id)",
        "return Webhook.objects.all()",
        (HOOKS,),
    ),
    Guard(
        "deliveries are those of the own tenant",
        "events/webhooks/deliveries.py",
        "return Delivery.objects.filter(tenant_id=tenant_id)",
        "return Delivery.objects.all()",
        (HOOKS,),
    ),
    Guard(
        "deliveries are listed of an own webhook",
        "api/native/deliveries.py",
        "deliveries.of_webhook(self.one(webhook_id).pk)",
        "deliveries.of_webhook(webhook_id)",
        (HOOKS,),
    ),
    Guard(
        "the console shows webhooks of its own tenant",
        "config/pages/webhook.py",
        "endpoints.of_tenant(tenant_here(request).pk)",
        "Webhook.objects",
        ("tests/console/test_webhooks.py::test_another_tenants_webhooks_are_not_there",),
    ),
    Guard(
        "the console shows deliveries of its own tenant",
        "config/pages/delivery.py",
        "deliveries.of_tenant(tenant_here(request).pk)",
        "Delivery.objects",
        ("tests/console/test_webhooks.py::test_another_tenants_webhooks_are_not_there",),
    ),
    Guard(
        "a service acknowledges its own messages alone",
        "events/sync/receipts.py",
        "rows = Receipt.objects.filter(service__service_id=service_id, message__in=wanted)",
        "rows = Receipt.objects.filter(message__in=wanted)",
        ("tests/events/test_sync.py",),
    ),
    Guard(
        "a service is handed its own messages alone",
        "events/sync/receipts.py",
        "rows = service.receipts.filter(settled_at=None, next_at__lte=now",
        "rows = Receipt.objects.filter(settled_at=None, next_at__lte=now",
        ("tests/events/test_sync.py",),
    ),
    Guard(
        "a key of namespaces has no part in messages",
        "api/native/sync.py",
        "if self.speaker.namespaces:",
        "if False:",
        (f"{SYNC}::test_a_key_that_is_bound_to_namespaces_has_no_part",),
    ),
    Guard(
        "nor has its socket",
        "api/sockets/services.py",
        'if not speaker.may("sync.write") or speaker.namespaces:',
        'if not speaker.may("sync.write"):',
        (f"{SYNC_SOCKETS}::test_who_only_reads_or_is_bound_to_namespaces_takes_no_part",),
    ),
    Guard(
        "who is bound to namespaces reads the study of these domains alone",
        "analytics/models/within.py",
        "return Q(domain__in=names)",
        "return Q()",
        ("tests/analytics/test_progress.py",),
    ),
    Guard(
        "and no names of other domains",
        "analytics/history.py",
        "if bound := bounds.current():",
        "if bound := ():",
        ("tests/analytics/test_progress.py",),
    ),
]
