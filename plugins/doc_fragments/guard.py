# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  resource_guard_operation_requests:
    description:
      - Ids of approved requests to the Resource Guard of the vault, needed for critical operations of a vault under multi-user authorization.
      - Each is sent with the operations that it is for and with no other. A vault without Resource Guard needs none.
      - When one is missing, the module says which before it writes anything.
      - The principal needs the role C(Backup MUA Operator) on the Resource Guard.
    type: list
    elements: str
  resource_guard_tenant_id:
    description:
      - The directory (tenant) of the Resource Guard, where that is another one than the vault's. The principal has to be known there too,
        which a managed identity cannot be.
    type: str
"""
