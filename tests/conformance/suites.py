# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suites: a module each with FILES, RULES and REASONS."""

from __future__ import annotations

from types import ModuleType

from . import machine_rules, recovery_rules
from .replay import Replay, Result, load, recordings

SUITES: list[ModuleType] = [recovery_rules, machine_rules]


def run(suite: ModuleType, name: str) -> Result:
    return Replay(load(recordings() / f"{name}.jsonl"), suite.RULES).run()
