#!/usr/bin/python
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_options
short_description: Check the options of a role of this collection
version_added: 1.0.0
description:
  - The first task of every entry point of this collection's roles. It is of no use anywhere else.
  - Reads the role's argument specification, turns the role's variables into what it says, and refuses what does not fit. The text V(false), which is what
    the command line and INI inventories give, is then false, and the text V(3128) a number.
  - Refuses variables with the role's prefix that look like a misspelled option. All problems are reported together.
  - Writes nothing and needs no connection.
author:
  - Safe Harbor contributors (@safeharbor)
attributes:
  check_mode:
    description: Can run in check mode and predict what a run would change, without writing anything.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Returns what has changed, or in check mode would change, when asked with C(--diff).
    support: N/A
  idempotent:
    description: A second run with the same options changes nothing and writes nothing.
    support: full
options:
  entry_point:
    description:
      - The entry point of the role.
    type: str
    default: main
  includes:
    description:
      - Other roles of this collection that the entry point includes, so that their variables are looked at before it writes anything.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the options
  safeharbor.azure_backup.role_options:
    includes: [vault, policy]
  register: __prepare_options
"""

RETURN = r"""
problems:
  description: What is wrong, each with the C(option) and a C(message).
  returned: when anything is wrong
  type: list
  elements: dict
  sample: [{option: prepare_exlude, message: "the role prepare has no such option; did you mean prepare_exclude?"}]
"""
# The options of the role, without its prefix, are further keys of the result.
