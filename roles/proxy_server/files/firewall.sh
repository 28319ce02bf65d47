#!/bin/sh
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# start RULES: puts the rules of the backup proxy in place of those that are there; stop: takes them away. Each in one step.
set -eu
tag=azure_backup_proxy

# Our rules in other people's chains are known by their comment, and deleted by their number.
deletions() {
    nft -a list ruleset | awk -v tag="comment \"$tag\"" '
        $1 == "table" { table = $2 " " $3 }
        $1 == "chain" { chain = $2 }
        index($0, tag) { print "delete rule " table " " chain " handle " $NF }'
}

case $1 in
    start) { deletions; cat "$2"; } | nft -f - ;;
    stop) { deletions; printf 'table inet %s\ndelete table inet %s\n' "$tag" "$tag"; } | nft -f - ;;
esac
