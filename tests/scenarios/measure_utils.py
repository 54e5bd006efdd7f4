#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/scenarios/measure_utils.py [--rounds N] [--requests N] [--clock MINUTES] - the integration services.

Time from request to answer as hvroot sees it, and exits of the guest's processors
meanwhile, ours beside the in-tree module's: one boot with the deterministic clock (LAB_ICOUNT=1: an instruction is a
nanosecond), both in turn, the real daemons. The bus is ours for both. The median,
and in brackets the lowest; microseconds. Numbers of separate runs do not compare.
With --clock then: phc2sys steers the guest's clock by the PTP clock of our
module, for so many minutes; how far the clock is from the host's, each minute.
"""
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from measuring import guest, in_lab, in_turn, parser    # noqa: E402
from registry import OURS                               # noqa: E402
from utilshost import MACHINE, Services, clock_error, phc_error  # noqa: E402

PAIRS = (("ours", "intree"), OURS)
REQUESTS = ("heartbeat", "time sample", "kvp set external key value", "kvp get external key", "vss check",
            "vss freeze", "vss thaw", "shutdown flags=0x40")
FILE_BYTES = 1 << 20


def micros(s, command):
    """Of one request; a refusal is an answer too."""
    before = len(s.m.trace.find("< transaction="))
    out, _ = s.ask(command)
    said = [l for l in out if " us" in l]
    if said:
        return int(re.search(r"in (\d+) us", said[-1]).group(1))
    lines = s.m.trace.wait("< transaction=", 20, before + 1)
    return int(re.search(r" us=(\d+)", lines[-1]).group(1))


def times(m, requests):
    """{request: [(microseconds, exits)]}"""
    s = Services(m)
    m.host("heartbeat interval=0")
    m.host("time interval=0")
    found = {}
    for n in range(requests):
        for command in REQUESTS:
            m.trace.mark()
            exits = m.host.counters()["exits"]
            took = micros(s, command)
            found.setdefault(command, []).append((took, m.host.counters()["exits"] - exits))
    path = m.path("file")
    with open(path, "wb") as f:
        f.write(os.urandom(FILE_BYTES))
    for _ in range(max(1, requests // 10)):
        exits = m.host.counters()["exits"]
        line = next(l for l in m.host("fcopy %s /tmp/file overwrite" % path, 300) if "pieces" in l)
        pieces, ms = re.search(r"in (\d+) pieces, (\d+) ms", line).groups()
        exits = m.host.counters()["exits"] - exits
        found.setdefault("fcopy, a piece of 6 KiB", []).append((1000 * int(ms) // int(pieces), exits // int(pieces)))
    return found


def show(table):
    print("%-28s %10s %10s %10s %10s %7s %9s" %
          ("request to answer, us", "in-tree", "(lowest)", "ours", "(lowest)", "ratio", "exits"))
    for name, pairs in table.items():
        (a, a_low, a_exits), (b, b_low, b_exits) = (
            (statistics.median(t for t, _ in pairs[p]), min(pairs[p])[0], statistics.median(e for _, e in pairs[p]))
            for p in PAIRS)
        print("%-28s %10d %10d %10d %10d %7.3f %4d/%d" % (name, a, a_low, b, b_low, b / a, a_exits, b_exits), flush=True)


def answers(m, o):
    table = {}
    for pair in in_turn(m, o.rounds, PAIRS):
        for name, values in times(m, o.requests).items():
            table.setdefault(name, {}).setdefault(pair, []).extend(values)
        print("# %s/%s measured" % pair, file=sys.stderr, flush=True)
    show(table)


def clock(m, minutes):
    m.deadline = float("inf")
    m.use(*OURS)
    Services(m, ())
    m.host("time sync")
    m.sh("(phc2sys -s /dev/ptp0 -c CLOCK_REALTIME -O 0 -S 0.1 -m >/tmp/phc2sys 2>&1 &) >/dev/null 2>&1")
    for n in range(minutes):
        m.sh("sleep 60", 300)
        error, doubt = clock_error(m)
        print("minute %2d: clock %+.6f s from its PTP clock; %+.3f s (+-%.3f) from the host's; %s" %
              (n + 1, -phc_error(m), error, doubt, m.sh("tail -1 /tmp/phc2sys")), flush=True)


def inside(o):
    with guest(MACHINE, PAIRS[0]) as m:
        if o.rounds:
            answers(m, o)
        if o.clock:
            clock(m, o.clock)


def main():
    p = parser(__doc__, 0)
    p.add_argument("--requests", type=common.whole(1), default=20)
    p.add_argument("--clock", type=common.whole(0), default=0)
    o = p.parse_args()
    if not o.rounds and not o.clock:
        raise common.Misuse("--rounds 0 without --clock: nothing to measure (see --help)")
    if o.in_lab:
        inside(o)
        return 0
    return in_lab(__file__)


if __name__ == "__main__":
    common.run(main, "measure_utils.py")
