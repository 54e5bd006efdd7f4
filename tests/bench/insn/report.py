#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py DIR JOB [PAIR...] [--rep N] [--top N] - the tables of one job, from insn.py's files."""
import bisect
import json
import os
import re
import sys
from collections import defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../scripts/lib"))
sys.dont_write_bytecode = True

import common                                           # noqa: E402

BLOCK = re.compile(r"^_?_?_?(blk|bio|sbitmap|elv|dd_|submit_bio|blkdev|block|rq_|ioc_|part_|disk_|mq_|iov_iter|sbq|update_io_ticks|bdev|bvec|kyber|bfq|set_capacity|io_schedule|__submit|iomap|aio|lookup_ioctx|io_submit|io_getevents|do_io_getevents|read_events|mempool|scsi)")
NET = re.compile(r"^_?_?_?(skb|ip_|ip6|udp|tcp|inet|dev_|netif|napi|net_|sk_|sock|neigh|eth_|sch_|qdisc|fib|dst_|rt_|gro|flow|nf_|xdp|bpf|page_pool|kfree_skb|consume_skb|alloc_skb|build_skb|pfifo|fq_|fq|csum|icmp|arp|validate_xmit|datagram|move_addr|import_|sys_send|sys_recv|lock_sock|release_sock|__alloc_skb|raw|ipv4|loopback|rps|enqueue_to|process_backlog|receive|deliver|loop|do_csum|bictcp|cubic)")


class Syms:
    def __init__(self):
        self.list = []

    def add(self, addr, name, module):
        self.list.append((addr, name, module))

    def done(self):
        best = {}
        for a, n, m in self.list:
            if a not in best or len(n) < len(best[a][0]):
                best[a] = (n, m)
        self.addrs = sorted(best)
        self.what = [best[a] for a in self.addrs]

    def find(self, addr):
        i = bisect.bisect_right(self.addrs, addr) - 1
        return self.what[i] if i >= 0 else ("?", "")


def kallsyms(lines, syms, modules_only=False):
    for line in lines:
        w = line.split()
        if len(w) < 3 or w[1] not in "tTwW":
            continue
        mod = w[3].strip("[]") if len(w) > 3 else ""
        if mod == "bpf" or (modules_only and not mod):
            continue
        syms.add(int(w[0], 16), w[2], mod)


class Place:
    def __init__(self, d, tag):
        self.g, self.h = Syms(), Syms()
        self.gm, self.hm = [], []
        core = [l for l in open(os.path.join(d, "outer.kallsyms")) if "[" not in l]
        self.etext = [int(l.split()[0], 16) for l in core if l.split()[2] == "_etext"][0]
        kallsyms(core, self.g)
        kallsyms(open(os.path.join(d, "outer.kallsyms")), self.h)
        mods, _, ks = open(os.path.join(d, tag + ".guest")).read().partition("---")
        kallsyms(ks.splitlines(), self.g, True)
        for text, to in ((mods, self.gm), (open(os.path.join(d, "outer.modules")).read(), self.hm)):
            for l in text.splitlines():
                w = l.split()
                if w:
                    to.append((int(w[5], 16), int(w[5], 16) + int(w[1]), w[0]))
        self.g.done()
        self.h.done()
        self.hv = []
        for l in open(os.path.join(d, tag + ".hvroot")):
            w = l.split()
            if "x" in w[1]:
                a, b = w[0].split("-")
                self.hv.append((int(a, 16), int(b, 16), os.path.basename(w[5]) if len(w) > 5 else "?"))

    def fn(self, guest, va):
        """(bucket, function)"""
        if not va >> 63:
            if guest:
                return "guest user", "user"
            for a, b, n in self.hv:
                if a <= va < b:
                    return "hvroot", n
            return "outer user, other", "other"
        for a, b, n in self.gm if guest else self.hm:
            if a <= va < b:
                f, m = (self.g if guest else self.h).find(va)
                return n, f if m == n else "?"
        if va >= 0xffffffff81000000 and va < self.etext + 0x2000000:
            return ("guest kernel" if guest else "outer kernel"), (self.g if guest else self.h).find(va)[0]
        return ("hypercall page" if guest else "outer kernel"), "hypercall page/bpf"


