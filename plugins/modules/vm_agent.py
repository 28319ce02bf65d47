#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_agent
short_description: Make many Azure VMs ready for backup as far as their VM agent goes
version_added: 1.0.0
description:
  - Allows extension operations on virtual machines, which is the property to set after an agent was installed manually, and waits until Azure
    sees the agent of each VM ready.
  - One task handles thousands of VMs. Unchanged VMs are not written to. What the agents report to Azure is read by lists as far as
    these show it, and from then on only for the VMs that are waited for.
  - Where a guest can be reached by neither SSH nor WinRM, O(repair) can have an agent that is too old reinstalled from inside, by Azure's
    run command. Otherwise the agent is a matter of the guest, for example of the role P(safeharbor.azure_backup.vm_agent#role).
  - Whether a VM was created with an agent, its property C(provisionVMAgent), cannot be changed in Azure. The result says it as RV(vms[].provisioned).
  - A VM that is not running keeps its settings changed like any other. Nothing is heard of its agent, so it is not waited for.
  - A VM that fails does not stop the others. The task fails in the end, and the result says for each VM what happened.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.parallel
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-compute >= 34.0.0
  - azure-mgmt-recoveryservices >= 4.0.0 (for O(repair))
  - azure-mgmt-recoveryservicesbackup >= 10.0.0 (for O(repair))
options:
  allow_extension_operations:
    description:
      - Whether extensions may be installed in the VMs. Backup needs it.
      - Azure refuses V(false) for a VM that has extensions. One that is named makes the task fail before it writes anything, one that was selected is skipped.
    type: bool
  wait_ready:
    description:
      - Whether to wait until Azure sees the agent of each running VM ready. A VM whose agent is still not ready after O(ready_timeout) has failed.
    type: bool
    default: true
  ready_timeout:
    description:
      - How long to wait for the agents, in seconds. With V(0) they are looked at once.
      - A VM that has just been started or created needs some minutes until its agent is heard of.
    type: int
    default: 900
  repair:
    description:
      - Whether to reinstall the agent by Azure's run command in running VMs, with the packages of the distribution, or on Windows with
        O(windows_package). The agent is restarted when the script has ended.
      - V(never) runs nothing in any VM.
      - V(reporting) does it where the agent reports but is older than O(minimum_version) or reports trouble itself.
      - V(all) does it where the agent does not report, too. Run command is carried by the agent, so that this helps only where the agent still
        takes orders and its reports get lost. It cannot install an agent where there is none.
      - A VM is skipped while one of its backups is running.
    type: str
    choices: [never, reporting, all]
    default: never
  minimum_version:
    description:
      - The lowest version of the agent that counts as well. A lower one is reported in the result, and repaired if O(repair) is set.
    type: dict
    suboptions:
      linux:
        description:
          - The lowest version on Linux.
        type: str
        default: 2.2.53.1
      windows:
        description:
          - The lowest version on Windows.
        type: str
        default: 2.7.41491.1010
  windows_package:
    description:
      - The installation package for O(repair) on Windows. It is installed only if it is signed by Microsoft.
    type: dict
    suboptions:
      url:
        description:
          - Where the VMs download it from. Unset, it is the address that Microsoft's documentation names,
            U(https://go.microsoft.com/fwlink/?LinkID=394789).
        type: str
      sha256:
        description:
          - The package's checksum. A package with another one is not installed.
        type: str
notes:
  - The script for Windows has been parsed, but has not been run on Windows by the project's tests. That for Linux is run by them against stand-ins.
seealso:
  - module: safeharbor.azure_backup.vm_info
  - module: safeharbor.azure_backup.protection
  - name: Azure VM agent
    description: What the agent is, and the properties of a VM that belong to it.
    link: https://learn.microsoft.com/azure/virtual-machines/extensions/agent-windows
  - name: Run command
    description: What Azure's run command needs and how it is limited.
    link: https://learn.microsoft.com/azure/virtual-machines/linux/run-command
"""

EXAMPLES = r"""
- name: Allow extensions on the VMs whose agent was installed manually, and wait for the agents
  safeharbor.azure_backup.vm_agent:
    tags:
      agent: manual
    allow_extension_operations: true

- name: Renew the agents of the production VMs that are too old, without a way into the guests
  safeharbor.azure_backup.vm_agent:
    resource_groups: [app, data]
    tags:
      env: prod
    allow_extension_operations: true
    repair: reporting

- name: See how the agents of two VMs are doing, and fail if one does not report
  safeharbor.azure_backup.vm_agent:
    vms: [app/web-0001, app/web-0002]
    ready_timeout: 0

- name: Install from a private mirror on Windows
  safeharbor.azure_backup.vm_agent:
    names: [win-*]
    repair: reporting
    windows_package:
      url: https://mirror.example.com/azure/WindowsAzureVmAgent.msi
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
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
      before: {allow_extension_operations: false, agent_well: true}
      after: {allow_extension_operations: true, agent_well: true}
      changed: true
      status: changed
      reason: null
      agent: {status: ready, version: 2.11.1.12, message: Guest Agent is running, time: "2026-11-22T06:00:00+00:00"}
      provisioned: true
      output: null
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
      description:
        - Whether extension operations were allowed, and whether the agent was well, that is ready, not too old and without trouble.
        - The latter is null when the VM is off, or when the agents were not read because O(wait_ready) and O(repair) do not ask for it.
      type: dict
      returned: always
      sample: {allow_extension_operations: false, agent_well: true}
    after:
      description: The same as it is, or in check mode as it would be. An agent that gets ready by itself is not foreseen.
      type: dict
      returned: always
      sample: {allow_extension_operations: true, agent_well: true}
    changed:
      description: Whether the VM's setting was changed or a script run in it, or in check mode would be.
      type: bool
      returned: always
      sample: true
    status:
      description: V(changed), V(unchanged), V(skipped) or V(failed).
      type: str
      returned: always
      sample: changed
    reason:
      description: Why the VM was skipped or failed, or what else is to be known of its agent.
      type: str
      returned: always
      sample: null
    agent:
      description: What Azure last heard of the VM agent, as in RV(safeharbor.azure_backup.vm_info#module:vms[].agent). Null when it was not read.
      type: dict
      returned: always
      sample: {status: ready, version: 2.11.1.12, message: Guest Agent is running, time: "2026-11-22T06:00:00+00:00"}
      contains:
        status:
          description: V(ready), V(not_ready), V(missing), or V(unknown) for a VM that is not running.
          type: str
          returned: always
          sample: ready
        version:
          description: The agent's version.
          type: str
          returned: always
          sample: 2.11.1.12
        message:
          description: The agent's own words.
          type: str
          returned: always
          sample: Guest Agent is running
        time:
          description: When the status was reported.
          type: str
          returned: always
          sample: "2026-11-22T06:00:00+00:00"
    provisioned:
      description: Whether the VM was created with an agent; null for a VM made from a disk.
      type: bool
      returned: always
      sample: true
    output:
      description: What the script of O(repair) printed last, null where none was run to its end.
      type: str
      returned: always
      sample: "vm-agent: ok: walinuxagent restarts in 15 seconds"
summary:
  description: How many VMs have which status.
  returned: success and failure of single VMs
  type: dict
  sample: {changed: 12, unchanged: 988, skipped: 3, failed: 0}
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import agent, vm_agent
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

ARGUMENTS = {
    **selection.ARGUMENTS,
    "allow_extension_operations": {"type": "bool"},
    "wait_ready": {"type": "bool", "default": True},
    "ready_timeout": {"type": "int", "default": 900},
    "repair": {"type": "str", "choices": [agent.NEVER, agent.REPORTING, agent.ALL], "default": agent.NEVER},
    "minimum_version": {
        "type": "dict",
        "options": {system: {"type": "str", "default": version} for system, version in agent.MINIMUM.items()},
    },
    "windows_package": {"type": "dict", "options": {"url": {"type": "str"}, "sha256": {"type": "str"}}},
}


def main() -> None:
    run_module(vm_agent.ensure, ARGUMENTS, check=vm_agent.check, wait=True, parallel=True)


if __name__ == "__main__":
    main()
