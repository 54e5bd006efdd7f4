#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/proof.py [NAME...] - faults put into the drivers, one at a time: does the fuzzer find them?

Builds the modules once with all faults of faults.py in a copy of the tree (build/proof), each behind a switch, a parameter
of hv_vmbus. Then fuzzes them with one fault switched on, of those that are named or all, until there is a finding or
time is over.

  --list        names of the faults, and what they are
  --anew        forget what build/proof/results says of earlier runs; what stands there is not tried again else
  --within N    as many as N seconds hold, the others at the next call
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
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts/lib"), HERE]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from faults import FAULTS, MORE                         # noqa: E402
from progress import Log, Progress                      # noqa: E402

OUT = os.path.join(ROOT, "build/proof")
TREE = os.path.join(OUT, "tree")
SWITCH = "extern int hv_proof;\n"
PLAN = os.path.join(OUT, "plan.json")      # what is booted, once it is built
LEAST = 150             # seconds in which a fault may be found
RESULTS = os.path.join(OUT, "results")


def parse():
    p = common.Parser(__doc__)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--anew", action="store_true")
    p.add_argument("--within", type=common.whole(300))
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


def edit(name, old, new, number):
    path = os.path.join(TREE, name)
    text = place(TREE, name, old).replace(old, new.replace("@", "(hv_proof == %d)" % number))
    if not text.startswith(SWITCH):
        text = SWITCH + text
    write(path, text)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def prepare():
    """The tree with all faults, none of them on. A file that has been there like that stays, for make."""
    before = {}
    for name in {"vmbus/main.c"} | {e[0] for f in FAULTS for e in edits(f)}:
        path = os.path.join(TREE, name)
        if os.path.exists(path):
            before[path] = (read(path), os.stat(path).st_mtime_ns)
    copy_tree()
    for number, fault in enumerate(FAULTS, 1):
        for change in edits(fault):
            edit(*change, number)
    path = os.path.join(TREE, "vmbus/main.c")
    write(path, read(path).decode() + "\nint hv_proof;\nmodule_param(hv_proof, int, 0444);\nEXPORT_SYMBOL_GPL(hv_proof);\n")
    for path, (text, when) in before.items():
        if read(path) == text:
            os.utime(path, ns=(when, when))


def edits(fault):
    return (fault[1:4],) + tuple(MORE.get(fault[0], ()))


def try_one(fault, o, seconds):
    """What became of it, in a line."""
    name = fault[0]
    log = os.path.join(OUT, name + ".log")
    cmd = ["tests/fuzz/run.py", "--limit", str(seconds), "--seed", str(o.seed), "--no-shrink", "--no-cover",
           "--out", os.path.join(OUT, name), "--vmbus", "hv_proof=%d" % (FAULTS.index(fault) + 1)]
    if os.path.exists(PLAN):
        os.makedirs(os.path.join(OUT, name), exist_ok=True)
        shutil.copy(PLAN, os.path.join(OUT, name, "plan.json"))
        cmd.append("--no-build")
    with Progress("proof: " + name, ask=Log(log, None)), open(log, "w", encoding="utf-8") as f:
        subprocess.run(cmd, cwd=TREE, stdout=f, stderr=f, stdin=subprocess.DEVNULL, check=False)
    if not os.path.exists(PLAN) and os.path.exists(os.path.join(OUT, name, "plan.json")):
        shutil.copy(os.path.join(OUT, name, "plan.json"), PLAN)
    said = read(log).decode(errors="replace")
    if not re.search(r"^\d+ cases, ", said, re.M):
        return "not tried %s: %s" % (name, said.strip().splitlines()[-1:])
    what = re.search(r"^not ok - (?:case \d+|at the end): (.*)", said, re.M)
    when = re.search(r"^#   after (\d+) s and (\d+) lies", said, re.M)
    if what:
        after = " after %s s, %s lies" % when.groups() if when else " at the end"
        return "found %s%s: %s" % (name, after, what.group(1)[:160])
    return "not found %s in %d s: %s" % (name, seconds, said.strip().splitlines()[-1])


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
            for name, old, _ in edits(f):
                place(ROOT, name, old)
            print("%-18s %s (%s)" % (f[0], f[4], f[1]))
        return 0
    common.need("git", "make", "gcc")
    common.use_build(1500, OUT)
    prepare()
    if os.path.exists(PLAN):
        os.remove(PLAN)
    before = {} if o.anew else results()
    found, end = 0, time.monotonic() + (o.within or 1e9)
    for fault in chosen:
        line = before.get(fault[0])
        left = int(end - time.monotonic())
        if not line and left < LEAST:
            line = "not tried %s: --within is over" % fault[0]
        elif not line:
            line = try_one(fault, o, min(o.seconds, left))
            if line.startswith("found ") or left >= o.seconds:
                with open(RESULTS, "a", encoding="utf-8") as f:
                    f.write(line + "\n")
        print(line, flush=True)
        found += line.startswith("found ")
    print("%d of %d found" % (found, len(chosen)))
    return 0 if found * 10 >= len(chosen) * 9 else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/proof.py")