def bucket(guest, b, f):
    if guest:
        if b in DRIVERS + ("guest user", "hypercall page"):
            return b
        if b.startswith("scsi") or b in ("sd_mod", "t10_pi"):
            return "scsi modules"
        if b == "guest kernel":
            return "guest block/aio" if BLOCK.match(f) else "guest net stack" if NET.match(f) else "guest kernel, rest"
        return "guest modules, other"
    if b.startswith("kvm"):
        return "outer kvm"
    if b in ("hvroot", "outer kernel", "outer user, other"):
        return b
    return "outer kernel"


def load(path):
    t, b, x = defaultdict(int), defaultdict(lambda: [0, 0, 0]), {}
    reps = defaultdict(int)
    for l in open(path):
        w = l.split()
        if w[0] == "T":
            k = (int(w[1]), int(w[2], 16))
            t[k] += int(w[3]) * int(w[4])
            if w[5] == "1":
                reps[k] += int(w[4])
        elif w[0] == "B":
            e = b[(int(w[1], 16), int(w[2], 16))]
            for i in range(3):
                e[i] += int(w[3 + i])
        else:
            x[w[0]] = [int(v) if w[0] != "V" or i < 2 else int(v, 16) for i, v in enumerate(w[1:])]
    return t, b, x, reps


class Job:
    def __init__(self, d, pair, rep, job, place=None):
        tag = "%s.%d" % (pair, rep)
        last = os.path.join(d, "%s.%s.1.json" % (tag, job))
        if not os.path.exists(last):
            raise common.Misuse("%s: no such file: insn.py --out %s has not measured that" % (last, d))
        self.place = place or Place(d, tag)
        base = os.path.join(d, "%s.%s." % (tag, job))
        j0, j1 = (json.load(open(base + "%d.json" % i)) for i in (0, 1))
        self.units = j1["units"] - j0["units"]
        (t0, b0, x0, r0), (t1, b1, x1, r1) = (load(base + "%d.hist" % i) for i in (0, 1))
        u = self.units
        self.counters = {k: (v - j0["counters"].get(k, 0)) / u for k, v in j1["counters"].items()
                         if isinstance(v, (int, float)) and isinstance(j0["counters"].get(k, 0), (int, float))}
        self.vmruns, self.irqs = (x1["V"][0] - x0["V"][0]) / u, (x1["V"][1] - x0["V"][1]) / u
        self.at = {k: (t1.get(k, 0) - t0.get(k, 0)) / u for k in set(t0) | set(t1)}    # (guest, address)
        self.f, self.buckets, self.rep = defaultdict(float), defaultdict(float), defaultdict(float)
        for k, v in self.at.items():
            b, f = self.place.fn(*k)
            self.f[(k[0], b, f)] += v
            bb = bucket(k[0], b, f)
            self.buckets[bb] += v
            self.rep[bb] += (r1.get(k, 0) - r0.get(k, 0)) / u
        self.own = sum(self.buckets.get(b, 0) for b in DRIVERS)
        self.guest = sum(v for k, v in self.buckets.items() if not k.startswith("outer") and k != "hvroot")
        self.bound = defaultdict(lambda: [0, 0, 0])
        for k in set(b0) | set(b1):
            d1, d0 = b1.get(k, (0, 0, 0)), b0.get(k, (0, 0, 0))
            bm, bf = self.place.fn(1, k[0])
            _, cf = self.place.fn(1, k[1])
            e = self.bound[(bm, bf, cf)]
            for i in range(3):
                e[i] += (d1[i] - d0[i]) / u
        self.served = self.own + sum(e[1] for k, e in self.bound.items() if not UP.match(k[2]))


def one_job(doc):
    """What is asked for by DIR JOB [PAIR]: the arguments, and the job."""
    p = common.Parser(doc)
    p.add_argument("dir", nargs="?")
    p.add_argument("job", nargs="?")
    p.add_argument("pair", nargs="?", default="oo")
    o = p.parse_args()
    if not o.job:
        raise common.Misuse("want DIR and JOB (see --help)")
    return o, Job(o.dir, o.pair, 0, o.job)


