# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may stand in an estate file, and where. A key that ends in ! must be there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from .regions import REGIONS, normalise
from .roles import built_in_roles
from .throttle import MODES


@dataclass(frozen=True)
class OneOf:
    """One of these values."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class MapOf:
    """Any keys, all with values of one kind."""

    kind: Any


class Free:
    """Any object: it goes to Azure's own form unread."""


class Location:
    """A region, as 'westeurope' or 'West Europe'."""


class Guid:
    """A GUID in its usual form."""


class Address:
    """An IPv4 address."""


class Texts:
    """A text or a list of texts."""


_TAGS = MapOf(str)
_COUNT = {"count": int}
_SUBNET = {"name!": str, "address_prefix": str, "network_security_group": str}
_RULE = {
    "name!": str,
    "priority!": int,
    "direction!": OneOf(("Inbound", "Outbound")),
    "access!": OneOf(("Allow", "Deny")),
    "protocol": str,
    "source": Texts,
    "source_port": Texts,
    "destination": Texts,
    "destination_port": Texts,
    "description": str,
    **_COUNT,
}
_AGENT = {"status": OneOf(("Ready", "NotReady", "Missing")), "version": str, "message": str, "minutes_ago": int}
_DISK = {
    "size_gb": int,
    "sku": str,
    "write_accelerator": bool,
    "data_access_auth_mode": OneOf(("None", "AzureActiveDirectory")),
    "network_access": OneOf(("AllowAll", "AllowPrivate", "DenyAll")),
    "public_network_access": OneOf(("Enabled", "Disabled")),
    "unmanaged": bool,
}
_EXTENSION = {"name!": str, **_COUNT, "publisher!": str, "type!": str, "version": str, "provisioning": OneOf(("Succeeded", "Failed")), "message": str}
_VM = {
    "name!": str,
    **_COUNT,
    "resource_group!": str,
    "location": Location,
    "os": OneOf(("Linux", "Windows")),
    "image": {"publisher": str, "offer": str, "sku": str, "version": str},
    "size": str,
    "zone": str,
    "agent": _AGENT,
    "guest_address": Address,
    "power": OneOf(("running", "stopped", "deallocated")),
    "provisioning": OneOf(("Succeeded", "Failed", "Updating", "Creating", "Deleting")),
    "os_disk": {**_DISK, "ephemeral": bool},
    "data_disks": [{"lun!": int, **_DISK, "shares": int, "security_type": str}],
    "disk_encryption": {"key_vault!": str},
    "extensions": [_EXTENSION],
    "extension_operations": bool,
    "provision_agent": bool,
    "specialized": bool,
    "extended_location": str,
    "security_type": OneOf(("Standard", "TrustedLaunch", "ConfidentialVM")),
    "tags": _TAGS,
    "nic": {"subnet": str, "network_security_group": str},
}
_ENGINE = {
    "name!": str,
    **_COUNT,
    "type": OneOf(("AzureBackupServerEngine", "DpmBackupEngine")),
    "version": str,
    "agent_version": str,
    "agent_upgrade_available": bool,
    "upgrade_available": bool,
}
_VAULT = {
    "name!": str,
    **_COUNT,
    "resource_group!": str,
    "location": Location,
    "sku": OneOf(("RS0", "Standard")),
    "redundancy": OneOf(("GeoRedundant", "LocallyRedundant", "ZoneRedundant")),
    "cross_region_restore": bool,
    "soft_delete": OneOf(("Enabled", "Disabled", "AlwaysON")),
    "soft_delete_days": int,
    "immutability": OneOf(("Disabled", "Unlocked", "Locked")),
    "public_network_access": OneOf(("Enabled", "Disabled")),
    "provisioning": OneOf(("Succeeded", "Failed", "Pending", "Deleting")),
    "alerts": {"job_failures": bool, "classic": bool},
    "diagnostics": [{"name!": str, **_COUNT, "workspace": str, "dedicated": bool, "categories": [str], "category_groups": [str]}],
    "resource_guard": str,
    "upgrade_details": Free,
    "asynchronous_policies": bool,
    "ignores_soft_delete": bool,
    "private_endpoints": [str],
    "mars_servers": [{"name!": str, **_COUNT, "agent_version": str, "items": [str]}],
    "backup_engines": [_ENGINE],
    "storage_accounts": [{"name!": str, **_COUNT, "shares": [str]}],
    "tags": _TAGS,
    "policies": [{"name!": str, "properties!": Free}],
    "items": [
        {
            "vm!": str,
            **_COUNT,
            "policy": str,
            "state": OneOf(("Protected", "IRPending", "ProtectionError", "ProtectionStopped", "BackupsSuspended", "SoftDeleted")),
            "last_backup_hours_ago": float,
            "last_backup_status": OneOf(("Completed", "CompletedWithWarnings", "Failed")),
            "health": OneOf(("Passed", "ActionRequired", "ActionSuggested")),
            "disks": {"luns!": [int], "included": bool},
            "running": OneOf(("Backup", "ConfigureBackup", "Restore")),
            "policy_inconsistent": bool,
        }
    ],
}
_CLASSIC_VAULT = {
    "name!": str,
    **_COUNT,
    "location!": Location,
    "cloud_service": str,
    "billing": OneOf(("Instance", "Storage")),
    "redundancy": OneOf(("GeoRedundant", "LocallyRedundant")),
    "configuring": [str],
    "mars_servers": _VAULT["mars_servers"],
    "policies": _VAULT["policies"],
    "items": _VAULT["items"],
    "backups_running": [str],
}
RUN_COMMAND = {"match": str, "vm": str, "stdout": str, "stderr": str, "exit_code": int, "seconds": float, "agent": _AGENT}
_KEY_VAULT = {
    "name!": str,
    **_COUNT,
    "resource_group!": str,
    "location": Location,
    "rbac": bool,
    "access_policies": [{"object_id!": str, "keys": [str], "secrets": [str]}],
    "tags": _TAGS,
}
_PRINCIPAL = {
    "client_id!": Guid,
    "client_secret": str,
    "certificates": [str],
    "object_id": Guid,
    "actions": [str],
    "not_actions": [str],
    "roles": [OneOf(tuple(role["name"] for role in built_in_roles().values()))],
    "scope": str,
    "co_administrator": bool,
}
SCHEMA: dict[str, Any] = {
    "subscription_id": Guid,
    "tenant_id": Guid,
    "offer": str,
    "throttling": OneOf((*MODES, False, True)),
    "resource_groups": [{"name!": str, "location!": Location, "tags": _TAGS, **_COUNT}],
    "providers": MapOf(OneOf(("Registered", "NotRegistered", "Registering", "Unregistered"))),
    "locks": [{"name!": str, "level!": OneOf(("CanNotDelete", "ReadOnly")), "scope!": str, "notes": str}],
    "virtual_networks": [
        {"name!": str, "resource_group!": str, "location": Location, "address_prefix": str, "subnets": [_SUBNET], "tags": _TAGS, **_COUNT}
    ],
    "network_security_groups": [{"name!": str, "resource_group!": str, "location": Location, "rules": [_RULE], "tags": _TAGS, **_COUNT}],
    "key_vaults": [_KEY_VAULT],
    "vms": [_VM],
    "run_commands": [RUN_COMMAND],
    "vaults": [_VAULT],
    "classic_vaults": [_CLASSIC_VAULT],
    "principals": [_PRINCIPAL],
    "other_tenants": [{"tenant_id!": Guid, "subscriptions!": [Guid]}],
}

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SCALARS: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text (put it in quotes)"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    Free: ((dict,), "an object"),
}


