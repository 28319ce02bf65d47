# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time at which every test's simulated Azure begins, whatever time it is on this machine."""

from __future__ import annotations

import os

import pytest

# After the backups of the day: Azure's default policy begins them at 16:30, and a test that lets hours pass must not meet them.
CLOCK_AT = "2026-03-10T17:00:00Z"


def pytest_configure(config: pytest.Config) -> None:
    """SIMULATOR_CLOCK_AT of the environment chooses another time, to see that a test does not depend on it."""
    os.environ.setdefault("SIMULATOR_CLOCK_AT", CLOCK_AT)
