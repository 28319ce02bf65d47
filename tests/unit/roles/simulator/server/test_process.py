# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a process: HTTP over TLS, start, stop, kill and restart."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

PROGRAM = Path(__file__).resolve().parents[5] / "roles/simulator/files"
API = "?api-version=2024-07-01"


def run(command: str, state: Path, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "arm_simulator", command, "--state-dir", str(state), *options]
    return subprocess.run(arguments, cwd=PROGRAM, capture_output=True, text=True, timeout=180, check=False)


class Client:
    """One connection to a simulator, as the service principal in its connection file."""

    def __init__(self, state: Path) -> None:
        self.about: dict[str, Any] = json.loads((state / "connection.json").read_text())
        self.port = int(self.about["arm_url"].rpartition(":")[2])
        self.context = ssl.create_default_context(cafile=self.about["ca_file"])
        self.context.verify_flags |= getattr(ssl, "VERIFY_X509_STRICT", 0)
        self.group = f"/subscriptions/{self.about['subscription_id']}/resourceGroups/app"
        self.http = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=20)
        form = {"grant_type": "client_credentials", "scope": f"{self.about['arm_url']}/.default"}
        form |= {key: self.about[key] for key in ("client_id", "client_secret")}
        answer = self.send("POST", f"/{self.about['tenant_id']}/oauth2/v2.0/token", urlencode(form), token="")
        self.token = json.loads(answer[2])["access_token"]

    def send(self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str) -> tuple[int, Any, bytes]:
        headers["Authorization"] = f"Bearer {self.token if token is None else token}"
        self.http.request(method, path, body, headers)
        answer = self.http.getresponse()
        return answer.status, answer.headers, answer.read()

    def raw(self) -> ssl.SSLSocket:
        return self.context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=20), server_hostname="localhost")

    def exchange(self, request: bytes) -> bytes:
        """What the server sends for bytes after which it ends the connection."""
        with self.raw() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("simulator")
    (directory / "estate.yml").write_text("resource_groups: [{name: app, location: westeurope}]")
    started = run("start", directory / "state", "--estate", str(directory / "estate.yml"))
    assert started.returncode == 0, started.stderr
    yield directory / "state"
    assert run("stop", directory / "state").stdout == "stopped\n"


@pytest.fixture
def client(state: Path) -> Client:
    return Client(state)


# HTTP


def test_headers_of_an_answer(client: Client) -> None:
    correlation = {"x-ms-correlation-request-id": "c-1", "x-ms-client-request-id": "r-1", "x-ms-return-client-request-id": "true"}
    status, headers, body = client.send("GET", client.group + API, **correlation)
    assert (status, json.loads(body)["name"]) == (200, "app")
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert (headers["x-ms-correlation-request-id"], headers["x-ms-client-request-id"]) == ("c-1", "r-1")
    assert {"x-ms-request-id", "x-ms-routing-request-id", "Date"} <= set(headers)
    assert not [name for name in headers if "ratelimit" in name]


def test_one_connection_serves_many_requests_with_and_without_bodies(client: Client) -> None:
    assert client.send("HEAD", client.group + API)[::2] == (204, b"")
    assert client.send("HEAD", client.group + "x" + API)[::2] == (404, b"")
    assert client.send("PATCH", client.group + API, json.dumps({"tags": {"é": "ü"}}))[0] == 200
    chunks = iter([b'{"tags":', b'{"a":"' + b"b" * 200_000 + b'"}}'])
    status, _headers, body = client.send("PATCH", client.group + API, chunks)
    assert (status, len(json.loads(body)["tags"]["a"])) == (200, 200_000)
    assert client.send("PATCH", client.group + API, b"{no json")[0] == 400
    assert client.send("GET", client.group.replace("/", "%2F").replace("%2F", "/") + API)[0] == 200
    assert client.send("GET", client.group + "/providers/a%3Bb%20c" + API)[0] == 404


