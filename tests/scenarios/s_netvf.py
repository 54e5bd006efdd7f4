# SPDX-License-Identifier: GPL-2.0-only
"""A virtual function beside the NIC: a PCI network function in software, whose wire is a second NIC."""
import base64
import contextlib
import os
import re
import socket

import carried
import images
from bpfobject import xdp
from nethost import GUEST, HOST, MAC, Echo, Nic, Sniffer, host, raw
from registry import ONLY_OURS, Machine, scenario
from s_netlife import FIRST, HOLD, LO, RESET

RULES = "netvsc/68-hvguest-vf.rules"
WIRE = "00:15:5d:01:02:04"
VF = Machine(cpus=2, options=("--nic", "tap=hvt0,queues=2,mac=" + MAC, "--nic", "tap=hvt1,mac=" + WIRE))
LINK = "[ \"$(basename \"$(readlink /sys/class/net/vf0/master)\")\" = eth0 ]"


@contextlib.contextmanager
def switch(*taps):
    """TAPs, by default the first two, on one switch, which has the host's address."""
    host("ip link add hvsw type bridge stp_state 0 forward_delay 0 mcast_snooping 0; "
         "for t in %s; do ip link set $t master hvsw up; done" % " ".join(taps or ("hvt0", "hvt1")))
    try:
        yield "hvsw"
    finally:
        host("ip link del hvsw")


class Function:
    """The VF of eth0, in the guest."""

    def __init__(self, m, n, folder="/lib/test"):
        self.m, self.n, self.folder = m, n, folder

    def announced(self):
        """The wire is up, and the host has said that eth0 is to have a VF."""
        self.m.sh("echo 1 >/proc/sys/net/ipv6/conf/eth1/disable_ipv6; ip link set eth1 up")
        self.m.expect(self.m.sh("cat /sys/class/net/eth0/address") == MAC, "eth0 is the other NIC")
        self.m.trace.mark()
        self.m.host("nic vf on serial=7 port=net1 nic=net0")

    def none(self):
        """What another scenario has left plugged goes."""
        self.m.sh("! [ -e /sys/module/softvf ] || rmmod softvf")

    def plug(self, slot=7, queues=1, more=""):
        self.none()
        self.m.sh("insmod %s/softvf.ko mac=%s wire=%s slot=%d queues=%d %s" % (self.folder, MAC, WIRE, slot, queues, more))

    def unplug(self):
        self.m.sh("rmmod softvf")

    def path(self, which):
        self.m.trace.wait("NVSP_DATA_PATH.*net0 %s" % which, 30)
        self.m.expect(self.n.info()["path"] == which, "path: " + self.n.info()["path"])
        self.m.trace.mark()

    def stat(self, name):
        return int(self.m.sh("ethtool -S vf0 | sed -n 's/^ *%s: //p'" % name))

    def carries(self, what):
        """Content goes over the VF and not beside it, and counts as eth0's too."""
        own = self.n.counter("rx_packets")
        total = int(self.m.sh("cat /sys/class/net/eth0/statistics/rx_packets"))
        folded = self.n.stat("vf_rx_packets")       # before the VF's own: frames come meanwhile
        vf = self.stat("rx_frames")
        self.n.content(0.2, what)
        got = self.stat("rx_frames") - vf
        self.m.expect(got > 2, "%s: the VF received %d frames" % (what, got))
        self.m.expect(self.n.stat("vf_rx_packets") - folded >= got, what + ": not counted")
        self.m.expect(int(self.m.sh("cat /sys/class/net/eth0/statistics/rx_packets")) - total >= got, what + ": not in eth0's")
        self.m.expect(self.n.counter("rx_packets") - own <= 2, what + ": the synthetic path has traffic")


