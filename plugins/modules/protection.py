#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: protection
short_description: Protect many Azure VMs with Recovery Services vaults
version_added: 1.0.0
description:
  - Brings any number of virtual machines under the protection of a vault and a policy, changes their policy or the disks that are backed up, moves
    them from another vault, or ends their backups.
  - One task handles thousands of VMs. It lists what the vault protects once, writes only for the VMs that differ, and waits for all of them by
    lists of the vault, never with a poll for each VM.
  - VMs are named by O(vms), or found by O(names), O(resource_groups), O(tags), O(locations) or O(all_vms).
    When a VM that is named cannot be protected, the task fails before it writes anything.
    A VM that is found but cannot be protected by this vault, for example because of its region, is skipped, and the result says why.
  - Soft-deleted backup data of a VM is undeleted and its protection resumed.
  - Backup data is kept, unless O(delete_backup_data) asks for its deletion.
  - A VM that Azure fails to change does not stop the others. The task fails in the end, and the result says for each VM what happened.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.parallel
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.guard
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-compute >= 34.0.0
  - azure-mgmt-resource >= 26.0.0 (for O(delete_backup_data))
options:
  vault_name:
    description:
      - The vault's name.
    type: str
    required: true
  resource_group:
    description:
      - The vault's resource group. The groups of the VMs are another thing, see O(resource_groups).
    type: str
    required: true
  state:
    description:
      - V(protected) makes sure that the VMs are backed up by O(policy). Stopped protection is resumed, and soft-deleted data is undeleted.
      - V(stopped) stops their backups and keeps all backup data. A VM that the vault does not protect is left alone.
      - V(suspended) stops their backups and keeps the data as long as their policy says. It is a state of immutable vaults only.
      - V(absent) means that the VMs are not backed up. Like V(stopped) it keeps all backup data, unless O(delete_backup_data) is set; VMs whose
        backups are stopped, suspended or soft-deleted are left as they are.
      - When backups are to end, a VM of O(vms) that neither exists nor has backups in the vault is V(unchanged), with a RV(vms[].reason) and a warning.
    type: str
    choices: [protected, stopped, suspended, absent]
    default: protected
  policy:
    description:
      - The name of the backup policy. Needed for VMs that are not protected yet.
      - Without it, VMs that are protected keep the policy that they have.
    type: str
  disks:
    description:
      - Which disks of the VMs are backed up. The OS disk always is.
      - If not set, disks are left as they are; a VM that is new is backed up with all its disks, or moves with the selection that it has.
    type: dict
    suboptions:
      mode:
        description:
          - V(all) backs up all disks and takes any selection away.
          - V(os_only) backs up the OS disk alone.
          - V(include) backs up the data disks at O(disks.luns), V(exclude) all data disks but those.
        type: str
        choices: [all, os_only, include, exclude]
        required: true
      luns:
        description:
          - Logical unit numbers of data disks, the whole list. For V(include) each VM must have all of them.
        type: list
        elements: int
  move:
    description:
      - Moves VMs that another vault of the subscription protects to this one. The backups there are stopped and their data is kept there; the disks that
        are backed up stay the same, unless O(disks) is set.
      - A VM that the new vault refuses is backed up by the old one again. A run that was interrupted is finished by the next.
      - Without it, a VM that another vault protects, or still retains backup data of, is rejected when named and skipped when selected.
    type: bool
    default: false
  spread:
    description:
      - Further policies and vaults that VMs may go to besides O(policy) and O(vault_name).
      - A VM that has one of the policies in one of the vaults stays. The others are divided evenly, in the order of their ids, where there is room by
        O(max_vms_per_vault) and O(max_vms_per_policy). Check mode shows the plan.
      - With another O(state) the VMs are looked for in all of the vaults.
    type: dict
    suboptions:
      policies:
        description: Names of further policies, which each of the vaults must have.
        type: list
        elements: str
      vaults:
        description: Further vaults. A VM goes to one in its region.
        type: list
        elements: dict
        suboptions:
          vault_name:
            description: The vault's name.
            type: str
            required: true
          resource_group:
            description: The vault's resource group.
            type: str
            required: true
  max_vms_per_vault:
    description:
      - Maximum number of VMs per vault. Beyond it, named VMs are rejected and selected VMs are skipped.
    type: int
    default: 1000
  max_vms_per_policy:
    description:
      - VMs that a policy takes, in the same way.
    type: int
    default: 1000
  delete_backup_data:
    description:
      - With O(state=absent), deletes the backup data of the VMs too. Only for VMs that O(vms) names; with any other selector the task is refused.
      - Where the vault has soft delete, the data can be undeleted for its retention period; otherwise, O(accept_irreversible) is needed too.
      - An immutable vault refuses it.
      - Before anything is deleted or announced, in check mode too, the task is refused where a lock of any level is on the vault or what it is in,
        and where a VM that O(vms) names neither exists nor has backups in the vault.
    type: bool
    default: false
  on_error:
    description:
      - What to do when a VM fails. V(continue) continues with the others.
      - V(stop) begins no further change; those under way are waited for, and the rest is left as it is.
    type: str
    choices: [continue, stop]
    default: continue
  accept_irreversible:
    description:
      - Consent to irreversible changes, which are moving VMs from a Standard to an Enhanced policy, and deleting backup data of a vault without
        soft delete.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.policy
  - module: safeharbor.azure_backup.protection_info
  - name: Back up Azure VMs
    description: Microsoft's guide, with what can be protected.
    link: https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
