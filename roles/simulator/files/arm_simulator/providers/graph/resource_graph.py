# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.ResourceGraph: one query over all resources."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ... import kql
from ...core.clock import iso
from ...core.messages import ArmError, Request, Response
from ...core.router import route
from ...gateway import throttling
from ...identity import access
from ...kql.values import text
from . import graph_tables

if TYPE_CHECKING:
    from ...core.world import World

MOST = 1000  # rows of an answer: https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
_TYPES = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), ((dict, list), "object"))


def _bad_request(world: World, *details: dict[str, Any]) -> ArmError:
    """Resource Graph's own form of an error; what is wrong stands in the details."""
    message = f"Please provide below info when asking for support: timestamp = {iso(world.clock.now())}, correlationId = {world.new_id()}."
    return ArmError(400, "BadRequest", message, details=list(details))


def _invalid(world: World, problem: kql.KqlError) -> ArmError:
    advice = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."
    return _bad_request(
        world, {"code": "InvalidQuery", "message": advice}, {"code": problem.code, "message": problem.message, **problem.extra}
    )


@route("POST", "/providers/Microsoft.ResourceGraph/resources")
def query_resources(world: World, request: Request) -> Response:
    """{query, subscriptions?, options: {$top, $skip, $skipToken, resultFormat}, facets?}"""
    body = request.json()
    headers = throttling.admit_query(world, request.caller)
    _check_subscriptions(world, body.get("subscriptions"))
    question, options = str(body.get("query") or ""), body.get("options") or {}
    found = _evaluate(world, request, question)
    start, size = _page(world, options)
    rows = found.rows[start: start + size]
    answer: dict[str, Any] = {"totalRecords": len(found.rows), "count": len(rows)}
    more = start + size < len(found.rows)
    if more and "id" in found.columns:  # only rows with an id can be paged through
        answer["$skipToken"] = base64.b64encode(json.dumps({"skip": start + size, "top": size}).encode()).decode()
        more = False
    as_table = _format(request, options) == "table"
    answer["data"] = _table(found.columns, rows) if as_table else [_plain(row) for row in rows]
    answer["facets"] = [_facet(world, request, question, facet) for facet in body.get("facets") or []]
    answer["resultTruncated"] = "true" if more else "false"
    return Response(200, answer, headers)


def _check_subscriptions(world: World, wanted: Any) -> None:
    if wanted and world.settings.subscription_id.lower() not in [str(each).lower() for each in wanted]:
        names = "; ".join(map(str, wanted))
        message = f"There must be at least one subscription that is eligible to contain resources. Given: '{names}'."
        raise _bad_request(world, {"code": "NoValidSubscriptionsInQueryRequest", "message": message})


def _evaluate(world: World, request: Request, question: str) -> kql.Table:
    sees = access.reader(world, request.caller)
    try:
        return kql.evaluate(question, lambda name, query: graph_tables.table(world, name, query, sees), world.clock.now())
    except kql.KqlError as problem:
        raise _invalid(world, problem) from problem


def _page(world: World, options: dict[str, Any]) -> tuple[int, int]:
    """(first row, rows at most). A skip token holds both; $top beside it wins."""
    start, size = options.get("$skip") or 0, options.get("$top")
    token = options.get("$skipToken")
    if token:
        try:
            page = json.loads(base64.b64decode(token))
            start, size = page["skip"], size or page["top"]
        except (ValueError, KeyError, TypeError) as exc:
            raise _bad_request(world, {"code": "InvalidSkipToken", "message": "The skip token is not valid."}) from exc
    size = MOST if size is None else size
    if not isinstance(size, int) or not 1 <= size <= MOST:
        message = f"The value of $top must be between 1 and {MOST}."
        raise _bad_request(world, {"code": "InvalidTop", "message": message})
    if not isinstance(start, int) or start < 0:
        raise _bad_request(world, {"code": "InvalidSkip", "message": "The value of $skip must not be negative."})
    return start, size


def _format(request: Request, options: dict[str, Any]) -> str:
    """Before 2020 the rows came as a table unless asked for otherwise."""
    default = "table" if request.api_version < "2020" else "objectArray"
    return "table" if str(options.get("resultFormat") or default).lower() == "table" else "objectArray"


def _value(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, bool, int, float, list, dict)) else text(value)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _table(columns: list[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    described = [{"name": column, "type": _type(next((row[column] for row in rows if row[column] is not None), ""))} for column in columns]
    return {"columns": described, "rows": [[_value(row[column]) for column in columns] for row in rows]}


def _type(value: Any) -> str:
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "string")


def _facet(world: World, request: Request, question: str, wish: dict[str, Any]) -> dict[str, Any]:
    """How often each value of an expression occurs in the answer."""
    expression, options = str(wish.get("expression") or ""), wish.get("options") or {}
    order = "asc" if str(options.get("sortOrder") or "desc").lower() == "asc" else "desc"
    sort = str(options.get("sortBy") or "count")
    try:
        found = _evaluate(world, request, f"{question} | summarize ['count']=count() by {expression} | order by ['{sort}'] {order}")
    except ArmError as problem:
        return {"expression": expression, "resultType": "FacetError", "errors": problem.extra["details"]}
    rows = found.rows[: int(options.get("$top") or 10)]
    data = [_plain(row) for row in rows]
    return {"expression": expression, "resultType": "FacetResult", "totalRecords": len(found.rows), "count": len(rows), "data": data}
