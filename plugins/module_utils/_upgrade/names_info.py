# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vault_upgrade_names_info: old names in files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from .._core.errors import Problem
from .._task.module import Run
from .names import find

# What is larger is data and no script.
LARGEST_BYTES = 5_000_000


def check(options: dict[str, Any]) -> list[Problem]:
    return [
        Problem("paths", f"{path} is no file or folder that can be read")
        for path in options.get("paths") or ()
        if not os.access(path, os.R_OK)
    ]


def info(run: Run) -> dict[str, Any]:
    """Every old name in the files of the paths. Files that are no text are passed over, and those that cannot be read are named."""
    findings: list[dict[str, Any]] = []
    unread: list[dict[str, str]] = []
    files = sorted(set(_files(run.options)))
    for path in files:
        try:
            if path.stat().st_size > LARGEST_BYTES:
                unread.append({"path": str(path), "reason": f"larger than {LARGEST_BYTES} bytes"})
                continue
            content = path.read_bytes()
        except OSError as exc:
            unread.append({"path": str(path), "reason": str(exc.strerror)})
            continue
        findings += [{"path": str(path), **each} for each in find(_text(content))]
    return {"changed": False, "findings": findings, "files": len(files), "unread": unread}


def _text(content: bytes) -> str:
    """PowerShell writes UTF-16 now and then. Anything else with a zero byte is no text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    return "" if b"\0" in content[:8192] else content.decode("utf-8-sig", "replace")


def _files(options: dict[str, Any]) -> Iterator[Path]:
    for path in options["paths"]:
        if os.path.isdir(path):
            yield from _below(path, options["patterns"], options["excludes"])
        else:
            yield Path(path)


def _below(top: str, patterns: list[str], excludes: list[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        folders[:] = [each for each in folders if not _fits(each, excludes)]
        chosen = [each for each in names if _fits(each, patterns) and not _fits(each, excludes)]
        yield from (path for each in chosen if (path := Path(folder, each)).is_file())


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
