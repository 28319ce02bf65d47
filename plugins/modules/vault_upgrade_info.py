#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_upgrade_info
short_description: Which vaults were upgraded from classic ones, and what stands against an upgrade
version_added: 1.0.0
description:
  - Shows for Recovery Services vaults whether they were made or upgraded from a Backup vault of the classic service, and how that went.
    This works everywhere, as the upgrade of a vault is noted in it for ever.
  - Lists the classic Backup vaults that Resource Manager still knows. Azure has none any more, so what still names one is out of date.
  - With O(examine) tells what of the vaults can be brought up to date today, what stands in the way of that, and what to do.
  - With O(prerequisites) tells everything that stands against the upgrade of a classic vault. That needs a service that speaks the classic protocol.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-compute >= 34.0.0
  - azure-mgmt-resource >= 26.0.0
  - azure-mgmt-resourcegraph >= 8.0.1
options:
  vault_name:
    description:
      - Only the vault of this name.
    type: str
  resource_group:
    description:
      - Only vaults in this resource group.
    type: str
  location:
    description:
      - Only vaults in this region.
    type: str
  examine:
    description:
      - What to examine. V(policy_type) finds VMs with a Standard policy, V(alerts) vaults with classic alerts or none, V(soft_delete) and V(immutability)
        vaults that are not at the highest level, V(redundancy) vaults with another than O(redundancy), V(agents) servers whose MARS agent is too old and
        backup servers that have an update, V(items) VMs that no longer do what their policy says, V(time_zones) policies without a time zone, and
        V(diagnostics) vaults that do not feed Backup Reports.
      - V(items) takes one read for each VM, of which Azure allows some 150 in an hour; name O(vms) where there are more.
    type: list
    elements: str
    choices: [policy_type, alerts, soft_delete, immutability, redundancy, agents, items, time_zones, diagnostics]
    default: []
  vms:
    description:
      - Of what is about single VMs, only what is about these, as ids or in the form C(group/name).
    type: list
    elements: str
  redundancy:
    description:
      - The storage redundancy that vaults shall have. V(LRS), V(ZRS) and V(GRS) are short for the long names.
    type: str
    choices: [LocallyRedundant, ZoneRedundant, GeoRedundant, LRS, ZRS, GRS]
  prerequisites:
    description:
      - Whether to check the prerequisites of the upgrade of the classic vault O(vault_name) into O(resource_group).
    type: bool
    default: false
  create_resource_group:
    description:
      - With O(prerequisites), whether the resource group would be created.
    type: bool
    default: false
  convert_billing:
    description:
      - With O(prerequisites), whether the billing model may be converted.
    type: bool
    default: false
  accept_warnings:
    description:
      - With O(prerequisites), codes of warnings that are accepted.
    type: list
    elements: str
  unregister_servers:
    description:
      - With O(prerequisites), names of servers that would be unregistered before.
    type: list
    elements: str
  classic_url:
    description:
      - The URL of the classic service. If not set, that of the Resource Manager.
      - If not set, the environment variable E(AZURE_CLASSIC_URL) is used.
    type: str
seealso:
  - module: safeharbor.azure_backup.vault_upgrade
"""

EXAMPLES = r"""
- name: Find vaults whose upgrade did not end well
  safeharbor.azure_backup.vault_upgrade_info:
  register: found

- name: Name them
  ansible.builtin.debug:
    msg: "{{ found.vaults | selectattr('upgrade.status', 'in', ['failed', 'in_progress', 'unknown']) | map(attribute='id') | list }}"

- name: Find VMs that could have an Enhanced policy, and what keeps others from it
  safeharbor.azure_backup.vault_upgrade_info:
    examine: [policy_type]
  register: today

- name: Name what stands in the way
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.blockers | join('; ') }}"
  loop: "{{ today.findings | rejectattr('ready') | list }}"

- name: Ask what stands against the upgrade of a classic vault
  safeharbor.azure_backup.vault_upgrade_info:
    vault_name: TestVault
    resource_group: ContosoRG
    prerequisites: true
