# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded error answers (errors-raw.jsonl): each scenario leads a world of its own to the same request, and the answers are compared.

Compared are the status, who made the error (x-ms-failure-cause), the keys of the error, its code and its words; a word
with a digit, a slash or a quote in it is a name and counts as any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from arm_simulator import estate
from arm_simulator.core.messages import Request, Response
from arm_simulator.core.world import Settings, World
from arm_simulator.gateway import arm

from .replay import Deviation, Result, recordings

FILE = "errors-raw"
FILES = (FILE,)
PLACE = {"location": "westeurope"}
_NAME = re.compile(r"[\d/'@<\"]")
_ESTATE = {
    "resource_groups": [{"name": "app1", **PLACE}],
    "network_security_groups": [{"name": "nsg1", "resource_group": "app1"}],
    "virtual_networks": [{"name": "vnet1", "resource_group": "app1", "subnets": [{"name": "sub1"}]}],
    "vms": [
        {"name": "web1", "resource_group": "app1", "nic": {"subnet": "vnet1/sub1", "network_security_group": "nsg1"}},
        {"name": "deaf1", "resource_group": "app1", "agent": {"status": "NotReady"}},
    ],
    "vaults": [{"name": "vault1", "resource_group": "app1"}],
}
_VM = "Microsoft.Compute/virtualMachines"
_NSG, _NIC, _PIP = (f"Microsoft.Network/{kind}" for kind in ("networkSecurityGroups", "networkInterfaces", "publicIPAddresses"))
_VNET = "Microsoft.Network/virtualNetworks"
_VAULT = "Microsoft.RecoveryServices/vaults"
_ROLE = "4d97b98b-1d4f-4787-a291-c67834d212e7"  # Network Contributor
_SOMEBODY = "55555555-5555-4555-8555-555555555555"


class Stage:
    """A small estate in group 'app1'. Paths are relative to that group's providers unless they begin with '/'."""

    def __init__(self) -> None:
        self.world = World(Settings())
        self.subscription = f"/subscriptions/{self.world.settings.subscription_id}"
        self.group = f"{self.subscription}/resourceGroups/app1"
        estate.load(self.world, estate.parse(json.dumps(_ESTATE)))

    def id(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.group}/providers/{path}"

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        data = b"" if body is None else json.dumps(body).encode()
        return arm.dispatch(self.world, Request(method, self.id(path), {"api-version": "2024-04-01"}, headers, data))

    def done(self, method: str, path: str, body: Any = None) -> Response:
        """Send, let time pass, and the state of the operation, if one was begun."""
        answer = self.send(method, path, body)
        assert answer.status < 300, (path, answer.body)
        self.world.clock.jump(4000)
        url = answer.headers.get("Azure-AsyncOperation", "")
        return self.send("GET", url.removeprefix(self.world.settings.base_url).split("?")[0]) if url else answer

    def fault(self, status: int, code: str, message: str, method: str, path: str) -> Response:
        """An error of Azure's own making, ordered as a user would."""
        self.world.faults.order({"method": method, "path": "*" + path, "status": status, "code": code, "message": message})
        return self.send(method, path, {})


def _address_in_use(stage: Stage) -> Response:
    stage.done("PUT", f"{_PIP}/pip1", {**PLACE, "properties": {"publicIPAllocationMethod": "Static"}})
    subnet = {"id": stage.id(f"{_VNET}/vnet1/subnets/sub1")}
    configuration = {"name": "ip1", "properties": {"subnet": subnet, "publicIPAddress": {"id": stage.id(f"{_PIP}/pip1")}}}
    stage.done("PUT", f"{_NIC}/nic1", {**PLACE, "properties": {"ipConfigurations": [configuration]}})
    return stage.send("DELETE", f"{_PIP}/pip1")


def _vault_gone(stage: Stage) -> Response:
    answer = stage.send("DELETE", f"{_VAULT}/vault1")
    url = answer.headers["Azure-AsyncOperation"].removeprefix(stage.world.settings.base_url).split("?")[0]
    stage.send("GET", url)
    stage.world.clock.jump(60)
    return stage.send("GET", url)


