# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's limits on the rate of requests. Off unless the estate turns them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .messages import Request
    from .world import World


def admit(world: World, request: Request) -> dict[str, str]:
    """Count a request; the headers that tell what is left, or ArmError 429 when nothing is."""
    return {}
