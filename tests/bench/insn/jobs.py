# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: by name, each with two sizes, of which the difference counts."""
import dataclasses
import json
import re
from typing import Callable

import common
import measure_net
from registry import Disk, Machine

SERVICE = "57164f39-9115-4e78-ab55-382f3bd5422d"       # the heartbeat's class
DISK_MACHINE = Machine(memory=768, disks=(Disk(),))
BUS_MACHINE = Machine(memory=768, disks=(), offers="heartbeat")


@dataclasses.dataclass(frozen=True)
class Job:
    kind: str                   # disk, nic, bus: each kind has a guest of its own
    name: str
    title: str
    sizes: tuple
    run: Callable               # run(m, n): n times; returns what it saw
    unit: str = "operation"
    bytes: int = 0              # what a unit has of the size, where the size is in bytes
    default: bool = False       # with what each driver sets by itself, not with the same settings

    def units(self, n):
        return n / self.bytes if self.bytes else n


def fio(m, args, block, count):
    out = m.sh("fio --name=m --filename=%s --direct=1 --ioengine=libaio --randseed=7 --norandommap "
               "--io_size=%dk --output-format=json %s" % (m.dev(), count * block, args), 3000)
    job = json.loads(out[out.index("{"):])["jobs"][0]
    side = job["read"] if job["read"]["total_ios"] else job["write"]
    return {"IOPS": side["total_ios"] / (side["runtime"] / 1000.0), "ios": side["total_ios"]}


def disk(name, title, args, block, sizes, scheduler="none"):
    def run(m, n):
        if scheduler:
            m.sh("d=%s; echo %s >/sys/block/${d##*/}/queue/scheduler" % (m.dev(), scheduler))
        return fio(m, args, block, n)
    return Job("disk", name, title, sizes, run, default=not scheduler)


BATCH = "--iodepth=32 --iodepth_batch_submit=16 --iodepth_batch_complete_min=16"
DISKS = (
    disk("default4k-qd1", "4 KiB random read, depth 1", "--rw=randread --bs=4k --iodepth=1", 4, (500, 1500), ""),
    disk("default-read128k-qd4", "128 KiB sequential read, depth 4", "--rw=read --bs=128k --iodepth=4", 128, (150, 450), ""),
    disk("read4k-qd1", "4 KiB random read, depth 1", "--rw=randread --bs=4k --iodepth=1", 4, (500, 1500)),
    disk("write4k-qd1", "4 KiB random write, depth 1", "--rw=randwrite --bs=4k --iodepth=1", 4, (500, 1500)),
    disk("read4k-qd32", "4 KiB random read, depth 32", "--rw=randread --bs=4k --iodepth=32", 4, (1000, 3000)),
    disk("write4k-qd32", "4 KiB random write, depth 32", "--rw=randwrite --bs=4k --iodepth=32", 4, (1000, 3000)),
    disk("batch16-qd32", "4 KiB random read, batches of 16", "--rw=randread --bs=4k " + BATCH, 4, (960, 2880)),
    disk("read128k-qd4", "128 KiB sequential read, depth 4", "--rw=read --bs=128k --iodepth=4", 128, (150, 450)),
    disk("write128k-qd4", "128 KiB sequential write, depth 4", "--rw=write --bs=128k --iodepth=4", 128, (150, 450)),
    disk("read1m-qd2", "1 MiB sequential read, depth 2", "--rw=read --bs=1m --iodepth=2", 1024, (30, 90)),
)


def nic(name, title, function, attribute, sizes, mtu=1500, lro="on", payload=64):
    stream = attribute == "STREAM"

    def run(m, n):
        if lro:
            m.sh("ethtool -K eth0 lro " + lro)
        setattr(measure_net, attribute, n)
        measure_net.PAYLOAD = payload
        return function(m, 1, mtu)
    return Job("nic", name, title, sizes, run, "segment" if stream else "packet", mtu - 52 if stream else 0, not lro)


