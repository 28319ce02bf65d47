# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the collections ansible.windows and community.windows into .cache/windows, for what checks tasks for Windows.

Galaxy has them; so has the package ansible, which is where they come from here: of its 50 MB, 3 MB are kept.
Does nothing when they are there; of several that run at the same time one does it, and the others wait for it.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = "ansible==12.3.0"
CACHE = Path(__file__).resolve().parents[2] / ".cache/windows"
WANTED = ("ansible_collections/ansible/windows/", "ansible_collections/community/windows/")


def download(folder: Path) -> Path:
    """The package; by the pip of this environment, or of the Python that it was made of."""
    errors = []
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable)):
        command = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", str(folder), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return next(folder.glob("ansible-*.whl"))
        errors += done.stderr.strip().splitlines()[-1:]
    raise SystemExit(f"{PACKAGE} cannot be downloaded: {'; '.join(errors)}")


def main() -> None:
    CACHE.parent.mkdir(exist_ok=True)
    with CACHE.with_name("windows.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bring()


def bring() -> None:
    stamp = CACHE / "installed"
    if stamp.exists() and stamp.read_text() == PACKAGE:
        return
    shutil.rmtree(CACHE, ignore_errors=True)
    (CACHE / "download").mkdir(parents=True)
    with zipfile.ZipFile(download(CACHE / "download")) as archive:
        archive.extractall(CACHE, [name for name in archive.namelist() if name.startswith(WANTED)])
    shutil.rmtree(CACHE / "download")
    stamp.write_text(PACKAGE)


if __name__ == "__main__":
    main()
