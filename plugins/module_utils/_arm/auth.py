# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Who signs in: options and environment to one azure-identity credential."""

from __future__ import annotations

import configparser
import contextlib
import json
import logging
import os
import re
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._core.errors import InputError, Problem
from . import clouds
from .constants import CONNECT_SECONDS, READ_SECONDS

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PROFILE_FILE = Path("~/.azure/credentials")
CLI_PROFILE_FILE = "azureProfile.json"
# The option of some modules that names a second directory to sign in to.
OTHER_TENANT = "resource_guard_tenant_id"
HOW_TO_SIGN_IN = (
    "no credential found; set client_id with client_secret or certificate_path and tenant_id (or AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, "
    "AZURE_TENANT_ID), a profile of ~/.azure/credentials, or auth_source to managed_identity, workload_identity, cli or default"
)
# Keys of a profile in ~/.azure/credentials, as azure.azcollection and Ansible's Azure guide name them.
PROFILE_KEYS = {"client_id": "client_id", "secret": "client_secret", "tenant": "tenant_id", "subscription_id": "subscription_id", "cloud_environment": "cloud"}


def with_profile(options: dict[str, Any]) -> dict[str, Any]:
    """The connection options, what is unset filled in from the named profile of ~/.azure/credentials."""
    name = options.get("profile")
    if not name:
        return options
    path = PROFILE_FILE.expanduser()
    profiles = configparser.RawConfigParser()
    try:
        profiles.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as exc:
        raise InputError([Problem("profile", f"{path} is not readable as an INI file: {exc.__class__.__name__}")]) from exc
    if not profiles.has_section(name):
        known = ", ".join(profiles.sections()) or "none"
        raise InputError([Problem("profile", f"there is no profile '{name}' in {path}; it has: {known}")])
    found = {option: profiles.get(name, key) for key, option in PROFILE_KEYS.items() if profiles.has_option(name, key)}
    return {**options, **{option: value for option, value in found.items() if not options.get(option)}}


def source(options: dict[str, Any]) -> str:
    """The auth_source in force: 'auto' is resolved by what is there, without asking any network; 'none' when nothing is."""
    chosen = options.get("auth_source") or "auto"
    if chosen != "auto":
        return chosen
    if options.get("client_secret") or options.get("certificate_path"):
        return "service_principal"
    if os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return "workload_identity"
    if os.environ.get("IDENTITY_ENDPOINT") or os.environ.get("MSI_ENDPOINT"):
        return "managed_identity"
    if shutil.which("az"):
        return "cli"
    return "none"


def check(options: dict[str, Any]) -> list[Problem]:
    """Everything that is wrong with the connection options, without asking any network."""
    try:
        options = with_profile(options)
    except InputError as exc:
        return exc.problems
    chosen = source(options)
    problems = clouds.check(options.get("cloud"), options.get("arm_url"), options.get("authority_url"))
    if chosen == "none":
        problems.append(Problem("auth_source", HOW_TO_SIGN_IN))
    if chosen == "service_principal":
        for option in ("tenant_id", "client_id"):
            if not options.get(option):
                problems.append(Problem(option, f"needed to sign in as a service principal; set it or AZURE_{option.upper()}"))
        if not options.get("client_secret") and not options.get("certificate_path"):
            problems.append(Problem("client_secret", "needed to sign in as a service principal, or certificate_path; set it or AZURE_CLIENT_SECRET"))
        certificate = options.get("certificate_path")
        if certificate and not os.access(certificate, os.R_OK):
            problems.append(Problem("certificate_path", f"{certificate} is not a readable file"))
    if chosen == "workload_identity":
        problems += _check_workload(options)
    if chosen == "managed_identity" and options.get(OTHER_TENANT):
        problems.append(Problem(OTHER_TENANT, "a managed identity cannot sign in to another directory than its own; take another auth_source"))
    return problems + _check_ids(options, subscription(options, chosen))


def _check_workload(options: dict[str, Any]) -> list[Problem]:
    """https://learn.microsoft.com/azure/aks/workload-identity-overview: the platform sets all three for the pod."""
    problems = [
        Problem(option, f"needed to sign in as a workload; set it or AZURE_{option.upper()}")
        for option in ("tenant_id", "client_id")
        if not options.get(option)
    ]
    if not os.access(os.environ.get("AZURE_FEDERATED_TOKEN_FILE", ""), os.R_OK):
        problems.append(Problem("auth_source", "workload_identity needs AZURE_FEDERATED_TOKEN_FILE to name a readable file with the token"))
    return problems


