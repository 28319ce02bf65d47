# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators on tables: each takes a table and gives the next one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from .aggregates import compile_aggregate
from .expressions import Row, Value, compile_expression, name_of
from .nodes import Operator, Query
from .tokens import KqlError
from .values import text


@dataclass
class Table:
    """columns in order; each row holds all of them."""

    columns: list[str]
    rows: list[Row]


Source = Callable[[str, Query], Table]
Assignments = list[tuple[str, Value]]


class Run:
    """One evaluation of a query at a moment."""

    def __init__(self, source: Source, now: datetime) -> None:
        self._source = source
        self._now = now

    def query(self, query: Query) -> Table:
        table = self._source(query.table, query)
        for operator in query.operators:
            table = getattr(self, "_" + operator.kind.replace("-", "_"))(operator, table)
        return table

    def _value(self, node: Any, table: Table) -> Value:
        return compile_expression(node, table.columns, self._now)

    def _assigned(self, names: tuple[tuple[str, Any], ...], table: Table) -> Assignments:
        """Columns with their values; what has no name is called after its expression or by its place."""
        numbers = itertools.count(1)
        return [(name or name_of(node) or f"Column{next(numbers)}", self._value(node, table)) for name, node in names]

    # Rows

    def _where(self, operator: Operator, table: Table) -> Table:
        test = self._value(operator.condition, table)
        return Table(table.columns, [row for row in table.rows if test(row)])

    def _limit(self, operator: Operator, table: Table) -> Table:
        return Table(table.columns, table.rows[: operator.count])

    def _count(self, operator: Operator, table: Table) -> Table:
        return Table(["Count"], [{"Count": len(table.rows)}])

    def _order(self, operator: Operator, table: Table) -> Table:
        rows = list(table.rows)
        for (_name, node), descending in reversed(list(zip(operator.by, operator.descending, strict=True))):
            value = self._value(node, table)
            rows.sort(key=lambda row, value=value: _rank(value(row)), reverse=descending)  # type: ignore[misc]
        return Table(table.columns, rows)

    def _top(self, operator: Operator, table: Table) -> Table:
        return self._limit(operator, self._order(operator, table))

    def _mv_expand(self, operator: Operator, table: Table) -> Table:
        """One row for each entry of the first list; further lists go along with it."""
        assigned = self._assigned(operator.names, table)
        names = [name for name, _value in assigned]
        columns = [*table.columns, *(name for name in names if name not in table.columns)]
        rows: list[Row] = []
        for row in table.rows:
            entries = [_entries(value(row)) for _name, value in assigned]
            rows += [row | dict(zip(names, each, strict=True)) for each in itertools.zip_longest(*entries)]
        return Table(columns, rows)

    # Columns

    def _project(self, operator: Operator, table: Table) -> Table:
        assigned = self._assigned(operator.names, table)
        return Table([name for name, _value in assigned], [{name: value(row) for name, value in assigned} for row in table.rows])

    def _extend(self, operator: Operator, table: Table) -> Table:
        assigned = self._assigned(operator.names, table)
        columns = [*table.columns, *(name for name, _value in assigned if name not in table.columns)]
        return Table(columns, [row | {name: value(row) for name, value in assigned} for row in table.rows])

    def _project_away(self, operator: Operator, table: Table) -> Table:
        return _narrow(table, [column for column in table.columns if not _named(column, operator)])

    def _project_keep(self, operator: Operator, table: Table) -> Table:
        return _narrow(table, [column for column in table.columns if _named(column, operator)])

    def _project_rename(self, operator: Operator, table: Table) -> Table:
        renamed = {name_of(node): name for name, node in operator.names}
        columns = [renamed.get(column, column) for column in table.columns]
        return Table(columns, [dict(zip(columns, (row[column] for column in table.columns), strict=True)) for row in table.rows])

    # Groups

    def _distinct(self, operator: Operator, table: Table) -> Table:
        chosen = self._project(operator, table) if operator.names else table
        return Table(chosen.columns, list({_key(row.values()): row for row in reversed(chosen.rows)}.values())[::-1])

    def _summarize(self, operator: Operator, table: Table) -> Table:
        by = self._assigned(operator.by, table)
        aggregates = [compile_aggregate(name, node, table.columns, self._now) for name, node in operator.names]
        groups: dict[tuple[str, ...], list[Row]] = {} if by else {(): []}
        for row in table.rows:
            groups.setdefault(_key(value(row) for _name, value in by), []).append(row)
        rows = []
        for members in groups.values():
            keys = {name: value(members[0]) for name, value in by} if members else {}
            rows.append(keys | {name: aggregate(members) for name, aggregate in aggregates})
        return Table([*(name for name, _value in by), *(name for name, _aggregate in aggregates)], rows)

    # Other tables

    def _union(self, operator: Operator, table: Table) -> Table:
        others = [self.query(query) for query in operator.queries]
        columns = list(dict.fromkeys(column for each in (table, *others) for column in each.columns))
        empty = dict.fromkeys(columns)
        return Table(columns, [empty | row for each in (table, *others) for row in each.rows])

    def _join(self, operator: Operator, table: Table) -> Table:
        right = self.query(operator.queries[0])
        kind = {"anti": "leftanti"}.get(operator.join, operator.join)
        if kind not in ("innerunique", "inner", "leftouter", "leftanti", "leftsemi"):
            raise KqlError("UnsupportedJoinKind", f"The join kind '{kind}' is not supported.")
        for side, column in ((table, 0), (right, 1)):
            for pair in operator.names:
                if pair[column] not in side.columns:
                    raise KqlError("Default", f"Failed to resolve scalar expression named '{pair[column]}'")
        matches: dict[tuple[str, ...], list[Row]] = {}
        for row in right.rows:
            matches.setdefault(_key(row[name] for _left, name in operator.names), []).append(row)
        keyed = [(_key(row[name] for name, _right in operator.names), row) for row in table.rows]
        if kind in ("leftanti", "leftsemi"):
            return Table(table.columns, [row for key, row in keyed if (key in matches) is (kind == "leftsemi")])
        if kind == "innerunique":
            keyed = list({key: (key, row) for key, row in reversed(keyed)}.values())[::-1]
        return _joined(table, right, keyed, matches, keep=kind == "leftouter")


