# SPDX-License-Identifier: GPL-2.0-only
"""What all measurements share: a lab with the deterministic clock, one guest in it, the pairs in turn."""
import contextlib
import json
import os
import subprocess
import sys
import threading

import images                                           # puts scripts/lib into the path
import common
import machine
from guest import GuestError
from host import HostError
from machine import Booted, Failure
from progress import Progress

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLAN = os.path.join(ROOT, "build/measure-plan.json")
# The deterministic clock jumps while the outer VM waits for files: limits in its seconds mean nothing.
machine.BOOT_LIMIT = 100000


def in_lab(script, kernel="default"):
    """Build what the guest needs and run the script with its own arguments in a lab; its status."""
    plan = images.prepare({kernel}, True)
    with open(PLAN, "w") as f:
        json.dump(plan, f)
    lab = subprocess.Popen([os.path.join(ROOT, "scripts/lab"), "unshare", "--net", "/usr/bin/python3", os.path.abspath(script),
                            "--in-lab"] + sys.argv[1:],
                           env=dict(os.environ, LAB_ICOUNT=os.environ.get("LAB_ICOUNT", "1")),
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    with Progress("measuring") as p:
        def show():
            for line in lab.stderr:
                if line.startswith("# ") and not line.startswith("#  "):
                    p.now = line[2:]
                p.clear()
                sys.stderr.write(line)
        reader = threading.Thread(target=show)
        reader.start()
        status = lab.wait()
        reader.join()
    return status


def parser(text, least=1):
    p = common.Parser(text)
    p.add_argument("--rounds", type=common.whole(least), default=3)
    p.add_argument("--in-lab", action="store_true")
    return p


@contextlib.contextmanager
def guest(spec, first):
    """A booted guest, without a time limit; should something fail, what it and its host said last."""
    with open(PLAN) as f:
        plan = json.load(f)
    m = Booted(spec, first, plan[spec.kernel], os.environ.get("TMPDIR", "/tmp"))
    try:
        m.boot()
        m.begin(100000)
        yield m
    except (Failure, GuestError, HostError):
        print("\n".join(m.diagnostics()), file=sys.stderr)
        raise
    finally:
        m.stop()
        m.discard()


def in_turn(m, rounds, pairs):
    """Each pair of drivers, loaded, in each round."""
    for _ in range(rounds):
        for pair in pairs:
            m.deadline = float("inf")
            m.use(*pair)
            yield pair
