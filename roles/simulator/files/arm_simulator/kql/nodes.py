# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tree of a query is made of: small frozen objects. Nothing is looked up or computed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Literal:
    value: Any


@dataclass(frozen=True)
class Name:
    """A column, $left, $right or * (in count and make_list)."""

    text: str


@dataclass(frozen=True)
class Member:
    """owner.key, owner['key'] or owner[index]; key is an expression."""

    owner: Any
    key: Any


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Binary:
    sign: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Within:
    """left in (...), in~, has_any and so on; between has two values."""

    sign: str
    left: Any
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Operator:
    """One stage of a pipeline. names: (column, expression) pairs; the rest depends on the kind."""

    kind: str
    names: tuple[tuple[str, Any], ...] = ()
    by: tuple[tuple[str, Any], ...] = ()
    condition: Any = None
    count: int = 0
    descending: tuple[bool, ...] = ()
    join: str = ""
    queries: tuple[Query, ...] = ()


@dataclass(frozen=True)
class Query:
    """A table's lower-case name (empty: resources) and what is done with it."""

    table: str
    operators: tuple[Operator, ...] = field(default=())
