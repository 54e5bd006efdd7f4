#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/bench/insn/insn.py [KIND] [--pairs ii,oo,oi,io] [--only REGEX] [--out DIR] [--rep N] [--trace] - instructions per operation, by place.

KIND: disk (the default), nic or bus; jobs.py has their jobs. Each runs with two sizes; report.py takes the
difference. README.md says more.
"""
import ctypes
import json
import mmap
import os
import subprocess
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(TOOLS)))
PLUGIN = os.path.join(ROOT, "build/insn/insn.so")
sys.path.insert(0, os.path.join(ROOT, "tests/scenarios"))
sys.dont_write_bytecode = True

import images                                           # noqa: E402; puts scripts/lib into the path
import common                                           # noqa: E402
import machine                                          # noqa: E402
import measure_net                                      # noqa: E402
import measuring                                        # noqa: E402
from jobs import KINDS, chosen, machine as machine_of      # noqa: E402
from report import DRIVERS                              # noqa: E402

PAIRS = {"ii": ("intree", "intree"), "oo": ("ours", "ours"), "oi": ("ours", "intree"), "io": ("intree", "ours")}


class Magic:
    CODE = bytes.fromhex("0f1f840048563548c3")

    def __init__(self, folder):
        self.folder = folder
        self.page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.page.write(self.CODE)
        self.call = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(self.page)))

    def __call__(self, text):
        with open(os.path.join(self.folder, "cmd"), "w") as f:
            f.write(text + "\n")
            f.flush()
            os.fsync(f.fileno())
        self.call()


def symbols(m, out, tag, magic):
    """Modules and their functions in the guest; tell the plugin where the drivers are."""
    text = m.sh("cat /proc/modules; echo ---; grep -i ' t .*\\[' /proc/kallsyms", 100)
    with open(os.path.join(out, tag + ".guest"), "w") as f:
        f.write(text)
    ranges = []
    for line in text.split("---")[0].splitlines():
        w = line.split()
        if w[0] in DRIVERS:
            ranges.append("%x-%x" % (int(w[5], 16), int(w[5], 16) + int(w[1])))
    magic("ranges " + " ".join(ranges))
    with open(os.path.join(out, tag + ".hvroot"), "w") as f:
        f.write(open("/proc/%d/maps" % m.process.proc.pid).read())


def outer(out):
    for name in ("kallsyms", "modules"):
        with open("/proc/" + name) as f, open(os.path.join(out, "outer." + name), "w") as t:
            t.write(f.read())


def counted(m, out, name, units, magic, job):
    """Run JOB between two dumps; what hvroot counted lies beside it."""
    m.host("counters reset")
    magic("start")
    value = job()
    magic("stop " + name)
    with open(os.path.join(out, name + ".json"), "w") as f:
        json.dump({"units": units, "value": value, "counters": m.host.counters()}, f, indent=1)
    print("# %s: %s" % (name, value), file=sys.stderr, flush=True)


def one_pair(m, o, code, rep, jobs, magic):
    m.deadline = float("inf")
    m.use(*PAIRS[code])
    if o.kind == "nic":
        measure_net.prepare(m)
    elif o.kind == "bus":
        m.host("heartbeat interval=0")
        m.host("ic wait heartbeat limit=60000", 600)
    symbols(m, os.environ["LAB_OUT"], "%s.%d" % (code, rep), magic)
    for job in jobs:
        if o.kind == "nic":
            measure_net.settings(m, 1, 1500)
        for i, n in enumerate(job.sizes):
            counted(m, os.environ["LAB_OUT"], "%s.%d.%s.%d" % (code, rep, job.name, i), job.units(n), magic, lambda: job.run(m, n))


def inside(o, jobs):
    out = os.environ["LAB_OUT"]
    magic = Magic(out)
    pairs = o.pairs.split(",")
    machine.Booted.traced = o.trace
    outer(out)
    with measuring.guest(machine_of(o.kind, o.cpus, o.kernel), PAIRS[pairs[0]]) as m:
        for rep in range(o.rep):
            for code in pairs:
                one_pair(m, o, code, rep, jobs, magic)


def build_plugin():
    os.makedirs(os.path.dirname(PLUGIN), exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", PLUGIN, os.path.join(TOOLS, "insn.c")], check=True)


def main():
    p = common.Parser(__doc__)
    p.add_argument("kind", nargs="?", default="disk")
    p.add_argument("--trace", action="store_true")
    p.add_argument("--pairs", default="ii,oo")
    p.add_argument("--only", default="")
    p.add_argument("--rep", type=common.whole(1), default=1)
    p.add_argument("--cpus", type=common.whole(1), default=1)
    p.add_argument("--kernel", default="default")
    p.add_argument("--out", default="build/insn")
    p.add_argument("--in-lab", action="store_true")
    o = p.parse_args()
    for pair in o.pairs.split(","):
        if pair not in PAIRS:
            raise common.Misuse("--pairs %s: want some of %s" % (o.pairs, ", ".join(PAIRS)))
    if o.kind not in KINDS:
        raise common.Misuse("'%s': want one of %s" % (o.kind, ", ".join(KINDS)))
    jobs = chosen([o.kind], "--only", o.only)
    if not jobs:
        raise common.Misuse("--only %s: no such job; they are: %s" % (o.only, " ".join(j.name for j in chosen([o.kind]))))
    if o.in_lab:
        inside(o, jobs)
        return 0
    if o.kind == "nic":
        measure_net.build()
    o.out = os.path.abspath(o.out)
    os.makedirs(o.out, exist_ok=True)
    build_plugin()
    plan = images.prepare({o.kernel}, True)
    with open(measuring.PLAN, "w") as f:
        json.dump(plan, f)
    env = dict(os.environ, LAB_ICOUNT="1", LAB_OUT=o.out, LAB_PLUGIN=PLUGIN)
    return subprocess.run([os.path.join(ROOT, "scripts/lab"), "unshare", "--net", "/usr/bin/python3", os.path.abspath(__file__),
                           "--in-lab"] + sys.argv[1:], env=env, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    common.run(main, "insn.py")
