#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/proof.py [NAME...] - faults put into the drivers, one at a time: does the fuzzer find them?

Builds the modules with each of the faults of faults.py, or those that are named, in a copy of
the tree (build/proof), and fuzzes them until there is a finding or time is over.

  --list        names of the faults, and what they are
  --anew        forget what build/proof/results says of earlier runs; what stands there is not tried again else
  --seconds N   for each, the guest's boot included (600)
  --seed N      the first case's number (1)

A line for each, "found NAME after N s, N lies: what was reported" or "not found NAME in N s"; the last is
"N of N found". The status is 0 if at most a tenth was not.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts/lib"), HERE]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from faults import FAULTS, MORE                         # noqa: E402
from progress import Log, Progress                      # noqa: E402

OUT = os.path.join(ROOT, "build/proof")
TREE = os.path.join(OUT, "tree")
RESULTS = os.path.join(OUT, "results")


def parse():
    p = common.Parser(__doc__)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--anew", action="store_true")
    p.add_argument("--seconds", type=common.whole(60), default=600)
    p.add_argument("--seed", type=common.whole(0), default=1)
    o = p.parse_args()
    known = [f[0] for f in FAULTS]
    for name in o.names:
        if name not in known:
            raise common.Misuse("no fault '%s'; --list names them" % name)
    return o


def copy_tree():
    """What is tracked, as it stands; what was built there before is used again."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in files.split("\0"):
        source, to = os.path.join(ROOT, name), os.path.join(TREE, name)
        if not name or not os.path.isfile(source):
            continue
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if not os.path.exists(to) or read(to) != read(source):
            shutil.copy(source, to)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def place(tree, name, old):
    """The text of a file that a fault changes: it stands there once."""
    text = read(os.path.join(tree, name)).decode()
    if text.count(old) != 1:
        raise common.Trouble("faults.py: %s has %d places that read '%s'" % (name, text.count(old), old))
    return text


def edit(name, old, new):
    path = os.path.join(TREE, name)
    text = place(TREE, name, old)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def try_one(fault, o):
    """What became of it, in a line."""
    name, path, old, new, _ = fault
    edit(path, old, new)
    for change in MORE.get(name, ()):
        edit(*change)
    log = os.path.join(OUT, name + ".log")
    cmd = ["tests/fuzz/run.py", "--limit", str(o.seconds), "--seed", str(o.seed), "--no-shrink", "--no-cover",
           "--out", os.path.join(OUT, name)]
    with Progress("proof: " + name, ask=Log(log, None)), open(log, "w", encoding="utf-8") as f:
        subprocess.run(cmd, cwd=TREE, stdout=f, stderr=f, stdin=subprocess.DEVNULL, check=False)
    said = read(log).decode(errors="replace")
    if not re.search(r"^\d+ cases, ", said, re.M):
        return "not tried %s: %s" % (name, said.strip().splitlines()[-1:])
    what = re.search(r"^not ok - (?:case \d+|at the end): (.*)", said, re.M)
    when = re.search(r"^#   after (\d+) s and (\d+) lies", said, re.M)
    if what:
        after = " after %s s, %s lies" % when.groups() if when else " at the end"
        return "found %s%s: %s" % (name, after, what.group(1)[:160])
    return "not found %s in %d s: %s" % (name, o.seconds, said.strip().splitlines()[-1])


def results():
    """{fault: its line} of earlier runs that came to their end"""
    if not os.path.exists(RESULTS):
        return {}
    lines = read(RESULTS).decode().splitlines()
    return {re.sub("^not ", "", line).split()[1]: line for line in lines if not line.startswith("not tried ")}


def main():
    o = parse()
    chosen = [f for f in FAULTS if not o.names or f[0] in o.names]
    if o.list:
        for f in chosen:
            for name, old, _ in (f[1:4],) + tuple(MORE.get(f[0], ())):
                place(ROOT, name, old)
            print("%-18s %s (%s)" % (f[0], f[4], f[1]))
        return 0
    common.need("git", "make", "gcc")
    common.use_build(1500, OUT)
    before = {} if o.anew else results()
    found = 0
    for fault in chosen:
        line = before.get(fault[0])
        if not line:
            copy_tree()         # without the fault before
            line = try_one(fault, o)
            with open(RESULTS, "a", encoding="utf-8") as f:
                f.write(line + "\n")
        print(line, flush=True)
        found += line.startswith("found ")
    print("%d of %d found" % (found, len(chosen)))
    return 0 if found * 10 >= len(chosen) * 9 else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/proof.py")
