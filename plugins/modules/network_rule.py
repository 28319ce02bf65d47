#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: network_rule
short_description: Manage one rule of a network security group
version_added: 1.0.0
description:
  - Creates, changes and deletes one security rule of an existing network security group, as a separate resource.
    The group and its other rules are not written, so that tasks for different rules never undo each other.
  - Settings that no option names are left alone in a rule that exists.
  - Backup of Azure VMs needs no rule in the normal case, as the snapshot is asked for by way of the platform address 168.63.129.16.
    Rules are needed for workloads such as SQL Server and SAP HANA, for the MARS agent, and for a proxy that serves these.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.wait
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.changes
requirements:
  - azure-mgmt-network >= 28.0.0
options:
  name:
    description:
      - The rule's name, 1 to 80 letters, digits, V(.), V(_) and V(-), beginning with a letter or digit and ending with one of these or V(_).
    type: str
    required: true
  network_security_group:
    description:
      - The name of the network security group. It must exist.
    type: str
    required: true
    aliases: [nsg]
  resource_group:
    description:
      - The resource group of the network security group.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that the rule exists with the settings given.
      - V(absent) makes sure that it does not.
    type: str
    choices: [present, absent]
    default: present
  direction:
    description:
      - Which way the traffic goes, seen from the VM. A new rule is V(outbound) unless set.
    type: str
    choices: [outbound, inbound]
  access:
    description:
      - What the rule does with the traffic. A new rule is V(allow) unless set.
    type: str
    choices: [allow, deny]
  protocol:
    description:
      - The protocol of the traffic. A new rule is for V(tcp) unless set.
    type: str
    choices: [tcp, udp, icmp, esp, ah, any]
  priority:
    description:
      - The rule's priority, 100 to 4096; the lower number is looked at first. Each priority can be used once for each direction.
      - Without it a rule keeps the priority that it has, and a new one gets the first that is free from O(priority_from) on.
    type: int
  priority_from:
    description:
      - Where to begin looking for a free priority for a new rule.
    type: int
    default: 200
  source:
    description:
      - Where the traffic comes from, as a list of addresses and CIDR blocks, or as one service tag, or as V(*) for anywhere.
      - Azure refuses a list that holds a service tag or V(*) beside anything else, blocks that overlap, and IPv4 beside IPv6.
      - A new rule is for V(*) unless set.
    type: list
    elements: str
  source_ports:
    description:
      - The ports the traffic comes from, such as V(443) or V(1024-65535), or V(*). A new rule is for V(*) unless set.
    type: list
    elements: str
  source_application_security_groups:
    description:
      - Ids of the application security groups that the traffic comes from, at most 10, in place of O(source).
    type: list
    elements: str
  destination:
    description:
      - Where the traffic goes to, in the same forms as O(source). A new rule needs it, or O(destination_application_security_groups).
    type: list
    elements: str
  destination_ports:
    description:
      - The ports the traffic goes to. A new rule needs them, except for the protocols V(icmp), V(esp) and V(ah).
    type: list
    elements: str
  destination_application_security_groups:
    description:
      - Ids of the application security groups that the traffic goes to, at most 10, in place of O(destination).
    type: list
    elements: str
  description:
    description:
      - A text of at most 140 characters. An empty one takes away the text that is there.
    type: str
notes:
  - The order of addresses and ports means nothing, an address is the same with and without C(/32), and service tags are compared without letter case.
seealso:
  - name: Network security groups
    description: How Azure looks at the rules of a group, and which it gives to every group.
    link: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
"""

EXAMPLES = r"""
- name: Let the HTTP proxy, and nothing else, out of a locked network
  safeharbor.azure_backup.network_rule:
    name: allow-proxy
    network_security_group: NSG-lockdown
    resource_group: app
    direction: outbound
    access: allow
    protocol: tcp
    priority: 200
    source: [10.0.0.5/32]
    destination: [Internet]
    destination_ports: [80-443]

- name: Let the VMs reach what workload backups need, one rule for each service tag
  safeharbor.azure_backup.network_rule:
    name: "allow-{{ item }}"
    network_security_group: NSG-lockdown
    resource_group: app
    source: [VirtualNetwork]
    destination: ["{{ item }}"]
    destination_ports: ["443"]
    description: Backup of workloads
  loop: [AzureBackup, Storage, AzureActiveDirectory]

- name: Let the VMs reach the proxy
  safeharbor.azure_backup.network_rule:
    name: allow-to-proxy
    network_security_group: NSG-lockdown
    resource_group: app
    source: [VirtualNetwork]
    destination: [10.0.0.5]
    destination_ports: ["3128"]
    priority_from: 300