# calls that go up into the stack, not services to a driver
UP = re.compile(r"^(scsi_done|scsi_done_direct|napi_gro_receive|napi_gro_frags|netif_receive_skb.*|scsi_queue_rq|tasklet_action_common.*|add_interrupt_randomness|napi_complete_done|netif_tx_wake_queue|__napi_poll)$")
DRIVERS = ("hv_vmbus", "hv_storvsc", "hv_netvsc", "hv_utils")
ORDER = [*DRIVERS, "hypercall page", "scsi modules", "guest block/aio", "guest net stack", "guest modules, other",
         "guest kernel, rest", "guest user", "outer kvm", "outer kernel", "hvroot", "outer user, other"]


def main():
    p = common.Parser(__doc__)
    p.add_argument("dir", nargs="?")
    p.add_argument("job", nargs="?")
    p.add_argument("pairs", nargs="*", default=["ii", "oo"])
    p.add_argument("--rep", type=int, default=0)
    p.add_argument("--top", type=int, default=25)
    p.add_argument("--guest", type=int, default=15)
    p.add_argument("--buckets", action="store_true")
    o = p.parse_args()
    if not o.job:
        raise common.Misuse("want DIR and JOB (see --help)")
    jobs = [Job(o.dir, pair, o.rep, o.job) for pair in o.pairs]
    print("== %s, per operation (%d operations)" % (o.job, jobs[0].units))
    print("%-44s" % "instructions in" + "".join("%12s" % p for p in o.pairs))
    for b in ORDER:
        if any(j.buckets.get(b) for j in jobs):
            print("%-44s" % b + "".join("%12.1f" % j.buckets.get(b, 0) for j in jobs) + "   rep: " + " ".join("%.1f" % j.rep.get(b, 0) for j in jobs))
    print("%-44s" % "drivers, own code" + "".join("%12.1f" % j.own for j in jobs))
    print("%-44s" % "drivers, with the services they call" + "".join("%12.1f" % j.served for j in jobs))
    print("%-44s" % "guest, all" + "".join("%12.1f" % j.guest for j in jobs))
    print("%-44s" % "all" + "".join("%12.1f" % sum(j.buckets.values()) for j in jobs))
    print("%-44s" % "VMRUNs" + "".join("%12.3f" % j.vmruns for j in jobs))
    print("%-44s" % "guest interrupts+exceptions" + "".join("%12.3f" % j.irqs for j in jobs))
    for c in ("signals", "interrupts", "exits", "exits.hypercall", "requests_per_wake"):
        print("%-44s" % ("counter " + c) + "".join("%12.3f" % j.counters.get(c, 0) for j in jobs))
    if o.buckets:
        return
    for pair, j in zip(o.pairs, jobs):
        print("-- %s: functions of the drivers" % pair)
        fs = sorted(((v, b, f) for (gu, b, f), v in j.f.items() if gu and b in DRIVERS), reverse=True)
        for v, b, f in fs[:o.top]:
            print("  %9.1f  %-12s %s" % (v, b, f))
    for pair, j in zip(o.pairs, jobs):
        print("-- %s: calls out of the drivers: instructions below, calls, (8-byte string steps)" % pair)
        tot = [sum(e[i] for e in j.bound.values()) for i in range(3)]
        print("  %9.1f %8.3f %8.1f  all" % (tot[1], tot[0], tot[2]))
        for (bm, bf, cf), e in sorted(j.bound.items(), key=lambda i: -i[1][1])[:o.top + 15]:
            if e[1] > 0.5:
                print("  %9.1f %8.3f %8.1f  %-11s %-34s -> %s" % (e[1], e[0], e[2], bm, bf, cf))
    allf = defaultdict(lambda: [0] * len(jobs))
    for i, j in enumerate(jobs):
        for (gu, b, f), v in j.f.items():
            if gu and b not in DRIVERS:
                allf[(b, f)][i] += v
    print("-- guest kernel functions with the greatest difference")
    for k, v in sorted(allf.items(), key=lambda i: -abs(i[1][-1] - i[1][0]))[:o.guest]:
        print("  %+9.1f  " % (v[-1] - v[0]) + " ".join("%9.1f" % x for x in v) + "  %s %s" % k)


if __name__ == "__main__":
    common.run(main, "report.py")
