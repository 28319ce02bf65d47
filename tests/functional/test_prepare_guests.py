# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook prepare with hosts of an inventory, which are matched to VMs; what is done in them is tried on real guests elsewhere."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Azure
from test_roles import COLLECTION, ESTATE, WISH, Playbooks, playbooks

__all__ = ["playbooks"]
INVENTORY = """
[guests]
told
named prepare_guest_vm=app/web-0002
astray prepare_guest_vm=app/ghost
[guests:vars]
ansible_connection=local
ansible_python_interpreter={{ ansible_playbook_python }}
"""


@pytest.fixture
def metadata(azure: Azure) -> Iterator[str]:
    """The metadata service of the VM web-0001."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"compute": {"resourceId": azure.vm_id("app", "web-0001")}}).encode()
            self.send_response(200 if self.headers["Metadata"] == "true" else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("check", [["--check"], []])
def test_guests_are_matched_before_the_vms_are_prepared(azure: Azure, playbooks: Playbooks, metadata: str, tmp_path: Path, check: list[str]) -> None:
    azure.estate(ESTATE)
    inventory = tmp_path / "hosts"
    inventory.write_text(INVENTORY)
    extra = {**WISH, "guests": "guests", "prepare_guest_agent": "none", "__prepare_metadata_url": metadata}
    assert playbooks.run(f"{COLLECTION}.prepare", "-i", str(inventory), "-e", json.dumps(extra), *check) == 0, playbooks.output
    assert "astray is skipped: its variable names the VM app/ghost" in playbooks.output
    assert "told is skipped" not in playbooks.output and "2 guests were prepared, none of them failed" in playbooks.output
    assert (azure.writes() == []) is bool(check)


def test_without_guests_there_is_no_trace_of_them(azure: Azure, playbooks: Playbooks) -> None:
    azure.estate(ESTATE)
    assert playbooks.run(f"{COLLECTION}.prepare", "-e", json.dumps(WISH), "--check") == 0, playbooks.output
    assert "skipping: no hosts matched" in playbooks.output and "guests were prepared" not in playbooks.output and playbooks.warnings() == []
