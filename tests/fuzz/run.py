#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/run.py [options] - a hostile root partition against the four modules, in the process lab

Boots a guest under hvroot with two disks, two NICs and all services. Case after case the host
lies for some seconds at every layer where it speaks (hvroot's command `hostile`) while the guest
works with one disk, one NIC and the services; then it is honest again, the devices are offered anew,
and the same work passes with checksums. The other disk and NIC are left alone and must go on.
A report of KASAN, UBSAN, lockdep or kmemleak, a hang, a panic, a stall, a flood of log lines
or memory that does not come back is a finding: it is kept in build/fuzz/findings with a record of all
lies, tried again, and cut down to the lies that are needed.

  --seconds N   how long to go on (60)
  --cases N     or how many cases
  --seed N      the first case's number; each that follows is one more (a new one, printed)
  --case N      this case alone, as often as --cases says (1)
  --play FILE   the record of a case, or what was left of it, in place of what its number decides
  --long N      seconds that the host lies in each case (8)
  --cpu N       or until guest and hvroot have had processors for N seconds, boots included
  --limit N     end N seconds after the first boot began, in the middle of a case too: that is no finding
  --out FOLDER  where all of this is kept (build/fuzz)
  --no-cover    modules as the scenarios use them, which do not count what code has run
  --drivers A/B  the bus and the others, of ours and intree, the kernel's own (ours/ours); those are not counted
  --seeds FILE  a session on record (hvroot --record), of which lies are made too
  --vmbus TEXT  more parameters for hv_vmbus
  --ignore REGEX lines of the kernel's log with that are no finding, to see what comes behind a known one
  --count REGEX say at the end how many lines of the kernel's log have that
  --oracles     no lies: what makes a finding goes wrong by hand, one after the other, and each must be noticed
  --no-shrink   do not try findings again
  --no-build    boot what the last run in the same folder did, or else build all but hvroot

The last line is "N cases, N lies, N findings"; the status is 0 if there was none, 4 if not one case came to its end within --limit.
Limits within a case are time that the guest had for itself. A case that others' programs leave no time for is given up, and no finding.
"""
import json
import os
import random
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests/scenarios"), os.path.join(ROOT, "scripts/lib"), HERE]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import images                                           # noqa: E402
from bench import OURS, Bench, Finding, Slow, Worn      # noqa: E402
from coverage import Coverage                           # noqa: E402
from oracles import speak                               # noqa: E402
from progress import Progress                           # noqa: E402
from shrink import case_of, shrink                      # noqa: E402

OUT = os.path.join(ROOT, "build/fuzz")
CLOSING = 25            # seconds of a limit that are left to the look for leaks
TOO_SLOW = 4


class Cut(BaseException):
    """The limit has come: whatever goes on ends, and nothing between here and the top takes it for a fault."""


def cut(*_):
    raise Cut


def session(path):
    """The whole path of a session on record."""
    if not os.path.isfile(path):
        raise common.Misuse("--seeds %s: no such file" % path)
    with open(path, "rb") as f:
        if f.readline() != b"# hvroot session 1\n":
            raise common.Misuse("--seeds %s: no session, which begins with \"# hvroot session 1\"" % path)
    if set(path) & set(" ,\t"):
        raise common.Misuse("--seeds %s: hvroot wants a name without blanks and commas" % path)
    return os.path.abspath(path)


def parse():
    p = common.Parser(__doc__)
    p.add_argument("--seconds", type=common.whole(1))
    p.add_argument("--cases", type=common.whole(1))
    p.add_argument("--seed", type=common.whole(0))
    p.add_argument("--case", type=common.whole(0))
    p.add_argument("--play")
    p.add_argument("--long", type=common.whole(1), default=8)
    p.add_argument("--cpu", type=common.whole(30))
    p.add_argument("--limit", type=common.whole(60))
    p.add_argument("--out", default=OUT)
    p.add_argument("--no-cover", action="store_true")
    p.add_argument("--drivers", default="ours/ours")
    p.add_argument("--seeds")
    p.add_argument("--vmbus", default="")
    p.add_argument("--ignore")
    p.add_argument("--count")
    p.add_argument("--oracles", action="store_true")
    p.add_argument("--no-shrink", action="store_true")
    p.add_argument("--no-build", action="store_true")
    p.add_argument("--inside")
    o = p.parse_args()
    if o.play and not os.path.isfile(o.play):
        raise common.Misuse("--play %s: no such file" % o.play)
    if o.seeds:
        o.seeds = session(o.seeds)
    if o.case is not None and o.seed is not None:
        raise common.Misuse("--case and --seed: a case's number is its seed")
    if o.play and o.case is None:
        o.case = case_of(o.play)    # by which the guest does what it did
        if o.case is None:
            raise common.Misuse("--play %s: no record of a case, which begins with \"# seed N\"" % o.play)
    o.out = os.path.abspath(o.out)
    o.pair = tuple(o.drivers.split("/"))
    if len(o.pair) != 2 or set(o.pair) - {"ours", "intree"}:
        raise common.Misuse("--drivers %s: want A/B of ours and intree" % o.drivers)
    o.no_cover |= o.pair != OURS or o.oracles
    for name, text in (("ignore", o.ignore), ("count", o.count)):
        try:
            re.compile(text or "")
        except re.error as e:
            raise common.Misuse("--%s %s: %s" % (name, text, e)) from e
    if not o.seconds and not o.cases:
        o.seconds = None if o.case is not None or o.play or o.limit or o.cpu else 60
        if o.limit or o.cpu:
            return o
        o.cases = None if o.seconds else 1
    return o


def outside(o):
    """Builds, and goes on in a network of its own."""
    common.need("make", "gcc", "unshare", "ip")
    common.use_build(1000, o.out)
    why = common.no_network()
    if why:
        raise common.Trouble("a NIC needs a network of its own, which is refused (%s); run it as root" % why)
    if not o.no_build:
        images.run("make", "-j%d" % (os.cpu_count() or 1), "--no-print-directory", "-C", "tests/hvroot")
    if o.no_build and os.path.exists(os.path.join(o.out, "plan.json")):
        go_on()
    plan = {"hvroot": os.path.join(ROOT, "build/hvroot/hvroot"),
            "kernel": os.path.join(images.run("scripts/kernel", "process"), "vmlinux"),
            "modules": images.run("scripts/build-modules", "process" if o.no_cover else "--cover")}
    intree = ["--intree", images.run("tests/process/intree/build")] if "intree" in o.pair else []
    plan["initrd"] = images.run("tests/guest/mkinitramfs", "process", "--modules", plan["modules"], *intree)
    with open(os.path.join(o.out, "plan.json"), "w", encoding="ascii") as f:
        json.dump(plan, f)
    go_on()


def go_on():
    argv = common.OWN_NETWORK + [sys.executable, os.path.abspath(__file__), "--inside", "yes"] + sys.argv[1:]
    os.execvp(argv[0], argv)


def numbers(o):
    """The cases' numbers, one after the other."""
    if o.case is not None or o.play:
        while True:
            yield o.case or 0
    seed = o.seed if o.seed is not None else random.SystemRandom().randrange(1, 10**6) * 1000
    print("# seed %d" % seed, flush=True)
    while True:
        yield seed
        seed += 1


def again(bench, folder, number):
    """The words that do a case again. What it tells may come from cases before it, which only its record has."""
    return "--play %s" % os.path.relpath(os.path.join(folder, "record"), ROOT) if bench.guided else "--case %d" % number


def keep(bench, finding, number, o, seconds):
    """A finding's files; and, if it happens again, what is needed for it."""
    signal.alarm(0)         # it is told in full
    folder = os.path.join(o.out, "findings", "%d" % number)
    os.makedirs(folder, exist_ok=True)
    bench.save(folder)
    with open(os.path.join(folder, "what"), "w", encoding="utf-8") as f:
        f.write("%s\n" % finding)
    print("not ok - case %d: %s" % (number, str(finding).splitlines()[0]))
    print("#   after %d s, %d of processors, and %d lies" % (seconds, bench.used(), bench.lies))
    for line in str(finding).splitlines()[1:40]:
        print("#   " + line)
    print("#   kept in %s; again: tests/fuzz/run.py %s%s" %
          (os.path.relpath(folder, ROOT), again(bench, folder, number), "" if o.pair == OURS else " --drivers " + o.drivers), flush=True)
    bench.stop()
    if not o.no_shrink and not o.play:
        shrink(bench, folder, number)


class Run:
    """Case after case, and what became of them."""

    def __init__(self, o, bench, progress):
        self.o, self.bench, self.progress = o, bench, progress
        self.start = time.monotonic()
        self.done = self.found = self.slow = 0

    def seconds(self):
        return time.monotonic() - self.start

    def over(self):
        o = self.o
        return ((o.cases and self.done >= o.cases) or (o.seconds and self.seconds() > o.seconds) or
                (o.cpu and self.bench.used() > o.cpu) or
                (o.limit and self.seconds() > o.limit - CLOSING) or self.found >= 10 or ((o.limit or o.cpu) and self.found))

    def one(self, number, log):
        began, lies = time.monotonic(), self.bench.lies
        self.progress.now = "case %d, %d lies" % (number, lies)
        ends = "well"
        try:
            self.bench.case(number, self.o.play)
        except Worn as e:
            ends = str(e)
            self.slow += isinstance(e, Slow)
            print("# case %d%s: %s" % (number, " is given up" if isinstance(e, Slow) else "", e), flush=True)
            self.bench.stop()
        except Finding as e:
            ends = str(e).splitlines()[0]
            self.found += 1
            keep(self.bench, e, number, self.o, self.seconds())
        self.done += 1
        self.progress.at = self.done
        log.write("%d\t%d s\t%d lies\t%s\n" % (number, time.monotonic() - began, self.bench.lies - lies, ends))
        log.flush()

    def close(self):
        try:
            self.bench.close()
        except Worn:
            pass
        except Finding as e:
            signal.alarm(0)
            self.found += 1
            print("not ok - at the end: %s" % e)
            self.bench.save(os.path.join(self.o.out, "findings", "end"))

    def all(self):
        try:
            with open(os.path.join(self.o.out, "cases"), "w", encoding="utf-8") as log:
                for number in numbers(self.o):
                    if self.over():
                        break
                    self.one(number, log)
            self.close()
        except Cut:
            print("# the limit of %d s came in the middle of a case" % self.o.limit)


def inside(o):
    with open(os.path.join(o.out, "plan.json"), encoding="ascii") as f:
        plan = json.load(f)
    if os.access("/dev/shm", os.W_OK):
        os.environ["TMPDIR"] = "/dev/shm"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # the guest ends with us
    signal.signal(signal.SIGALRM, cut)
    coverage = None if o.no_cover else Coverage(plan["modules"])
    bench = Bench(plan, o.long, coverage, o.pair, o.ignore, o.seeds, o.vmbus)
    bench.wanted = o.count
    try:
        if o.oracles:
            with Progress("oracles"):
                return 1 if speak(bench) else 0
        with Progress("fuzz", o.cases or 0, "cases") as progress:
            run = Run(o, bench, progress)
            signal.alarm(o.limit or 0)
            run.all()
    finally:
        bench.end()
    bench.report(run.seconds())
    if coverage:
        coverage.report(os.path.join(o.out, "lines"))
        print("# per file, and the lines that never ran: tests/fuzz/never.py %s" % os.path.relpath(o.out, ROOT))
        with open(os.path.join(o.out, "new"), "w", encoding="ascii") as f:
            f.write("".join("%d\t%d\n" % n for n in sorted(bench.new.items())))
    print("%d cases, %d lies, %d findings" % (run.done, bench.lies, run.found))
    if run.found:
        return 1
    return 0 if run.done > run.slow or not o.limit else TOO_SLOW


def main():
    o = parse()
    return inside(o) if o.inside else outside(o)


if __name__ == "__main__":
    common.run(main, "tests/fuzz/run.py")