"""

EXAMPLES = r"""
- name: Protect two VMs
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope
    resource_group: backup
    policy: nightly
    vms:
      - app/web-0001
      - /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0002

- name: Protect every production VM of the region, except the build agents
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope
    resource_group: backup
    policy: nightly
    locations: [westeurope]
    tags:
      env: prod
    exclude: [build-*]

- name: Stop the backups of a VM that is being retired, and keep what there is
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope
    resource_group: backup
    state: stopped
    vms: [app/web-0001]

- name: Leave a scratch disk out of the backups
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope
    resource_group: backup
    vms: [app/db-0001]
    disks:
      mode: exclude
      luns: [3]

- name: Move VMs from their old vault, with the disks that are backed up
  safeharbor.azure_backup.protection:
    vault_name: vault-zone-redundant
    resource_group: backup
    policy: nightly
    names: [web-*]
    move: true

- name: Divide a fleet over two vaults and four policies
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope-1
    resource_group: backup
    policy: nightly-22
    all_vms: true
    spread:
      policies: [nightly-23, nightly-00, nightly-01]
      vaults:
        - vault_name: vault-westeurope-2
          resource_group: backup

- name: Delete the backup data of a VM that is gone
  safeharbor.azure_backup.protection:
    vault_name: vault-westeurope
    resource_group: backup
    state: absent
    delete_backup_data: true
    vms: [app/web-0001]
"""

RETURN = r"""
vms:
  description: Each VM of the task, by id.
  returned: success and failure of single VMs
  type: list
  elements: dict
  sample:
    - vm: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      before: null
      after: {vault: vault-westeurope, state: protected, policy: nightly, disks: {mode: all, luns: []}}
      changed: true
      status: changed
      reason: null
      job: 8e7e7257-68fc-4ab9-bbb2-672474f60115
  contains:
    vm:
      description: The VM's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The VM's name.
      type: str
      returned: always
      sample: web-0001
    before:
      description: The protection before, as in RV(vms[].after); null when no vault of the task had the VM.
      type: dict
      returned: always
      sample: null
    after:
      description: The protection as it is, or in check mode as it would be; null when there is none.
      type: dict
      returned: always
      sample: {vault: vault-westeurope, state: protected, policy: nightly, disks: {mode: all, luns: []}}
      contains:
        vault:
          description: The vault's name.
          type: str
          returned: always
          sample: vault-westeurope
        state:
          description: V(protected), V(stopped), V(suspended) or V(soft_deleted).
          type: str
          returned: always
          sample: protected
        policy:
          description: The policy's name; null when the VM is not backed up.
          type: str
          returned: always
          sample: nightly
        disks:
          description: Which disks are backed up, as in O(disks).
          type: dict
          returned: always
          sample: {mode: all, luns: []}
    changed:
      description: Whether this VM's protection was changed, or in check mode would be.
      type: bool
      returned: always
      sample: true
    status:
      description: V(changed), V(unchanged), V(skipped) or V(failed).
      type: str
      returned: always
      sample: changed
    reason:
      description: Why the VM was skipped or failed, or what else there is to know of its change.
      type: str
      returned: always
      sample: null
    job:
      description: The name of Azure's job that made the change, where it was seen.
      type: str
      returned: always
      sample: 8e7e7257-68fc-4ab9-bbb2-672474f60115
summary:
  description: How many VMs have which status.
  returned: success and failure of single VMs
  type: dict
  sample: {changed: 12, unchanged: 988, skipped: 3, failed: 0}
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import disks
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import assign, protection
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

VAULT = {"vault_name": {"type": "str", "required": True}, "resource_group": {"type": "str", "required": True}}
ARGUMENTS = {
    **VAULT,
    "state": {"type": "str", "choices": ["protected", "stopped", "suspended", "absent"], "default": "protected"},
    "policy": {"type": "str"},
    "disks": disks.OPTION,
    "move": {"type": "bool", "default": False},
    "spread": {
        "type": "dict",
        "options": {"policies": {"type": "list", "elements": "str"}, "vaults": {"type": "list", "elements": "dict", "options": VAULT}},
    },
    "max_vms_per_vault": {"type": "int", "default": assign.VMS_PER_VAULT},
    "max_vms_per_policy": {"type": "int", "default": assign.VMS_PER_POLICY},
    "delete_backup_data": {"type": "bool", "default": False},
    "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
    "accept_irreversible": {"type": "bool", "default": False},
    "assume_created": {"type": "bool", "default": False},
}


def main() -> None:
    arguments = {**selection.ARGUMENTS, **rules.ARGUMENTS, **ARGUMENTS}
    run_module(protection.ensure, arguments, check=protection.check, wait=True, parallel=True)


if __name__ == "__main__":
    main()
