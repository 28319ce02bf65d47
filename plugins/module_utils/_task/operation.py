# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Operations of a vault that Azure has accepted: {status, error, properties} until they end."""

from __future__ import annotations

import time
from collections.abc import Callable

from .._core.errors import AzureBackupError, timed_out
from .._core.fields import Document

LOOK_AGAIN_SECONDS = 5


def failure(operation: Document, target: str | None = None) -> AzureBackupError | None:
    """Why an operation ended badly, None when it did not. target: the operation's id."""
    status = operation.get("status")
    if status not in ("Failed", "Canceled"):
        return None
    error = operation.get("error") or {}
    return AzureBackupError(error.get("message") or f"the operation ended as {status}", code=error.get("code"), target=target)


def follow(look: Callable[[], Document], doing: str, seconds: float) -> None:
    """Look at an operation until it ends. Raises when it failed or did not end in time. doing: a verb phrase."""
    end = time.monotonic() + seconds
    while True:
        operation = look()
        failed = failure(operation)
        if failed:
            raise AzureBackupError(f"Could not {doing}: {failed.message}", code=failed.code)
        if operation.get("status") != "InProgress":
            return
        if time.monotonic() > end:
            raise timed_out(doing, seconds)
        time.sleep(LOOK_AGAIN_SECONDS)
