# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 over TLS on loopback: bytes to requests, answers to bytes."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import signal
import socket
import ssl
import struct
import uuid
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..core.messages import Request, Response
from . import app, fabric

if TYPE_CHECKING:
    from ..core.world import World

MAX_HEADER = 64 * 1024  # bytes; signed poll addresses of Azure are about 3.3 kB
MAX_BODY = 16 * 1024 * 1024
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed",
    413: "Content Too Large", 429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip

log = logging.getLogger(__name__)

Answer = Callable[["World", Request], Response]


class HttpError(Exception):
    """A request that is not HTTP as we speak it; the connection ends after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def loopback_address(host: str) -> str:
    """The loopback IP address of a host name or address; ValueError for any other."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ValueError(f"'{host}' is not a loopback address; the simulator only listens on 127.0.0.1, ::1 or localhost")
    return str(address)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on a loopback address; port 0 picks a free one."""
    return listen_on(loopback_address(host), port)


def listen_on(address: str, port: int) -> socket.socket:
    """A listening socket on an address that has been checked."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


async def serve(world: World, listener: socket.socket, context: ssl.SSLContext, guests: Iterable[socket.socket] = ()) -> None:
    """Serve until SIGTERM or SIGINT. guests: sockets on which guests of this machine find the fabric of their VM, without TLS."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def with_answers(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections[task] = writer
            try:
                await _Connection(world, reader, writer, answer).run()
            finally:
                del connections[task]

        return connected

    servers = [await asyncio.start_server(with_answers(app.answer), sock=listener, ssl=context, limit=MAX_HEADER)]
    servers += [await asyncio.start_server(with_answers(fabric.answer), sock=each, limit=MAX_HEADER) for each in guests]
    log.info("serving on %s", world.settings.base_url)
    await stopping.wait()
    for server in servers:
        server.close()
    for task, writer in connections.items():
        writer.transport.abort()
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    log.info("stopped")


class _Connection:
    def __init__(self, world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
        self._world = world
        self._reader = reader
        self._writer = writer
        self._answer = answer

    async def run(self) -> None:
        try:
            while await self._exchange():
                pass
        except (HttpError, asyncio.LimitOverrunError) as exc:
            status = exc.status if isinstance(exc, HttpError) else 400
            response = Response(status, {"error": {"code": "BadRequest", "message": str(exc)}}, {"Connection": "close"})
            self._send(Request("GET", "/"), response)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client has gone
        except asyncio.CancelledError:
            pass  # the server ends
        finally:
            self._writer.close()
            with contextlib.suppress(Exception):
                await self._writer.wait_closed()

    async def _exchange(self) -> bool:
        """One request and its answer; False when the connection shall end."""
        head = await self._read_head()
        if head is None:
            return False
        request, persistent = head
        request.body = await self._read_body(request)
        request.caller = self._writer.get_extra_info("peername")[0] if self._answer is fabric.answer else ""
        response = self._answer(self._world, request)
        delay = response.delay
        if not request.path.startswith("/_simulator"):
            delay += self._world.settings.latency
        if delay > 0:
            await asyncio.sleep(delay)
        if response.reset:
            self._reset()
            return False
        if not persistent:
            response.headers["Connection"] = "close"
        self._send(request, response)
        await self._writer.drain()
        if response.partial == "reset":
            await asyncio.sleep(0.05)  # the half that was sent shall arrive
            self._reset()
            return False
        return persistent

    async def _read_head(self) -> tuple[Request, bool] | None:
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as exc:
            raise HttpError(431, f"The header is longer than {MAX_HEADER} bytes.") from exc
        except asyncio.IncompleteReadError:
            return None
        return parse_head(head)

    async def _read_body(self, request: Request) -> bytes:
        coding = request.headers.get("transfer-encoding", "").lower()
        length = request.headers.get("content-length", "0")
        if coding not in ("", "identity", "chunked"):
            raise HttpError(501, f"The transfer coding '{coding}' is not supported.")
        if not (length.isascii() and length.isdigit()):
            raise HttpError(400, f"The Content-Length '{length}' is not a number.")
        if int(length) > MAX_BODY:
            raise HttpError(413, f"The body is longer than {MAX_BODY} bytes.")
        if request.headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if coding == "chunked":
            return await self._read_chunks()
        return await self._reader.readexactly(int(length)) if length != "0" else b""

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            line = (await self._reader.readuntil(b"\r\n")).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError as exc:
                raise HttpError(400, "A chunk of the body has no size.") from exc
            if size < 0 or len(body) + size > MAX_BODY:
                raise HttpError(413, f"The body is longer than {MAX_BODY} bytes.")
            if size == 0:
                while await self._reader.readuntil(b"\r\n") != b"\r\n":
                    pass  # trailers
                return bytes(body)
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)

    def _reset(self) -> None:
        """End the connection at once, with a TCP reset."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def _send(self, request: Request, response: Response) -> None:
        body = _encoded(response.body)
        length = len(body)
        if response.partial:
            body = body[: length // 2]
            length = length if response.partial == "reset" else len(body)
        headers = standard_headers(request, self._world.clock.now()) | response.headers
        if body:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        if response.status != 204:
            headers["Content-Length"] = str(length)
        lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}", *(f"{key}: {value}" for key, value in headers.items())]
        head = "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines).encode("latin-1", "replace")
        self._writer.write(head + b"\r\n\r\n" + (b"" if request.method == "HEAD" or response.status == 204 else body))


def _encoded(body: Any) -> bytes:
    """Bytes as they are, nothing for None, anything else as JSON."""
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def parse_head(head: bytes) -> tuple[Request, bool]:
    """The request of a header block, and whether the connection stays open after it."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise HttpError(400, "The request line is malformed.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise HttpError(400, "A header line is malformed.")
        headers[name.lower()] = value.strip()
    try:
        target = urlsplit(parts[1] if parts[1].startswith("http") else "https://localhost/" + parts[1].lstrip("/"))
    except ValueError as exc:
        raise HttpError(400, "The request target is malformed.") from exc
    query = {key.lower(): value for key, value in parse_qsl(target.query, keep_blank_values=True)}
    asked = headers.get("connection", "").lower()
    persistent = asked == "keep-alive" if parts[2] == "HTTP/1.0" else asked != "close"
    return Request(parts[0].upper(), unquote(target.path) or "/", query, headers), persistent


def standard_headers(request: Request, now: datetime) -> dict[str, str]:
    """The headers on every answer of Resource Manager. Date is simulated time."""
    request_id = str(uuid.uuid4())
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request.headers.get("x-ms-correlation-request-id", request_id),
        "x-ms-routing-request-id": f"WESTEUROPE:{now:%Y%m%dT%H%M%SZ}:{request_id}",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Date": f"{now:%a, %d %b %Y %H:%M:%S} GMT",
    }
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = request.headers.get("x-ms-client-request-id", "")
    return headers
