# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in and discovery."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from arm_simulator.core.messages import Request, Response
from arm_simulator.core.world import World
from arm_simulator.identity import assertions, entra, tenants
from arm_simulator.server import app


@pytest.fixture
def world() -> World:
    return World()


def sign_in(world: World, path: str = "/{tenant}/oauth2/v2.0/token", tenant: str = "", **changes: str | None) -> Response:
    settings = world.settings
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "scope": f"{settings.base_url}/.default",
        **changes,
    }
    body = urlencode({key: value for key, value in form.items() if value is not None}).encode()
    return app.answer(world, Request("POST", path.format(tenant=tenant or settings.tenant_id), body=body))


def ask(world: World, token: str | None) -> Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return app.answer(world, Request("GET", "/subscriptions", {"api-version": "2022-12-01"}, headers))


def assertion(**claims: Any) -> str:
    parts = ({"alg": "RS256", "typ": "JWT", "x5t": "abc"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".c2ln"


@pytest.mark.parametrize("resource", ["{arm}", "{arm}/", "https://management.azure.com/", "https://management.core.windows.net/"])
def test_a_token_opens_resource_manager(world: World, resource: str) -> None:
    wanted = resource.format(arm=world.settings.base_url)
    for answer in (sign_in(world, scope=f"{wanted}/.default"), sign_in(world, "/{tenant}/oauth2/token", scope=None, resource=wanted)):
        assert answer.status == 200
        assert int(answer.body["expires_in"]) == 3600
        assert ask(world, answer.body["access_token"]).status == 200


def test_a_certificate_signs_in_too(world: World) -> None:
    client = world.settings.client_id

    def certified(text: str) -> Response:
        return sign_in(world, client_secret=None, client_assertion_type=assertions.ASSERTION, client_assertion=text)

    assert certified(assertion(iss=client, sub=client, exp=time.time() + 60)).status == 200
    for bad in ("junk", assertion(iss=client, sub="other", exp=time.time() + 60), assertion(iss=client, sub=client, exp=1)):
        assert certified(bad).body["error_codes"][0] in (700027, 700024)


@pytest.mark.parametrize(
    ("change", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000216),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 400, "unauthorized_client", 700016),
        ({"tenant": "elsewhere.example"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "https://graph.example/.default"}, 400, "invalid_resource", 500011),
    ],
)
def test_refused_sign_in(world: World, change: dict[str, Any], status: int, error: str, number: int) -> None:
    answer = sign_in(world, **change)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (status, error, [number])
    assert answer.body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= set(answer.body)
    assert world.settings.client_secret not in str(answer.body)


def test_resource_manager_refuses_other_tokens(world: World) -> None:
    good = entra.issue_token(world, world.settings.base_url)
    cases = {
        None: "AuthenticationFailed",
        "junk": "InvalidAuthenticationToken",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"): "InvalidAuthenticationToken",
        entra.issue_token(World(), world.settings.base_url): "InvalidAuthenticationToken",
        entra.issue_token(world, world.settings.base_url, -1): "ExpiredAuthenticationToken",
        entra.issue_token(world, "https://vault.example"): "InvalidAuthenticationTokenAudience",
    }
    for token, code in cases.items():
        answer = ask(world, token)
        assert (answer.status, answer.body["error"]["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith(f'Bearer authorization_uri="{world.settings.base_url}/')


def test_another_tenant_signs_in_and_opens_no_subscription_of_this_one(world: World) -> None:
    tenant, subscription = "55555555-5555-4555-8555-555555555555", "66666666-6666-4666-8666-666666666666"
    assert sign_in(world, tenant=tenant).body["error_codes"] == [90002]
    tenants.build(world, [{"tenant_id": tenant, "subscriptions": [subscription]}])
    foreign = sign_in(world, tenant=tenant).body["access_token"]
    refused = ask(world, foreign)
    assert (refused.status, refused.body["error"]["code"]) == (401, "InvalidAuthenticationTokenTenant")


@pytest.mark.parametrize(("tokens", "status"), [("", 403), ("Bearer {own}", 403), ("Bearer {own}, Bearer {other}", 404), ("Bearer broken", 401)])
def test_what_is_linked_from_another_tenant_needs_a_token_of_it(world: World, tokens: str, status: int) -> None:
    tenant, subscription = "55555555-5555-4555-8555-555555555555", "66666666-6666-4666-8666-666666666666"
    tenants.build(world, [{"tenant_id": tenant, "subscriptions": [subscription]}])
    own, other = (sign_in(world, tenant=each).body["access_token"] for each in ("", tenant))
    headers = {"authorization": f"Bearer {own}", "x-ms-authorization-auxiliary": tokens.format(own=own, other=other)}
    guard = f"/subscriptions/{subscription}/resourceGroups/security/providers/Microsoft.DataProtection/resourceGuards/guard"
    vault = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/none/providers/Microsoft.RecoveryServices/vaults/none"
    body = json.dumps({"properties": {"resourceGuardResourceId": guard}}).encode()
    answer = app.answer(world, Request("PUT", f"{vault}/backupResourceGuardProxies/VaultProxy", {"api-version": "2024-04-01"}, headers, body))
    assert answer.status == status


def test_a_jump_of_the_clock_ends_no_session(world: World) -> None:
    token = entra.issue_token(world, world.settings.base_url)
    world.clock.jump(7 * 86400)
    assert ask(world, token).status == 200


@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_discovery_leads_to_the_token_endpoint(world: World, version: str) -> None:
    root = f"{world.settings.base_url}/{world.settings.tenant_id}"
    answer = app.answer(world, Request("GET", f"/{world.settings.tenant_id}{version}/.well-known/openid-configuration"))
    assert answer.body["token_endpoint"] == f"{root}/oauth2{version}/token"
    assert answer.body["authorization_endpoint"] == f"{root}/oauth2{version}/authorize"
    assert app.answer(world, Request("GET", "/nobody/v2.0/.well-known/openid-configuration")).body["error_codes"] == [90002]


def test_managed_identity(world: World) -> None:
    query = {"resource": "https://management.azure.com/", "api-version": "2019-08-01"}
    for path, headers in (
        ("/_simulator/msi/token", {"x-identity-header": world.settings.client_secret}),
        ("/metadata/identity/oauth2/token", {"metadata": "true"}),
    ):
        assert ask(world, app.answer(world, Request("GET", path, query, headers)).body["access_token"]).status == 200
        assert app.answer(world, Request("GET", path, query)).status == 401


def test_metadata_has_the_form_of_its_version(world: World) -> None:
    def metadata(version: str) -> Any:
        return app.answer(world, Request("GET", "/metadata/endpoints", {"api-version": version})).body

    (listed,) = metadata("2019-05-01")
    assert listed == metadata("2022-09-01")
    assert listed["resourceManager"] == f"{world.settings.base_url}/"
    assert listed["authentication"]["loginEndpoint"] == world.settings.base_url
    assert metadata("1.0") == metadata("2015-01-01")
    assert metadata("1.0")["authentication"]["audiences"] == [world.settings.base_url]


def test_sign_ins_are_counted_apart_and_have_faults_of_their_own(world: World) -> None:
    world.faults.order({"kind": "sign-in", "status": 503})
    assert [sign_in(world).status, sign_in(world).status] == [503, 200]
    assert len(world.ledger.select(kind="sign-in")) == 2
    assert world.ledger.select(kind="arm") == world.ledger.select(writes=True) == []
    assert world.settings.client_secret not in str(world.ledger.select())
