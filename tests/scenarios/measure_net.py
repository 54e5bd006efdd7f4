# SPDX-License-Identifier: GPL-2.0-only
"""The network half of measure.py: streams, round trips, small packets, XDP, memory."""
import os
import subprocess
import time

from measuring import ROOT
from nethost import GUEST, HOST, MAC, host
from registry import Machine

NICS = 4
QUEUES = (1, 4)
STREAM = 8 << 20
ROUNDS = 500
SMALL = 5000
PAYLOAD = 64
COUNTERS = (("signals", "signals"), ("interrupts", "interrupts"), ("exits", "VM exits"))
TOOL = os.path.join(ROOT, "build/measure-net")


def machine(cpus, kernel):
    """One NIC with a TAP that has room for what is sent to it, and others for the memory they take."""
    options = ("--nic", "tap=hvt0,queues=4,mac=" + MAC)
    for i in range(1, NICS + 1):
        options += ("--nic", "tap=hvt%d,queues=4" % i)
    return Machine(cpus=max(cpus, 4), memory=768, disks=(), kernel=kernel, options=options)


def build():
    """The other end's program, before the lab is entered."""
    os.makedirs(os.path.dirname(TOOL), exist_ok=True)
    subprocess.run(["gcc", "-O2", "-o", TOOL, os.path.join(ROOT, "tests/guest/net.c")], check=True)


class Other:
    """The same program on this side."""

    def __init__(self, *args):
        self.process = subprocess.Popen([TOOL] + [str(a) for a in args], stdout=subprocess.PIPE, text=True)
        if args[0] in ("give", "take", "back", "sink"):
            self.process.stdout.readline()          # it is bound

    def result(self):
        out = self.process.communicate()[0]
        return out.split()


def counted(m, begin, units, found, unit):
    """What hvroot counted since BEGIN, for each of UNITS."""
    now = m.host.counters()
    for key, name in COUNTERS:
        found["%s per %s" % (name, unit)] = (now.get(key, 0) - begin.get(key, 0)) / units


def stream(m, queues, mtu, other, command):
    """One TCP stream: the other end's part, the guest's command."""
    pin = settings(m, queues, mtu)
    begin, start = m.host.counters(), time.monotonic()
    end = Other(*other)
    m.sh(pin + command, 900)
    end.result()
    found = {"MB/s": STREAM / 1e6 / (time.monotonic() - start)}
    counted(m, begin, STREAM / (mtu - 52), found, "segment")
    return found


def stream_in(m, queues, mtu):
    return stream(m, queues, mtu, ("give", HOST, 5001, STREAM), "nc %s 5001 </dev/null >/dev/null" % HOST)


def stream_out(m, queues, mtu):
    return stream(m, queues, mtu, ("take", HOST, 5002, STREAM), "net send %s 5002 %d" % (HOST, STREAM))


def round_trips(m, queues, mtu, apart=0):
    pin = settings(m, queues, mtu, apart)
    other = Other("back", HOST, 5003, ROUNDS)
    begin = m.host.counters()
    found = {"us": float(m.sh("%snet rr %s 5003 %d" % (pin, HOST, ROUNDS), 900))}
    other.result()
    counted(m, begin, ROUNDS, found, "round trip")
    return found


def arrived(m, begin, got, took):
    """Of SMALL packets: what the sink says."""
    found = {"packets/s": int(got) / max(float(took), 1e-6), "share that arrived": int(got) / SMALL}
    counted(m, begin, SMALL, found, "packet")
    return found


def small_out(m, queues, mtu):
    pin = settings(m, queues, mtu)
    begin = m.host.counters()
    other = Other("sink", HOST, 5004, SMALL)
    m.sh(pin + "net flood %s 5004 %d %d" % (HOST, SMALL, PAYLOAD), 900)
    return arrived(m, begin, *other.result())


