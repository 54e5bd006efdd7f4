#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""summary.py DIR:JOB... [--pairs ii,oo] - one table, a column for each job and pair."""
from report import DRIVERS, ORDER, UP, Job, common


def columns():
    p = common.Parser(__doc__)
    p.add_argument("jobs", nargs="*")
    p.add_argument("--pairs", default="ii,oo")
    o = p.parse_args()
    if not o.jobs:
        raise common.Misuse("want DIR:JOB (see --help)")
    for a in o.jobs:
        d, colon, job = a.rpartition(":")
        if not colon:
            raise common.Misuse("'%s': want DIR:JOB (see --help)" % a)
        for pair in o.pairs.split(","):
            yield job, pair, Job(d, pair, 0, job)


def main():
    cols = list(columns())

    def row(name, f, fmt="%.0f"):
        print("| %s | %s |" % (name, " | ".join(fmt % f(j) for _, _, j in cols)))

    print("| per op | " + " | ".join("%s %s" % (j, p) for j, p, _ in cols) + " |")
    print("|---|" + "---:|" * len(cols))
    for b in ORDER:
        if any(abs(j.buckets.get(b, 0)) > 1 for _, _, j in cols):
            row(b, lambda j: j.buckets.get(b, 0))
    row("drivers, own", lambda j: j.own)
    row("drivers with services", lambda j: j.served)
    row("of it string steps", lambda j: sum(j.rep.get(b, 0) for b in DRIVERS) + sum(e[2] for k, e in j.bound.items() if not UP.match(k[2])))
    row("guest, all", lambda j: j.guest)
    row("all", lambda j: sum(j.buckets.values()))
    row("VM exits (VMRUN)", lambda j: j.vmruns, "%.3f")
    row("signals", lambda j: j.counters.get("signals", 0), "%.3f")
    row("interrupts", lambda j: j.counters.get("interrupts", 0), "%.3f")


if __name__ == "__main__":
    common.run(main, "summary.py")
