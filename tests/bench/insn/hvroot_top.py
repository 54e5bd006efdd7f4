#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hvroot_top.py DIR JOB [PAIR] - hvroot's and its libraries' instructions per operation by function; the outer kernel's too."""
import bisect
import os
import subprocess
from collections import defaultdict

from report import common, one_job


def main():
    o, j = one_job(__doc__)
    maps = []
    for l in open(os.path.join(o.dir, o.pair + ".0.hvroot")):
        w = l.split()
        if "x" in w[1] and len(w) > 5 and w[5].startswith("/"):
            a, b = w[0].split("-")
            maps.append((int(a, 16), int(b, 16), int(w[2], 16), w[5]))
    syms = {}
    for m in maps:
        out = ""
        for opt in ([], ["-D"]):
            out += subprocess.run(["nm", "--defined-only"] + opt + [m[3]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        s = sorted({(int(x.split()[0], 16), x.split()[2].split("@")[0]) for x in out.splitlines() if len(x.split()) == 3 and x.split()[1] in "tTwWi"})
        syms[m[3]] = ([a for a, _ in s], [n for _, n in s])
    by, tot = defaultdict(float), 0
    for (g, va), v in j.at.items():
        if g or va >> 63:
            continue
        for a, b, off, path in maps:
            if a <= va < b:
                addrs, names = syms[path]
                i = bisect.bisect_right(addrs, va - a + off) - 1
                by[(os.path.basename(path), names[i] if i >= 0 else "?")] += v
                tot += v
    print("hvroot", round(tot))
    for k, v in sorted(by.items(), key=lambda i: -i[1])[:30]:
        print("%9.1f %s %s" % ((v,) + k))
    outer = defaultdict(float)
    for (g, b, f), v in j.f.items():
        if not g and b not in ("hvroot", "outer user, other"):
            outer[f] += v
    print("outer kernel", round(sum(outer.values())))
    for f, v in sorted(outer.items(), key=lambda i: -i[1])[:22]:
        print("%9.1f %s" % (v, f))


if __name__ == "__main__":
    common.run(main, "hvroot_top.py")