- name: Take the exception away
  safeharbor.azure_backup.network_rule:
    name: allow-proxy
    network_security_group: NSG-lockdown
    resource_group: app
    state: absent
"""

RETURN = r"""
rule:
  description:
    - The rule as it is, or in check mode as it would be. Empty when it is absent.
  returned: success
  type: dict
  sample:
    id: >-
      /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkSecurityGroups/NSG-lockdown/securityRules/allow-proxy
    name: allow-proxy
    network_security_group: NSG-lockdown
    resource_group: app
    direction: outbound
    access: allow
    protocol: tcp
    priority: 200
    source: [10.0.0.5/32]
    source_ports: ["*"]
    source_application_security_groups: []
    destination: [Internet]
    destination_ports: [80-443]
    destination_application_security_groups: []
    description: ""
    provisioning_state: Succeeded
  contains:
    id:
      description: The rule's resource id.
      type: str
      returned: always
      sample: >-
        /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/app/providers/Microsoft.Network/networkSecurityGroups/NSG-lockdown/securityRules/allow-proxy
    name:
      description: The rule's name.
      type: str
      returned: always
      sample: allow-proxy
    network_security_group:
      description: The name of the network security group.
      type: str
      returned: always
      sample: NSG-lockdown
    resource_group:
      description: The resource group of the network security group.
      type: str
      returned: always
      sample: app
    direction:
      description: Which way the traffic goes, V(outbound) or V(inbound).
      type: str
      returned: always
      sample: outbound
    access:
      description: What the rule does with the traffic, V(allow) or V(deny).
      type: str
      returned: always
      sample: allow
    protocol:
      description: The protocol, in the words of O(protocol).
      type: str
      returned: always
      sample: tcp
    priority:
      description: The rule's priority.
      type: int
      returned: always
      sample: 200
    source:
      description: Where the traffic comes from, sorted; single addresses as blocks.
      type: list
      elements: str
      returned: always
      sample: [10.0.0.5/32]
    source_ports:
      description: The ports the traffic comes from, sorted.
      type: list
      elements: str
      returned: always
      sample: ["*"]
    source_application_security_groups:
      description: Ids of the application security groups the traffic comes from, in lower case.
      type: list
      elements: str
      returned: always
      sample: []
    destination:
      description: Where the traffic goes to, sorted; single addresses as blocks.
      type: list
      elements: str
      returned: always
      sample: [Internet]
    destination_ports:
      description: The ports the traffic goes to, sorted.
      type: list
      elements: str
      returned: always
      sample: [80-443]
    destination_application_security_groups:
      description: Ids of the application security groups the traffic goes to, in lower case.
      type: list
      elements: str
      returned: always
      sample: []
    description:
      description: The rule's text.
      type: str
      returned: always
      sample: ""
    provisioning_state:
      description: V(Succeeded), or what Azure is doing with the rule; null in the prediction of a new one.
      type: str
      returned: always
      sample: Succeeded
shadowed_by:
  description:
    - Names of the rules of a higher priority that decide all of this rule's traffic the other way, so that it has no effect. There is a warning too.
    - Only rules that cover it alone are found; service tags are judged by name, not by their address ranges.
  returned: success
  type: list
  elements: str
  sample: []
group_rules:
  description: The names of all rules of the group as they were before, those that Azure gives to every group excepted.
  returned: success
  type: list
  elements: str
  sample: [DenyInternet, allow-proxy]
"""

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import rule
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "network_security_group": {"type": "str", "required": True, "aliases": ["nsg"]},
    "resource_group": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "direction": {"type": "str", "choices": ["outbound", "inbound"]},
    "access": {"type": "str", "choices": ["allow", "deny"]},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp", "esp", "ah", "any"]},
    "priority": {"type": "int"},
    "priority_from": {"type": "int", "default": 200},
    "source": {"type": "list", "elements": "str"},
    "source_ports": {"type": "list", "elements": "str"},
    "source_application_security_groups": {"type": "list", "elements": "str"},
    "destination": {"type": "list", "elements": "str"},
    "destination_ports": {"type": "list", "elements": "str"},
    "destination_application_security_groups": {"type": "list", "elements": "str"},
    "description": {"type": "str"},
}


def main() -> None:
    run_module(rule.ensure, ARGUMENTS, check=rule.check, wait=True)


if __name__ == "__main__":
    main()