def moves(m, n):
    "the NIC moves to another namespace and back, and the VF with it"
    m.sh("unshare -n sleep 1000 >/dev/null 2>&1 & echo $! >/tmp/ns; sleep 0.5; ip link set eth0 netns $(cat /tmp/ns)")
    m.wait("nsenter -n -t $(cat /tmp/ns) /sbin/ip link show vf0 2>/dev/null | grep -q 'master eth0'", 20, "the VF in the NIC's namespace")
    m.sh("nsenter -n -t $(cat /tmp/ns) ip link set eth0 netns 1; kill $(cat /tmp/ns)")
    m.wait(LINK, 20, "the VF back with the NIC")
    n.up()


@scenario(rows="N30 N29", machine=VF, drivers=ONLY_OURS, timeout=400)
def net_vf(m):
    "a VF joins, carries the traffic, goes and comes, while ping goes on; it has the NIC's settings and XDP program"
    with switch() as tap:
        n = Nic(m, tap)
        f = Function(m, n)
        f.announced()
        f.plug(8)                                               # another NIC's, by its slot
        m.sh("sleep 1; [ -e /sys/class/net/vf0 ]; [ ! -e /sys/class/net/vf0/master ]; rmmod softvf")
        m.sh("ping -i 0.2 %s >/tmp/ping 2>&1 & echo $! >/tmp/ping.pid" % HOST)
        f.plug()
        f.path("vf")
        m.sh(LINK + "; /sbin/ip link show vf0 | grep -q 'SLAVE.*master eth0'; ! /sbin/ip addr show vf0 | grep -q inet")
        f.carries("VF")
        # settings
        m.sh("ip link set eth0 mtu 1400 promisc on; /sbin/ip maddr add 01:00:5e:09:08:07 dev eth0")
        f.path("vf")
        m.sh("[ $(cat /sys/class/net/vf0/mtu) = 1400 ]; /sbin/ip -d link show vf0 | grep -q 'promiscuity [1-9]'; "
             "/sbin/ip maddr show dev vf0 | grep -q 01:00:5e:09:08:07; ip link set eth0 mtu 1500 promisc off")
        f.path("vf")
        # the host takes it away and gives it back; its link goes and comes
        for on, path in (("off", "synthetic"), ("on", "vf")):
            m.host("nic vf %s serial=7 nic=net0" % on)
            f.path(path)
            n.up()
        for way, path in (("down", "synthetic"), ("up", "vf")):
            m.sh("ip link set eth1 " + way)
            f.path(path)
            n.up()
        f.unplug()
        f.path("synthetic")
        n.up()
        f.plug()
        f.path("vf")
        out = m.sh("kill -INT $(cat /tmp/ping.pid); sleep 0.5; tail -n 3 /tmp/ping")
        found = re.search(r"(\d+) packets transmitted, (\d+)", out)
        m.expect(found and int(found.group(2)) * 2 > int(found.group(1)), "pings: " + out)
        m.note("%s of %s pings answered on the way" % found.group(2, 1))
        # a program runs on both, and on a VF that comes later
        m.sh("echo %s | base64 -d >/tmp/drop.o; ethtool -K eth0 lro off; /sbin/ip link set eth0 xdpdrv obj /tmp/drop.o sec xdp" %
             base64.b64encode(xdp("drop")).decode())
        ident = m.sh("/sbin/ip link show eth0 | sed -n 's/.*prog.xdp id \\([0-9]*\\).*/\\1/p'")
        m.expect(str(f.stat("xdp_program")) == ident, "the VF's program: %d, not %s" % (f.stat("xdp_program"), ident))
        before = f.stat("rx_dropped")
        m.wait("ping -c1 -W1 %s >/dev/null; [ $(ethtool -S vf0 | sed -n 's/^ *rx_dropped: //p') -gt %d ]" % (HOST, before), 10, "the VF drops")
        f.unplug()
        f.path("synthetic")
        before = n.received("xdp_drop")
        m.wait("ping -c1 -W1 %s >/dev/null; [ $(ethtool -S eth0 | awk '/rx_queue_[01]_xdp_drop/{n += $2} END{print n}') -gt %d ]" %
               (HOST, before), 10, "the NIC drops")
        f.plug()
        f.path("vf")
        m.expect(str(f.stat("xdp_program")) == ident, "the new VF's program: %d" % f.stat("xdp_program"))
        m.sh("/sbin/ip link set eth0 xdpdrv off")
        m.expect(f.stat("xdp_program") == 0, "the program is left in the VF")
        n.up()
        f.carries("without a program")
        moves(m, n)
        f.path("vf")
        # a driver that finds its VF there
        m.sh("rmmod hv_netvsc")
        m.sh("[ ! -e /sys/class/net/vf0/master ]; ! /sbin/ip link show vf0 | grep -q SLAVE")
        m.trace.mark()
        m.sh("modprobe hv_netvsc; n=0; until ip link set eth1 up 2>/dev/null; do n=$((n + 1)); [ $n -lt 50 ]; sleep 0.1; done")
        n.up()
        f.path("vf")
        f.carries("after the driver's reload")
        f.unplug()
        f.path("synthetic")
        n.content(0.2, "without the VF")


