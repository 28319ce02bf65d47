#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_info
short_description: List virtual machines with what backup needs to know of them
version_added: 1.0.0
description:
  - Lists the virtual machines of a subscription, or those selected, with their operating system, disks, power state and VM agent.
  - Without any of O(vms), O(names), O(resource_groups), O(tags) and O(locations), every VM of the subscription is listed.
  - It takes one call for every page of VMs, about 200 of them, and as many again for the power states, however many VMs there are.
    VMs named in O(vms) alone are read one by one, with their instance views.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-compute >= 34.0.0
options:
  details:
    description:
      - Whether to read the instance view of every VM selected, one call each, many at a time.
      - Only so are the VM agent and the name and version of the operating system known for certain of VMs that come from a list.
        Azure's list of run-time states promises the power state only.
      - With it the power states are not listed; they come with the instance views.
    type: bool
    default: false
seealso:
  - module: safeharbor.azure_backup.protection
  - name: Virtual machines - list all
    description: The list of Azure that this module reads.
    link: https://learn.microsoft.com/rest/api/compute/virtual-machines/list-all
"""

EXAMPLES = r"""
- name: All VMs of the subscription
  safeharbor.azure_backup.vm_info:
  register: fleet

- name: The production VMs of two resource groups, less those of the test rig
  safeharbor.azure_backup.vm_info:
    resource_groups: [app, data]
    tags:
      env: prod
    exclude: [rig-*]

- name: What Azure knows of the VM agents
  safeharbor.azure_backup.vm_info:
    tags:
      backup:
    details: true
  register: tagged

- name: Name the VMs whose agent does not report
  ansible.builtin.debug:
    msg: "{{ tagged.vms | rejectattr('agent.status', 'in', ['ready', 'unknown']) | map(attribute='name') | list }}"

- name: One VM
  safeharbor.azure_backup.vm_info:
    vms: [app/web-0001]
"""

RETURN = r"""
vms:
  description: The VMs, in the order of their ids. Empty when none is selected.
  returned: success
  type: list
  elements: dict
  sample:
    - id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      resource_group: app
      location: westeurope
      tags: {env: prod}
      zones: ["1"]
      size: Standard_D2s_v5
      os: Linux
      os_name: ubuntu
      os_version: "24.04"
      image: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: 24.04.202601010, id: null}
      power_state: running
      provisioning_state: Succeeded
      agent: {status: ready, version: 2.11.1.12, message: Guest Agent is running, time: "2026-11-22T06:00:00+00:00"}
      extension_operations_allowed: true
      disks:
        os:
          name: web-0001_OsDisk
          size_gb: 30
          managed: true
          sku: Premium_LRS
          id: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/disks/web-0001_OsDisk
        data: []
      data_disk_count: 0
      unmanaged: false
      security_type: TrustedLaunch
      network_interfaces:
        - /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkInterfaces/web-0001-nic
      time_created: "2026-01-05T08:00:00.0000000+00:00"
  contains:
    id:
      description: The VM's resource id.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
    name:
      description: The VM's name.
      type: str
      returned: always
      sample: web-0001
    resource_group:
      description: The VM's resource group.
      type: str
      returned: always
      sample: app
    location:
      description: The VM's region, in lower case without spaces.
      type: str
      returned: always
      sample: westeurope
    tags:
      description: The VM's tags.
      type: dict
      returned: always
      sample: {env: prod}
    zones:
      description: The availability zones.
      type: list
      elements: str
      returned: always
      sample: ["1"]
    size:
      description: The VM's size.
      type: str
      returned: always
      sample: Standard_D2s_v5
    os:
      description: V(Linux) or V(Windows), as the OS disk says.
      type: str
      returned: always
      sample: Linux
    os_name:
      description: The operating system as the VM agent reports it, null while it does not.
      type: str
      returned: always
      sample: ubuntu
    os_version:
      description: The version of the operating system as the VM agent reports it, null while it does not.
      type: str
      returned: always
      sample: "24.04"
    image:
      description: The image the VM was made from, null for a VM made from a disk. V(id) is that of a custom or gallery image.
      type: dict
      returned: always
      sample: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: 24.04.202601010, id: null}
    power_state:
      description: V(running), V(stopped), V(deallocated) or a state on the way to one of these; null when Azure does not say.
      type: str
      returned: always
      sample: running
    provisioning_state:
      description: The result of the last operation on the VM.
      type: str
      returned: always
      sample: Succeeded
    agent:
      description: What Azure last heard of the VM agent.
      type: dict
      returned: always
      sample: {status: ready, version: 2.11.1.12, message: Guest Agent is running, time: "2026-11-22T06:00:00+00:00"}
      contains:
        status:
          description:
            - V(ready) or V(not_ready), as Azure shows it. V(missing) when the instance view of a running VM shows no agent.
            - V(unknown) when the VM is not running, or when the agent was not read; see O(details).
          type: str
          returned: always
          sample: ready
        version:
          description: The agent's version.
          type: str
          returned: always
          sample: 2.11.1.12
        message:
          description: The agent's own words, which may report problems although the status is V(ready).
          type: str
          returned: always
          sample: Guest Agent is running
        time:
          description: When the status was reported.
          type: str
          returned: always
          sample: "2026-11-22T06:00:00+00:00"
    extension_operations_allowed:
      description: Whether extensions may be installed. Backup needs it.
      type: bool
      returned: always
      sample: true
    disks:
      description: The OS disk as V(os) and the data disks as V(data), these with their V(lun). Size and SKU may be null while the VM is deallocated.
      type: dict
      returned: always
      sample: {os: {name: web-0001_OsDisk, size_gb: 30, managed: true, sku: Premium_LRS, id: null}, data: []}
    data_disk_count:
      description: How many data disks the VM has.
      type: int
      returned: always
      sample: 0
    unmanaged:
      description: Whether any disk is an unmanaged one, which can no longer be backed up.
      type: bool
      returned: always
      sample: false
    security_type:
      description: V(Standard), V(TrustedLaunch) or V(ConfidentialVM).
      type: str
      returned: always
      sample: TrustedLaunch
    network_interfaces:
      description: Ids of the VM's network interfaces.
      type: list
      elements: str
      returned: always
      sample: [/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkInterfaces/web-0001-nic]
    time_created:
      description: When the VM was created.
      type: str
      returned: always
      sample: "2026-01-05T08:00:00.0000000+00:00"
unmatched:
  description: What of the selection matches no VM, for example a VM or resource group that does not exist.
  returned: success
  type: list
  elements: dict
  sample:
    - option: vms
      message: there is no VM 'app/web-9999'
  contains:
    option:
      description: The option that named it.
      type: str
      returned: always
      sample: vms
    message:
      description: What was not found.
      type: str
      returned: always
      sample: there is no VM 'app/web-9999'
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import find, selection

ARGUMENTS = {
    **selection.ARGUMENTS,
    "details": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(find.info, ARGUMENTS, check=find.check)


if __name__ == "__main__":
    main()
