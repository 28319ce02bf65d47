#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_reapply
short_description: Apply the policy again to VMs that no longer do what it says
version_added: 1.0.0
description:
  - When a policy is changed, Azure configures each VM of it by a job. A VM whose job failed keeps its old settings, and Azure calls it inconsistent.
    This module finds such VMs of a vault and applies the policy that they have once more. The others are not written.
  - Takes one read for each VM, of which Azure allows some 150 in an hour for a subscription. Name O(vms) where there are more.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.parallel
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-recoveryservicesbackup >= 10.0.0
options:
  vault_name:
    description:
      - The vault's name.
    type: str
    required: true
  resource_group:
    description:
      - The vault's resource group.
    type: str
    required: true
  vms:
    description:
      - Only these VMs, as ids or in the form C(group/name). If not set, all that the vault protects.
    type: list
    elements: str
seealso:
  - module: safeharbor.azure_backup.policy
  - module: safeharbor.azure_backup.readiness_info
"""

EXAMPLES = r"""
- name: Fix what a change of the policy has left behind
  safeharbor.azure_backup.policy_reapply:
    vault_name: vault-westeurope
    resource_group: backup
"""

RETURN = r"""
vms:
  description: Each VM that was looked at.
  returned: success and failure of single VMs
  type: list
  elements: dict
  contains:
    vm:
      description: The VM's resource id.
      type: str
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The VM's name.
      type: str
      sample: web-0001
    before:
      description: The policy, and whether the VM followed it.
      type: dict
      sample: {policy: nightly, consistent: false}
    after:
      description: The same, now or in check mode as it would be.
      type: dict
      sample: {policy: nightly, consistent: true}
    changed:
      description: Whether the policy was applied again, or in check mode would be.
      type: bool
      sample: true
    status:
      description: V(changed), V(unchanged) or V(failed).
      type: str
      sample: changed
    reason:
      description: Why it failed.
      type: str
      sample: null
summary:
  description: How many VMs have which status.
  returned: success and failure of single VMs
  type: dict
  sample: {changed: 1, unchanged: 41, skipped: 0, failed: 0}
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import reapply
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS = {
    "vault_name": {"type": "str", "required": True},
    "resource_group": {"type": "str", "required": True},
    "vms": {"type": "list", "elements": "str"},
}


def main() -> None:
    run_module(reapply.ensure, ARGUMENTS, check=reapply.check, wait=True, parallel=True)


if __name__ == "__main__":
    main()