"""

RETURN = r"""
vaults:
  description: The Recovery Services vaults.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The vault's resource id.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/ContosoRG/providers/Microsoft.RecoveryServices/vaults/TestVault
    name:
      description: The vault's name.
      type: str
      sample: TestVault
    resource_group:
      description: The vault's resource group.
      type: str
      sample: ContosoRG
    location:
      description: The vault's region.
      type: str
      sample: australiaeast
    upgrade:
      description: Its upgrade.
      type: dict
      contains:
        status:
          description: V(native) when it never was a classic vault, else V(upgraded), V(in_progress), V(failed) or V(unknown).
          type: str
          sample: upgraded
        operation_id:
          description: The id of the operation, for Microsoft's support.
          type: str
          sample: 82853727-aea6-41c0-b599-56b2b19c133a
        trigger:
          description: Whether it was started by a V(user) or V(forced) by Microsoft.
          type: str
          sample: forced
        message:
          description: What Azure says to it.
          type: str
          sample: null
        started:
          description: When it began, in UTC.
          type: str
          sample: "2017-09-23T12:18:17.1748310Z"
        updated:
          description: When Azure last noted how it stands.
          type: str
          sample: "2017-09-23T12:35:02.0000000Z"
        ended:
          description: When it ended.
          type: str
          sample: "2017-09-23T12:35:02.0000000Z"
        elapsed_seconds:
          description: How long it took, or has taken so far.
          type: int
          sample: 1004
        previous_vault_id:
          description: What the vault was. What names this id is out of date.
          type: str
          sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/RecoveryServices-X-West-US/providers/Microsoft.Backup/BackupVault/TestVault
classic_vaults:
  description: Classic Backup vaults.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The id that Resource Manager has for it.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/RecoveryServices-X-West-US/providers/Microsoft.Backup/BackupVault/TestVault
    name:
      description: The vault's name.
      type: str
      sample: TestVault
    location:
      description: The vault's region.
      type: str
      sample: australiaeast
    cloud_service:
      description: The cloud service that it is in.
      type: str
      sample: RecoveryServices-X-West-US
findings:
  description: What can be brought up to date.
  returned: with O(examine)
  type: list
  elements: dict
  contains:
    upgrade:
      description: One of O(examine).
      type: str
      sample: policy_type
    vault_id:
      description: The vault.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
    vault_name:
      description: The vault's name.
      type: str
      sample: vault-westeurope
    resource_group:
      description: The vault's resource group.
      type: str
      sample: backup
    subject:
      description: The id of the VM, policy or vault that it is about, or the name of a server.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The name of that.
      type: str
      sample: web-0001
    current:
      description: How it is.
      type: str
      sample: Standard policy DefaultPolicy
    ready:
      description: Whether nothing stands in the way.
      type: bool
      sample: false
    blockers:
      description: What stands in the way.
      type: list
      elements: str
      sample: ["a job is running (backup); wait for its end"]
    fix:
      description: What to do.
      type: str
      sample: Give the VM an Enhanced policy (protection with accept_irreversible).
    policy:
      description: The name of the policy, where there is one.
      returned: for V(policy_type), V(items) and V(time_zones)
      type: str
      sample: DefaultPolicy
    vms:
      description: The ids of the VMs that would have to be moved to another vault.
      returned: for V(redundancy)
      type: list
      elements: str
      sample: []
    command:
      description: What to run on the server.
      returned: for agents
      type: str
      sample: MARSAgentInstaller.exe /q
    installer:
      description: Where that comes from.
      returned: for agents
      type: str
      sample: https://aka.ms/azurebackup_agent
unknown:
  description: What could not be examined, with the reason.
  returned: with O(examine)
  type: list
  elements: dict
  sample: []
prerequisites:
  description: What stands against the upgrade.
  returned: with O(prerequisites)
  type: dict
  contains:
    ready:
      description: Whether nothing does. Consent is not asked for here.
      type: bool
      sample: false
    status:
      description: V(classic), or how the upgrade stands when it has begun.
      type: str
      sample: classic
    problems:
      description: Every reason, with the option of M(safeharbor.azure_backup.vault_upgrade) that it has to do with.
      type: list
      elements: dict
      sample: [{option: convert_billing, message: "StorageBasedBillingModel: The vault uses the storage-based billing model."}]
    findings:
      description: What the service's own check says, as in RV(safeharbor.azure_backup.vault_upgrade#module:prerequisites).
      type: list
      elements: dict
      sample: []
"""

from ansible.module_utils.basic import env_fallback
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import info
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade.today import UPGRADES
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault.redundancy import CHOICES

ARGUMENTS = {
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
    "examine": {"type": "list", "elements": "str", "choices": list(UPGRADES), "default": []},
    "vms": {"type": "list", "elements": "str"},
    "redundancy": {"type": "str", "choices": list(CHOICES)},
    "prerequisites": {"type": "bool", "default": False},
    "create_resource_group": {"type": "bool", "default": False},
    "convert_billing": {"type": "bool", "default": False},
    "accept_warnings": {"type": "list", "elements": "str"},
    "unregister_servers": {"type": "list", "elements": "str"},
    "classic_url": {"type": "str", "fallback": (env_fallback, ["AZURE_CLASSIC_URL"])},
}


def main() -> None:
    run_module(info.info, ARGUMENTS, check=info.check)


if __name__ == "__main__":
    main()
