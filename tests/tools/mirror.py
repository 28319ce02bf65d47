# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mirror.py DESTINATION: a plain copy of what is in the clone, changed files and new ones too, without what Git ignores.

ansible-test and ansible-galaxy want the collection in a real folder that ends in ansible_collections/NAMESPACE/NAME.
A file that is already there with the same time and size is left alone, and so is tests/output, where ansible-test writes.
The copy is a Git work tree of its own: the tools would else ask the clone's, which ignores the folder that the copy is in.
Of several that run at the same time, for one destination, each finds the copy whole.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEEP = (".git/", "tests/output/")


def tracked(root: Path) -> set[str]:
    """Paths below root, seen from root, of all files that Git tracks or would let one add."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name for name in listing.split("\0") if name and (root / name).is_file()}


def same(source: Path, copy: Path) -> bool:
    if not copy.is_file():
        return False
    old, new = copy.stat(), source.stat()
    return (old.st_mtime_ns, old.st_size, old.st_mode) == (new.st_mtime_ns, new.st_size, new.st_mode)


def mirror(source: Path, destination: Path) -> None:
    """Makes destination hold exactly the files of source."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with destination.with_name(f"{destination.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _mirror(source, destination)


def _mirror(source: Path, destination: Path) -> None:
    wanted = tracked(source)
    if not (destination / ".git").is_dir():
        subprocess.run(["git", "init", "--quiet", str(destination)], check=True)
    for name in wanted:
        copy = destination / name
        if not same(source / name, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, copy)
    for path in sorted(destination.rglob("*"), reverse=True):
        name = path.relative_to(destination).as_posix()
        if f"{name}/".startswith(KEEP) or name in wanted:
            continue
        if not path.is_dir():
            path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()


if __name__ == "__main__":
    mirror(ROOT, Path(sys.argv[1]))