PACKETS, STREAM = (2000, 10000), (2 << 20, 14 << 20)
NICS = (
    nic("default-tcp-in-1500", "TCP in, MTU 1500", measure_net.stream_in, "STREAM", STREAM, lro=""),
    nic("udp64-out", "UDP out, 64 bytes", measure_net.small_out, "SMALL", PACKETS),
    nic("udp64-in", "UDP in, 64 bytes", measure_net.small_in, "SMALL", PACKETS),
    nic("udp1400-out", "UDP out, 1400 bytes", measure_net.small_out, "SMALL", PACKETS, payload=1400),
    nic("udp1400-in", "UDP in, 1400 bytes", measure_net.small_in, "SMALL", PACKETS, payload=1400),
    nic("udp-segments-out", "UDP out, 1400 bytes, UDP_SEGMENT", measure_net.segments_out, "SMALL", (43 * 50, 43 * 250)),
    nic("tcp-out-1500", "TCP out, MTU 1500", measure_net.stream_out, "STREAM", STREAM),
    nic("tcp-in-1500-lro", "TCP in, MTU 1500, LRO", measure_net.stream_in, "STREAM", STREAM),
    nic("tcp-in-1500-nolro", "TCP in, MTU 1500, no LRO", measure_net.stream_in, "STREAM", STREAM, lro="off"),
    nic("tcp-out-9000", "TCP out, MTU 9000", measure_net.stream_out, "STREAM", STREAM, 9000),
    nic("tcp-in-9000", "TCP in, MTU 9000, LRO", measure_net.stream_in, "STREAM", STREAM, 9000),
    nic("tcp-rr", "TCP round trip", measure_net.round_trips, "ROUNDS", (100, 900)),
    nic("xdp-drop", "XDP drop", measure_net.xdp_drop, "SMALL", PACKETS),
    nic("xdp-tx", "XDP TX", measure_net.xdp_back, "SMALL", PACKETS),
)


def heartbeats(m, n, burst):
    for _ in range(n // burst):
        m.host("heartbeat burst=%d" % burst, 600)


def reopened(m, n):
    """Unbound and bound: the channel is closed and opened."""
    m.sh("cd /sys/bus/vmbus/drivers/hv_utils; d=$(grep -l %s /sys/bus/vmbus/devices/*/class_id); d=${d%%/*}; d=${d##*/}\n"
         "n=0; while [ $n -lt %d ]; do echo $d >unbind; echo $d >bind; n=$((n + 1)); done" % (SERVICE, n), 3000)


def offered(m, n):
    """Taken back and offered: until the service is open again."""
    for _ in range(n):
        m.host("rescind heartbeat", 600)
        m.wait("! grep -q %s /sys/bus/vmbus/devices/*/class_id 2>/dev/null" % SERVICE, 60)
        m.host("offer heartbeat", 600)
        m.wait("[ -e /sys/bus/vmbus/drivers/hv_utils/*-*-* ]", 60)
        m.host("ic wait heartbeat limit=60000", 600)


BUS = (
    Job("bus", "heartbeat", "a service's request, alone", (64, 320), lambda m, n: heartbeats(m, n, 1), "request"),
    Job("bus", "heartbeat-burst", "a service's requests, 32 at once", (640, 3200), lambda m, n: heartbeats(m, n, 32), "request"),
    Job("bus", "reopen", "close and open of a channel", (20, 80), reopened, "time"),
    Job("bus", "offer", "rescind, offer, device, open", (5, 20), offered, "time"),
)
JOBS = NICS + DISKS + BUS
KINDS = ("disk", "nic", "bus")


def chosen(kinds, option="", regex=""):
    """The jobs of KINDS whose names match what the user gave with that option."""
    try:
        return [j for j in JOBS if j.kind in kinds and re.search(regex, j.name)]
    except re.error:
        raise common.Misuse("%s %s: no regular expression" % (option, regex)) from None


def machine(kind, cpus, kernel):
    if kind == "nic":
        measure_net.NICS = 0
        return dataclasses.replace(measure_net.machine(cpus, kernel), cpus=cpus)
    return dataclasses.replace(DISK_MACHINE if kind == "disk" else BUS_MACHINE, cpus=cpus, kernel=kernel)
