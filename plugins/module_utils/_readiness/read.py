# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What the rules of readiness look at, read in lists: never one request for each VM unless that is asked for.

What cannot be read is noted with its reason and does not end the task: the rules that need it say that they do not know.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from .._core.errors import AzureBackupError, Problem
from .._core.fields import Document, fetch
from .._core.ids import key, name, part
from .._items.lists import VM_ITEMS, follows_policy
from .._jobs.lists import VaultJobs
from .._task.scope import list_vaults
from .._vault import diagnostic_setting, locks
from .._vault.redundancy import to_view as redundancy_view
from . import facts
from .index import Known, KnownSubscription, KnownVault

if TYPE_CHECKING:
    from .._arm.client import Arm

VM_POLICIES = "backupManagementType eq 'AzureIaasVM'"
MARS_SERVERS = "backupManagementType eq 'MAB'"
# Versions of lists that Microsoft's clients in use have no method for.
PERMISSIONS_API = "2022-04-01"
DIAGNOSTICS_API = "2021-05-01-preview"


def unread(what: str, exc: AzureBackupError) -> str:
    """Why a rule does not know, in a sentence."""
    return f"The {what} could not be read: {exc.code or exc.status or exc.message}."


class UnreadAreas:
    """What could not be read in a task, each told once: by subscription, area of facts and Azure's code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str, str], dict[str, Any]] = {}

    def add(self, subscription_id: str, area: str, what: str, exc: AzureBackupError) -> None:
        code = exc.code or str(exc.status or "")
        told = {"subscription_id": subscription_id, "area": area, "what": what, "reason": exc.message, "code": exc.code, "count": 0}
        with self._lock:
            self._found.setdefault((subscription_id, area, code), told)["count"] += 1

    def shown(self) -> list[dict[str, Any]]:
        return list(self._found.values())


class Reader:
    """Reads areas of facts of a subscription or a vault, and notes why the rest is not known."""

    def __init__(self, arm: Arm, limits: UnreadAreas, into: Known) -> None:
        self.arm = arm
        self.limits = limits
        self._into = into

    def read(self, area: str, what: str, function: Callable[[], Any]) -> None:
        """Read an area, or note why it cannot be."""
        try:
            self._into.known[area] = function()
        except AzureBackupError as exc:
            self.fail(area, what, exc)

    def fail(self, area: str, what: str, exc: AzureBackupError) -> None:
        self._into.unread[area] = unread(what, exc)
        self.limits.add(self.arm.subscription_id, area, what, exc)

    def read_all(self, readers: dict[str, tuple[str, Callable[[], Any]]]) -> None:
        """readers: (what it is, how it is read) by area; all at the same time."""
        self.arm.together(*(partial(self.read, area, what, read) for area, (what, read) in readers.items()))


class VaultReader(Reader):
    """Reads one vault of a list."""

    def __init__(self, arm: Arm, limits: UnreadAreas, document: Document) -> None:
        self.vault = KnownVault(id=str(document.get("id")), listed=facts.vault_facts(document))
        super().__init__(arm, limits, self.vault)

    def read_items(self) -> None:
        listing = self.arm.backup.backup_protected_items.list
        self.read("items", f"protected VMs of vault {self.vault.name}", lambda: self.take_items(self._list(listing, VM_ITEMS)))

    def take_items(self, documents: Iterable[Document]) -> list[dict[str, Any]]:
        return [facts.item_facts(each, self.vault.id) for each in documents]

    def read_rest(self, needs: set[str]) -> None:
        """What else of the vault the rules look at. Only a read of the vault itself has its settings."""
        backup = self.arm.backup
        readers: dict[str, tuple[str, Callable[[], Any]]] = {
            "document": (f"vault {self.vault.name}", self._document),
            "policies": (f"policies of vault {self.vault.name}", lambda: list(map(facts.policy_facts, self._list(backup.backup_policies.list, VM_POLICIES)))),
            "jobs": (f"running jobs of vault {self.vault.name}", VaultJobs(self.arm, self.vault.group, self.vault.name).running),
            "servers": (
                f"MARS servers of vault {self.vault.name}",
                lambda: list(map(facts.server_facts, self._list(backup.backup_protection_containers.list, MARS_SERVERS))),
            ),
            "engines": (f"backup servers of vault {self.vault.name}", lambda: list(map(facts.engine_facts, self._list(backup.backup_engines.list, None)))),
            "diagnostics": (f"diagnostic settings of vault {self.vault.name}", self._diagnostics),
        }
        asked = needs | {"policies"} | ({"document"} if needs & {"vault", "redundancy"} else set())
        self.read_all({area: reader for area, reader in readers.items() if area in asked})
        document = self.vault.known.pop("document", None)
        if document is not None:
            self.vault.known |= {"vault": facts.vault_facts(document), "redundancy": redundancy_view(document, None)}
        elif "document" in self.vault.unread:
            self.vault.unread |= dict.fromkeys(("vault", "redundancy"), self.vault.unread.pop("document"))

    def read_storage(self, wanted: str | None) -> None:
        """Whether the redundancy is fixed, which matters only where another one is wanted."""
        found = self.vault.known.get("redundancy") or {}
        if wanted and found and found.get("redundancy") != wanted and not self.vault.known.get("items"):
            get = self.arm.backup.backup_resource_storage_configs_non_crr.get
            what = f"storage configuration of vault {self.vault.name}"
            self.read("storage", what, lambda: self.arm.find(f"read the {what}", get, self.vault.name, self.vault.group))
            found["locked"] = redundancy_view({}, self.vault.known.pop("storage", None))["locked"]

    def read_item(self, item: dict[str, Any]) -> None:
        """Look closer at one item: only so Azure tells whether it follows its policy."""
        try:
            follows = follows_policy(self.arm, self.vault.group, self.vault.name, item["id"], name(item["vm_id"]))
            item["policy_inconsistent"] = None if follows is None else not follows
        except AzureBackupError as exc:
            what = f"details of the protection of VM {name(item['vm_id'])}"
            item["details_unread"] = unread(what, exc)
            self.limits.add(self.arm.subscription_id, "item_details", what, exc)

    def _list(self, function: Any, text: str | None) -> list[Document]:
        return self.arm.all_pages(f"list what is in vault {self.vault.name}", function, self.vault.name, self.vault.group, filter=text)

    def _document(self) -> Document | None:
        return self.arm.call(f"read vault {self.vault.name}", self.arm.vaults.vaults.get, self.vault.group, self.vault.name).as_dict()

    def _diagnostics(self) -> list[dict[str, Any]]:
        path = f"{self.vault.id}/providers/Microsoft.Insights/diagnosticSettings"
        return list(map(diagnostic_setting.to_view, self.arm.get_all(f"read the diagnostic settings of vault {self.vault.name}", path, DIAGNOSTICS_API)))


class SubscriptionReader(Reader):
    """Reads one subscription: what the rules about it look at, and what its VMs need of it. unmatched: what of a selection matches nothing there."""

    def __init__(self, arm: Arm, limits: UnreadAreas) -> None:
        self.subscription = KnownSubscription(id=arm.subscription_id)
        super().__init__(arm, limits, self.subscription)
        self.unmatched: list[Problem] = []
        self.vaults: list[VaultReader] = []

    def read_ground(self, needs: set[str]) -> None:
        """What is one list for the whole subscription."""
        readers: dict[str, tuple[str, Callable[[], Any]]] = {
            "vaults": ("list of vaults", lambda: list_vaults(self.arm)),
            "provider": ("resource provider Microsoft.RecoveryServices", self._provider),
            "permissions": ("permissions of the principal", lambda: self._get("permissions", PERMISSIONS_API)),
            "locks": ("locks", lambda: locks.of_subscription(self.arm)),
        }
        self.read_all({area: reader for area, reader in readers.items() if area in needs | {"vaults"}})
        self.vaults = [VaultReader(self.arm, self.limits, each) for each in self.subscription.known.get("vaults") or ()]
        self.subscription.vaults = [each.vault for each in self.vaults]
        if "vaults" in self.subscription.known:
            self.subscription.known["vaults"] = [each.listed for each in self.subscription.vaults]

    def _provider(self) -> dict[str, Any]:
        found = self.arm.call("read the resource provider", self.arm.resources.providers.get, "Microsoft.RecoveryServices").as_dict()
        return {"namespace": "Microsoft.RecoveryServices", "state": found.get("registrationState")}

    def _get(self, kind: str, api_version: str) -> list[Document]:
        path = f"/subscriptions/{self.arm.subscription_id}/providers/Microsoft.Authorization/{kind}"
        return self.arm.get_all(f"read the {kind} of the subscription", path, api_version)

    def read_statuses(self) -> dict[str, Document]:
        """The instance views of a list by VM key; Azure gives less there than for a single VM."""
        what = "run-time states of the VMs"
        listing = self.arm.compute.virtual_machines.list_all
        self.read("statuses", what, lambda: self.arm.all_pages(f"list the {what}", listing, status_only="true"))
        return {key(each.get("id")): fetch(each, "properties.instanceView") or {} for each in self.subscription.known.pop("statuses", None) or ()}

    def read_instance_view(self, vm_id: str) -> tuple[Document | None, str | None]:
        """The instance view of one VM, and where it could not be read why; that says nothing of other VMs."""
        get, what = self.arm.compute.virtual_machines.instance_view, f"instance view of VM {name(vm_id)}"
        try:
            return self.arm.find(f"read the {what}", get, part(vm_id, "resourceGroups"), name(vm_id)), None
        except AzureBackupError as exc:
            self.limits.add(self.subscription.id, "instance_view", what, exc)
            return None, unread(what, exc)

    def read_sizes(self, regions: Iterable[str]) -> None:
        """What a VM size has, by region and size name."""

        def read(region: str) -> None:
            what = f"VM sizes of region {region}"
            try:
                found = self.arm.all_pages(f"list the {what}", self.arm.compute.virtual_machine_sizes.list, region)
            except AzureBackupError as exc:
                self.fail("size", what, exc)
                self.subscription.unread_regions[region] = self.subscription.unread.pop("size")
                return
            for each in found:
                cores, memory = each.get("numberOfCores"), each.get("memoryInMB")
                size = {"vcpus": cores, "memory_gib": memory / 1024 if isinstance(memory, (int, float)) else None}
                self.subscription.sizes[region, str(each.get("name")).lower()] = size

        list(self.arm.each(read, regions))

    def ask(self, vm: dict[str, Any], vault_id: str | None) -> dict[str, Any]:
        """What the backup service itself says of a VM: {status, validation}, each None when it does not answer."""
        region, what = vm["location"], f"Azure's own checks of VM {vm['name']}"
        vm_id = {"resourceType": "VM", "resourceId": vm["id"]}
        calls = {"status": (self.arm.backup.backup_status.get, vm_id)}
        if vault_id:
            calls["validation"] = (self.arm.backup.protection_intent.validate, {**vm_id, "vaultId": vault_id, "properties": ""})
        answers = {}
        for answer, (function, body) in calls.items():
            if "azure" not in self.subscription.unread:
                answers[answer] = self._ask(f"ask for {what}", what, function, region, body)
        return answers

    def _ask(self, doing: str, what: str, function: Any, *args: Any) -> Document | None:
        """None when Azure does not answer. These calls are about the whole subscription: who may not make one may make none."""
        try:
            return self.arm.call(doing, function, *args).as_dict()
        except AzureBackupError as exc:
            self.fail("azure", what, exc)
            if exc.status != 403:
                del self.subscription.unread["azure"]
            return None