def _not_registered(stage: Stage) -> Response:
    estate.load(stage.world, estate.parse('{"providers": {"Microsoft.RecoveryServices": "NotRegistered"}}'))
    return stage.send("PUT", f"{_VAULT}/vault2", {**PLACE, "sku": {"name": "Standard"}, "properties": {}})


def _too_many(stage: Stage) -> Response:
    stage.world.settings.throttling = "real"
    answers = (stage.send("GET", f"{_VAULT}/vault1/backupJobs/{number}") for number in range(151))
    return list(answers)[-1]


def _assignment(stage: Stage, name: str) -> Response:
    role = f"{stage.subscription}/providers/Microsoft.Authorization/roleDefinitions/{_ROLE}"
    properties = {"roleDefinitionId": role, "principalId": _SOMEBODY, "principalType": "ServicePrincipal"}
    path = f"{_VNET}/vnet1/subnets/sub1/providers/Microsoft.Authorization/roleAssignments/{name}"
    return stage.send("PUT", path, {"properties": properties})


def _assigned_twice(stage: Stage) -> Response:
    principal = {"client_id": _SOMEBODY, "object_id": _SOMEBODY, "client_secret": "x"}
    estate.load(stage.world, estate.parse(json.dumps({"principals": [principal]})))
    for name in ("66666666-6666-4666-8666-666666666661", "66666666-6666-4666-8666-666666666662"):
        answer = _assignment(stage, name)
    return answer


def _not_authorized(stage: Stage) -> Response:
    client = stage.world.settings.client_id
    estate.load(stage.world, estate.parse(json.dumps({"principals": [{"client_id": client, "object_id": _SOMEBODY, "actions": ["*/read"]}]})))
    return _assignment(stage, "66666666-6666-4666-8666-666666666661")


def _deaf_machine(stage: Stage) -> Response:
    extension = {"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1"}
    return stage.done("PUT", f"{_VM}/deaf1/extensions/script", {**PLACE, "properties": extension})


def _in_use_interface(stage: Stage) -> Response:
    vm = stage.send("GET", f"{_VM}/web1").body
    return stage.send("DELETE", vm["properties"]["networkProfile"]["networkInterfaces"][0]["id"])


def _get(path: str) -> Callable[[Stage], Response]:
    return lambda stage: stage.send("GET", path)


def _delete(path: str) -> Callable[[Stage], Response]:
    return lambda stage: stage.send("DELETE", path)


def _ordered(status: int, code: str, message: str, method: str, path: str) -> Callable[[Stage], Response]:
    return lambda stage: stage.fault(status, code, message, method, path)


def _disk(stage: Stage) -> Response:
    vm = stage.send("GET", f"{_VM}/web1").body
    return stage.send("DELETE", vm["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"])


def _bad_prefix(stage: Stage) -> Response:
    return stage.send("PUT", f"{_VNET}/vnet1/subnets/sub2", {"properties": {"addressPrefix": "10.0.4.0/24--no-wait"}})


_TIMEOUT = (
    "The request timed out. Diagnostic information: timestamp '1', subscription id '1', tracking id '1', request correlation id '1'."
)
_PUBLISHER = "Microsoft.Compute/locations/westus/publishers/fooBAR/artifacttypes/vmextension/types/t/versions/1"

