# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra ID as far as a service principal or a managed identity needs it, and ARM's check of tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ..core.messages import ArmError, Request, Response
from ..core.router import open_router
from ..core.store import Document
from .access import principal
from .assertions import SignInError, check_assertion, read_jwt
from .tenants import is_known

if TYPE_CHECKING:
    from ..core.world import World

PUBLIC_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")


def _refused(world: World, request: Request, refusal: SignInError) -> Response:
    stamp = f"{world.clock.now():%Y-%m-%d %H:%M:%SZ}"
    trace, correlation = world.new_id(), request.headers.get("client-request-id") or world.new_id()
    return Response(
        refusal.status,
        {
            "error": refusal.error,
            "error_description": f"AADSTS{refusal.number}: {refusal} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}",
            "error_codes": [refusal.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{world.settings.base_url}/error?code={refusal.number}",
        },
    )


# Tokens


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _signature(world: World, signed: str) -> str:
    return _encode(hmac.new(world.settings.token_key, signed.encode(), hashlib.sha256).digest())


def issue_token(world: World, audience: str, lifetime: float | None = None, client_id: str = "", tenant: str = "") -> str:
    """A JWT for a client, without one for that of connection.json, of its own tenant unless another is named.

    Its times are wall time, by which clients renew it: whatever is done to the clock ends no session.
    """
    now = int(time.time())
    settings = world.settings
    who = principal(world, client_id or settings.client_id) or {}
    tenant = tenant or settings.tenant_id
    claims = {
        "aud": audience,
        "iss": f"{settings.base_url}/{tenant}/",
        "iat": now,
        "nbf": now,
        "exp": now + int(settings.token_lifetime if lifetime is None else lifetime),
        "appid": who["client_id"],
        "idtyp": "app",
        "oid": who["object_id"],
        "sub": who["object_id"],
        "tid": tenant,
        "ver": "1.0",
    }
    signed = ".".join(_encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
    return f"{signed}.{_signature(world, signed)}"


def _audiences(world: World) -> tuple[str, ...]:
    return (world.settings.base_url.lower(), *PUBLIC_AUDIENCES)


def check_token(world: World, request: Request) -> str:
    """The client id of the request's token. ARM's 401 unless it was issued here, for ARM, by the subscription's tenant, and still lives."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        raise _refusal(world, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    claims = _claims(world, token)
    if claims["tid"].lower() != world.settings.tenant_id.lower():
        message = (
            f"The access token is from the wrong issuer '{claims['iss']}'. It must match the tenant "
            f"'{world.settings.base_url}/{world.settings.tenant_id}/' associated with this subscription."
        )
        raise _refusal(world, "InvalidAuthenticationTokenTenant", message)
    return str(claims["appid"])


def auxiliary_tenants(world: World, request: Request) -> set[str]:
    """The tenants of the further tokens of a request, which are as good as its first one."""
    header = request.headers.get("x-ms-authorization-auxiliary", "")
    tokens = [each.strip().partition(" ")[2] for each in header.split(",") if each.strip()]
    return {_claims(world, token)["tid"].lower() for token in tokens}


def _claims(world: World, token: str) -> dict[str, Any]:
    try:
        _header, claims = read_jwt(token)
    except ValueError as exc:
        raise _refusal(world, "InvalidAuthenticationToken", "The access token is invalid.") from exc
    signed, _dot, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, _signature(world, signed)):
        raise _refusal(world, "InvalidAuthenticationToken", "The access token is invalid.")
    if claims["exp"] <= time.time():
        simulated = (moment + world.clock.offset for moment in (claims["exp"], time.time()))
        expiry, now = (time.strftime("%m/%d/%Y %I:%M:%S %p", time.gmtime(moment)) for moment in simulated)
        message = f"The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."
        raise _refusal(world, "ExpiredAuthenticationToken", message)
    if claims["aud"].rstrip("/").lower() not in _audiences(world):
        message = (
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. "
            f"It should exactly match with one of the allowed audiences '{','.join(_audiences(world))}'."
        )
        raise _refusal(world, "InvalidAuthenticationTokenAudience", message)
    return claims


def _refusal(world: World, code: str, message: str) -> ArmError:
    authority = f"{world.settings.base_url}/{world.settings.tenant_id}"
    challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}"'
    return ArmError(401, code, message, gateway=True, headers={"WWW-Authenticate": challenge})


# Discovery


@open_router.route("GET", "/{tenant}/.well-known/openid-configuration")
@open_router.route("GET", "/{tenant}/v2.0/.well-known/openid-configuration")
def openid_configuration(world: World, request: Request) -> Response:
    tenant = request.params["tenant"]
    try:
        _check_tenant(world, tenant, shared=True)
    except SignInError as exc:
        return _refused(world, request, exc)
    root = f"{world.settings.base_url}/{tenant}"
    version = "/v2.0" if "/v2.0/" in request.path.lower() else ""
    return Response(
        200,
        {
            "token_endpoint": f"{root}/oauth2{version}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery{version}/keys",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{root}{version or '/'}",
            "authorization_endpoint": f"{root}/oauth2{version}/authorize",
            "device_authorization_endpoint": f"{root}/oauth2{version}/devicecode",
            "end_session_endpoint": f"{root}/oauth2{version}/logout",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "localhost",
        },
    )


@open_router.route("GET", "/{tenant}/discovery/keys")
@open_router.route("GET", "/{tenant}/discovery/v2.0/keys")
def keys(world: World, request: Request) -> Response:
    """No public keys: the tokens are signed with a secret key, and only this ARM reads them."""
    return Response(200, {"keys": []})


@open_router.route("GET", "/common/discovery/instance")
def instance_discovery(world: World, request: Request) -> Response:
    host = world.settings.base_url.removeprefix("https://")
    return Response(
        200,
        {
            "tenant_discovery_endpoint": f"{world.settings.base_url}/{world.settings.tenant_id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


# Sign-in


@open_router.route("POST", "/{tenant}/oauth2/token")
@open_router.route("POST", "/{tenant}/oauth2/v2.0/token")
def sign_in(world: World, request: Request) -> Response:
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        _check_tenant(world, request.params["tenant"])
        client = _check_client(world, form, request.params["tenant"])
        audience = _wanted_audience(world, form)
    except SignInError as exc:
        return _refused(world, request, exc)
    lifetime = int(world.settings.token_lifetime)
    body: dict[str, Any] = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
    if "/v2.0/" not in request.path.lower():
        now = int(time.time())
        body = {key: str(value) for key, value in body.items()}
        body |= {"expires_on": str(now + lifetime), "not_before": str(now), "resource": audience}
    token = issue_token(world, audience, client_id=client, tenant=request.params["tenant"])
    return Response(200, body | {"access_token": token}, {"Cache-Control": "no-store, no-cache"})


def _check_tenant(world: World, tenant: str, *, shared: bool = False) -> None:
    if not is_known(world, tenant) and not (shared and tenant.lower() in ("common", "organizations")):
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        raise SignInError(400, "invalid_request", 90002, text)


def _check_client(world: World, form: dict[str, str], tenant: str) -> str:
    """The client id, once its secret or certificate has been found good."""
    for name in ("grant_type", "client_id"):
        if not form.get(name):
            raise SignInError(400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'.")
    if form["grant_type"] != "client_credentials":
        raise SignInError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{form['grant_type']}'.")
    client = form["client_id"]
    who = principal(world, client)
    if who is None:
        text = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
        raise SignInError(400, "unauthorized_client", 700016, text)
    if "client_assertion" in form:
        check_assertion(form, who["certificates"])
    elif not form.get("client_secret"):
        text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."
        raise SignInError(401, "invalid_client", 7000216, text)
    elif not _is_secret(world, who, form["client_secret"]):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'."
        )
        raise SignInError(401, "invalid_client", 7000215, text)
    return client


def _is_secret(world: World, who: Document, secret: str) -> bool:
    """A principal has the secret of the estate; that of connection.json has its own there as well."""
    good = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), who["secret"])
    own = who["client_id"].lower() == world.settings.client_id.lower()
    return good or (own and hmac.compare_digest(secret.encode(), world.settings.client_secret.encode()))


def _wanted_audience(world: World, form: dict[str, str]) -> str:
    """The audience asked for: resource (v1) or scope (v2, with /.default)."""
    wanted = form.get("resource") or form.get("scope", "").split(" ")[0].removesuffix("/.default")
    if not wanted:
        raise SignInError(400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
    if wanted.rstrip("/").lower() not in _audiences(world):
        text = f"The resource principal named {wanted} was not found in the tenant named {world.settings.tenant_id}."
        raise SignInError(400, "invalid_resource", 500011, text)
    return wanted


# Managed identity: as App Service offers it (a secret in a header) and as the instance metadata service does


@open_router.route("GET", "/_simulator/msi/token")
@open_router.route("GET", "/metadata/identity/oauth2/token")
def managed_identity(world: World, request: Request) -> Response:
    headers, secret = request.headers, world.settings.client_secret
    if request.path.startswith("/metadata"):
        allowed = headers.get("metadata", "").lower() == "true"
    else:
        allowed = hmac.compare_digest(headers.get("x-identity-header", "").encode(), secret.encode())
    if not allowed:
        return Response(401, {"statusCode": 401, "message": "Unauthorized: the identity header is missing or wrong."})
    client = request.query.get("client_id") or world.settings.client_id
    who = principal(world, client)
    if who is None:
        return Response(400, {"error": "invalid_request", "error_description": "Identity not found"})
    try:
        audience = _wanted_audience(world, request.query)
    except SignInError as exc:
        return _refused(world, request, exc)
    lifetime = int(world.settings.token_lifetime)
    return Response(
        200,
        {
            "access_token": issue_token(world, audience, client_id=client),
            "client_id": who["client_id"],
            "expires_in": str(lifetime),
            "expires_on": str(int(time.time()) + lifetime),
            "resource": audience,
            "token_type": "Bearer",
        },
    )
