# SPDX-License-Identifier: GPL-2.0-only
"""The tables of tests/bench/run.py: text, JSON, a drawing."""
import functools
import glob
import json
import os
import shutil
import statistics
import subprocess

from report import Job, Place

PAIRS = {"in-tree": "ii", "ours": "oo"}
AGREE = 0.01            # two runs of a row
# what a column shows: name, of a measured job
FIGURES = {"drivers": lambda j: j.own,                          # instructions in the four modules
           "served": lambda j: j.served,                        # and in what they call
           "guest": lambda j: j.guest,                          # in the whole guest
           "exits": lambda j: j.vmruns,
           "signals": lambda j: j.counters.get("signals", 0),   # of the guest to the host
           "interrupts": lambda j: j.counters.get("interrupts", 0)}


@functools.lru_cache(maxsize=None)
def place(folder, pair, run):
    """Symbols and modules of one load, which all jobs share."""
    return Place(folder, "%s.%d" % (pair, run))


def measured(folder, pair, name):
    """One value for each run, of each figure."""
    runs = len(glob.glob(os.path.join(folder, "%s.*.%s.1.json" % (pair, name))))
    found = [Job(folder, pair, n, name, place(folder, pair, n)) for n in range(runs)]
    return {f: [get(j) for j in found] for f, get in FIGURES.items()} if found else None


def agree(values):
    return max(values) - min(values) <= AGREE * max(abs(v) for v in values)


def rows(out, jobs):
    """What was measured of JOBS, in their order."""
    found = []
    for j in jobs:
        sides = {side: measured(os.path.join(out, j.kind), pair, j.name) for side, pair in PAIRS.items()}
        if not all(sides.values()):
            continue
        row = {"kind": j.kind, "name": j.name, "title": j.title, "unit": j.unit, "default": j.default}
        for figure in FIGURES:
            row[figure] = {side: statistics.median(values[figure]) for side, values in sides.items()}
        row["steady"] = all(agree(values[f]) for values in sides.values() for f in ("drivers", "served"))
        # a call that the meter lost sight of (report.py) makes nonsense of what calls cost
        row["followed"] = all(s >= o for values in sides.values() for s, o in zip(values["served"], values["drivers"]))
        found.append(row)
    return found


def ratio(pair):
    return "%8.2f" % (pair["ours"] / pair["in-tree"]) if pair["in-tree"] > 0 else "%8s" % "-"


def line(row):
    text = "%-36s" % (row["title"] + ("" if row["steady"] else " *"))
    for figure in ("drivers", "served", "guest"):
        if figure == "served" and not row["followed"]:
            text += "%9s%9s%8s" % ("?", "?", "?")
            continue
        text += "%9.0f%9.0f%s" % (row[figure]["in-tree"], row[figure]["ours"], ratio(row[figure]))
    for figure in ("exits", "signals", "interrupts"):
        text += "%8.2f%8.2f" % (row[figure]["in-tree"], row[figure]["ours"])
    return text


def text(found):
    head = "%-36s%26s%26s%26s%16s%16s%16s\n" % ("", "drivers", "with what they call", "whole guest", "VM exits", "signals", "interrupts")
    head += "%-36s" % "" + 3 * ("%9s%9s%8s" % ("in-tree", "ours", "ratio")) + 3 * ("%8s%8s" % ("in-tree", "ours"))
    parts = []
    for default, what in ((False, "the same settings on both sides"), (True, "what each driver sets by itself")):
        lines = [line(r) for r in found if r["default"] == default]
        if lines:
            parts.append("Instructions of the guest for one operation, one processor; %s\n\n%s\n%s" % (what, head, "\n".join(lines)))
    if not all(r["steady"] for r in found):
        parts.append("* two runs of this row differ by more than 1 %, in the drivers or in what they call")
    if not all(r["followed"] for r in found):
        parts.append("? calls out of the drivers were not seen to return")
    return "\n\n".join(parts)


def save(found, path):
    with open(path, "w", encoding="ascii") as f:
        json.dump(found, f, indent=1)
        f.write("\n")


def plot(found, out):
    """Bars of the ratio, in the drivers with what they call, if gnuplot is there."""
    if not shutil.which("gnuplot"):
        print("no drawing: gnuplot is not installed (scripts/deps --for gnuplot prints the command)")
        return
    found = [r for r in found if r["followed"]]
    with open(os.path.join(out, "table.dat"), "w", encoding="ascii") as f:
        for r in found:
            f.write('"%s%s" %.4f\n' % (r["title"], " (default)" if r["default"] else "", r["served"]["ours"] / r["served"]["in-tree"]))
    script = """set terminal svg size 900,%d font 'sans,12'
set output '%s'
set title 'Instructions in the drivers and in what they call, ours / in-tree'
set style fill solid 0.6
set grid x
set xrange [0:*]
set yrange [-1:%d] reverse
set arrow from 1, graph 0 to 1, graph 1 nohead dashtype 2
plot '%s' using ($2*0.5):0:($2*0.5):(0.35):ytic(1) with boxxyerrorbars notitle
""" % (80 + 26 * len(found), os.path.join(out, "table.svg"), len(found), os.path.join(out, "table.dat"))
    subprocess.run(["gnuplot"], input=script, text=True, check=False)