@scenario(rows="N30 N32", machine=VF, drivers=ONLY_OURS, timeout=300)
def net_vf_parity(m):
    "over a VF: all of its queues are used, its speed is shown, settings reach it, it goes down with the NIC, netconsole works; the host changes the path or loses all"
    with switch() as tap:
        n = Nic(m, tap)
        m.sh("ethtool -L eth0 combined 2")      # a frame of the second queue is none that the VF has received on its first
        n.up()
        f = Function(m, n)
        f.announced()
        f.plug(queues=4)
        f.path("vf")
        n.up()
        e = Echo()
        m.sh("net conns %s %d 40 500" % (HOST, e.port))
        e.close()
        m.expect(f.stat("tx_queues") == 4, "queues of the VF that were used: %d of 4" % f.stat("tx_queues"))
        m.expect("Speed: 56000Mb/s" in m.sh("ethtool eth0"), "speed: " + m.sh("ethtool eth0 | grep Speed"))
        for on in ("off", "on"):
            m.sh("ethtool -K eth0 gro %s; ethtool -k vf0 | grep -q 'generic-receive-offload: %s'" % (on, on))
        m.sh("ip link set eth0 down")
        f.path("synthetic")
        m.sh("[ $(( $(cat /sys/class/net/vf0/flags) & 1 )) = 0 ]")
        n.up()
        f.path("vf")
        # messages come with interrupts off: they must not go through the VF's own queueing
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind((HOST, 0))
        sink.settimeout(10)
        mac = re.search(r"link/ether (\S+)", host("ip link show " + tap)).group(1)
        m.sh("dmesg -n 8; modprobe netconsole netconsole=6665@%s/eth0,%d@%s/%s" % (GUEST, sink.getsockname()[1], HOST, mac))
        try:
            m.sh("echo '<4>over the VF' >/dev/kmsg")
            while b"over the VF" not in sink.recv(65536):
                pass
        finally:
            m.sh("rmmod netconsole; dmesg -n 4")
            sink.close()
        # the host goes back by itself: so does the guest, and asks again later
        m.host("nic vf fallback nic=net0")
        n.up()
        m.trace.wait("NVSP_DATA_PATH.*net0 vf", 30)
        # another connection, and the host names the VF long before there is one that it could be asked on
        m.host(HOLD)
        m.trace.mark()
        m.host(RESET)
        m.trace.wait(FIRST, 20)
        m.sh("sleep 1")
        m.host("nic release")
        f.path("vf")
        n.up()
        bad = [line for line in m.sh("ethtool -S eth0").splitlines() if "host_bad" in line and not line.endswith(" 0")]
        m.expect(not bad, "counted as the host's faults: %s" % bad)
        f.unplug()
        f.path("synthetic")
        n.content(0.2, "without the VF")


