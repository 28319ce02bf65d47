# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What look.py prints: the proxy asked of servers that answer each way a proxy can, and what is read of the host."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = (Path(__file__).resolve().parents[4] / "roles/proxy_client/files/look.py").read_text()


class Server:
    """Takes requests one after the other, keeps them, and answers each by its first line."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers: dict[str, bytes] = {}
        self.seen: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                text = b""
                while not text.endswith(b"\r\n\r\n"):
                    piece = connection.recv(1000)
                    if not piece:
                        break
                    text += piece
                self.seen.append(text.decode())
                name = text.decode().partition(":")[0].removeprefix("CONNECT ")
                connection.sendall(self.answers.get(name, b"HTTP/1.1 200 Connection established\r\n\r\n"))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.socket.close()


def look(wish: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], input=json.dumps(wish), capture_output=True, text=True, check=True, timeout=20)
    return json.loads(done.stdout)


def ask(port: int, **wish: Any) -> list[dict[str, str]]:
    proxy = {"host": "127.0.0.1", "port": port, "user": "", "password": "", "names": ["a.example"], "timeout": 2} | wish
    return look({"files": [], "units": [], "proxy": proxy})["answer"]


def test_a_proxy_that_opens_the_tunnel(server: Server) -> None:
    assert ask(server.port, names=["a.example", "b.example"]) == []
    assert [request.splitlines()[0] for request in server.seen] == ["CONNECT a.example:443 HTTP/1.1", "CONNECT b.example:443 HTTP/1.1"]


def test_credentials_are_sent_as_basic_authentication(server: Server) -> None:
    assert ask(server.port, user="joe", password="p:ß") == []
    assert f"Proxy-Authorization: Basic {base64.b64encode('joe:p:ß'.encode()).decode()}\r\n" in server.seen[0]


@pytest.mark.parametrize(("answer", "word"), [
    (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants credentials"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refuses a.example (403)"),
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "cannot reach a.example itself (503)"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer as an HTTP proxy"),
    (b"", "does not answer as an HTTP proxy"),
])
def test_what_is_wrong_has_a_sentence_of_its_own(server: Server, answer: bytes, word: str) -> None:
    server.answers["a.example"] = answer
    said = ask(server.port)
    assert [each["what"] for each in said] == [f"proxy 127.0.0.1:{server.port}"]
    assert word in said[0]["why"]


def test_wrong_credentials_are_not_shown(server: Server) -> None:
    server.answers["a.example"] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    said = ask(server.port, user="joe", password="geheim")
    assert "does not accept these credentials" in said[0]["why"]
    assert "geheim" not in str(said)


def test_every_name_that_is_refused_is_told(server: Server) -> None:
    server.answers |= dict.fromkeys(["a.example", "c.example"], b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert [each["why"].split()[2] for each in ask(server.port, names=["a.example", "b.example", "c.example"])] == ["a.example", "c.example"]


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    for names in (["a.example"], []):
        said = ask(port, names=names)
        assert "does not reach it (Connection refused)" in said[0]["why"]


def test_a_proxy_that_takes_the_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = ask(silent.getsockname()[1], timeout=1)
    assert "no answer within 1 seconds" in said[0]["why"] or "timed out" in said[0]["why"]


def test_a_name_that_does_not_resolve() -> None:
    assert "cannot resolve" in ask(3128, host="nowhere.invalid")[0]["why"]


def test_without_names_it_is_enough_that_it_listens(server: Server) -> None:
    assert ask(server.port, names=[]) == []


def test_files_are_read_whole_and_what_is_missing_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\0\r\n")
    paths = [str(tmp_path / name) for name in ("binary", "missing", ".")]
    seen = look({"files": paths, "units": [], "proxy": None})
    assert seen["files"] == {
        paths[0]: base64.b64encode(b"\xff\0\r\n").decode(), paths[1]: None, paths[2]: {"error": "Is a directory"},
    }
    assert seen["answer"] == []
    assert seen["uid"] == os.getuid()
