# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the recordings of vaults, policies and protection are replayed, and what is known to differ."""

from __future__ import annotations

import base64
import binascii
import copy
import re
from typing import Any

from .replay import Exchange, Replay, Rule

FILES = (
    "test_backup_vault",
    "test_backup_policy",
    "test_backup_protection",
    "test_backup_item",
    "test_backup_job",
    "test_backup_container",
    "test_backup_encryption",
    "test_vault_soft_delete_basic",
    "test_vault_soft_delete_misc_operations",
    "cli2024-test_backup_rg_mapping",
    "powershell2025-TestAzureVMRedoProtection",
)

_FOLDED = "the preceding PATCH of the vault was removed as a duplicate when the recording was made"
REASONS: dict[tuple[str, int], str] = {
    ("test_backup_protection", 3): "requested one second after the creation, before the service had set the last properties; other recordings contain them",
    ("test_backup_encryption", 106): _FOLDED,
}
"""Why an exchange of a file is allowed to differ."""

_GROUP = re.compile(r"(/subscriptions/[^/]+)/resourceGroups/([^/]+)", re.IGNORECASE)
_VAULT = re.compile(r"(.*/providers/Microsoft.RecoveryServices/vaults/[^/]+)", re.IGNORECASE)
_POLICY = re.compile(r"(.*/vaults/[^/]+/backupPolicies/[^/]+)$", re.IGNORECASE)
_ITEM = re.compile(r"(.*/protectedItems/[^/]+)", re.IGNORECASE)
_JOB = re.compile(r"(.*/vaults/[^/]+)/backupJobs/([^/]+)", re.IGNORECASE)
_STATUS = re.compile(r"(.*/vaults/[^/]+)/operationStatus/([^/]+)$", re.IGNORECASE)
_DELETED = re.compile(r"/deletedVaults/([^/]+)", re.IGNORECASE)
_VM = re.compile(r"/providers/Microsoft.Compute/virtualMachines/[^/]+$", re.IGNORECASE)
_WAIT = 180


def seed(replay: Replay, exchange: Exchange) -> None:
    """Make what the exchange needs and the recording does not show being made."""
    if not replay.world.store.tables.get("resources"):
        _machines(replay)
        _older_vaults(replay)
    _groups(replay, exchange)
    if exchange.status == 404 and "/operationStatus/" not in exchange.path:
        return
    _vault(replay, exchange)
    _identity(replay, exchange)
    _policy(replay, exchange)
    _item(replay, exchange)
    _job(replay, exchange)
    _deleted(replay, exchange)
    if exchange.method == "DELETE" and _VAULT.fullmatch(exchange.path):
        _empty(replay, exchange.path)
    _vanished(replay, exchange)


def _machines(replay: Replay) -> None:
    """The VMs that the recording's deployments made, as its own answers show them, with an agent that is ready."""
    for exchange in replay.exchanges:
        body = exchange.answer
        if exchange.method == "GET" and exchange.status == 200 and _VM.search(exchange.path) and isinstance(body, dict):
            document = copy.deepcopy(body)
            document["properties"].pop("instanceView", None)
            replay.world.store.put_resource({**document, "_power": "running", "_agent": {"status": "Ready"}, "_generation": "V1"})


def _older_vaults(replay: Replay) -> None:
    """Where a list of vaults has more than one page, the subscription held older ones: as many as make a page."""
    listed = (each.answer for each in replay.exchanges if each.path.endswith("/providers/Microsoft.RecoveryServices/vaults"))
    if not any(isinstance(answer, dict) and "nextLink" in answer for answer in listed):
        return
    body = {"location": "eastus", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}}
    group = f"/subscriptions/{replay.world.settings.subscription_id}/resourceGroups/older"
    replay.send("PUT", group, {"api-version": "2024-07-01"}, {"location": "eastus"})
    for number in range(replay.world.settings.page_size):
        _make(replay, f"{group}/providers/Microsoft.RecoveryServices/vaults/vault{number}", body)


def _groups(replay: Replay, exchange: Exchange) -> None:
    texts = [exchange.path, str((exchange.body or {}).get("properties", {}).get("recoveryResourceGroupId", ""))]
    for match in filter(None, map(_GROUP.search, texts)):
        if replay.world.store.resource(match.group(0)) is None:
            document = {"id": match.group(0), "name": match.group(2), "type": "Microsoft.Resources/resourceGroups", "location": "eastus2euap"}
            replay.world.store.put_resource({**document, "properties": {"provisioningState": "Succeeded"}})


def _template(replay: Replay, pattern: re.Pattern[str]) -> Exchange | None:
    return next((each for each in replay.exchanges if each.method == "PUT" and pattern.fullmatch(each.path)), None)


def _make(replay: Replay, path: str, body: Any, api_version: str = "2024-04-01") -> None:
    replay.send("PUT", path, {"api-version": api_version}, replay.ours(body))
    replay.world.clock.jump(_WAIT)


def _vault(replay: Replay, exchange: Exchange) -> None:
    match = _VAULT.match(exchange.path)
    if match is None or replay.world.store.resource(match.group(1)) or (exchange.method == "PUT" and match.group(1) == exchange.path):
        return
    if exchange.status == 404:
        return
    template = _template(replay, _VAULT)
    body = template.body if template else {"location": _vm_location(replay), "sku": {"name": "Standard"}, "properties": {}}
    _make(replay, match.group(1), body)


