#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/bench/run.py [options] - what an operation costs, our drivers beside the kernel's own

Counts the guest's instructions for each operation (tests/bench/insn), so another program's work beside it
changes nothing. Each row is measured twice; a row whose two runs differ by more than 1 % has a star.
The same settings on both sides, then what each driver sets by itself. Text, build/bench/table.json and,
where gnuplot is installed, build/bench/table.svg.

  --kinds K[,K...]  disk, nic, bus (all); ring: nanoseconds, natively (tests/bench/ring)
  --rows REGEX      the rows whose names it matches; --list prints them
  --runs N          how often (2)
  --show            the tables of what was measured before
  --list            the rows
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(HERE, "insn"), os.path.join(ROOT, "tests/scenarios"), os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import table                                            # noqa: E402
from jobs import KINDS, chosen                            # noqa: E402

OUT = os.path.join(ROOT, "build/bench")


def parse():
    p = common.Parser(__doc__)
    p.add_argument("--kinds", default=",".join(KINDS))
    p.add_argument("--rows", default="")
    p.add_argument("--runs", type=common.whole(1), default=2)
    p.add_argument("--show", action="store_true")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    o.kinds = o.kinds.split(",")
    for kind in o.kinds:
        if kind not in KINDS + ("ring",):
            raise common.Misuse("--kinds: '%s': want some of %s, ring" % (kind, ", ".join(KINDS)))
    o.jobs = chosen(o.kinds, "--rows", o.rows)
    if not o.jobs and o.kinds != ["ring"]:
        raise common.Misuse("--rows %s: no such row; --list prints them" % o.rows)
    return o


def measure(kind, o):
    """One guest, both sets of drivers in turn."""
    out = os.path.join(OUT, kind)
    shutil.rmtree(out, ignore_errors=True)
    argv = [os.path.join(HERE, "insn/insn.py"), kind, "--rep", str(o.runs), "--only", o.rows, "--out", out]
    if subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode:
        raise common.Trouble("%s: it was not measured to the end, see above" % kind)


def main():
    o = parse()
    if o.list:
        for j in o.jobs:
            print("%-5s %-22s %s%s" % (j.kind, j.name, j.title, ", with each driver's own settings" if j.default else ""))
        return 0
    if "ring" in o.kinds and subprocess.run([os.path.join(HERE, "ring/run.py")], check=False).returncode:
        raise common.Trouble("ring: it was not measured to the end, see above")
    if not o.jobs:
        return 0
    if not o.show:
        common.use_build(2000, OUT)
        for kind in dict.fromkeys(j.kind for j in o.jobs):
            measure(kind, o)
    rows = table.rows(OUT, o.jobs)
    if not rows:
        raise common.Misuse("--show: nothing was measured yet; leave it out")
    print(table.text(rows))
    table.save(rows, os.path.join(OUT, "table.json"))
    table.plot(rows, OUT)
    return 0


if __name__ == "__main__":
    common.run(main, "tests/bench/run.py")