def segments_out(m, queues, mtu):
    """Datagrams of 1400 bytes, handed to the kernel 43 at a time."""
    pin = settings(m, queues, mtu)
    begin = m.host.counters()
    other = Other("sink", HOST, 5004, SMALL)
    m.sh(pin + "net segments %s 5004 %d 1400 %d" % (HOST, SMALL // 43, 43 * 1400), 900)
    return arrived(m, begin, *other.result())


def small_in(m, queues, mtu):
    pin = settings(m, queues, mtu)
    m.sh(pin + "net sink %s 5005 %d >/tmp/sink &\n"
         "n=0; until grep -q bound /tmp/sink; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done" % (GUEST, SMALL), 60)
    begin = m.host.counters()
    Other("flood", GUEST, 5005, SMALL, PAYLOAD).result()
    m.sh("wait; n=0; until grep -q '^[0-9]' /tmp/sink; do n=$((n+1)); [ $n -lt 300 ]; sleep 0.1; done", 900)
    return arrived(m, begin, *m.sh("tail -1 /tmp/sink").split())


def flooded(m, queues, mtu, program):
    """Frames that PROGRAM of xdp_on is at: the seconds it took, how many it has counted, what hvroot counted of them."""
    settings(m, queues, mtu)
    m.sh("ethtool -K eth0 lro off; xdp_on " + program)
    seen = "ethtool -S eth0 | awk '/xdp_%s:/{n += $2} END{print n}'" % program
    host("ip neigh replace %s lladdr %s dev hvt0 nud permanent" % (GUEST, MAC))
    before, begin, start = int(m.sh(seen)), m.host.counters(), time.monotonic()
    Other("flood", GUEST, 5006, SMALL, 64).result()
    took, found = time.monotonic() - start, {}
    counted(m, begin, SMALL, found, "packet")
    m.sh("sleep 0.3")
    got = int(m.sh(seen)) - before
    m.sh("xdp_off")
    host("ip neigh del %s dev hvt0" % GUEST)
    return took, got, found


def xdp_drop(m, queues, mtu):
    took, got, found = flooded(m, queues, mtu, "drop")
    return {"drops/s": got / took, "share that arrived": got / SMALL, **found}


def xdp_back(m, queues, mtu):
    """A program sends back what comes."""
    _, got, found = flooded(m, queues, mtu, "tx")
    return {"share that arrived": got / SMALL, **found}


def nic_memory(m):
    """KiB of guest memory that one more NIC takes, up."""
    more = ["net%d" % i for i in range(1, NICS + 1)]
    for name in more:
        m.host("rescind " + name)
    m.wait("[ $(ls -d /sys/class/net/eth* | wc -l) = 1 ]", 60)
    before = m.free_kib()
    for name in more:
        m.host("offer " + name)
    m.wait("[ $(ls -d /sys/class/net/eth* | wc -l) = %d ]" % (NICS + 1), 60)
    m.sh("for i in /sys/class/net/eth*; do ip link set ${i##*/} up; done")
    return {"KiB per NIC with 4 queues": (before - m.free_kib()) / NICS}


def settings(m, queues, mtu, apart=0):
    """What a command starts with: one queue's user runs on the CPU of its channel, or APART from it, for both drivers."""
    m.sh("ethtool -L eth0 combined %d 2>/dev/null || :\nip link set eth0 mtu %d; ip link set eth0 up\n"
         "ip addr show eth0 | grep -q %s || ip addr add %s/24 dev eth0" % (queues, mtu, GUEST, GUEST))
    host("ip link set hvt0 mtu %d" % mtu)
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 60)
    if queues > 1:
        return ""
    cpu = m.sh("cd /sys/class/net/eth0/device/channels; cat $(ls | sort -n | head -1)/cpu; nproc").split()
    return "taskset -c %d " % ((int(cpu[0]) + apart) % int(cpu[1]))


def prepare(m):
    """The TAP's side, and eth0 is the NIC whose address is ours."""
    host("ip link set hvt0 up txqueuelen 20000; ip addr replace %s/24 dev hvt0" % HOST)
    m.wait("[ $(ls -d /sys/class/net/eth* | wc -l) = %d ]" % (NICS + 1), 60)
    m.sh("for i in /sys/class/net/eth*; do [ \"$(cat $i/address)\" != %s ] || n=${i##*/}; done\n"
         "[ $n = eth0 ] || { ip link set eth0 down; ip link set $n down; ip link set eth0 name other; ip link set $n name eth0; }" % MAC)


def jobs(m):
    """(name, function that measures it), in the order in which they must run."""
    prepare(m)
    yield from table(m)


def names():
    return [name for name, _ in table(None)]


def table(m):
    for queues in QUEUES:
        where = "%d queue%s" % (queues, "s" * (queues > 1))
        for mtu in (1500, 9000):
            for name, job in (("TCP to the guest", stream_in), ("TCP from the guest", stream_out)):
                yield "%s, MTU %d, %s" % (name, mtu, where), lambda j=job: j(m, queues, mtu)
        if queues == 1:
            yield "TCP round trip, user on another CPU", lambda: round_trips(m, queues, 1500, 1)
        for name, job in (("TCP round trip", round_trips), ("UDP 64 bytes from the guest", small_out),
                          ("UDP 64 bytes to the guest", small_in)):
            yield "%s, %s" % (name, where), lambda j=job: j(m, queues, 1500)
    yield "XDP drop, %d queues" % QUEUES[-1], lambda: xdp_drop(m, QUEUES[-1], 1500)
    yield "memory", lambda: nic_memory(m)