def _identity(replay: Replay, exchange: Exchange) -> None:
    """A second identity that a vault shows: the PATCH that gave it was the same as one on another vault, and folded."""
    vault = replay.world.store.resource(exchange.path)
    if exchange.method != "GET" or vault is None or not _VAULT.fullmatch(exchange.path) or not isinstance(exchange.answer, dict):
        return
    theirs, ours = ((each.get("identity") or {}).get("type", "None") for each in (exchange.answer, vault))
    if theirs == "SystemAssigned, UserAssigned" and ours == "UserAssigned":
        replay.send("PATCH", exchange.path, exchange.query, {"identity": {"type": "systemassigned,userassigned"}})
        replay.world.clock.jump(_WAIT)


def _vm_location(replay: Replay) -> str:
    return next((each.answer["location"] for each in replay.exchanges if _VM.search(each.path) and each.status == 200), "eastus2euap")


def _policy(replay: Replay, exchange: Exchange) -> None:
    named = str(((exchange.body or {}).get("properties") or {}).get("policyId") or "")
    for path in (exchange.path if exchange.method != "PUT" else "", named):
        match = _POLICY.match(path)
        template = _template(replay, _POLICY)
        if match and template and replay.world.store.resource(match.group(1)) is None:
            _make(replay, match.group(1), template.body)


def _item(replay: Replay, exchange: Exchange) -> None:
    """An item that is used without having been protected: its VM is made if need be, and protected by the default policy."""
    match = _ITEM.match(exchange.path)
    if match is None or replay.world.store.resource(match.group(1)):
        return
    stops = exchange.method == "PUT" and exchange.body["properties"].get("protectionState")
    if exchange.method == "PUT" and not stops:
        return
    vault = match.group(1).partition("/backupFabrics/")[0]
    group, name = match.group(1).split(";")[-2:]
    vm = f"/subscriptions/{exchange.path.split('/')[2]}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
    if replay.world.store.resource(vm) is None:
        properties = {"storageProfile": {"osDisk": {"osType": "Linux"}, "dataDisks": []}, "provisioningState": "Succeeded"}
        location = (replay.world.store.resource(vault) or {"location": "eastus2euap"})["location"]
        machine = {"id": vm, "name": name, "location": location, "properties": properties, "_power": "running", "_agent": {"status": "Ready"}}
        replay.world.store.put_resource(machine)
    properties = {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": vm,
        "policyId": f"{vault}/backupPolicies/DefaultPolicy",
    }
    _make(replay, match.group(1), {"properties": properties})


def _job(replay: Replay, exchange: Exchange) -> None:
    """A job whose id was in an answer that was folded: ours of the same operation on the same VM, the latest one."""
    match = _JOB.match(exchange.path)
    if match is None or match.group(2) in replay.ids or not isinstance(exchange.answer, dict):
        return
    wanted = exchange.answer["properties"]
    for job in replay.world.store.list("Microsoft.RecoveryServices/vaults/backupJobs", match.group(1)):
        properties = job["properties"]
        if (properties["operation"], properties["entityFriendlyName"]) == (wanted["operation"], wanted["entityFriendlyName"]):
            replay.ids[match.group(2)] = job["name"]


def _empty(replay: Replay, vault: str) -> None:
    """Deletions of items that were folded."""
    for item in replay.world.store.list("Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems", vault):
        replay.send("DELETE", item["id"], {"api-version": "2024-04-01"})
        replay.world.clock.jump(_WAIT)


def _deleted(replay: Replay, exchange: Exchange) -> None:
    """A deleted vault whose name was in a list that was trimmed: the one that we have."""
    match = _DELETED.search(exchange.path)
    found = replay.world.store.list("Microsoft.RecoveryServices/locations/deletedVaults", "/".join(exchange.path.split("/")[:3]))
    if match and found:
        replay.ids[match.group(1)] = found[-1]["name"]


def _vanished(replay: Replay, exchange: Exchange) -> None:
    """The 404 that ends the polls of a vault's deletion comes after one answer that it is in progress; both may be folded."""
    match = _STATUS.match(exchange.path)
    if match is None or exchange.status != 404:
        return
    if match.group(2) in replay.ids:
        replay.send("GET", replay.ours(exchange.path), exchange.query)
        return
    try:
        deletion = base64.b64decode(match.group(2)).startswith(b"1023;")
    except binascii.Error:
        return
    if deletion:
        _vault_there(replay, match.group(1))
        _empty(replay, match.group(1))
        answer = replay.send("DELETE", match.group(1), {"api-version": "2024-04-01"})
        assert answer.status == 202, (exchange.name, answer.body)
        replay.ids[match.group(2)] = answer.headers["Location"].split("?")[0].rpartition("/")[2]
        replay.send("GET", replay.ours(exchange.path), exchange.query)
        replay.world.clock.jump(_WAIT)


def _vault_there(replay: Replay, path: str) -> None:
    if replay.world.store.resource(path) is None:
        template = _template(replay, _VAULT)
        _make(replay, path, template.body if template else {"location": "eastus", "sku": {"name": "Standard"}})


RULES = [Rule(r"/providers/Microsoft\.RecoveryServices/", seed)]