SCENARIOS: dict[tuple[str, int, int], Callable[[Stage], Response]] = {
    ("test_aks_create_default_service_without_skip_role_assignment", 23, 409): _assigned_twice,
    ("test_aks_create_default_service_with_virtual_node_addon", 5, 403): _not_authorized,
    ("test_functionapp_create_with_vnet_no_vnet", 4, 404): _get(f"{_VNET}/none1"),
    ("test_webapp_up_python_e2e", 3, 404): lambda stage: stage.send("HEAD", f"{stage.subscription}/resourceGroups/none1"),
    ("test_afs_backup_container", 0, 404): _get(f"{_VAULT}/none1"),
    ("test_afs_backup_protection", 78, 404): _vault_gone,
    ("test_backup_csr", 103, 429): _too_many,
    ("test_container_create_with_vnet", 3, 404): _get(f"{_VNET}/none1/subnets/sub1"),
    ("test_mysql_flexible_server_restore_mgmt", 12, 404): _get(f"{_VNET}/vnet1/subnets/none1"),
    ("test_manage_appgw_private_endpoint_without_standard", 42, 400): _bad_prefix,
    ("test_network_watcher_packet_capture", 6, 404): _get(f"{_NSG}/none1"),
    ("test_resource_group_no_wait", 3, 404): lambda stage: stage.send("GET", f"{stage.subscription}/resourceGroups/none1"),
    ("test_delete_dependent_resources", 17, 400): _in_use_interface,
    ("test_delete_dependent_resources", 18, 400): _delete(f"{_NSG}/nsg1"),
    ("test_delete_dependent_resources", 19, 400): _address_in_use,
    ("test_delete_dependent_resources", 20, 400): _delete(f"{_VNET}/vnet1"),
    ("test_delete_dependent_resources", 18, 409): _disk,
    ("test_tag_update_by_patch", 1, 409): _not_registered,
    ("test_managed_disk", 29, 404): _get(f"{_VM}/none1"),
    ("test_vm_create_none_options", 12, 404): _get(f"{_PIP}/none1"),
    ("test_diagnostics_extension_install", 43, 404): _get(f"{_VM}/web1/extensions/none1"),
    ("test_vm_create_with_default_trusted_launch", 64, 200): _deaf_machine,
    ("test_vmss_extension_image", 9, 404): lambda stage: stage.send("GET", f"{stage.subscription}/providers/{_PUBLISHER}"),
    ("test_backup_job", 94, 500): _ordered(500, "CloudStorageUnexpectedError", "", "GET", f"{_VAULT}/vault1/backupJobs/1"),
    ("test_nw_flow_log_show", 1, 503): _ordered(503, "ServerTimeout", _TIMEOUT, "PUT", f"{_NSG}/nsg2"),
    ("test_vm_explicit_msi", 4, 503): _ordered(503, "ServerTimeout", _TIMEOUT, "GET", "Microsoft.Compute/disks"),
}
"""How to come to the error of (recorded test, number, status)."""

REASONS: dict[tuple[str, int], str] = {
    (FILE, 94): "an injected fault identifies itself and has ARM's format; which provider errors have no message is not known",
}
"""Why an answer is allowed to differ, by file and line."""


def rows() -> list[dict[str, Any]]:
    path = recordings() / f"{FILE}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run() -> Result:
    result = Result()
    for line, row in enumerate(rows(), 1):
        stem = row["file"].rpartition("/")[2].removesuffix(".yaml")
        scenario = SCENARIOS.get((stem, row["n"], row["status"]))
        if scenario is None:
            continue
        differences = _compare(row, scenario(Stage()))
        result.compared += 1
        if differences:
            result.deviations.append(Deviation(line, f"{line} {row['method']} {stem}", differences))
    return result


def _compare(row: dict[str, Any], answer: Response) -> list[str]:
    if answer.status != row["status"]:
        return [f"status {answer.status}, recorded {row['status']}: {json.dumps(answer.body)[:160]}"]
    cause = row["hdrs"].get("x-ms-failure-cause", [""])[0]
    found = []
    if answer.headers.get("x-ms-failure-cause", "") != cause:
        found.append(f"failure cause {answer.headers.get('x-ms-failure-cause')}, recorded {cause}")
    theirs, ours = ((body or {}).get("error") or {} for body in (row["body"], answer.body if row["method"] != "HEAD" else None))
    if set(theirs) != set(ours):
        found.append(f"keys {sorted(ours)}, recorded {sorted(theirs)}")
    elif theirs:
        found += [f"{key} {ours[key]}, recorded {theirs[key]}" for key in ("code", "message") if _words(ours[key]) != _words(theirs[key])]
    return found


def _words(text: str) -> list[str]:
    return ["#" if _NAME.search(word) else word for word in text.split()]
