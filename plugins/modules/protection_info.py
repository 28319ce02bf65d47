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
  - Lists the protected virtual machines of one vault, of the vaults of a resource group, or of all vaults of one or more subscriptions,
    with their state, policy, health and last backup.
  - Stopped and soft-deleted items are in the list too; see their state.
  - Many vaults are asked about by a query of Azure Resource Graph, a few by the lists of the vaults. RV(source) says which it was.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-resource >= 23.0.0
  - azure-mgmt-resourcegraph >= 8.0.0
options:
  subscriptions:
    description:
      - The subscriptions to look at, by their ids. The default is the one in O(subscription_id).
    type: list
    elements: str
  all_subscriptions:
    description:
      - Looks at every subscription that the principal sees.
    type: bool
    default: false
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
      - Only these VMs, each by its id or as C(group/name), which is looked for in every subscription that is looked at.
    type: list
    elements: str
  states:
    description:
      - Only items in these states.
    type: list
    elements: str
    choices: [protected, stopped, suspended, soft_deleted]
  recovery_points_days:
    description:
      - Show the recovery points that were made in the last so many days too, 1 to 9999.
      - It takes a read for each VM, so O(vms) must name the VMs, 20 at most.
    type: int
  source:
    description:
      - V(lists) reads the lists of the vaults, which show what is now.
      - V(graph) asks Azure Resource Graph once for all vaults. It may lag behind by some minutes, and shows what the principal may read
        without a word on the rest.
      - V(auto) takes Resource Graph for more than one subscription or more than 20 vaults. Where it cannot be asked it warns and reads the lists.
    type: str
    choices: [auto, lists, graph]
    default: auto
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

- name: What is protected in the whole tenant
  safeharbor.azure_backup.protection_info:
    all_subscriptions: true

- name: The recovery points that a VM could be restored from
  safeharbor.azure_backup.protection_info:
    vault_name: vault-westeurope
    resource_group: backup
    vms: [app/web-0001]
    recovery_points_days: 30
"""

RETURN = r"""
protected_items:
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
    policy_id:
      description: The policy's resource id; null when there is none.
      type: str
      returned: always
      sample: /subscriptions/…/vaults/vault-westeurope/backupPolicies/nightly
    policy_type:
      description: V(standard) or V(enhanced), or V(unknown) where Azure does not say, which is so of items whose protection is stopped.
      type: str
      returned: always
      sample: standard
    disks:
      description:
        - Which disks are backed up. RV(protected_items[].disks.mode) is V(all), V(os_only), V(include) or V(exclude),
          RV(protected_items[].disks.luns) the data disks that are included or excluded.
      type: dict
      returned: always
      sample: {mode: exclude, luns: [2]}
      contains:
        mode: {description: "V(all), V(os_only), V(include) or V(exclude).", type: str, returned: always, sample: exclude}
        luns: {description: LUNs of data disks., type: list, elements: int, returned: always, sample: [2]}
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
    health_details:
      description: What Azure says about the item's health, with its recommendations.
      type: list
      elements: dict
      returned: always
      sample:
        - code: 400239
          title: IaasVmHealthRedDefault
          message: The last backup of the VM failed.
          recommendations: [Look at the job.]
      contains:
        code: {description: Azure's number., type: int, returned: always, sample: 400239}
        title: {description: Azure's name., type: str, returned: always, sample: IaasVmHealthRedDefault}
        message: {description: Azure's text., type: str, returned: always, sample: The last backup of the VM failed.}
        recommendations: {description: What Azure recommends., type: list, elements: str, returned: always, sample: [Look at the job.]}
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
    recovery_points:
      description: The recovery points, newest first.
      type: list
      elements: dict
      returned: with O(recovery_points_days)
      sample:
        - {name: "76746413000001", time: "2026-11-21T20:03:11Z", consistency: app_consistent, tiers: [snapshot, vault], expiry_time: null}
      contains:
        id: {description: Its resource id., type: str, returned: always, sample: /subscriptions/…/recoveryPoints/76746413000001}
        name: {description: Its name., type: str, returned: always, sample: "76746413000001"}
        time: {description: "When it was made, UTC.", type: str, returned: always, sample: "2026-11-21T20:03:11Z"}
        consistency:
          description: V(app_consistent), V(file_system_consistent) or V(crash_consistent).
          type: str
          returned: always
          sample: app_consistent
        tiers:
          description: Where it can be restored from, V(snapshot), V(vault) and V(archive).
          type: list
          elements: str
          returned: always
          sample: [snapshot, vault]
        expiry_time: {description: "Until when it is kept, UTC; null where Azure does not say.", type: str, returned: always, sample: null}
summary:
  description: How many items there are in each state that occurs.
  returned: success
  type: dict
  sample: {protected: 1180, stopped: 12}
source:
  description: Where this was read, V(lists) or V(graph).
  returned: success
  type: str
  sample: lists
subscriptions:
  description: The ids of the subscriptions that were looked at.
  returned: success
  type: list
  elements: str
  sample: [00000000-0000-4000-8000-000000000001]
unread:
  description: Vaults that could not be read when several were to be, so that their items are not in RV(protected_items). Resource Graph does not report them.
  returned: success
  type: list
  elements: dict
  sample: []
  contains:
    vault_id: {description: The vault's resource id., type: str, returned: always, sample: /subscriptions/…/vaults/vault-westeurope}
    message: {description: Why., type: str, returned: always, sample: Could not list the protected VMs}
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import info
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS: dict[str, dict[str, Any]] = {
    "subscriptions": {"type": "list", "elements": "str"},
    "all_subscriptions": {"type": "bool", "default": False},
    "vault_name": {"type": "str"},
    "resource_group": {"type": "str"},
    "location": {"type": "str"},
    "vms": {"type": "list", "elements": "str"},
    "states": {"type": "list", "elements": "str", "choices": ["protected", "stopped", "suspended", "soft_deleted"]},
    "recovery_points_days": {"type": "int"},
    "source": {"type": "str", "choices": ["auto", "lists", "graph"], "default": "auto"},
}


def main() -> None:
    run_module(info.info, ARGUMENTS, check=info.check, required_by={"vault_name": ["resource_group"]})


if __name__ == "__main__":
    main()
