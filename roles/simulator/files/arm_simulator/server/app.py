# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a decoded request to an answer: the simulator's own paths, sign-in and metadata, the classic service, or Resource Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import registry  # noqa: F401  # pylint: disable=unused-import  # registers what the providers answer
from ..core.messages import ArmError, Request, Response
from ..core.router import open_router
from ..gateway import arm, classic, metadata  # noqa: F401  # pylint: disable=unused-import  # registers an open path
from ..identity import entra  # noqa: F401  # pylint: disable=unused-import  # registers open paths
from . import control

if TYPE_CHECKING:
    from ..core.world import World


def answer(world: World, request: Request) -> Response:
    """Answer any request; never raises."""
    if classic.is_classic(request.path):
        return classic.dispatch(world, request)
    handler, params, methods = open_router.find(request.method, request.path)
    own = request.path.lower().startswith("/_simulator")
    if not methods and not own:
        return arm.dispatch(world, request, sign_in=True)
    request.params = params
    if own:
        return control.answer(world, request, handler, methods)

    def open_answer(_fault: object) -> Response:
        if handler is None:
            message = f"The requested resource does not support http method '{request.method}'."
            raise ArmError(405, "MethodNotAllowed", message, headers={"Allow": ", ".join(methods)})
        return handler(world, request)

    kind = "metadata" if request.path.lower().startswith("/metadata/endpoints") else "sign-in"
    return arm.attend(world, request, kind, open_answer)