def _check_ids(options: dict[str, Any], subscription_id: str | None) -> list[Problem]:
    problems = []
    if not subscription_id:
        problems.append(Problem("subscription_id", "no subscription named; set it or AZURE_SUBSCRIPTION_ID"))
    elif not GUID.fullmatch(subscription_id):
        problems.append(Problem("subscription_id", f"'{subscription_id}' is no subscription id: a GUID is needed"))
    for option in ("tenant_id", OTHER_TENANT):
        tenant = options.get(option)
        if tenant and not GUID.fullmatch(tenant) and not DOMAIN.fullmatch(tenant):
            problems.append(Problem(option, f"'{tenant}' is neither the GUID nor a domain name of a directory"))
    ca_file = options.get("ca_file")
    if ca_file and not os.access(ca_file, os.R_OK):
        problems.append(Problem("ca_file", f"{ca_file} is not a readable file"))
    return problems


def subscription(options: dict[str, Any], chosen: str) -> str | None:
    """The subscription: the option, or with auth_source cli the default one of az."""
    if options.get("subscription_id") or chosen != "cli":
        return options.get("subscription_id")
    path = Path(os.environ.get("AZURE_CONFIG_DIR", "~/.azure")).expanduser() / CLI_PROFILE_FILE
    try:
        known = json.loads(path.read_text(encoding="utf-8-sig"))["subscriptions"]
        return next((each["id"] for each in known if each.get("isDefault")), None)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def make_credential(options: dict[str, Any], chosen: str, cloud: clouds.Cloud, other_tenant: str | None = None) -> TokenCredential:
    """One azure-identity credential, which may sign in to another tenant too. Nothing is asked of any network yet."""
    from azure import identity

    logging.getLogger("azure").addHandler(logging.NullHandler())  # or a failed sign-in is written to stderr too
    common: dict[str, Any] = {"authority": cloud.authority_url, "connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    if options.get("disable_instance_discovery") or cloud.is_custom:
        common["disable_instance_discovery"] = True
    if other_tenant:
        common["additionally_allowed_tenants"] = [other_tenant]
    if options.get("ca_file"):
        common["connection_verify"] = options["ca_file"]
    client_id, tenant_id = options["client_id"], options["tenant_id"]
    if chosen == "service_principal" and options.get("certificate_path"):
        password = options.get("certificate_password")
        try:
            return identity.CertificateCredential(tenant_id, client_id, options["certificate_path"], password=password, **common)
        except ValueError as exc:
            raise InputError([Problem("certificate_path", f"{options['certificate_path']} holds no usable certificate with key: {exc}")]) from exc
    if chosen == "service_principal":
        return identity.ClientSecretCredential(tenant_id, client_id, options["client_secret"], **common)
    if chosen == "managed_identity":
        return identity.ManagedIdentityCredential(**({"client_id": client_id} if client_id else {}))
    if chosen == "workload_identity":
        return identity.WorkloadIdentityCredential(tenant_id=tenant_id, client_id=client_id, **common)
    if chosen == "cli":
        return identity.AzureCliCredential(tenant_id=tenant_id or "", additionally_allowed_tenants=[other_tenant] if other_tenant else None)
    return identity.DefaultAzureCredential(exclude_interactive_browser_credential=True, **common)


class _InTenant:
    """A credential of azure-identity that signs in to one of its additionally allowed tenants."""

    def __init__(self, credential: Any, tenant: str) -> None:
        self._credential = credential
        self._tenant = tenant

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        return self._credential.get_token(*scopes, **{**kwargs, "tenant_id": self._tenant})


class OneSignIn:
    """A credential that many threads share: one of them fetches the token, the others wait for it.

    A first refusal is final for the task: a wrong secret is not tried again and again. A token that could not
    be renewed for once does not end a long task.
    """

    def __init__(self, credential: Any) -> None:
        self._credential = credential
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._signed_in = False

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """As azure-identity's."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                token = self._credential.get_token(*scopes, **kwargs)
            except Exception as exc:
                self._failure = None if self._signed_in else exc
                raise
            self._signed_in = True
            return token

    def of(self, tenant: str) -> OneSignIn:
        """The same principal in another directory."""
        return OneSignIn(_InTenant(self._credential, tenant))

    def begin(self, scope: str) -> None:
        """Fetch the token ahead, beside other work. A failure is told by the first request."""

        def fetch() -> None:
            with contextlib.suppress(Exception):
                self.get_token(scope)

        threading.Thread(target=fetch, daemon=True).start()
