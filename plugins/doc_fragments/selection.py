# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vms:
    description:
      - VMs by name, each as its resource id or as C(group/name) in the subscription worked in.
      - They are selected in addition to those that O(names), O(resource_groups), O(tags) and O(locations) select.
    type: list
    elements: str
  names:
    description:
      - Names of VMs; V(*) matches any characters.
      - A VM is selected when it fits every one of O(names), O(resource_groups), O(tags) and O(locations) that is set.
    type: list
    elements: str
  resource_groups:
    description:
      - Resource groups of the VMs.
    type: list
    elements: str
  tags:
    description:
      - Tags that the VMs have, all of them.
      - With null as its value a tag may have any value. Tag names are compared without letter case, values with it.
    type: dict
  locations:
    description:
      - Regions of the VMs, for example V(westeurope) or V(West Europe).
    type: list
    elements: str
  exclude:
    description:
      - VMs to exclude from the selection, as resource ids, as C(group/name), or as names in which V(*) matches any characters.
    type: list
    elements: str
  all_vms:
    description:
      - Selects every VM of the subscription, less those in O(exclude).
    type: bool
    default: false
"""
