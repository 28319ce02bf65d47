# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Numbers that more than one layer needs."""

from __future__ import annotations

# Requests under way at the same time, and connections kept: more gains nothing, ARM's write quota is the limit.
THREADS = 32
# Until a connection stands, and until an answer begins.
CONNECT_SECONDS = 20
READ_SECONDS = 120
