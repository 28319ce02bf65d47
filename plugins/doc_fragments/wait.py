# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - How long to wait for Azure to finish a change, in seconds.
      - When it expires the module fails and the operation continues in Azure; the next run resumes from there.
    type: int
    default: 3600
"""