def _joined(table: Table, right: Table, keyed: list[tuple[Any, Row]], matches: dict[Any, list[Row]], *, keep: bool) -> Table:
    """Rows side by side; a column that both have gets a 1 behind its name on the right."""
    names = {column: _fresh(column, table.columns) for column in right.columns}
    nothing = [dict.fromkeys(right.columns)] if keep else []
    rows = [row | {names[name]: value for name, value in other.items()} for key, row in keyed for other in matches.get(key, nothing)]
    return Table([*table.columns, *names.values()], rows)


def _fresh(column: str, taken: list[str]) -> str:
    return next(name for name in itertools.chain([column], (f"{column}{number}" for number in itertools.count(1))) if name not in taken)


def _narrow(table: Table, columns: list[str]) -> Table:
    return Table(columns, [{column: row[column] for column in columns} for row in table.rows])


def _named(column: str, operator: Operator) -> bool:
    return any(fnmatchcase(column, pattern) for pattern, _node in operator.names)


def _key(values: Any) -> tuple[str, ...]:
    return tuple(text(value) for value in values)


def _entries(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [{key: item} for key, item in value.items()]
    return value if isinstance(value, list) else [value]


def _rank(value: Any) -> tuple[int, Any]:
    """A sort key that puts nothing first, and values of one kind together."""
    if value is None:
        return 0, 0
    if isinstance(value, (bool, int, float)):
        return 1, value
    return (2, value.timestamp()) if isinstance(value, datetime) else (3, text(value))
