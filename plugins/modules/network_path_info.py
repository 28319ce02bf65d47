#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: network_path_info
short_description: See whether backup traffic gets out of VMs, and which rule or route stops it
version_added: 1.0.0
description:
  - Goes through the network security groups of the network interface and the subnet of each VM, by priority, and through the routes of its subnet,
    and names the rule or route that stops traffic to the service tags of Azure Backup or to a proxy.
  - Backup of Azure VMs itself needs the platform address 168.63.129.16 only, which neither network security groups nor routes can stop.
    The service tags matter to SQL Server, SAP HANA and the MARS agent in a VM, and where the guest has to take the snapshot itself.
  - It lists interfaces, networks, network security groups and route tables of the subscription, a request for every 200 or so of each.
    For a few VMs it reads what belongs to them.
  - Rules with addresses are compared with the addresses that the service tags stand for today. IPv4 is looked at only.
  - The VM's primary interface counts, as the guest's default route leads through it. What firewalls in the guest and on the way do is not seen.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.selection
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-compute >= 34.0.0
  - azure-mgmt-network >= 28.0.0
options:
  service_tags:
    description:
      - The service tags to be reached at port 443. An empty list asks for none.
    type: list
    elements: str
    default: [AzureBackup, Storage, AzureActiveDirectory]
  own_region:
    description:
      - Whether a tag without a region that has regional forms means that of the VM's region, so that V(Storage) is C(Storage.WestEurope) for a VM there.
    type: bool
    default: true
  proxy_address:
    description:
      - The IPv4 address of a proxy that the VMs are to reach.
    type: str
  proxy_port:
    description:
      - The port of the proxy.
    type: int
    default: 3128
seealso:
  - module: safeharbor.azure_backup.network_rule
  - module: safeharbor.azure_backup.service_tag_info
  - name: How network security groups filter traffic
    description: In which order Azure looks at the rules.
    link: https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
  - name: What is IP address 168.63.129.16?
    description: Why nothing of the network stops the platform path.
    link: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
"""

EXAMPLES = r"""
- name: Which VMs of the subscription cannot reach the services of Azure Backup
  safeharbor.azure_backup.network_path_info:
  register: paths

- name: Name what stops them
  ansible.builtin.debug:
    msg: "{{ paths.vms | rejectattr('verdict', 'eq', 'open') | items2dict(key_name='name', value_name='stopped_by') }}"

- name: Whether the application VMs reach their proxy, and nothing else
  safeharbor.azure_backup.network_path_info:
    tags:
      role: app
    service_tags: []
    proxy_address: 10.0.0.4
    proxy_port: 3128
"""

RETURN = r"""
vms:
  description: The VMs, in the order of their ids.
  returned: success
  type: list
  elements: dict
  sample:
    - vm: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-0001
      name: web-0001
      network_interface: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkInterfaces/web-0001VMNic
      subnet: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/virtualNetworks/app-vnet/subnets/default
      verdict: closed
      stopped_by: ["AzureBackup: rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet"]
      reason: "AzureBackup: rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet"
      paths:
        - {target: platform, port: null, verdict: open, via: null, stopped_by: [], notes: []}
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
    network_interface:
      description: The primary network interface, null when it could not be read.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkInterfaces/web-0001VMNic
    subnet:
      description: The subnet of the interface.
      type: str
      returned: always
      sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/virtualNetworks/app-vnet/subnets/default
    verdict:
      description: The worst of the paths, V(open), V(partly) or V(closed); V(unknown) for a VM without an interface that could be read.
      type: str
      returned: always
      sample: closed
    stopped_by:
      description: What stops traffic, in a line each, beginning with the target.
      type: list
      elements: str
      returned: always
      sample: ["AzureBackup: rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet"]
    reason:
      description: The same in one text, null when all paths are open.
      type: str
      returned: always
      sample: "AzureBackup: rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet"
    paths:
      description: The path to each target.
      type: list
      elements: dict
      returned: always
      sample: [{target: platform, port: null, verdict: open, via: null, stopped_by: [], notes: []}]
      contains:
        target:
          description: V(platform), a service tag, or V(proxy).
          type: str
          returned: always
          sample: AzureBackup
        port:
          description: The TCP port, null for the platform.
          type: int
          returned: always
          sample: 443
        verdict:
          description: V(open), V(closed), or V(partly) when only some of the target's addresses are reached.
          type: str
          returned: always
          sample: closed
        via:
          description: Where routes lead traffic that would else leave directly, such as an appliance, which may stop it itself.
          type: str
          returned: always
          sample: the appliance 10.0.0.9 by route all-through-firewall
        stopped_by:
          description: The rules and routes that stop it.
          type: list
          elements: dict
          returned: always
          sample: [{kind: rule, name: DenyInternet, priority: 4000, where: subnet, owner: null, id: null, text: rule DenyInternet}]
          contains:
            kind:
              description: V(rule), V(route), or V(subnet) for a subnet without outbound access.
              type: str
              returned: always
              sample: rule
            name:
              description: The name of the rule, route or subnet; null where no route leads to the target.
              type: str
              returned: always
              sample: DenyInternet
            priority:
              description: The rule's priority.
              type: int
              returned: always
              sample: 4000
            where:
              description: V(network_interface) or V(subnet), what the network security group or route table is on.
              type: str
              returned: always
              sample: subnet
            owner:
              description: The id of the network security group, route table or subnet.
              type: str
              returned: always
              sample: /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkSecurityGroups/lockdown
            id:
              description: The id of the rule or route.
              type: str
              returned: always
              sample: null
            text:
              description: All of it in words.
              type: str
              returned: always
              sample: rule DenyInternet (priority 4000) of network security group app/lockdown on the subnet
        notes:
          description: For the platform, rules that block its name service, metadata or licences, which backup does not need.
          type: list
          elements: str
          returned: always
          sample: []
summary:
  description: How many VMs have which verdict.
  returned: success
  type: dict
  sample: {open: 990, partly: 0, closed: 10, unknown: 0}
unmatched:
  description: What of the selection matches no VM.
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

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import path_info, service_tag
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

ARGUMENTS = {
    **selection.ARGUMENTS,
    "service_tags": {"type": "list", "elements": "str", "default": list(service_tag.BACKUP)},
    "own_region": {"type": "bool", "default": True},
    "proxy_address": {"type": "str"},
    "proxy_port": {"type": "int", "default": 3128},
}


def main() -> None:
    run_module(path_info.info, ARGUMENTS, check=path_info.check)


if __name__ == "__main__":
    main()
