# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kusto query language as far as Azure Resource Graph queries for VMs and backup need it.

tokens cuts a query into words, parser makes a tree of them (nodes), expressions turns the tree's expressions
into functions of a row, operators applies one table operator after the other. See
https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language for the language.
"""

from __future__ import annotations

import re
from datetime import datetime

from .nodes import Query
from .operators import Run, Source, Table
from .parser import parse
from .tokens import KqlError

__all__ = ["KqlError", "Query", "Source", "Table", "evaluate"]


def evaluate(text: str, source: Source, now: datetime) -> Table:
    """What a query comes to. source gives a table by its lower-case name, with the query that asks; KqlError when the query is wrong."""
    try:
        return Run(source, now).query(parse(text))
    except (TypeError, ValueError, ArithmeticError, RecursionError, re.error) as exc:
        raise KqlError("Default", f"The query cannot be evaluated: {exc}") from exc
