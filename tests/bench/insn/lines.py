#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""lines.py DIR JOB [PAIR] - our modules' instructions per operation by source function, inlined ones told apart (DWARF)."""
import glob
import os
import subprocess
from collections import defaultdict

from report import common, one_job

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def main():
    o, j = one_job(__doc__)
    # instructions are attributed at the block's start only; blocks are short
    for a, b, name in j.place.gm:
        if name not in ("hv_vmbus", "hv_storvsc", "hv_netvsc"):
            continue
        ko = glob.glob(os.path.join(ROOT, "build/modules/*/%s.ko" % name))[0]
        addrs = sorted((va, v) for (g, va), v in j.at.items() if g == 1 and a <= va < b and v > 0.01)
        if not addrs:
            continue
        p = subprocess.run(["addr2line", "-j", ".text", "-a", "-i", "-f", "-e", ko], input="\n".join("%x" % (va - a) for va, _ in addrs),
                           stdout=subprocess.PIPE, text=True)
        blocks, cur = [], None
        for l in p.stdout.splitlines():
            if l.startswith("0x"):
                cur = []
                blocks.append(cur)
            else:
                cur.append(l)
        by = defaultdict(float)
        for (va, v), f in zip(addrs, blocks):
            chain = [(f[i], os.path.basename(f[i + 1].split(" ")[0])) for i in range(0, len(f), 2)]
            by[" < ".join("%s(%s)" % c for c in chain[:4])] += v
        print("== %s %s" % (name, o.job))
        for k, v in sorted(by.items(), key=lambda i: -i[1])[:70]:
            print("%8.1f  %s" % (v, k))


if __name__ == "__main__":
    common.run(main, "lines.py")
