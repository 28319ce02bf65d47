# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Tables that tie an option to its place in an ARM document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]  # as ARM has it
View = dict[str, Any]  # the same in the words of the options


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """option: name in options and results. path: keys in the ARM document, dotted.

    read turns the ARM value (None when absent) into the option's canonical form, in which views
    are compared; write is the inverse.
    """

    option: str
    path: str
    read: Callable[[Any], Any] = same
    write: Callable[[Any], Any] = same


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, none when the value is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The texts of a list, none when the value is no list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, (list, tuple)) else []


def fetch(document: Any, path: str) -> Any:
    """The value at a dotted path, None when any part is missing."""
    for key in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def place(document: Document, path: str, value: Any) -> None:
    """Set the value at a dotted path, making the objects on the way."""
    *way, last = path.split(".")
    for key in way:
        document = document.setdefault(key, {})
    document[last] = value


def view(fields: Iterable[Field], document: Document) -> dict[str, Any]:
    """The document in the words of the options."""
    return {field.option: field.read(fetch(document, field.path)) for field in fields}


def body(fields: Iterable[Field], values: dict[str, Any]) -> Document:
    """An ARM document that holds just these values."""
    document: Document = {}
    for field in fields:
        if field.option in values:
            place(document, field.path, field.write(values[field.option]))
    return document


def choice(*pairs: tuple[str, str]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """read and write for an option whose choices stand for ARM values: pairs of (option value, ARM value)."""
    to_option = {arm.lower(): option for option, arm in pairs}
    to_arm = dict(pairs)
    return (lambda value: None if value is None else to_option.get(str(value).lower(), value)), (lambda value: to_arm.get(value, value))
