# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts print that are run in virtual machines: from the estate's run_commands, or POST /_simulator/run_commands.

An answer is {match, vm, stdout, stderr, exit_code, seconds, agent}: match is a regular expression to be
found in the script, vm a pattern as of a shell for 'name' or 'group/name'; both left out fit all. agent
is what the script makes of the VM agent, as in the estate's vms. The youngest that fits counts. A
script that none fits prints nothing, ends well and leaves the agent as it is.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ...core.estate_schema import RUN_COMMAND, check
from ...core.messages import ArmError, Request, Response
from ...core.router import open_router
from ...core.store import Document

if TYPE_CHECKING:
    from ...core.world import World

SECONDS = 17.0
"""How long a script lasts if nothing else is said; recorded for one that only prints."""
_TABLE = "run command answers"
_DEFAULT = {"match": "", "vm": "*", "stdout": "", "stderr": "", "exit_code": 0, "seconds": SECONDS, "agent": None}
_RESULT = ("stdout", "stderr", "exit_code", "seconds", "agent")


def result_of(world: World, vm: Document, script: str) -> Document:
    """{stdout, stderr, exit_code, seconds, agent} of a script that is run in a VM."""
    names = vm["name"].lower(), f"{vm['id'].split('/')[4]}/{vm['name']}".lower()
    for answer in reversed(world.store.tables.get(_TABLE, {}).values()):
        if any(fnmatchcase(name, answer["vm"].lower()) for name in names) and re.search(answer["match"], script):
            return {key: answer[key] for key in _RESULT}
    return {key: _DEFAULT[key] for key in _RESULT}


def build(world: World, section: list[Document]) -> None:
    """The estate's run_commands."""
    for entry in section:
        try:
            re.compile(entry.get("match", ""))
        except re.error as exc:
            raise ArmError(400, "InvalidRunCommand", f"match '{entry['match']}' is no regular expression: {exc}.") from exc
        world.store.put(_TABLE, f"{world.store.next_number(_TABLE):06d}", {**_DEFAULT, **entry})


@open_router.route("GET", "/_simulator/run_commands")
def list_answers(world: World, request: Request) -> Response:
    return Response(200, {"run_commands": list(world.store.tables.get(_TABLE, {}).values())})


@open_router.route("POST", "/_simulator/run_commands")
def add_answer(world: World, request: Request) -> Response:
    """One answer, as in the estate."""
    wish = request.json()
    problems: list[str] = []
    check(wish, RUN_COMMAND, "", problems)
    if problems:
        raise ArmError(400, "InvalidRunCommand", "; ".join(problems))
    build(world, [wish])
    return Response(201, {**_DEFAULT, **wish})


@open_router.route("DELETE", "/_simulator/run_commands")
def clear_answers(world: World, request: Request) -> Response:
    for key in list(world.store.tables.get(_TABLE, {})):
        world.store.delete(_TABLE, key)
    return Response(204)
