#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/proof.py [NAME...] - faults put into the drivers, one at a time: does the fuzzer find them?

Builds the modules once with all faults of faults.py in a copy of the tree (build/proof), each behind a switch, a parameter
of hv_vmbus. Then fuzzes them with one fault switched on, of those that are named or all, until there is a report of its own or
guest and hvroot have had processors for as long as an idle machine gives them in ten minutes. So a machine that has other
work, too, takes longer for the same. A report is the fault's own if the fault has let something through before, which it
counts in the kernel's log, and the report has a function that it concerns, as faults.py says. Another one ends nothing: the
cases go on behind it.

  --list        names of the faults, what they are, and what their own reports have
  --anew        forget what build/proof/results says of earlier runs; what stands there is not tried again else
  --within N    as many as N seconds hold, the others at the next call
  --cpu N       seconds of processors for each, the guest's boot included (%d)
  --seed N      the first case's number (1)

A line for each, "found NAME after N s, N of processors, and N lies: what was reported [why it is its own]" or
"not found NAME: ...", with "another: what was reported [why not]" for each report before that is not its own.
The last is "N of N found, N other reports". The status is 0 if at most a tenth was not found.
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
from faults import BODY, FAULTS, MORE, SWITCH, judged   # noqa: E402
from progress import Log, Progress                      # noqa: E402

OUT = os.path.join(ROOT, "build/proof")
TREE = os.path.join(OUT, "tree")
PLAN = os.path.join(OUT, "plan.json")      # what is booted, once it is built
LEAST = 150             # seconds in which a fault may be found
SHORT = 30              # of processors, with which a run is not worth its boot
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
    known = [f.name for f in FAULTS]
    for name in o.names:
        if name not in known:
            raise common.Misuse("no fault '%s'; --list names them" % name)
    return o


def altered():
    """{file: text} with all faults, none of them on; each place is there once."""
    texts = {"vmbus/main.c": source("vmbus/main.c") + BODY}
    for number, fault in enumerate(FAULTS, 1):
        for path, old, new in edits(fault):
            text = texts.get(path) or source(path)
            texts[path] = replaced(text, old, new.replace("@", "hv_proof(%d)" % number), path)
    return {path: SWITCH + text for path, text in texts.items()}


def source(path):
    return read(os.path.join(ROOT, path))


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def edits(fault):
    return ((fault.path, fault.old, fault.new),) + tuple(MORE.get(fault.name, ()))


class Try:
    """One fault, run after run, until one finds it or it has had its processors."""

    def __init__(self, fault, o, seconds):
        self.fault, self.seconds = fault, seconds
        self.left, self.seed = o.cpu, o.seed
        self.start = time.monotonic()
        self.used = self.lies = self.cases = 0
        self.others = []

    def rest(self):
        """Seconds of the clock that it still has, or None."""
        return self.seconds and int(self.seconds - (time.monotonic() - self.start))

    def run(self):
        """What run.py printed."""
        name, number = self.fault.name, FAULTS.index(self.fault) + 1
        out, log = os.path.join(OUT, name), os.path.join(OUT, name + ".log")
        cmd = ["tests/fuzz/run.py", "--cpu", str(self.left), "--seed", str(self.seed), "--no-shrink", "--no-cover",
               "--out", out, "--vmbus", "hv_proof=%d" % number, "--count", "hv_proof: let through"]
        cmd += ["--limit", str(self.rest())] if self.seconds else []
        if os.path.exists(PLAN):
            os.makedirs(out, exist_ok=True)
            shutil.copy(PLAN, os.path.join(out, "plan.json"))
            cmd.append("--no-build")
        with Progress("proof: " + name, ask=Log(log, None)), open(log, "w", encoding="utf-8") as f:
            subprocess.run(cmd, cwd=TREE, stdout=f, stderr=f, stdin=subprocess.DEVNULL, check=False)
        if not os.path.exists(PLAN) and os.path.exists(os.path.join(out, "plan.json")):
            shutil.copy(os.path.join(out, "plan.json"), PLAN)
        return read(log)

    def after(self):
        return "after %d s, %d of processors, and %d lies" % (time.monotonic() - self.start, self.used, self.lies)

    def look(self, said):
        """Takes one run in; (whether there was a report of the fault's own, what was reported) or None."""
        cases, lies = map(int, re.search(r"^(\d+) cases, (\d+) lies", said, re.M).groups())
        used = int(re.search(r"^# (\d+) seconds of processors", said, re.M).group(1))
        self.used, self.left, self.lies = self.used + used, self.left - used, self.lies + lies
        self.seed, self.cases = self.seed + max(1, cases), self.cases + cases
        what = re.search(r"^not ok - (?:case (\d+)|at the (end)): (.*)", said, re.M)
        if not what:
            return None
        folder = os.path.join(OUT, self.fault.name, "findings", what.group(1) or what.group(2))
        own, why = judged(self.fault, *(read(os.path.join(folder, f)) for f in ("what", "console")))
        return own, "%s [%s]" % (what.group(3)[:160], why)

    def all(self):
        """What became of it, in a line."""
        name = self.fault.name
        while True:
            said = self.run()
            if not re.search(r"^\d+ cases, ", said, re.M):
                return "not tried %s: %s" % (name, said.strip().splitlines()[-1:])
            found = self.look(said)
            if found and found[0]:
                return "found %s %s: %s" % (name, self.after(), found[1])
            if found:
                self.others.append(found[1])
                print("another, %s %s: %s" % (name, self.after(), found[1]), flush=True)
            over = cut_off(said) or (self.seconds and self.rest() < LEAST)
            if over or not found or self.left < SHORT:
                break
        let = re.search(r"^# (\d+) lines", said, re.M)
        return "not found %s: %s%s, %d cases, %s times it was let through, %d other reports" % (
            name, "the time was over, " if over else "", self.after(), self.cases, let and let.group(1), len(self.others))


def cut_off(said):
    """By the clock, before it had its processors."""
    return "# the limit of" in said


def results():
    """{fault: its line} of earlier runs that came to their end"""
    if not os.path.exists(RESULTS):
        return {}
    lines = read(RESULTS).splitlines()
    return {re.sub("^not ", "", line).split()[1]: line for line in lines if not line.startswith("not tried ")}


def main():
    o = parse()
    chosen = [f for f in FAULTS if not o.names or f.name in o.names]
    texts = altered()
    if o.list:
        for f in chosen:
            print("%-18s %s (%s); reports in %s" % (f.name, f.what, f.path, ", ".join(f.shows)))
        return 0
    common.need("git", "make", "gcc")
    common.use_build(1500, OUT)
    Copy(ROOT, TREE).renew(texts)
    if os.path.exists(PLAN):
        os.remove(PLAN)
    before = {} if o.anew else results()
    found, others, end = 0, 0, time.monotonic() + (o.within or 1e9)
    for fault in chosen:
        line = before.get(fault.name)
        left = int(end - time.monotonic())
        if not line and left < LEAST:
            line = "not tried %s: --within is over" % fault.name
        elif not line:
            t = Try(fault, o, left if o.within else None)
            line = t.all()
            others += len(t.others)
            if "the time was over" not in line:
                with open(RESULTS, "a", encoding="utf-8") as f:
                    f.write(line + "\n")
        print(line, flush=True)
        found += line.startswith("found ")
    print("%d of %d found, %d other reports" % (found, len(chosen), others))
    return 0 if found * 10 >= len(chosen) * 9 else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/proof.py")
