#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/mends/run.py [options] [ID...] - take mends out, one at a time, and see which test fails.

bus.py, disk.py, nic.py and services.py have a row for each: what was mended, the lines that did
it, and the test that must fail without them:

  suites         those of scripts/kunit --user
  kunit SUITE    one suite, in the process lab's kernel
  style CHECK    one check of scripts/style
  NAME           a scenario, in the process lab
  nested NAME    a scenario, in the nested lab, where it takes a minute and more

Prints KTAP, a line for each with its seconds, and before it the first line that the test said.
"ok" is a mend whose absence is noticed. IDs are shell patterns, e.g. 'S*'. What was noticed is not
tried again until its module or what its test is made of changes.

  --list         the rows; runs nothing
  --only ID      as ID
  --test TEST    only rows of that test, a shell pattern
  --nested       those of the nested lab too
  --again        also what was noticed before
  --minutes N    begin no row after so many
"""
import fnmatch
import hashlib
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from altered import Copy                                # noqa: E402
from progress import Progress                           # noqa: E402
from table import load                                  # noqa: E402

OUT = os.path.join(ROOT, "build/mends")
NOTICED = os.path.join(OUT, "noticed.json")
LIMIT = 1800            # seconds for a test, with what it builds
SCENARIO = ["tests/scenarios/run.py", "--tries", "1", "--no-leaks", "--once"]


def command(test):
    kind, _, name = test.rpartition(" ")
    return {"kunit": ["scripts/kunit", "--process", name], "style": ["scripts/style", name],
            "nested": SCENARIO + ["--lab", "nested", "--labs", "1", name],
            "": ["scripts/kunit", "--user"] if name == "suites" else SCENARIO + ["--lab", "process", name]}[kind]


def failure(test):
    """A pattern of the line that says that the test failed, and not something else."""
    kind, _, name = test.rpartition(" ")
    if kind == "kunit":
        return r"^not ok \d+ (- )?%s\b|^# .*(KASAN:|BUG:|WARNING:|kmemleak: unreferenced|suspicious RCU|possible )" % re.escape(name)
    if kind == "style":
        return r"^not ok - style: "
    return r"^ *not ok .*" if name == "suites" else r"^not ok (\d+ )?- %s \[.*" % re.escape(name)


def said(test, out):
    """The first line that tells of the failure; None if the test was not tried, or passed."""
    failed = re.search(failure(test), out, re.M)
    if not failed:
        return None
    before = out[:failed.start()].splitlines()
    told = [n for n, l in enumerate(before) if "-- why it failed:" in l]
    if told and told[-1] + 1 < len(before):
        return re.sub(r"^[# ]+", "", before[told[-1] + 1])
    reasons = [l for l in before if re.search(r"^ *#.* ?FAILED|^# .*(BUG:|KASAN|WARNING:|suspicious RCU)|^# failed: .*Expected", l)] or \
              [l for l in before if re.match(r"#   \S", l) and "Subtest" not in l] or [failed.group()]
    return re.sub(r"^[# ]+", "", reasons[0])


def attempt(mend, copy):
    """What the test said, or None; and what it printed is in a file."""
    copy.renew()
    for old, new in ((mend.old, mend.new),) + mend.more:
        copy.replace(mend.path, old, new)
    git = subprocess.run(["git", "-C", ROOT, "rev-parse", "--absolute-git-dir"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    try:
        r = subprocess.run(command(mend.test), cwd=copy.tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, errors="replace", timeout=LIMIT, check=False, env=dict(os.environ, GIT_DIR=git, GIT_WORK_TREE=copy.tree))
        out, status = r.stdout, r.returncode
    except subprocess.TimeoutExpired as e:
        out, status = (e.stdout or b"").decode(errors="replace") + "\nno end within %d s\n" % LIMIT, 1
    with open(os.path.join(OUT, mend.ident + ".log"), "w", encoding="utf-8") as f:
        f.write(out)
    return said(mend.test, out) if status else None


def of_test(test):
    """Folders with what a test is made of."""
    if test == "suites" or test.startswith("kunit "):
        return ("tests/kunit/",)
    return ("scripts/style",) if test.startswith("style ") else ("tests/scenarios/", "tests/hvroot/", "tests/guest/", "tests/process/")


class Noticed:
    """What was noticed before: who was interrupted goes on there. A row's module and its test must be what they were."""

    def __init__(self, files):
        self.files = files
        self.states = {}
        try:
            with open(NOTICED, encoding="utf-8") as f:
                self.lines = json.load(f)
        except (OSError, ValueError):
            self.lines = {}

    def state(self, folders):
        if folders not in self.states:
            h = hashlib.sha256()
            for path in self.files:
                if path.startswith(folders) and os.path.isfile(os.path.join(ROOT, path)):
                    with open(os.path.join(ROOT, path), "rb") as f:
                        h.update(path.encode() + b"\0" + f.read())
            self.states[folders] = h.hexdigest()
        return self.states[folders]

    def key(self, mend):
        folders = (mend.path.split("/")[0] + "/", "include/") + of_test(mend.test)
        return hashlib.sha256(repr((mend, self.state(folders))).encode()).hexdigest()

    def get(self, mend):
        return self.lines.get(self.key(mend))

    def put(self, mend, line):
        self.lines[self.key(mend)] = line
        with open(NOTICED + ".new", "w", encoding="utf-8") as f:
            json.dump(self.lines, f)
        os.replace(NOTICED + ".new", NOTICED)


