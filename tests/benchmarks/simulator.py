# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the simulator itself: requests a second over TLS with keep-alive, the start with a large estate, a page of its list.

    make bench-simulator
    make bench-simulator BENCH="--vms 2000 --seconds 2"

The generator runs on the same machine as the simulator, in four threads with a connection each.
"""

from __future__ import annotations

import argparse
import json
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"
CONNECTIONS = 4
PAGE = 200
GOALS = {"requests a second": 800.0, "start": 3.0, "page": 0.020}
"""At least so many small requests a second; at most so many seconds for the start with 10,000 VMs, and for a page of 200 of them."""


class Connection:
    """One TLS connection that stays open."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        context = ssl.create_default_context(cafile=about["ca_file"])
        raw = socket.create_connection(("127.0.0.1", int(about["arm_url"].rpartition(":")[2])))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(raw, server_hostname="localhost")

    def send(self, head: str, body: bytes = b"") -> bytes:
        """The body of the answer, which has to be 200."""
        self._socket.sendall(f"{head}\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._socket.recv(65536)
        header, _break, rest = data.partition(b"\r\n\r\n")
        if not header.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the simulator answered {header.decode()} {rest.decode()}")
        length = int(header.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        parts = [rest]
        while length > sum(map(len, parts)):
            parts.append(self._socket.recv(1 << 20))
        return b"".join(parts)

    def token(self) -> str:
        form = {"grant_type": "client_credentials", "scope": f"{self.about['arm_url']}/.default"}
        form |= {key: self.about[key] for key in ("client_id", "client_secret")}
        answer = self.send(f"POST /{self.about['tenant_id']}/oauth2/v2.0/token HTTP/1.1", urlencode(form).encode())
        return json.loads(answer)["access_token"]


def requests_a_second(about: dict[str, Any], head: str, seconds: float) -> float:
    counts = [0] * CONNECTIONS
    end = time.perf_counter() + seconds

    def work(place: int) -> None:
        connection = Connection(about)
        while time.perf_counter() < end:
            connection.send(head)
            counts[place] += 1

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(counts) / (time.perf_counter() - begun)


def seconds_of(connection: Connection, head: str, times: int) -> float:
    """The median of so many requests, one after the other."""
    waits = []
    for _each in range(times):
        begun = time.perf_counter()
        connection.send(head)
        waits.append(time.perf_counter() - begun)
    return statistics.median(waits)


def command(name: str, state: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "arm_simulator", name, "--state-dir", str(state), *options]


def measure(folder: Path, vms: int, seconds: float) -> dict[str, float]:
    estate = {"resource_groups": [{"name": "app", "location": "westeurope"}], "vms": [{"name": "web", "count": vms, "resource_group": "app"}]}
    (folder / "estate.json").write_text(json.dumps(estate))
    state = folder / "state"
    begun = time.perf_counter()
    start = command("start", state, "--estate", str(folder / "estate.json"), "--page-size", str(PAGE))
    subprocess.run(start, cwd=PROGRAM, check=True, capture_output=True, timeout=120)
    result = {"start": time.perf_counter() - begun}
    try:
        about = json.loads((state / "connection.json").read_text())
        connection = Connection(about)
        group = f"/subscriptions/{about['subscription_id']}/resourceGroups/app"
        tail = f"?api-version=2024-07-01 HTTP/1.1\r\nAuthorization: Bearer {connection.token()}"
        machine = f"GET {group}/providers/Microsoft.Compute/virtualMachines/web-0001{tail}"
        result["page"] = seconds_of(connection, f"GET {group}/providers/Microsoft.Compute/virtualMachines{tail}", 20)
        result["one VM"] = seconds_of(connection, machine, 200)
        result["requests a second"] = requests_a_second(about, f"GET {group}{tail}", seconds)
        result["VMs a second"] = requests_a_second(about, machine, seconds)
    finally:
        subprocess.run(command("stop", state), cwd=PROGRAM, check=True, capture_output=True, timeout=60)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vms", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each throughput is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), options.vms, options.seconds)
    fast = GOALS["requests a second"]
    rows = (
        (f"start with {options.vms} VMs", f"{result['start']:.2f} s", "< 3 s", result["start"] < GOALS["start"]),
        (f"a page of {PAGE} VMs", f"{1000 * result['page']:.1f} ms", "< 20 ms", result["page"] < GOALS["page"]),
        ("one VM, one connection", f"{1000 * result['one VM']:.2f} ms", "", True),
        (f"a resource group, {CONNECTIONS} connections", f"{result['requests a second']:.0f} / s", ">= 800 / s", result["requests a second"] >= fast),
        (f"one VM, {CONNECTIONS} connections", f"{result['VMs a second']:.0f} / s", ">= 800 / s", result["VMs a second"] >= fast),
    )
    print(f"{'what':<40}{'measured':>12}{'goal':>14}")
    for what, measured, goal, good in rows:
        print(f"{what:<40}{measured:>12}{goal:>14}{'' if good else '  missed'}")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
