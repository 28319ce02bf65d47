#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_tag_info
short_description: Get the address ranges behind Azure's service tags
version_added: 1.0.0
description:
  - Reads the address ranges that service tags such as C(AzureBackup) and C(Storage.WestEurope) stand for today, with the number of their last change,
    for firewalls and proxies that take addresses and not tags.
  - Network security groups take service tags themselves, where the ranges are kept up by Azure; see M(safeharbor.azure_backup.network_rule).
  - All tags come with one request. Azure may publish a change up to four weeks before it is used.
author:
  - Safe Harbor contributors (@safeharbor)
extends_documentation_fragment:
  - safeharbor.azure_backup.azure
  - safeharbor.azure_backup.attributes
  - safeharbor.azure_backup.attributes.reads
requirements:
  - azure-mgmt-network >= 28.0.0
options:
  names:
    description:
      - The service tags, with or without a region. Letter case does not matter.
    type: list
    elements: str
    default: [AzureBackup, Storage, AzureActiveDirectory]
  regions:
    description:
      - Regions, for example V(westeurope). Tags that have regional forms are narrowed to these, so that V(Storage) becomes C(Storage.WestEurope).
        Tags that have none, such as V(AzureBackup) and V(AzureActiveDirectory), are taken as they are.
    type: list
    elements: str
  location:
    description:
      - The region whose copy of the list is read. It does not narrow the list.
    type: str
    required: true
seealso:
  - module: safeharbor.azure_backup.network_rule
  - name: Service tags
    description: What they are, and which there are.
    link: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
"""

EXAMPLES = r"""
- name: Where backups of workloads in West Europe go to
  safeharbor.azure_backup.service_tag_info:
    location: westeurope
    regions: [westeurope]
  register: ranges

- name: Write them down for a firewall
  ansible.builtin.copy:
    content: "{{ ranges.tags | map(attribute='ipv4') | flatten | join('\n') }}\n"
    dest: /etc/firewall/azure_backup.list
    mode: "0644"

- name: One tag
  safeharbor.azure_backup.service_tag_info:
    location: northeurope
    names: [Storage.NorthEurope]
"""

RETURN = r"""
change_number:
  description: The number of the last change of the whole list.
  returned: success
  type: str
  sample: "160"
cloud:
  description: The cloud that the list is of.
  returned: success
  type: str
  sample: Public
tags:
  description: The service tags asked for.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Storage.WestEurope
      service: AzureStorage
      region: westeurope
      change_number: "160"
      address_prefixes: [192.0.2.0/25, 192.0.2.128/25, "2001:db8::/32"]
      ipv4: [192.0.2.0/24]
      ipv6: ["2001:db8::/32"]
  contains:
    name:
      description: The tag as Azure spells it.
      type: str
      returned: always
      sample: Storage.WestEurope
    service:
      description: The service that it stands for.
      type: str
      returned: always
      sample: AzureStorage
    region:
      description: Its region, null for a tag of all regions.
      type: str
      returned: always
      sample: westeurope
    change_number:
      description: The number of the tag's own last change.
      type: str
      returned: always
      sample: "160"
    address_prefixes:
      description: Its ranges as Azure lists them.
      type: list
      elements: str
      returned: always
      sample: [192.0.2.0/25, 192.0.2.128/25, "2001:db8::/32"]
    ipv4:
      description: The same IPv4 addresses in the fewest ranges, as a rule takes them.
      type: list
      elements: str
      returned: always
      sample: [192.0.2.0/24]
    ipv6:
      description: The same IPv6 addresses in the fewest ranges.
      type: list
      elements: str
      returned: always
      sample: ["2001:db8::/32"]
"""

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import service_tag, tag_info
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task.module import main as run_module

ARGUMENTS = {
    "names": {"type": "list", "elements": "str", "default": list(service_tag.BACKUP)},
    "regions": {"type": "list", "elements": "str"},
    "location": {"type": "str", "required": True},
}


def main() -> None:
    run_module(tag_info.info, ARGUMENTS, check=tag_info.check)


if __name__ == "__main__":
    main()
