# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives ansible-test's virtual environments their pip without Ansible's own file server.

ansible-test runs this in place of the get-pip script that it would download: as __main__, with
the packages to install and some pip options as arguments. pip comes from the interpreter, its
version from the package index that pip is set up for.
"""

from __future__ import annotations

import ensurepip
import os
import subprocess
import sys

if __name__ == "__main__":
    # ensurepip takes the settings of pip away from this process.
    environment = dict(os.environ)
    packages = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    ensurepip.bootstrap()
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], env=environment)
