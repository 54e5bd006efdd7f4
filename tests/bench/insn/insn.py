#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/bench/insn/insn.py [--net] [--pairs ii,oo,oi,io] [--only REGEX] [--out DIR] [--rep N] - instructions per operation, by place.

Each job runs with two sizes; report.py takes the difference. README.md says more.
"""
import ctypes
import dataclasses
import itertools
import json
import mmap
import os
import re
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
from nethost import GUEST, HOST, MAC, host              # noqa: E402
from registry import Disk, Machine                      # noqa: E402

PAIRS = {"ii": ("intree", "intree"), "oo": ("ours", "ours"), "oi": ("ours", "intree"), "io": ("intree", "ours")}
FIO = {"read4k-qd1": ("--rw=randread --bs=4k --iodepth=1", 4, (500, 1500)),
       "read4k-qd32": ("--rw=randread --bs=4k --iodepth=32", 4, (1000, 3000)),
       "none4k-qd1": ("--rw=randread --bs=4k --iodepth=1", 4, (500, 1500)),
       "nonebatch16-qd32": ("--rw=randread --bs=4k --iodepth=32 --iodepth_batch_submit=16 --iodepth_batch_complete_min=16", 4, (960, 2880)),
       "batch16-qd32": ("--rw=randread --bs=4k --iodepth=32 --iodepth_batch_submit=16 --iodepth_batch_complete_min=16", 4, (960, 2880)),
       "write4k-qd32": ("--rw=randwrite --bs=4k --iodepth=32", 4, (1000, 3000)),
       "read128k-qd4": ("--rw=read --bs=128k --iodepth=4", 128, (150, 450)),
       "write128k-qd4": ("--rw=write --bs=128k --iodepth=4", 128, (150, 450))}


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
        if w[0] in ("hv_vmbus", "hv_storvsc", "hv_netvsc"):
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


def scheduler(m, name):
    """The block layer's scheduler: none for the jobs of that name, else the default."""
    m.sh("d=%s; echo %s >/sys/block/${d##*/}/queue/scheduler" % (m.dev(), "none" if name.startswith("none") else "mq-deadline"))


def fio(m, args, block, count):
    out = m.sh("fio --name=m --filename=%s --direct=1 --ioengine=libaio --randseed=7 --norandommap "
               "--io_size=%dk --output-format=json %s" % (m.dev(), count * block, args), 3000)
    job = json.loads(out[out.index("{"):])["jobs"][0]
    side = job["read"] if job["read"]["total_ios"] else job["write"]
    return {"IOPS": side["total_ios"] / (side["runtime"] / 1000.0), "ios": side["total_ios"]}


def storage(m, only):
    for name, (args, block, sizes) in FIO.items():
        if re.search(only, name):
            yield name, sizes, lambda n, a=args, b=block: fio(m, a, b, n)


def net_job(function, attribute):
    def run(n, m, mtu=1500):
        setattr(measure_net, attribute, n)
        return function(m, 1, mtu)
    return run


def stream_in_lro(m, queues, mtu, how):
    m.sh("ethtool -K eth0 lro " + how)
    return measure_net.stream_in(m, queues, mtu)


measure_net.stream_in_on = lambda m, queues, mtu: stream_in_lro(m, queues, mtu, "on")
measure_net.stream_in_off = lambda m, queues, mtu: stream_in_lro(m, queues, mtu, "off")
NET = {"udp64-out": ("small_out", "SMALL", (2000, 10000)), "udp64-in": ("small_in", "SMALL", (2000, 10000)),
       "tcp-out-1500": ("stream_out", "STREAM", (2 << 20, 14 << 20)), 
       "tcp-in-1500-lro": ("stream_in_on", "STREAM", (2 << 20, 14 << 20)),
       "tcp-in-1500-nolro": ("stream_in_off", "STREAM", (2 << 20, 14 << 20)),
       "tcp-rr": ("round_trips", "ROUNDS", (100, 900)), "xdp-drop": ("xdp_drop", "SMALL", (2000, 10000))}


def net(m, only):
    for name, (function, attribute, sizes) in NET.items():
        if re.search(only, name):
            yield name, sizes, lambda n, f=getattr(measure_net, function), a=attribute: net_job(f, a)(n, m)


def without(argv, option):
    at = argv.index(option)
    return argv[:at] + argv[at + 2:]


def inside(o):
    out = os.environ["LAB_OUT"]
    magic = Magic(out)
    pairs = [PAIRS[p] for p in o.pairs.split(",")]
    if o.net:
        measure_net.NICS = 0 if o.one_nic else measure_net.NICS
        spec = dataclasses.replace(measure_net.machine(o.cpus, o.kernel), cpus=o.cpus, disks=(Disk(),))
    else:
        spec = Machine(cpus=o.cpus, memory=768, disks=(Disk(),), kernel=o.kernel)
    if o.no_trace:          # a line of hvroot's trace for each request costs six times the request
        argv = machine.Booted.argv
        machine.Booted.argv = lambda self: without(argv(self), "--trace")
    outer(out)
    with measuring.guest(spec, pairs[0]) as m:
        for rep in range(o.rep):
            for code in o.pairs.split(","):
                m.deadline = float("inf")
                m.use(*PAIRS[code])
                tag = "%s.%d" % (code, rep)
                if o.net:
                    measure_net.prepare(m)
                symbols(m, out, tag, magic)
                if o.net:
                    measure_net.settings(m, 1, 1500)
                for name, sizes, job in itertools.chain(net(m, o.only) if o.net else (), storage(m, o.only)):
                    if name in FIO:
                        scheduler(m, name)
                    for i, n in enumerate(sizes):
                        units = n / 1448 if name.startswith("tcp-") and "1500" in name else n
                        counted(m, out, "%s.%s.%d" % (tag, name, i), units, magic, lambda: job(n))


def build_plugin():
    os.makedirs(os.path.dirname(PLUGIN), exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", PLUGIN, os.path.join(TOOLS, "insn.c")], check=True)


def main():
    p = common.Parser(__doc__)
    p.add_argument("--net", action="store_true")
    p.add_argument("--no-trace", action="store_true")
    p.add_argument("--one-nic", action="store_true")
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
    try:
        names = [n for n in (*NET, *FIO) if re.search(o.only, n)]
    except re.error:
        raise common.Misuse("--only %s: no regular expression" % o.only) from None
    if not names:
        raise common.Misuse("--only %s: no such job; they are: %s" % (o.only, " ".join((*NET, *FIO))))
    if o.in_lab:
        inside(o)
        return 0
    if o.net:
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
