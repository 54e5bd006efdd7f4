#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/proof.py [NAME...] - faults put into the drivers, one at a time: does the fuzzer find them?

Builds the modules once with all faults of faults.py in a copy of the tree (build/proof), each behind a switch, a parameter
of hv_vmbus. Then fuzzes them with one fault switched on, of those that are named or all, until there is a finding or
guest and hvroot have had processors for as long as an idle machine gives them in ten minutes. So a machine that has other
work, too, takes longer for the same.

  --list        names of the faults, and what they are
  --anew        forget what build/proof/results says of earlier runs; what stands there is not tried again else
  --within N    as many as N seconds hold, the others at the next call
  --cpu N       seconds of processors for each, the guest's boot included (%d)
  --seed N      the first case's number (1)

A line for each, "found NAME after N s, N of processors, and N lies: what was reported" or "not found NAME: ...";
the last is "N of N found". The status is 0 if at most a tenth was not.
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
from altered import Copy, replaced                      # noqa: E402
from faults import FAULTS, MORE                         # noqa: E402
from progress import Log, Progress                      # noqa: E402

OUT = os.path.join(ROOT, "build/proof")
TREE = os.path.join(OUT, "tree")
SWITCH = "extern int hv_proof;\n"
PLAN = os.path.join(OUT, "plan.json")      # what is booted, once it is built
LEAST = 150             # seconds in which a fault may be found
IDLE = 400              # of processors that guest and hvroot had on an idle machine in ten minutes
RESULTS = os.path.join(OUT, "results")


def parse():
    p = common.Parser(__doc__ % IDLE)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--anew", action="store_true")
    p.add_argument("--within", type=common.whole(300))
    p.add_argument("--cpu", type=common.whole(30), default=IDLE)
    p.add_argument("--seed", type=common.whole(0), default=1)
    o = p.parse_args()
    known = [f[0] for f in FAULTS]
    for name in o.names:
        if name not in known:
            raise common.Misuse("no fault '%s'; --list names them" % name)
    return o


def altered():
    """{file: text} with all faults, none of them on; each place is there once."""
    texts = {"vmbus/main.c": source("vmbus/main.c") +
             "\nint hv_proof;\nmodule_param(hv_proof, int, 0444);\nEXPORT_SYMBOL_GPL(hv_proof);\n"}
    for number, fault in enumerate(FAULTS, 1):
        for path, old, new in edits(fault):
            text = texts.get(path) or source(path)
            texts[path] = replaced(text, old, new.replace("@", "(hv_proof == %d)" % number), path)
    return {path: SWITCH + text for path, text in texts.items()}


def source(path):
    return read(os.path.join(ROOT, path)).decode()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def edits(fault):
    return (fault[1:4],) + tuple(MORE.get(fault[0], ()))


def try_one(fault, o, seconds):
    """What became of it, in a line; SECONDS is how long it may take, or None."""
    name = fault[0]
    log = os.path.join(OUT, name + ".log")
    cmd = ["tests/fuzz/run.py", "--cpu", str(o.cpu)] + (["--limit", str(seconds)] if seconds else []) + ["--seed", str(o.seed), "--no-shrink", "--no-cover",
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
    when = re.search(r"^#   (after .* lies)", said, re.M)
    if what:
        return "found %s %s: %s" % (name, when.group(1) if when else "at the end", what.group(1)[:160])
    used = re.search(r"^# (\d+ seconds of processors)", said, re.M)
    return "not found %s: %s%s, %s" % (name, "" if used and not cut_off(said) else "the time was over, ", used and used.group(1),
                                       said.strip().splitlines()[-1])


def cut_off(said):
    """By the clock, before it had its processors."""
    return "# the limit of" in said


def results():
    """{fault: its line} of earlier runs that came to their end"""
    if not os.path.exists(RESULTS):
        return {}
    lines = read(RESULTS).decode().splitlines()
    return {re.sub("^not ", "", line).split()[1]: line for line in lines if not line.startswith("not tried ")}


def main():
    o = parse()
    chosen = [f for f in FAULTS if not o.names or f[0] in o.names]
    texts = altered()
    if o.list:
        for f in chosen:
            print("%-18s %s (%s)" % (f[0], f[4], f[1]))
        return 0
    common.need("git", "make", "gcc")
    common.use_build(1500, OUT)
    Copy(ROOT, TREE).renew(texts)
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
            line = try_one(fault, o, left if o.within else None)
            if "the time was over" not in line:
                with open(RESULTS, "a", encoding="utf-8") as f:
                    f.write(line + "\n")
        print(line, flush=True)
        found += line.startswith("found ")
    print("%d of %d found" % (found, len(chosen)))
    return 0 if found * 10 >= len(chosen) * 9 else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/proof.py")
