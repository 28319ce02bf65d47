# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What Azure answers when it takes a request and works on: the operation's id, and when to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .libraries import PollingMethod


@dataclass(frozen=True, slots=True)
class Accepted:
    """operation is the last part of the operation's URL, None when the answer was final or named none; retry_after is in seconds."""

    operation: str | None = None
    retry_after: float | None = None


def accepted(response: Any, *_rest: Any) -> Accepted:
    """Of a PipelineResponse; fits as the cls of a method of Microsoft's clients."""
    http = response.http_response
    if http.status_code != 202:
        return Accepted()
    url = http.headers.get("Azure-AsyncOperation") or http.headers.get("Location") or ""
    wait = http.headers.get("Retry-After", "")
    seconds = float(wait) if wait.isascii() and wait.isdigit() else None
    return Accepted(url.split("?")[0].rstrip("/").rsplit("/", 1)[-1] or None, seconds)


class NotPolled(PollingMethod):
    """A polling method that does not poll: the poller's result is what Azure answered first."""

    def initialize(self, client: Any, initial_response: Any, deserialization_callback: Any) -> None:
        self._accepted = accepted(initial_response)

    def run(self) -> None:
        """Nothing: somebody else watches the operation."""

    def status(self) -> str:
        return "Accepted"

    def finished(self) -> bool:
        return True

    def resource(self) -> Accepted:
        return self._accepted
