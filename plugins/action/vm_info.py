# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of every module; meta/runtime.yml says why it is named after this one."""

from __future__ import annotations

from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._worker import ActionModule

__all__ = ("ActionModule",)
