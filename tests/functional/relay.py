# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS servers beside the simulator, under its certificate: one that changes its answers, and one that nobody should call."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

Answer = tuple[int, dict[str, str], bytes]
HOP = ("connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding", "host")


class Server:
    """Answers every request by respond(method, path, headers, body), and notes it in seen."""

    def __init__(self, ca_file: str, name: str = "127.0.0.1") -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the test looks at seen."""

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = dict(self.headers)
                outer.seen.append((self.command, self.path, headers))
                status, headers, body = outer.respond(self.command, self.path, headers, body)
                self.send_response_only(status)
                for key, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(ca_file).with_name("server.pem"), Path(ca_file).with_name("server-key.pem"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://{name}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def respond(self, _method: str, _path: str, _headers: dict[str, str], _body: bytes) -> Answer:
        return 200, {"Content-Type": "application/json"}, b'{"value": [], "status": "Succeeded"}'

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Relay(Server):
    """The simulator behind another address, and change(answer) of what it answers to paths that hold a text."""

    def __init__(self, connection: dict[str, str]) -> None:
        super().__init__(connection["ca_file"])
        self._home = connection["arm_url"]
        self._session = requests.Session()
        self._session.verify, self._session.trust_env = connection["ca_file"], False
        self.where = ""
        self.change: Callable[[Answer], Answer] = lambda answer: answer

    def changing(self, where: str, change: Callable[[Answer], Answer]) -> Relay:
        self.where, self.change = where.lower(), change
        return self

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        kept = {key: value for key, value in headers.items() if key.lower() not in HOP}
        sent = body
        for ours, home in ((self.url, self._home), (quote(self.url, safe=""), quote(self._home, safe=""))):
            sent = sent.replace(ours.encode(), home.encode())
        answer = self._session.request(method, self._home + path, headers=kept, data=sent, timeout=60, allow_redirects=False)
        shown = {key: value.replace(self._home, self.url) for key, value in answer.headers.items() if key.lower() not in HOP}
        result = answer.status_code, shown, answer.content.replace(self._home.encode(), self.url.encode())
        return self.change(result) if self.where in path.lower() else result


def with_next_link(link: str) -> Callable[[Answer], Answer]:
    return lambda answer: (answer[0], answer[1], json.dumps({**json.loads(answer[2]), "nextLink": link}).encode())


def redirected(link: str) -> Callable[[Answer], Answer]:
    return lambda _answer: (307, {"Location": link}, b"")


def with_operation_at(link: str) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        status, headers, body = answer
        moved = {key: link if key.lower() in ("azure-asyncoperation", "location") else value for key, value in headers.items()}
        return status, moved, body

    return change
