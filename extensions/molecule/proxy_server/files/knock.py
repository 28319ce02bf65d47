# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""knock.py HOST:PORT...: prints those that let this host in, as a JSON list."""

import json
import socket
import sys


def opens(where):
    host, port = where.split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


print(json.dumps([where for where in sys.argv[1:] if opens(where)]))
