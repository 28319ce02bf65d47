# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""/etc/waagent.conf as the Linux VM agent reads it, and changes of single values that leave every other byte alone.

A line counts when it does not begin with # and has a =; the value ends at the next #, and double quotes around it do not
count; of several lines with a key the last one holds, and None means not set. What is no switch counts as the default.
https://github.com/Azure/WALinuxAgent/blob/master/azurelinuxagent/common/conf.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# What follows a value: blanks, a comment, the end of the line.
_AFTER = re.compile(r"\s*(#.*)?\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Setting:
    line: int  # from 1
    value: str


def _lines(text: str) -> list[str]:
    """The lines with their ends. str.splitlines would break them at more characters than the agent does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _read(text: str) -> Iterator[tuple[str, Setting]]:
    for number, line in enumerate(_lines(text), 1):
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            yield key.strip(), Setting(number, value.partition("#")[0].strip().strip('"'))


def settings(text: str) -> dict[str, Setting]:
    """What is set, by key."""
    return {key: setting for key, setting in dict(_read(text)).items() if setting.value not in ("None", "")}


def switch(found: Mapping[str, Setting], key: str, default: bool) -> bool:
    """A setting that is y or n."""
    setting = found.get(key)
    return {"y": True, "n": False}.get(setting.value.lower(), default) if setting else default


def edit(text: str, changes: Mapping[str, str]) -> str:
    """The text with these values, each in the line that holds. Keys that are not set get a line at the end."""
    lines = _lines(text)
    found = dict(_read(text))
    added = []
    for key, value in changes.items():
        if key in found:
            index = found[key].line - 1
            head, _equals, tail = lines[index].partition("=")
            lines[index] = f"{head}={value}{_AFTER.search(tail)[0]}"  # type: ignore[index]
        else:
            added.append(f"{key}={value}\n")
    if added and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join(lines + added)