def test_expect_continue_and_close(client: Client) -> None:
    head = f"PATCH {client.group}{API} HTTP/1.1\r\nAuthorization: Bearer {client.token}\r\nConnection: close\r\n"
    with client.raw() as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: 11\r\n\r\n".encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"tags":{}}')
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and b"Connection: close" in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nLong: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000, 400),
        (b"PUT / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", 400),
        (b"GET http://[x/ HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_not_http_is_refused_and_the_server_lives_on(client: Client, request_bytes: bytes, status: int) -> None:
    assert client.exchange(request_bytes).startswith(f"HTTP/1.1 {status} ".encode())
    assert client.send("GET", client.group + API)[0] == 200


def test_delays_overlap_and_faults_reach_the_wire(client: Client, state: Path) -> None:
    client.send("POST", "/_simulator/settings", '{"latency": 1}')
    clients = [Client(state) for _each in range(4)]
    begin = time.monotonic()
    threads = [threading.Thread(target=each.send, args=("GET", client.group + API)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= time.monotonic() - begin < 3.5  # one after another they would take four
    client.send("POST", "/_simulator/settings", '{"latency": 0}')
    client.send("POST", "/_simulator/faults", '{"path": "*/app", "reset": true}')
    with pytest.raises(ConnectionError):
        client.send("GET", client.group + API)
    client.http.close()
    assert client.send("GET", client.group + API)[0] == 200


def test_neither_log_nor_ledger_holds_a_secret(client: Client, state: Path) -> None:
    ledger = client.send("GET", "/_simulator/ledger?kind=all")[2].decode()
    log = (state / "simulator.log").read_text()
    for secret in (client.about["client_secret"], client.token):
        assert secret not in ledger and secret not in log
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in state.iterdir() if path.stat().st_mode & 0o077} == {}


# Life cycle


def test_start_is_idempotent_and_status_tells(state: Path) -> None:
    again = run("start", state)
    assert (again.returncode, again.stdout.startswith("already running: https://localhost:")) == (0, True)
    status = run("status", state, "--json")
    assert (status.returncode, json.loads(status.stdout)["running"]) == (0, True)


def test_it_begins_at_any_instant_and_its_answers_are_of_that_time(tmp_path: Path) -> None:
    leap, state = ("--clock-at", "2028-02-29T23:50:00Z"), tmp_path / "state"
    refused = run("start", state, "--clock-at", "2028-02-30")
    assert refused.returncode == 2 and "'2028-02-30' is not a time in ISO 8601" in refused.stderr and not state.exists()
    try:
        assert run("start", state, *leap).stdout.startswith("started: ")
        client = Client(state)
        assert client.send("GET", client.group + API)[1]["Date"].startswith("Tue, 29 Feb 2028 23:5")
        client.send("POST", "/_simulator/clock", '{"jump": "1d"}')
        run("stop", state)
        assert run("start", state, *leap).stdout.startswith("started: ")
        again = Client(state)
        assert again.send("GET", again.group + API, token=client.token)[1]["Date"].startswith("Wed, 01 Mar 2028 23:5")
        assert json.loads(again.send("POST", "/_simulator/reset", "{}")[2])["now"].startswith("2028-02-29T23:5")
        again.send("POST", "/_simulator/settings", '{"token_lifetime": 0.01}')
        status, _headers, expired = again.send("GET", again.group + API, token=Client(state).token)
        assert status == 401 and "current UTC time '02/29/2028 11:5" in json.loads(expired)["error"]["message"]
    finally:
        run("stop", state)


def test_killed_and_restarted_it_goes_on_where_it_was(tmp_path: Path) -> None:
    estate = tmp_path / "estate.yml"
    estate.write_text(
        "subscription_id: 12345678-1234-4234-8234-123456789abc\nresource_groups: [{name: app, location: eastus}, {name: old, location: eastus}]"
    )
    state = tmp_path / "state"
    assert run("start", state, "--estate", str(estate)).stdout.startswith("started: ")
    try:
        before = Client(state)
        assert before.about["subscription_id"] == "12345678-1234-4234-8234-123456789abc"
        assert before.send("PUT", before.group + "2" + API, '{"location":"eastus","tags":{"kept":"yes"}}')[0] == 201
        status, headers, _body = before.send("DELETE", before.group.replace("app", "old") + API)
        assert status == 202
        os.kill(int((state / "pid").read_text()), signal.SIGKILL)
        while run("status", state).returncode != 3:
            time.sleep(0.05)
        assert run("start", state, "--estate", str(estate)).stdout.endswith(" (goes on with its earlier state)\n")
        after = Client(state)
        assert after.about == before.about
        assert json.loads(after.send("GET", after.group + "2" + API, token=before.token)[2])["tags"] == {"kept": "yes"}
        after.send("POST", "/_simulator/clock", '{"jump": 60}')
        assert after.send("GET", headers["Location"].removeprefix(after.about["arm_url"]))[0] == 200
        assert after.send("GET", after.group.replace("app", "old") + API)[0] == 404
        assert json.loads(after.send("POST", "/_simulator/reset", '{"estate": true}')[2])["resources"] == 2
    finally:
        assert run("stop", state).stdout == "stopped\n"
    assert run("stop", state).stdout == "not running\n"
    assert run("status", state).returncode == 3


def test_a_start_that_fails_says_why_in_a_line_and_leaves_nothing(tmp_path: Path, state: Path) -> None:
    port = str(Client(state).port)
    bad = tmp_path / "bad.yml"
    bad.write_text("vmz: []")
    broken = tmp_path / "broken.yml"
    broken.write_text("a: [")
    for options, reason in (
        (("--port", port), f"Port {port} on 127.0.0.1 cannot be used"),
        (("--port", "99999"), "Port 99999"),
        (("--host", "0.0.0.0"), "is not a loopback address"),
        (("--host", "example.org"), "is not a loopback address"),
        (("--estate", str(tmp_path / "none.yml")), "none.yml cannot be read"),
        (("--estate", str(bad)), "vmz: unknown key; allowed are subscription_id"),
        (("--estate", str(broken)), "it is not YAML"),
    ):
        failed = run("start", tmp_path / "state", *options)
        assert (failed.returncode, failed.stdout) == (1, "")
        assert failed.stderr.startswith("arm_simulator: ") and failed.stderr.count("\n") == 1 and reason in failed.stderr
        assert not (tmp_path / "state").exists()


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    tmp_path.chmod(0o755)
    assert "holds other files" in run("start", tmp_path).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_two_starts_at_once_make_one_simulator(tmp_path: Path) -> None:
    state = tmp_path / "state"
    results: list[subprocess.CompletedProcess[str]] = []
    threads = [threading.Thread(target=lambda: results.append(run("start", state))) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert [each.returncode for each in results] == [0, 0, 0], results
        assert sum(each.stdout.startswith("started") for each in results) == 1
    finally:
        run("stop", state)
