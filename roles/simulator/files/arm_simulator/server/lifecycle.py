# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, stopping and asking after a simulator."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import ssl
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from .. import estate
from ..core.throttle import mode_of
from ..core.world import Settings, World
from . import guest_network
from .certificates import server_context, write_private
from .http_server import listen, loopback_address, serve
from .state_directory import StateDirectory, StateError

STOP_SECONDS = 10.0


class CommandError(Exception):
    """Why a command cannot do what it was asked to, in one line."""


class Prepared(NamedTuple):
    """All that can fail is done; only serving is left."""

    world: World
    listener: socket.socket
    context: ssl.SSLContext
    guests: list[socket.socket]

    def said(self) -> str:
        """The address, and whether this is an Azure that was there before."""
        places = "".join(f", fabric of guests at {':'.join(map(str, each.getsockname()))}" for each in self.guests)
        return self.world.settings.base_url + places + (" (goes on with its earlier state)" if self.world.resumed else "")


def start(options: Namespace) -> int:
    """Start in the background; returns when connections are taken."""
    directory = StateDirectory(options.state_dir)
    prepared = _prepare(directory, options)
    if prepared is None:
        return 0
    ready, child_end = os.pipe()
    if os.fork():
        os.close(child_end)
        started = os.read(ready, 1) == b"1"
        if not started:
            raise CommandError(f"The simulator ended while it started; see {directory.file('simulator.log')}")
        print(f"started: {prepared.said()}")
        return 0
    _detach(directory.file("simulator.log"))
    directory.write_pid()
    os.write(child_end, b"1")
    os.close(child_end)
    os.close(ready)
    _run(prepared)
    os._exit(0)


def run(options: Namespace) -> int:
    """Serve in the foreground until SIGTERM or SIGINT."""
    directory = StateDirectory(options.state_dir)
    prepared = _prepare(directory, options)
    if prepared is None:
        return 0
    directory.write_pid()
    print(f"serving: {prepared.said()}", flush=True)
    _run(prepared)
    return 0


def _already_running(directory: StateDirectory, options: Namespace) -> bool:
    pid = directory.settled_pid()
    if pid is None:
        return False
    connection = directory.connection()
    missing = set(options.wire_server) - set(connection.get("wire_server", []))
    if missing:
        raise CommandError(f"The simulator runs already (pid {pid}), and not with the wire server {', '.join(sorted(missing))}; stop it first")
    print(f"already running: {connection.get('arm_url')} (pid {pid})")
    return True


def _detach(log_file: Path) -> None:
    """Become a process of its own: a session without a terminal, and nobody's child."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(log)


def _run(prepared: Prepared) -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(serve(*prepared))


# What happens before serving


def _prepare(directory: StateDirectory, options: Namespace) -> Prepared | None:
    """Do all that can fail; a failure leaves nothing behind. None when a simulator runs already."""
    os.umask(0o077)
    if _already_running(directory, options):
        return None
    try:
        loopback_address(options.host)
        wanted = estate.read(options.estate) if options.estate else None
        directory.make()
    except (ValueError, estate.EstateError, StateError) as exc:
        raise CommandError(str(exc)) from exc
    while not directory.try_lock():
        if _already_running(directory, options):
            return None
    sockets: list[socket.socket] = []
    try:
        sockets += guest_network.listen(options.wire_server)
        listener = _listen(directory, options)
        sockets.append(listener)
        settings = _settings(directory, options, listener.getsockname()[1])
        world = _make_world(directory, settings, wanted)
        directory.write_connection(world.settings, options.wire_server)
        return Prepared(world, listener, server_context(directory.path), sockets[:-1])
    except Exception as exc:
        for each in sockets:
            each.close()
        directory.undo()
        raise exc if isinstance(exc, CommandError) else CommandError(f"The simulator cannot start: {exc}") from exc


def _listen(directory: StateDirectory, options: Namespace) -> socket.socket:
    """Port 0 takes the port of the last start when it is still free, so that clients find the simulator again."""
    last = directory.last_port()
    if options.port == 0 and last:
        try:
            return listen(options.host, last)
        except OSError:
            pass
    try:
        return listen(options.host, options.port)
    except (OSError, OverflowError) as exc:
        raise CommandError(f"Port {options.port} on {options.host} cannot be used: {getattr(exc, 'strerror', None) or exc}") from exc


def _settings(directory: StateDirectory, options: Namespace, port: int) -> Settings:
    settings = directory.settings()
    host = "[::1]" if loopback_address(options.host) == "::1" else "localhost"
    settings.base_url = f"https://{host}:{port}"
    settings.speed, settings.latency, settings.page_size = options.speed, options.latency, options.page_size
    settings.clock_at = options.clock_at
    return settings


def _make_world(directory: StateDirectory, settings: Settings, wanted: dict[str, Any] | None) -> World:
    """The world of the last start, or a new one with the wanted estate."""
    try:
        world = World(settings, directory.file("state.jsonl"))
    except (ValueError, TypeError) as exc:
        raise CommandError(f"{directory.file('state.jsonl')} is damaged ({exc}); remove it to begin anew") from exc
    complete = world.store.get("meta", "complete")
    if complete is None:
        _fill(world, wanted or {})
    else:
        world.resumed = True
        settings.subscription_id, settings.tenant_id = complete["subscription_id"], complete["tenant_id"]
    _remember_estate(directory, world, wanted)
    return world


def _fill(world: World, wanted: dict[str, Any]) -> None:
    for key in ("subscription_id", "tenant_id"):
        setattr(world.settings, key, wanted.get(key) or getattr(world.settings, key))
    with world.store.batch():
        estate.load(world, wanted)
        world.mark_complete()


def _remember_estate(directory: StateDirectory, world: World, wanted: dict[str, Any] | None) -> None:
    """Keep the estate for a reset, also one after a restart that names none."""
    kept = directory.file("estate.json")
    if wanted is not None:
        write_private(kept, json.dumps(wanted).encode())
    elif kept.exists():
        wanted = json.loads(kept.read_bytes())
    world.estate = wanted
    world.settings.throttling = mode_of((wanted or {}).get("throttling", "off"))


# Stop and status


def stop(options: Namespace) -> int:
    directory = StateDirectory(options.state_dir)
    pid = directory.settled_pid()
    if pid is None:
        print("not running")
        return 0
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        os.kill(pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if directory.running_pid() != pid:
                print("stopped")
                return 0
            time.sleep(0.02)
    raise CommandError(f"The simulator with pid {pid} does not end")


def status(options: Namespace) -> int:
    """0 when it runs, 3 when not, as for services."""
    directory = StateDirectory(options.state_dir)
    pid = directory.settled_pid()
    url = directory.connection().get("arm_url") if pid else None
    if options.json:
        print(json.dumps({"running": pid is not None, "pid": pid, "arm_url": url, "state_dir": str(directory.path)}))
    else:
        print(f"running: {url} (pid {pid})" if pid else "not running")
    return 0 if pid else 3
