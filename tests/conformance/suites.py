# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suites: a module each with FILES, REASONS, and RULES for a replay or a run() of its own."""

from __future__ import annotations

from types import ModuleType

from . import errors, machine_rules, platform_rules, recovery_rules, variants
from .replay import Replay, Result, load, recordings

SUITES: list[ModuleType] = [recovery_rules, machine_rules, platform_rules, variants, errors]


def run(suite: ModuleType, name: str) -> Result:
    if suite in (errors, variants):
        result: Result = suite.run()
        return result
    return Replay(load(recordings() / f"{name}.jsonl"), suite.RULES).run()