def parse():
    p = common.Parser(__doc__)
    p.add_argument("ids", nargs="*", metavar="ID")
    p.add_argument("--list", action="store_true")
    p.add_argument("--only", action="append", default=[])
    p.add_argument("--test")
    p.add_argument("--nested", action="store_true")
    p.add_argument("--again", action="store_true")
    p.add_argument("--minutes", type=common.whole(1))
    o = p.parse_args()
    o.ids += o.only
    return o


def listing(rows):
    """And whether each still stands where it says."""
    for m in rows:
        with open(os.path.join(ROOT, m.path), encoding="utf-8") as f:
            m.taken_out(f.read())
        print("%-10s %-36s %s: %s" % (m.ident, m.test, m.path, m.what))
    return 0


def try_all(rows, o):
    copy = Copy(ROOT, os.path.join(OUT, "tree"))
    noticed, missed, skipped, start = Noticed(copy.files), 0, 0, time.monotonic()
    print("KTAP version 1\n1..%d" % len(rows))
    with Progress("mends", len(rows), "tried") as progress:
        for n, m in enumerate(rows, 1):
            progress.now, progress.at = m.ident, n - 1
            line, name = noticed.get(m), "%d - %s %s" % (n, m.ident, m.test)
            if line and not o.again:
                print("#   %s\nok %s: noticed before, without: %s" % (line, name, m.what), flush=True)
            elif m.test.startswith("nested ") and not o.nested or o.minutes and time.monotonic() - start > o.minutes * 60:
                skipped += 1
                print("ok %s # SKIP %s" % (name, "time is over" if o.nested or not m.test.startswith("nested ") else
                                           "only in the nested lab, with --nested"), flush=True)
            else:
                began = time.monotonic()
                line = attempt(m, copy)
                missed += not line
                if line:
                    noticed.put(m, line)
                print("#   %s\n%s %s, %.0f s: without: %s" % (
                    line or "no test failed, see %s" % os.path.join(OUT, m.ident + ".log"), "ok" if line else "not ok",
                    name, time.monotonic() - began, m.what), flush=True)
    print("%d of %d mends missed when they are out%s" % (len(rows) - missed - skipped, len(rows),
                                                         ", %d not tried" % skipped if skipped else ""))
    return 1 if missed else 0


def main():
    o = parse()
    rows = [m for m in load() if (not o.ids or any(fnmatch.fnmatch(m.ident, i) for i in o.ids)) and
            (not o.test or fnmatch.fnmatch(m.test, o.test))]
    if not rows:
        raise common.Misuse("no such mend (see --list)")
    if o.list:
        return listing(rows)
    common.need("git", "gcc")
    common.use_build(500, OUT)
    return try_all(rows, o)


if __name__ == "__main__":
    common.run(main, "tests/mends/run.py")
