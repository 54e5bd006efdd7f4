#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/mends/run.py [options] [ID...] - take mends out, one at a time, and see which test fails.

table.py has a row for each: what was mended, the lines that did it, and the test that must
fail without them: "suites", those of scripts/kunit --user, or a scenario's name, run in the
process lab. Prints KTAP, with the first line that the test said. "ok" is a mend whose
absence is noticed. IDs are shell patterns, e.g. 'S*'.

  --list       the rows; runs nothing
  --test KIND  only rows of that test: "suites", or a pattern of scenarios
"""
import fnmatch
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from progress import Progress                           # noqa: E402
from table import MENDS                                 # noqa: E402

OUT = os.path.join(ROOT, "build/mends")
LIMIT = 1800            # seconds for a test, with what it builds


def tracked():
    r = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], stdout=subprocess.PIPE, check=True)
    return [p for p in r.stdout.decode().split("\0") if p]


def renew(tree, files):
    """A copy of the tree, in which only what differs is written, so that little is built anew."""
    for path in files:
        source, target = os.path.join(ROOT, path), os.path.join(tree, path)
        if os.path.exists(source):
            put(target, open(source, "rb").read())
            shutil.copymode(source, target)


def put(path, data):
    if os.path.exists(path):
        with open(path, "rb") as f:
            if f.read() == data:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def without(mend, tree):
    """Write the file as it is without the mend."""
    with open(os.path.join(ROOT, mend.path), encoding="utf-8") as f:
        put(os.path.join(tree, mend.path), mend.taken_out(f.read()).encode())


def command(mend):
    if mend.test == "suites":
        return ["scripts/kunit", "--user"]
    return ["tests/scenarios/run.py", "--lab", "process", "--tries", "1", "--no-leaks", mend.test]


def said(mend, out):
    """The first line that tells of the failure; None if the test was not tried, or passed."""
    failed = re.search(r"^ *not ok .*" if mend.test == "suites" else r"^not ok (\d+ )?- %s \[.*" % re.escape(mend.test), out, re.M)
    if not failed:
        return None
    before = out[:failed.start()].splitlines()
    told = [n for n, l in enumerate(before) if "-- why it failed:" in l]
    if told and told[-1] + 1 < len(before):
        return re.sub(r"^[# ]+", "", before[told[-1] + 1])
    reasons = [l for l in before if re.search(r"^ *#.* ?FAILED", l)] or \
              [l for l in before if re.match(r"#   \S", l) and "Subtest" not in l] or [failed.group()]
    return re.sub(r"^[# ]+", "", reasons[0])


def attempt(mend, tree):
    without(mend, tree)
    try:
        r = subprocess.run(command(mend), cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, errors="replace", timeout=LIMIT, check=False)
        out, status = r.stdout, r.returncode
    except subprocess.TimeoutExpired as e:
        out, status = (e.stdout or b"").decode(errors="replace") + "\nnot ok - no end within %d s\n" % LIMIT, 1
    with open(os.path.join(OUT, mend.ident + ".log"), "w", encoding="utf-8") as f:
        f.write(out)
    line = said(mend, out)
    return bool(status) and line is not None, line


def main():
    p = common.Parser(__doc__)
    p.add_argument("ids", nargs="*", metavar="ID")
    p.add_argument("--list", action="store_true")
    p.add_argument("--test")
    o = p.parse_args()
    rows = [m for m in MENDS if (not o.ids or any(fnmatch.fnmatch(m.ident, i) for i in o.ids)) and
            (not o.test or fnmatch.fnmatch(m.test, o.test))]
    if not rows:
        raise common.Misuse("no such mend (see --list)")
    if o.list:
        for m in rows:
            print("%-8s %-30s %s: %s" % (m.ident, m.test, m.path, m.what))
        return 0
    common.need("git", "gcc")
    common.use_build(500, OUT)
    tree = os.path.join(OUT, "tree")
    files, missed = tracked(), 0
    print("KTAP version 1\n1..%d" % len(rows))
    with Progress("mends", len(rows), "tried") as progress:
        for n, m in enumerate(rows, 1):
            progress.now = m.ident
            renew(tree, files)
            noticed, line = attempt(m, tree)
            missed += not noticed
            print("#   %s" % (line or "no test failed, see %s" % os.path.join(OUT, m.ident + ".log")))
            print("%s %d - %s %s: without: %s" % ("ok" if noticed else "not ok", n, m.ident, m.test, m.what), flush=True)
            progress.at = n
    print("%d of %d mends missed when they are out" % (len(rows) - missed, len(rows)))
    return 1 if missed else 0


if __name__ == "__main__":
    common.run(main, "tests/mends/run.py")
