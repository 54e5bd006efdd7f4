#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""summary.py DIR:JOB... [--pairs ii,oo] - one table, a column for each job and pair."""
import sys
from report import DRIVERS, ORDER, UP, Job
pairs = "ii,oo"
args = []
for a in sys.argv[1:]:
    if a.startswith("--pairs="):
        pairs = a[8:]
    else:
        args.append(a)
cols = []
for a in args:
    d, job = a.rsplit(":", 1)
    for p in pairs.split(","):
        cols.append((job, p, Job(d, p, 0, job)))
def row(name, f, fmt="%.0f"):
    print("| %s | %s |" % (name, " | ".join(fmt % f(j) for _, _, j in cols)))
print("| per op | " + " | ".join("%s %s" % (j, p) for j, p, _ in cols) + " |")
print("|---|" + "---:|" * len(cols))
for b in ORDER:
    if any(abs(j.buckets.get(b, 0)) > 1 for _, _, j in cols):
        row(b, lambda j: j.buckets.get(b, 0))
row("drivers, own", lambda j: sum(j.buckets.get(b, 0) for b in DRIVERS))
row("drivers with services", lambda j: sum(j.buckets.get(b, 0) for b in DRIVERS) + sum(e[1] for k, e in j.bound.items() if not UP.match(k[2])))
row("of it string steps", lambda j: sum(j.rep.get(b, 0) for b in DRIVERS) + sum(e[2] for k, e in j.bound.items() if not UP.match(k[2])))
row("guest, all", lambda j: sum(v for k, v in j.buckets.items() if not k.startswith("outer") and k != "hvroot"))
row("all", lambda j: sum(j.buckets.values()))
row("VM exits (VMRUN)", lambda j: j.vmruns, "%.3f")
row("signals", lambda j: j.counters.get("signals", 0), "%.3f")
row("interrupts", lambda j: j.counters.get("interrupts", 0), "%.3f")
