#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: protection
short_description: Protect many Azure VMs with a Recovery Services vault
version_added: 1.0.0
description:
  - Brings any number of virtual machines under the protection of a vault and a policy, or stops it and keeps the backup data.
  - One task handles thousands of VMs. It lists what the vault protects once, writes only for the VMs that differ, and waits for all of them by
    lists of the vault, never with a poll for each VM.
  - VMs are named by O(vms), or found by O(names), O(resource_groups), O(tags), O(locations) or O(all_vms).
    When a VM that is named cannot be protected, the task fails before it writes anything.
    A VM that is found but cannot be protected by this vault, for example because of its region, is left out, and the result says why.
  - Soft-deleted backup data of a VM is brought back and its protection resumed.
  - Backup data is never deleted. Which disks of a VM are backed up is left as it is.
  - A VM that Azure fails to change does not stop the others. The task fails in the end, and the result says for each VM what happened.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.assume_created
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservices >= 4.0.0
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
  - azure-mgmt-compute >= 34.0.0
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
      - V(protected) makes sure that the VMs are backed up by O(policy).
      - V(stopped) stops their backups and keeps all backup data. A VM that the vault does not protect is left alone.
    type: str
    choices: [protected, stopped]
    default: protected
  policy:
    description:
      - The name of the backup policy. Needed for VMs that are not protected yet.
      - Without it, VMs that are protected keep the policy that they have.
    type: str
  accept_irreversible:
    description:
      - Consent to moving VMs from a Standard to an Enhanced policy, which cannot be taken back.
    type: bool
    default: false
  parallel:
    description:
      - How many requests are under way at the same time, 1 to 32.
    type: int
    default: 16
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
      after: {state: protected, policy: nightly}
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
      description: State and policy before; null when the vault did not protect the VM.
      type: dict
      returned: always
      sample: null
    after:
      description: State and policy as they are, or in check mode as they would be.
      type: dict
      returned: always
      sample: {state: protected, policy: nightly}
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
      description: Why the VM was left out or failed.
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

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._domain import selection
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks import protection

ARGUMENTS = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["protected", "stopped"], "default": "protected"},
    "policy": {"type": "str"},
    "accept_irreversible": {"type": "bool", "default": False},
    "parallel": {"type": "int", "default": 16},
    "assume_created": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(protection.ensure, {**selection.ARGUMENTS, **ARGUMENTS}, check=protection.check, wait=True)


if __name__ == "__main__":
    main()
