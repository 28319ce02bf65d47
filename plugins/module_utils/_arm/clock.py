# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Azure's own time, from the header Date of its answers. Nothing else in the collection reads the controller's clock, which may be wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from .libraries import HTTPPolicy

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

Result = TypeVar("Result")
# What Entra ID allows between its clock and that of a client assertion. A clock that is further off earns a warning.
FAR_OFF = timedelta(minutes=5)
# Only Azure's answers have one of these; what a proxy in between says has the proxy's time.
REQUEST_ID_HEADERS = ("x-ms-request-id", "x-ms-correlation-request-id")


def controller_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Runs with the monotonic clock, which nobody sets, from what Azure's answers said. Shared by all threads.

    Date is cut off to whole seconds and has been on its way, so of several answers the one that says the latest time is
    the nearest to the truth, in whatever order threads hand them over; and the time never goes back.
    """

    def __init__(self) -> None:
        self.warn: Callable[[str], None] = lambda text: None
        self._lock = threading.Lock()
        self._zero: datetime | None = None
        """What time it was in Azure when the monotonic clock began."""
        self._warned = False

    def learn(self, date: str) -> None:
        """The Date of an answer that has just come."""
        try:
            said = parsedate_to_datetime(date)
        except (TypeError, ValueError):
            return
        zero = said.replace(tzinfo=said.tzinfo or UTC) - timedelta(seconds=time.monotonic())
        with self._lock:
            self._zero = zero if self._zero is None else max(self._zero, zero)

    def now(self) -> datetime:
        """Azure's time; that of the controller as long as Azure has not answered. Warns once where the two are far apart."""
        zero, controller = self._zero, controller_time()
        if zero is None:
            return controller
        now = zero + timedelta(seconds=time.monotonic())
        if abs(controller - now) > FAR_OFF:
            self._warn_of(controller - now)
        return now

    def by_time(self, work: Callable[[datetime], Result]) -> Result:
        """What work makes of the time. Where it is the first to ask Azure and the controller's clock proves to be far off, it is done again."""
        known, begun, now = self._zero is not None, time.monotonic(), self.now()
        result = work(now)
        if known or self._zero is None or abs(self._zero + timedelta(seconds=begun) - now) <= FAR_OFF:
            return result
        return work(self.now())

    def _warn_of(self, error: timedelta) -> None:
        with self._lock:
            warned, self._warned = self._warned, True
        if not warned:
            self.warn(
                f"The clock of the machine that runs the module is {_size(abs(error))} {'ahead of' if error > timedelta(0) else 'behind'} "
                "Azure's. Ages and time windows were judged by Azure's clock. Synchronize the machine's clock (chronyd or another NTP client): "
                "times that a playbook computes from it are wrong, and sign-in with a certificate can fail."
            )


def _size(error: timedelta) -> str:
    """'2 days', '3 hours', '12 minutes': the unit in which it is at least two, rounded."""
    for unit, name in ((timedelta(days=1), "days"), (timedelta(hours=1), "hours")):
        if error >= 2 * unit:
            return f"{round(error / unit)} {name}"
    return f"{round(error / timedelta(minutes=1))} minutes"


class ClockPolicy(HTTPPolicy):
    """A link of one client's pipeline; the clock is the task's."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def send(self, request: PipelineRequest) -> PipelineResponse:
        response = self.next.send(request)
        headers = response.http_response.headers
        if any(name in headers for name in REQUEST_ID_HEADERS):
            self._clock.learn(headers.get("Date", ""))
        return response
