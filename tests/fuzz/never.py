#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/never.py [FOLDER...] - what of the modules the fuzzer reached, and why not the rest

FOLDER is where tests/fuzz/run.py kept what it counted (build/fuzz); of several, what ran in one of
them ran. A row for each file: its lines that have code, and those that ran. Then the lines that never
did, by kind, with the reason that tests/fuzz/unreached has for them, and last those for which there
is none.

  --lines       each of those lines, and not how many there are in each file

The status is 1 if a line has no reason, or a row of unreached has no line.
"""
import collections
import fnmatch
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402

REASONS = os.path.join(HERE, "unreached")
PARTS = ("vmbus", "storvsc", "netvsc", "hv_utils", "include")


def counted(folders):
    """{(file, line, function): whether it ran}"""
    ran = {}
    for folder in folders:
        path = os.path.join(folder, "lines")
        if not os.path.isfile(path):
            raise common.Misuse("%s: no such file; tests/fuzz/run.py makes it" % path)
        with open(path, encoding="ascii") as f:
            for row in f:
                place, function, _, times = row.split()
                name, _, line = place.rpartition(":")
                where = name, int(line), function
                ran[where] = ran.get(where, False) or times != "0"
    return ran


def reasons():
    """[(kind, why)], [(what it is of, number of its kind)]"""
    kinds, rows = [], []
    with open(REASONS, encoding="ascii") as f:
        for line in f:
            line = line.strip()
            if line.startswith("["):
                kind, _, why = line[1:].partition("] ")
                kinds.append((kind, why))
            elif line and not line.startswith("#"):
                rows += [(what, len(kinds) - 1) for what in line.split()]
    return kinds, rows


def matches(what, where):
    """WHAT is a file, or a file and a function."""
    name, _, function = what.partition(":")
    return fnmatch.fnmatch(where[0], name) and (not function or fnmatch.fnmatch(where[2], function))


def explained(never):
    """([(kind, why, its lines)], lines without a reason, rows without a line)"""
    kinds, rows = reasons()
    lines = [[] for _ in kinds]
    left, used = [], set()
    for where in sorted(never):
        for what, kind in rows:
            if matches(what, where):
                lines[kind].append(where)
                used.add(what)
                break
        else:
            left.append(where)
    idle = [what for what, _ in rows if what not in used]
    return [kinds[n] + (found,) for n, found in enumerate(lines)], left, idle


def row(name, count, ran):
    print("| %s | %d | %d | %d %% |" % (name, count, ran, 100 * ran // count))


def per_file(ran):
    files = collections.defaultdict(lambda: [0, 0])
    for (name, _, _), was in ran.items():
        files[name][0] += 1
        files[name][1] += was
    for part in PARTS:
        mine = sorted(f for f in files if f.startswith(part + "/"))
        if not mine:
            continue
        print("\n| `%s` | lines | ran | |\n|---|---|---|---|" % part)
        row("**all**", sum(files[f][0] for f in mine), sum(files[f][1] for f in mine))
        for f in mine:
            row("`%s`" % f[len(part) + 1:], *files[f])


def told(lines, each):
    if each:
        return "".join("\n    %s:%d %s" % where for where in lines)
    count = collections.Counter(name for name, _, _ in lines)
    return ", ".join("%s %d" % c for c in count.most_common())


def main():
    p = common.Parser(__doc__)
    p.add_argument("folders", nargs="*")
    p.add_argument("--lines", action="store_true")
    o = p.parse_args()
    ran = counted(o.folders or [os.path.join(ROOT, "build/fuzz")])
    per_file(ran)
    kinds, left, idle = explained([where for where, was in ran.items() if not was])
    print("\nLines that never ran:\n")
    for kind, why, lines in kinds:
        print("- **%s**, %d lines: %s (%s)" %
              (kind, len(lines), why, told(lines, o.lines)))
    print("- **no reason**, %d lines: %s" % (len(left), told(left, True)))
    for what in idle:
        print("# tests/fuzz/unreached: all lines of %s ran, or there is none" % what)
    return 1 if left or idle else 0


if __name__ == "__main__":
    common.run(main, "tests/fuzz/never.py")
