#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: protection_info
short_description: Show which Azure VMs are protected
version_added: 1.0.0
description:
  - Lists the protected virtual machines of one vault, of the vaults of a resource group, or of all vaults of the subscription.
  - Stopped and soft-deleted items are in the list too; their state tells.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  vault_name:
    description:
      - Only this vault. Needs O(resource_group).
    type: str
  resource_group:
    description:
      - Only the vaults of this resource group.
    type: str
  location:
    description:
      - Only vaults of this region.
    type: str
  vms:
    description:
      - Only these VMs, each by its id or as C(group/name).
    type: list
    elements: str
  states:
    description:
      - Only items in these states.
    type: list
    elements: str
    choices: [protected, stopped, suspended, soft_deleted]
seealso:
  - module: safeharbor.azure_backup.protection
  - module: safeharbor.azure_backup.vm_info
"""

EXAMPLES = r"""
- name: What a vault protects
  safeharbor.azure_backup.protection_info:
    vault_name: vault-westeurope
    resource_group: backup
  register: protected

- name: Items whose backups are stopped, in all vaults of the subscription
  safeharbor.azure_backup.protection_info:
    states: [stopped]
"""

RETURN = r"""
items:
  description: The protected VMs, by VM id. Empty when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - vm_id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      state: protected
      policy: nightly
  contains:
    id:
      description: The protected item's resource id.
      type: str
      returned: always
      sample: /subscriptions/…/protectedItems/VM;iaasvmcontainerv2;app;web-0001
    vm_id:
      description: The VM's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The VM's name.
      type: str
      returned: always
      sample: web-0001
    vault_name:
      description: The vault's name.
      type: str
      returned: always
      sample: vault-westeurope
    vault_resource_group:
      description: The vault's resource group.
      type: str
      returned: always
      sample: backup
    vault_id:
      description: The vault's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/vault-westeurope
    state:
      description: V(protected), V(stopped), V(suspended) or V(soft_deleted).
      type: str
      returned: always
      sample: protected
    policy:
      description: The policy's name; null when there is none.
      type: str
      returned: always
      sample: nightly
    policy_type:
      description: V(standard) or V(enhanced).
      type: str
      returned: always
      sample: standard
    protection_state:
      description: Azure's own word for the state; V(IRPending) waits for the first backup.
      type: str
      returned: always
      sample: Protected
    health:
      description: Azure's verdict on the item's health.
      type: str
      returned: always
      sample: Passed
    last_backup_status:
      description: How the last backup ended; null before the first one.
      type: str
      returned: always
      sample: Completed
    last_backup_time:
      description: When the last backup was made, UTC; null before the first one.
      type: str
      returned: always
      sample: '2026-11-21T20:03:11Z'
    last_recovery_point:
      description: The time of the latest recovery point, UTC.
      type: str
      returned: always
      sample: '2026-11-21T20:03:11Z'
    soft_delete_time:
      description: When the backup data was deleted, for soft-deleted items.
      type: str
      returned: always
      sample: null
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks import protection_info

ARGUMENTS = {
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
    "vms": {"type": "list", "elements": "str"},
    "states": {"type": "list", "elements": "str", "choices": ["protected", "stopped", "suspended", "soft_deleted"]},
}


def main() -> None:
    run_module(protection_info.info, ARGUMENTS, check=protection_info.check, required_by={"vault_name": ["resource_group"]})


if __name__ == "__main__":
    main()
