# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports every module of every resource provider: each registers its routes, events and operations when it is imported."""

from importlib import import_module
from pkgutil import walk_packages

from . import providers

for _module in walk_packages(providers.__path__, f"{providers.__name__}."):
    import_module(_module.name)
