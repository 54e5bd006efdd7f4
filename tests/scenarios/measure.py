#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/scenarios/measure.py [--net] [--rounds N] [--cpus N] [--subchannels N] [--kernel K] [--only REGEX] - our drivers
beside the in-tree ones.

One boot under hvroot with the deterministic clock (LAB_ICOUNT=1: an instruction
is a nanosecond), the two pairs of drivers in turn, the same fio jobs for each.
Prints one table: IOPS, and per I/O the guest's signals, interrupts and VM exits
and the requests that hvroot found per wake; then memory per SCSI controller.
With --net the same for a NIC: streams, round trips, small packets, XDP, memory.
The last column is ours over in-tree. Numbers of separate runs do not compare.
"""
import json
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import measure_net                                      # noqa: E402
from measuring import guest, in_lab, in_turn, parser    # noqa: E402
from registry import INTREE, OURS, Disk, Machine        # noqa: E402

CONTROLLERS = 4
# name, arguments of fio, KiB of a block, blocks
JOBS = (("4 KiB random read, depth 1", "--rw=randread --bs=4k --iodepth=1", 4, 2000),
        ("4 KiB random read, depth 32", "--rw=randread --bs=4k --iodepth=32", 4, 6000),
        ("4 KiB random write, depth 32", "--rw=randwrite --bs=4k --iodepth=32", 4, 6000),
        ("128 KiB sequential read, depth 4", "--rw=read --bs=128k --iodepth=4", 128, 1000),
        ("128 KiB sequential write, depth 4", "--rw=write --bs=128k --iodepth=4", 128, 1000))
COUNTERS = (("signals", "signals"), ("interrupts", "interrupts"), ("exits", "VM exits"),
            ("exits.hypercall", "hypercall exits to hvroot"))


def fio(m, dev, args, block, count):
    """IOPS of one job, and what hvroot counted for each I/O."""
    m.host("counters reset")
    out = m.sh("fio --name=m --filename=%s --direct=1 --ioengine=libaio --randseed=7 --norandommap "
               "--io_size=%dk --output-format=json %s" % (dev, count * block, args), 900)
    counted = m.host.counters()
    job = json.loads(out[out.index("{"):])["jobs"][0]
    side = job["read"] if job["read"]["total_ios"] else job["write"]
    ios = side["total_ios"]
    found = {"IOPS": ios / (side["runtime"] / 1000.0)}
    for key, name in COUNTERS:
        if key in counted:
            found[name + " per I/O"] = counted[key] / ios
    found["requests per wake"] = counted.get("requests_per_wake", 0)
    return found


def controller_memory(m):
    """KiB of guest memory that one more controller with one disk takes."""
    more = ["scsi%d" % c for c in range(1, CONTROLLERS + 1)]
    # a disk without a cache is not flushed when it goes, which the in-tree driver may do for ever
    m.sh("for f in /sys/class/scsi_disk/*/cache_type; do echo temporary write through >$f; done")
    for name in more:
        m.host("rescind " + name)
    m.wait("[ $(ls -d /sys/block/sd* | wc -l) = 1 ]", 60)
    before = m.free_kib()
    for name in more:
        m.host("offer " + name)
    m.wait("[ $(ls -d /sys/block/sd* | wc -l) = %d ]" % (CONTROLLERS + 1), 60)
    return {"KiB per controller": (before - m.free_kib()) / CONTROLLERS}


def storage_jobs(m):
    """(name, function that measures it), in the order in which they must run."""
    for name, *job in JOBS:
        yield name, lambda j=job: fio(m, m.dev(), *j)
    yield "memory", lambda: controller_memory(m)


def measure(m, rounds, jobs, only):
    """{job: {pair: {what: [values]}}}"""
    table = {}
    for pair in in_turn(m, rounds, (INTREE, OURS)):
        for name, job in jobs(m):
            if not re.search(only, name):
                continue
            print("# %s/%s: %s" % (*pair, name), file=sys.stderr, flush=True)
            for what, value in job().items():
                print("#   %s: %.3f" % (what, value), file=sys.stderr, flush=True)
                table.setdefault(name, {}).setdefault(what, {}).setdefault(pair, []).append(value)
    return table


def show(table):
    print("%-36s %-34s %12s %12s %8s" % ("job", "", "in-tree", "ours", "ratio"))
    for job, rows in table.items():
        for what, pairs in rows.items():
            a, b = (statistics.median(pairs[p]) for p in (INTREE, OURS))
            print("%-36s %-34s %12.3f %12.3f %8s" % (job, what, a, b, "%.3f" % (b / a) if a else "-"))
            job = ""


def inside(o):
    disks = tuple(Disk(controller=c) for c in range(CONTROLLERS + 1))
    spec = measure_net.machine(o.cpus, o.kernel) if o.net else \
        Machine(cpus=o.cpus, memory=768, disks=disks, kernel=o.kernel, subchannels=o.subchannels)
    with guest(spec, INTREE) as m:
        show(measure(m, o.rounds, measure_net.jobs if o.net else storage_jobs, o.only))


def refuse_nothing(o):
    """A pattern that no job's name matches."""
    names = measure_net.names() if o.net else [name for name, *_ in JOBS] + ["memory"]
    try:
        if any(re.search(o.only, n) for n in names):
            return
    except re.error as e:
        raise common.Misuse("--only %s: no regular expression: %s" % (o.only, e)) from None
    raise common.Misuse("--only %s: no such job; they are: %s" % (o.only, ", ".join(names)))


def main():
    p = parser(__doc__)
    p.add_argument("--net", action="store_true")
    p.add_argument("--cpus", type=common.whole(1), default=1)
    p.add_argument("--subchannels", type=common.whole(0), default=0)
    p.add_argument("--only", default="")
    p.add_argument("--kernel", default="default")
    o = p.parse_args()
    if not o.in_lab:
        refuse_nothing(o)
    if o.in_lab:
        inside(o)
        return 0
    if o.net:
        measure_net.build()
    return in_lab(__file__, o.kernel)


if __name__ == "__main__":
    common.run(main, "measure.py")
