# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: data, location: northeurope}, {name: empty, location: westeurope}]
vms:
  - {name: web, count: 3, resource_group: app, tags: {env: prod}, security_type: TrustedLaunch}
  - {name: quiet, resource_group: app, agent: {status: NotReady}}
  - {name: bare, resource_group: app, agent: {status: Missing}}
  - {name: db, resource_group: data, os: Windows, tags: {env: prod}, power: deallocated, data_disks: [{lun: 1, size_gb: 64, sku: Premium_LRS}]}
"""


@pytest.fixture
def vms(azure):
    azure.estate(ESTATE)

    def run(**options):
        return azure.module("vm_info", **options)

    return run


def names(result):
    return sorted(each["name"] for each in result["vms"])


def calls(azure):
    return [each["path"].rpartition("/")[2] for each in azure.requests() if "Microsoft.Compute" in each["path"]]


def test_the_whole_subscription_takes_two_lists(azure, vms):
    result = vms()
    assert not result["changed"]
    assert len(result["vms"]) == 6 and result["unmatched"] == []
    assert calls(azure) == ["virtualMachines", "virtualMachines"]
    assert {each["name"]: each["power_state"] for each in result["vms"]}["db"] == "deallocated"


def test_details_read_every_agent(azure, vms):
    result = vms(details=True)
    agents = {each["name"]: each["agent"]["status"] for each in result["vms"]}
    webs = [name for name in agents if name.startswith("web")]
    assert len(webs) == 3 and {agents[name] for name in webs} == {"ready"}
    assert (agents["quiet"], agents["bare"], agents["db"]) == ("not_ready", "missing", "unknown")
    assert len(calls(azure)) == 1 + 6
    assert all(each["os_name"] for each in result["vms"] if each["name"] in webs)


def test_what_backup_needs_to_know(azure, vms):
    (db,) = vms(vms=["data/db"])["vms"]
    assert calls(azure) == ["db"]
    assert (db["os"], db["location"], db["resource_group"], db["security_type"]) == ("Windows", "northeurope", "data", "Standard")
    assert db["id"] == azure.vm_id("data", "db")
    assert [each["lun"] for each in db["disks"]["data"]] == [1]
    assert db["data_disk_count"] == 1 and not db["unmanaged"]
    assert db["extension_operations_allowed"] is True
    assert len(db["network_interfaces"]) == 1
    assert db["provisioning_state"] == "Succeeded"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tags": {"Env": "prod"}, "exclude": ["db"]}, 3),
        ({"names": ["WEB*"]}, 3),
        ({"resource_groups": ["DATA"]}, 1),
        ({"resource_groups": ["app"], "tags": {"env": None}}, 3),
        ({"locations": ["North Europe"], "vms": ["app/bare"]}, 2),
        ({"all_vms": True}, 6),
        ({"exclude": ["web*"]}, 3),
    ],
)
def test_selection(vms, options, expected):
    result = vms(**options)
    assert len(result["vms"]) == expected
    assert result["unmatched"] == []


def test_what_is_not_there_is_named_and_no_error(vms):
    result = vms(vms=["app/gone", "app/bare"], resource_groups=["nope", "empty"])
    assert names(result) == ["bare"]
    assert [each["option"] for each in result["unmatched"]] == ["vms", "resource_groups", "resource_groups"]


def test_power_states_are_known_of_a_group(vms):
    assert vms(resource_groups=["data"])["vms"][0]["power_state"] == "deallocated"


def test_a_principal_of_one_group_gets_a_warning(azure, vms):
    path = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Compute/virtualMachines"
    azure.fault(method="GET", path=path, status=403, code="AuthorizationFailed", times=0)
    result = vms(resource_groups=["data"])
    assert result["vms"][0]["power_state"] is None
    assert "power states are not known" in str(result["warnings"])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"vms": ["web"], "names": ["a/b/c"]}, ["vms", "names"]),
        ({"all_vms": True, "tags": {"a": "b"}}, ["all_vms"]),
        ({"vms": ["/subscriptions/other/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b"]}, ["vms"]),
    ],
)
def test_bad_input(vms, options, named):
    result = vms(**options)
    assert result["failed"]
    assert [each["option"] for each in result["problems"]] == named