TWINS = Machine(cpus=2, options=("--nic", "tap=hvt0,mac=" + MAC, "--nic", "tap=hvt1,mac=" + MAC, "--nic", "tap=hvt2,mac=" + WIRE))


@scenario(rows="N30", machine=TWINS, drivers=ONLY_OURS, timeout=200)
def net_vf_twins(m):
    "two NICs with one address: the VF is that one's whose number its slot has, whatever comes first, and moves when the host says so"
    f = Function(m, None)

    def master(name):
        m.wait("[ \"$(basename \"$(readlink /sys/class/net/vf0/master)\")\" = %s ]" % name, 20, "the VF with " + name)

    def path(nic, which):
        m.trace.wait("NVSP_DATA_PATH.*%s %s" % (nic, which), 30)
        m.trace.mark()

    m.wait("[ -e /sys/class/net/eth2 ]", 60, "three network devices")
    m.expect(m.sh("cat /sys/class/net/eth2/address") == WIRE, "eth2 is another NIC")
    m.sh("for n in 0 1 2; do ip link set eth$n up; done")
    for nic, eth in (("net1", "eth1"), ("net0", "eth0")):
        # the number first; then the VF first, which the other NIC has by its address meanwhile
        m.trace.mark()
        m.host("nic vf on serial=7 nic=" + nic)
        f.plug()
        path(nic, "vf")
        master(eth)
        m.host("nic vf off serial=7 nic=" + nic)
        path(nic, "synthetic")
        f.unplug()
        f.plug()
        m.wait("[ -e /sys/class/net/vf0/master ]", 20, "a NIC for the VF")
        m.host("nic vf on serial=7 nic=" + nic)
        path(nic, "vf")
        master(eth)
        m.host("nic vf off serial=7 nic=" + nic)
        path(nic, "synthetic")
        f.unplug()


def udev(m):
    """Debian's udev and our rules into the guest."""
    carried.put(m, {**carried.program("udevadm"), "etc/udev/rules.d/" + os.path.basename(RULES): os.path.join(images.ROOT, RULES)})


@scenario(rows="N31", machine=VF, drivers=ONLY_OURS, timeout=200)
def net_vf_rules(m):
    "udev with our rules: a VF that stands in for a NIC is nobody's to manage, any other device is"
    with switch() as tap:
        n = Nic(m, tap)
        f = Function(m, n)
        udev(m)
        found = "udevadm test -a add /sys/class/net/%s 2>/dev/null"

        def managed(name):
            out = m.sh(found % name)
            m.expect("INTERFACE=" + name in out, "udevadm: " + out)
            return "NM_UNMANAGED=1" not in out and "ID_NET_MANAGED_BY" not in out

        m.trace.mark()
        m.host("nic vf on serial=7 port=net1 nic=net0")
        f.plug(8)
        m.sh("sleep 0.5")
        m.expect(managed("vf0") and managed("eth0"), "a function that nobody has is not managed")
        f.unplug()
        f.plug()
        m.wait(LINK, 20, "the VF joins")
        m.expect(not managed("vf0"), "the VF is managed")
        m.expect(managed("eth0"), "the NIC is not managed")
        f.unplug()


THIRD = "00:15:5d:01:02:05"
THREE = Machine(cpus=2, options=VF.options + ("--nic", "tap=hvt2,mac=" + THIRD))
FOREIGN = b"\x88\xb5"
PEER = b"\x02\x00\x00\x00\x00\x09"


def redirected(m, out, which, count=20):
    """Frames that come on eth2 leave by the device below the TAP WHICH, unchanged and once, and by no other."""
    taps = {name: Sniffer(name) for name in ("hvt0", "hvt1")}
    us = bytes.fromhex(THIRD.replace(":", ""))
    sent = [FOREIGN + b"%02d" % i * 30 for i in range(count)]
    for f in sent:
        out.send(us + PEER + f)
    got = []
    for _ in range(100):
        if len(got) == count:
            break
        got += [f[12:] for f in taps[which].frames(0.2, lambda f: f[:14] == PEER + us + FOREIGN)]
    m.expect(got == sent, "%d of %d frames left by %s" % (len(got), count, which))
    for name, tap in taps.items():
        seen = tap.frames(0, lambda f: f[:14] == PEER + us + FOREIGN)
        m.expect(name == which or not seen, "%d frames left by %s too" % (len(seen), name))
        tap.close()