def check(value: Any, schema: Any, place: str, problems: list[str]) -> None:
    """Note every way in which a value differs from its schema, each with its place such as vms[0].name."""
    if isinstance(schema, dict):
        _check_object(value, schema, place, problems)
    elif isinstance(schema, list):
        if not isinstance(value, list):
            problems.append(f"{place}: a list is expected")
            return
        for index, item in enumerate(value):
            check(item, schema[0], f"{place}[{index}]", problems)
    elif isinstance(schema, MapOf):
        if not isinstance(value, dict):
            problems.append(f"{place}: an object is expected")
            return
        for key, item in value.items():
            if not isinstance(key, str):
                problems.append(f"{place}: the key {key!r} is not a text (put it in quotes)")
            check(item, schema.kind, f"{place}.{key}", problems)
    else:
        problem = _scalar_problem(value, schema)
        if problem:
            problems.append(f"{place}: {problem}")


def _check_object(value: Any, schema: dict[str, Any], place: str, problems: list[str]) -> None:
    name = place or "the estate"
    if not isinstance(value, dict):
        problems.append(f"{name}: an object with the keys {_names(schema)} is expected")
        return
    known = {key.rstrip("!"): inner for key, inner in schema.items()}
    for key, item in value.items():
        inner_place = f"{place}.{key}".lstrip(".")
        if key not in known:
            problems.append(f"{inner_place}: unknown key; allowed are {_names(schema)}")
        else:
            check(item, known[key], inner_place, problems)
    problems.extend(f"{name}: {key.rstrip('!')} is missing" for key in schema if key.endswith("!") and key.rstrip("!") not in value)


def _names(schema: dict[str, Any]) -> str:
    return ", ".join(key.rstrip("!") for key in schema)


def is_address(text: str) -> bool:
    try:
        return ipaddress.IPv4Address(text) is not None
    except ValueError:
        return False


def _scalar_problem(value: Any, schema: Any) -> str:
    """What is wrong with a single value; empty when nothing is."""
    if isinstance(schema, OneOf):
        return "" if value in schema.values else f"'{value}' is not one of {', '.join(map(str, schema.values))}"
    if schema is Guid:
        return "" if isinstance(value, str) and _GUID.fullmatch(value) else f"'{value}' is not a GUID"
    if schema is Location:
        return "" if isinstance(value, str) and normalise(value) in REGIONS else f"'{value}' is not a region; regions are {', '.join(REGIONS)}"
    if schema is Address:
        return "" if isinstance(value, str) and is_address(value) else f"'{value}' is not an IPv4 address"
    if schema is Texts:
        texts = value if isinstance(value, list) else [value]
        return "" if all(isinstance(text, str) for text in texts) else "a text (put it in quotes) or a list of texts is expected"
    types, words = _SCALARS[schema]
    good = isinstance(value, types) and (schema is bool or not isinstance(value, bool))
    return "" if good else f"{words} is expected, not {value!r}"
