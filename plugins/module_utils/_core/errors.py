# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The one family of errors. Everything raised on purpose ends in one message, one hint and one exit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What a 404 may say besides: the subscription is mistyped, or the URL is not one of Azure's.
_NOT_ABOUT_THE_RESOURCE = ("SubscriptionNotFound", "InvalidResourceType", "InvalidResourceNamespace", None)


class AzureBackupError(Exception):
    """A failure that is told to the user.

    message says in one sentence what could not be done and why; hint what to do about it. code,
    status, target and request_id are Azure's own, None where Azure was not reached. extra are more
    result keys, for a task that did a part of its work.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        status: int | None = None,
        target: str | None = None,
        request_id: str | None = None,
        details: Any = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.status = status
        self.target = target
        self.request_id = request_id
        self.details = details
        self.extra = extra or {}

    @property
    def _http(self) -> str | None:
        return f"HTTP {self.status}" if self.status else None

    @property
    def is_absence(self) -> bool:
        """Whether Azure says that the resource, or what it is in, does not exist."""
        return self.status == 404 and self.code not in _NOT_ABOUT_THE_RESOURCE

    @property
    def may_have_taken_effect(self) -> bool:
        """Whether Azure may have taken the write that failed so: its answer was lost, or a gateway in between answered for it."""
        return self.code == "EndpointUnreachable" or self.status in (500, 502, 504)

    def result(self) -> dict[str, Any]:
        """What fail_json gets: msg with everything for a reader, error with the parts for a program."""
        text = self.message
        facts = [f"{name} {value}" for name, value in (("code", self.code or self._http), ("request id", self.request_id)) if value]
        if facts:
            text += f" ({', '.join(facts)})"
        if self.hint:
            text += f"\nHint: {self.hint}"
        error = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
            "target": self.target,
            "request_id": self.request_id,
            "hint": self.hint,
            "details": self.details,
        }
        return {**self.extra, "msg": text, "error": {key: value for key, value in error.items() if value is not None}}


RESUMES = "Run it again: it resumes from what Azure has done by then. A larger wait_timeout waits longer."


def timed_out(doing: str, seconds: float, hint: str = RESUMES, **parts: Any) -> AzureBackupError:
    """What was begun did not end in time. doing: a verb phrase, 'upgrade vault v1'; parts: as AzureBackupError takes them."""
    text = f"Could not {doing} within {seconds:g} seconds; the operation is still running in Azure."
    return AzureBackupError(text, code="OperationTimeout", hint=hint, **parts)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input: which option, and what is wrong and allowed. value: the one of a list that it is about."""

    option: str
    text: str
    value: str | None = None

    def __str__(self) -> str:
        return f"{self.option}: {self.text}"


class InputError(AzureBackupError):
    """All problems of an input at once. Raised before anything is written, in check mode too."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} with the options, nothing was written:", *(f"- {each}" for each in problems)]))

    def result(self) -> dict[str, Any]:
        return {"msg": self.message, "problems": [{"option": each.option, "message": each.text} for each in self.problems]}


def refuse(problems: list[Problem]) -> None:
    """Raise InputError when there is any problem."""
    if problems:
        raise InputError(problems)