@scenario(rows="N29 ~N28", machine=THREE, drivers=ONLY_OURS, timeout=200)
def net_vf_redirect(m):
    "frames that a program redirects to the NIC go over the VF that takes such frames, else the synthetic way"
    n = Nic(m)
    host("ip link set hvt1 up; ip link set hvt2 up")
    m.wait("[ -e /sys/class/net/eth2 ]", 60, "three network devices")
    m.expect(m.sh("cat /sys/class/net/eth2/address") == THIRD, "eth2 is another NIC")
    f = Function(m, n)
    m.sh("echo 1 >/proc/sys/net/ipv6/conf/eth2/disable_ipv6; ethtool -K eth2 lro off; ip link set eth2 up; on=eth2 xdp_on redirect eth0")
    out = raw("hvt2")
    redirected(m, out, "hvt0")
    f.announced()
    f.plug(more="redirect=1")
    f.path("vf")
    before = n.counter("tx_packets")
    redirected(m, out, "hvt1")
    m.expect(f.stat("xdp_xmit") == 20, "frames that the VF was given: %d" % f.stat("xdp_xmit"))
    m.expect(n.counter("tx_packets") - before < 10, "the synthetic path has them too")
    m.sh("ip link set vf0 down")
    f.path("synthetic")
    redirected(m, out, "hvt0")
    f.unplug()
    # one whose driver takes none
    f.plug()
    f.path("vf")
    redirected(m, out, "hvt0")
    f.unplug()
    f.path("synthetic")
    redirected(m, out, "hvt0")
    m.sh("xdp_off")
    out.close()
    n.content(0.2, "afterwards")


TAKEN = "dmesg | grep -c 'data path is the VF'"


@scenario(rows="~N30 F01", machine=VF, drivers=ONLY_OURS, timeout=300)
def net_vf_silent(m):
    "a host that takes its time to give the VF's path, or goes back before it has said so: RTNL is free meanwhile, and both agree in the end"
    keep = "nic fault on=SWITCH_DATA_PATH hold"
    with switch() as tap:
        n = Nic(m, tap)
        f = Function(m, n)
        late = n.stat("host_timeout")
        m.host(keep)
        f.announced()
        f.plug()
        m.trace.wait(r"\bFAULT +net0 SWITCH_DATA_PATH", 30)
        m.sh(LO)
        m.expect(n.stat("host_timeout") == late, "the answer was waited for in vain: RTNL was held")
        m.expect("data path is the VF" not in m.dmesg(), "the path is taken before the host has given it")
        # it goes back while its answer is on the way: the guest asks once more
        m.host("nic vf fallback nic=net0")
        m.trace.mark()
        m.host("nic release")
        f.path("vf")
        m.wait("dmesg | grep -q 'data path is the VF'", 20, "it is taken")
        f.carries("after the fall-back")
        # the VF goes down while it is asked for, which does not wait for that answer
        m.sh("ip link set eth0 down")
        f.path("synthetic")
        taken = int(m.sh(TAKEN))
        m.host(keep)
        m.trace.mark()
        m.sh("ip link set eth0 up")
        m.trace.wait(r"\bFAULT +net0 SWITCH_DATA_PATH", 30)
        m.sh("ip link set vf0 down")
        m.trace.mark()
        m.host("nic release")
        m.trace.wait("NVSP_DATA_PATH.*net0 synthetic", 30)
        f.path("vf")
        m.wait("[ $(%s) = %d ]" % (TAKEN, taken + 1), 20, "the path is taken again")
        n.up()
        f.carries("after all that")
