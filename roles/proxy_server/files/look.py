# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads all that the role needs to know of a Linux host, and prints it as one JSON object. Changes nothing.

Standard input is a JSON object: files, paths to read; commands, by a name of one's own the words of commands that show
something. A file that is not there is null, and so is a command that is not installed.
"""

import base64
import json
import os
import subprocess
import sys


def content(path):
    """The file in base64, null when there is none."""
    try:
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()
    except OSError:
        return None


def outcome(words):
    """{rc, stdout} of a command, null when it is not installed."""
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return {"rc": done.returncode, "stdout": done.stdout.decode("utf-8", "replace")}


def main():
    wish = json.load(sys.stdin)
    seen = {
        "uid": os.getuid(),
        "files": {path: content(path) for path in wish["files"]},
        "commands": {name: outcome(words) for name, words in wish["commands"].items()},
    }
    print(json.dumps(seen))


main()
