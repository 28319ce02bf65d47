#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_upgrade_info
short_description: Which vaults were upgraded from classic ones, and the prerequisites of an upgrade
version_added: 1.0.0
description:
  - Shows for Recovery Services vaults whether they were made or upgraded from a Backup vault of the classic service, and how that went.
    This works everywhere, as the upgrade of a vault is noted in it for ever.
  - Lists the classic Backup vaults that Resource Manager still knows. Azure has none any more, so what still names one is out of date.
  - What of a vault can be brought up to date today is shown by M(safeharbor.azure_backup.readiness_info), whose findings name the step that does it.
  - With O(prerequisites) reports all unmet prerequisites of the upgrade of a classic vault. That needs a service that speaks the classic protocol.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-resource >= 26.0.0
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
  - module: safeharbor.azure_backup.readiness_info
"""

EXAMPLES = r"""
- name: Find vaults whose upgrade did not end well
  safeharbor.azure_backup.vault_upgrade_info:
  register: found

- name: Name them
  ansible.builtin.debug:
    msg: "{{ found.vaults | selectattr('upgrade.status', 'in', ['failed', 'in_progress', 'unknown']) | map(attribute='id') | list }}"

- name: Check the prerequisites of the upgrade of a classic vault
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
prerequisites:
  description: The unmet prerequisites of the upgrade.
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

ARGUMENTS = {
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
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
