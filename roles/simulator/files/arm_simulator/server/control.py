# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own paths under /_simulator, for tests and demonstrations. They ask for no token."""

from __future__ import annotations

import logging
import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import estate
from ..core.clock import instant, iso
from ..core.messages import ArmError, Request, Response
from ..core.router import Handler, open_router
from ..core.throttle import MODES, mode_of

if TYPE_CHECKING:
    from ..core.world import World

log = logging.getLogger(__name__)
route = open_router.route
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def answer(world: World, request: Request, handler: Handler | None, methods: list[str]) -> Response:
    try:
        world.clock.run_due()
        if handler is None:
            status, code = (405, "MethodNotAllowed") if methods else (404, "NotFound")
            raise ArmError(status, code, f"{request.method} {request.path} is no path of the simulator.")
        with world.store.batch():
            return handler(world, request)
    except ArmError as exc:
        return exc.response()
    except Exception as exc:
        log.exception("%s %s", request.method, request.path)
        return ArmError(500, "InternalServerError", f"The simulator failed: {exc!r}; its log has the traceback.").response()


@route("GET", "/_simulator/status")
def status(world: World, request: Request) -> Response:
    settings, ledger = world.settings, world.ledger
    return Response(
        200,
        {
            "pid": os.getpid(),
            "arm_url": settings.base_url,
            "subscription_id": settings.subscription_id,
            "now": iso(world.clock.now()),
            "resources": len(world.store.tables.get("resources", {})),
            "requests": len(ledger.select(kind="arm")),
            "writes": len(ledger.select(writes=True)),
            "sign_ins": len(ledger.select(kind="sign-in")),
            "settings": _settings(world),
        },
    )


# Ledger


@route("GET", "/_simulator/ledger")
def get_ledger(world: World, request: Request) -> Response:
    """?writes=true, method=, path= (part of it), kind= arm (default), sign-in, metadata or all."""
    query = request.query
    kind = query.get("kind", "arm").replace("all", "")
    wanted = {"method": query.get("method", ""), "path": query.get("path", ""), "kind": kind}
    return Response(200, {"requests": world.ledger.select(writes=query.get("writes", "").lower() in ("true", "1", "yes"), **wanted)})


@route("DELETE", "/_simulator/ledger")
def clear_ledger(world: World, request: Request) -> Response:
    world.ledger.clear()
    return Response(204)


# State and time


@route("POST", "/_simulator/reset")
def reset(world: World, request: Request) -> Response:
    """Back to an empty subscription, or to the estate of the start with {"estate": true}; {"clock_at": instant} says what time it is there."""
    wish = request.json()
    world.reset(_instant("clock_at", wish["clock_at"]) if "clock_at" in wish else None)
    if wish.get("estate") and world.estate:
        estate.load(world, world.estate)
    return status(world, request)


@route("POST", "/_simulator/estate")
def add_estate(world: World, request: Request) -> Response:
    """Add what an estate in YAML or JSON describes to what is there."""
    try:
        estate.load(world, estate.parse(request.body.decode("utf-8", "replace"), world))
    except estate.EstateError as exc:
        details = [{"code": "InvalidEstate", "message": problem} for problem in exc.problems]
        raise ArmError(400, "InvalidEstate", str(exc), details=details) from exc
    world.store.forget_writes()
    return status(world, request)


@route("GET", "/_simulator/clock")
def get_clock(world: World, request: Request) -> Response:
    return Response(200, {"now": iso(world.clock.now()), "offset": world.clock.offset, "speed": world.clock.speed})


@route("POST", "/_simulator/clock")
def jump(world: World, request: Request) -> Response:
    """{"jump": seconds or "1d2h30m5s"} or {"at": instant}: what falls due on the way happens, in order."""
    wish = request.json()
    seconds = (_instant("at", wish["at"]) - world.clock.now()).total_seconds() if "at" in wish else wish.get("jump")
    world.clock.jump(_seconds(seconds))
    return get_clock(world, request)


def _instant(key: str, value: Any) -> datetime:
    try:
        return instant(value)
    except ValueError as exc:
        raise ArmError(400, "InvalidInstant", f"{key} is {exc}.") from exc


def _seconds(value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"(\d+(\.\d+)?[dhms])+", value):
        return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)([dhms])", value))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise ArmError(400, "InvalidJump", "jump is a number of seconds, or a text such as '2h30m'; at is an instant that is still to come. Time does not go back.")


# Settings


def _settings(world: World) -> dict[str, Any]:
    settings = world.settings
    shown = {"latency": settings.latency, "page_size": settings.page_size, "speed": world.clock.speed}
    return {**shown, "throttling": settings.throttling, "token_lifetime": settings.token_lifetime, "agent_silence": settings.agent_silence}


@route("GET", "/_simulator/settings")
def get_settings(world: World, request: Request) -> Response:
    return Response(200, _settings(world))


@route("POST", "/_simulator/settings")
def change_settings(world: World, request: Request) -> Response:
    """latency (seconds, 0 or more), page_size (1 to 1000), speed (above 0), throttling (off, real, scaled), token_lifetime and agent_silence (seconds)."""
    wish, known = request.json(), _settings(world)
    checks = {
        "latency": lambda value: isinstance(value, (int, float)) and value >= 0,
        "page_size": lambda value: isinstance(value, int) and 1 <= value <= 1000,
        "speed": lambda value: isinstance(value, (int, float)) and value > 0,
        "throttling": lambda value: mode_of(value) in MODES,
        **dict.fromkeys(("token_lifetime", "agent_silence"), lambda value: isinstance(value, (int, float)) and value > 0),
    }
    wrong = [key for key, value in wish.items() if key not in checks or not checks[key](value)]
    if wrong:
        raise ArmError(400, "InvalidSettings", f"{', '.join(wrong)}: not a setting, or not a value for it; settings are {', '.join(known)}.")
    for key, value in wish.items():
        setattr(world.settings, key, mode_of(value) if key == "throttling" else value)
    world.clock.speed = world.settings.speed
    return get_settings(world, request)


# Faults


@route("GET", "/_simulator/faults")
def list_faults(world: World, request: Request) -> Response:
    return Response(200, {"faults": world.faults.list()})


@route("POST", "/_simulator/faults")
def order_fault(world: World, request: Request) -> Response:
    return Response(201, world.faults.order(request.json()))


@route("DELETE", "/_simulator/faults")
def clear_faults(world: World, request: Request) -> Response:
    """Operations that hang end now."""
    world.faults.clear()
    with world.store.batch():
        world.operations.release()
    return Response(204)
