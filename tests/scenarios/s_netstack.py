# SPDX-License-Identifier: GPL-2.0-only
"""What people put above a NIC, really run: VLANs, bridges, bonds, macvlan, WireGuard, netconsole, tcpdump, nftables. The far
end is a third NIC of the same guest, in a network namespace of its own; a switch of the host's is between them."""
import re

import carried
from nethost import GUEST, MAC, Nic
from registry import ONLY_OURS, Machine, scenario
from s_netvf import switch

SECOND, FAR_MAC = "00:15:5d:01:02:04", "00:15:5d:01:02:05"
STACK = Machine(cpus=2, options=("--nic", "tap=hvt0,queues=2,mac=" + MAC, "--nic", "tap=hvt1,mac=" + SECOND,
                                 "--nic", "tap=hvt2,mac=" + FAR_MAC))
FAR = "10.9.0.3"
IN = "nsenter --net=/run/netns/%s "
MODULES = ("bonding", "macvlan", "wireguard", "bridge", "veth", "nf_tables", "nf_flow_table_inet")
PORT = 5000
ECHO = IN % "far" + "socat TCP4-LISTEN:%d,reuseaddr,fork EXEC:cat </dev/null >/dev/null 2>&1 & echo $! >/tmp/echo" % PORT


class Ends:
    """eth0 of machine M, and what is far."""

    def __init__(self, m, n):
        self.m, self.n = m, n
        m.wait("[ -e /sys/class/net/eth2 ]", 60, "three network devices")
        m.expect(m.sh("cat /sys/class/net/eth2/address") == FAR_MAC, "eth2 is another NIC")
        m.sh("mkdir -p /run/netns /var; [ -e /var/run ] || ln -s ../run /var/run; head -c 300000 /dev/urandom >/tmp/sent")
        for name in ("far", "inner"):
            m.sh("/sbin/ip netns add %s; %s ip link set lo up" % (name, IN % name))
        m.sh("/sbin/ip link set eth2 netns far; %s sh -c 'ip link set eth2 up; ip addr add %s/24 dev eth2'; %s" % (IN % "far", FAR, ECHO))
        self.carries("the far end", FAR)

    def carries(self, what, address, place=""):
        """Content to an address of the far end and back, by way of eth0's driver."""
        self.m.wait(place + "ping -c 1 -W 1 %s >/dev/null" % address, 30, what + ": an answer to ping")
        before = [self.n.counter(c) for c in ("tx_packets", "rx_packets")]
        out, status = self.m.run(place + "socat -t 100 - TCP4:%s:%d </tmp/sent | cmp - /tmp/sent" % (address, PORT), 150)
        self.m.expect(not status, "%s: content differs: %s" % (what, out))
        after = [self.n.counter(c) for c in ("tx_packets", "rx_packets")]
        self.m.expect(min(a - b for a, b in zip(after, before)) > 10, "%s: packets before %s, after %s" % (what, before, after))
        self.m.note(what + " carries")

    def far(self, command):
        return self.m.sh(IN % "far" + command)

    def vlan(self):
        tagged = [self.n.counter(c) for c in ("tx_vlan", "rx_vlan")]
        for place, below, address in (("", "eth0", "10.9.7.2"), (IN % "far", "eth2", "10.9.7.3")):
            self.m.sh("%s sh -c '/sbin/ip link add vlan7 link %s type vlan id 7; ip addr add %s/24 dev vlan7; ip link set vlan7 up'" %
                      (place, below, address))
        self.carries("VLAN", "10.9.7.3")
        now = [self.n.counter(c) for c in ("tx_vlan", "rx_vlan")]
        self.m.expect(all(a > b for a, b in zip(now, tagged)), "tags beside the frames: %s before, %s after" % (tagged, now))
        self.m.sh("/sbin/ip link del vlan7; %s /sbin/ip link del vlan7" % (IN % "far"))

    def bridge(self):
        """Somebody behind a bridge; what is to be forwarded is not coalesced."""
        self.m.sh("""/sbin/ip link add br0 type bridge forward_delay 0; /sbin/ip link add out type veth peer name in netns inner
ip link set out up; ip link set br0 up; /sbin/ip link set out master br0; /sbin/ip link set eth0 master br0
%s sh -c 'ip link set in up; ip addr add 10.9.0.4/24 dev in'""" % (IN % "inner"))
        self.carries("bridge", FAR, IN % "inner")
        self.m.sh("ethtool -k eth0 | grep -q 'large-receive-offload: off'")
        self.m.sh("/sbin/ip link set eth0 nomaster; /sbin/ip link del br0; /sbin/ip link del out; ethtool -K eth0 lro on")

    def macvlan(self):
        """Another address than the NIC's, which the host's filter lets through."""
        self.m.sh("/sbin/ip link add mv0 link eth0 netns inner type macvlan mode bridge; "
                  "%s sh -c 'ip addr add 10.9.0.5/24 dev mv0; ip link set mv0 up'" % (IN % "inner"))
        self.carries("macvlan", FAR, IN % "inner")
        self.m.sh(IN % "inner" + "/sbin/ip link del mv0")

    def wireguard(self):
        keys = [self.m.sh("wg genkey | tee /tmp/key%d | wg pubkey" % i) for i in (0, 1)]
        for i, (place, address, other, port) in enumerate((("", "10.9.8.2", FAR, 51821), (IN % "far", "10.9.8.3", GUEST, 51820))):
            self.m.sh("%s sh -c '/sbin/ip link add wg0 type wireguard; wg set wg0 listen-port %d private-key /tmp/key%d peer %s "
                      "allowed-ips 10.9.8.0/24 endpoint %s:%d; ip addr add %s/24 dev wg0; ip link set wg0 up'" %
                      (place, 51820 + i, i, keys[1 - i], other, port, address))
        self.carries("WireGuard", "10.9.8.3")
        self.m.sh("/sbin/ip link del wg0; %s /sbin/ip link del wg0" % (IN % "far"))

    def netconsole(self):
        self.far("sh -c 'socat -u UDP4-RECV:6666 OPEN:/tmp/console,creat,trunc >/dev/null 2>&1 & echo $! >/tmp/listens'")
        self.m.wait(IN % "far" + "grep -q :1A0A /proc/net/udp", 20, "somebody listens to the console")
        self.m.sh("dmesg -n 8; modprobe netconsole netconsole=6665@%s/eth0,6666@%s/%s" % (GUEST, FAR, FAR_MAC))
        self.m.sh("echo '<4>over the wire' >/dev/kmsg")
        self.m.wait("grep -q 'over the wire' /tmp/console", 20, "the line at the far end")
        self.m.sh("rmmod netconsole; dmesg -n 4; kill $(cat /tmp/listens)")

    def tcpdump(self):
        """Frames with the moments at which they came and went, in nanoseconds."""
        self.m.sh("(tcpdump -i eth0 -n -tt --time-stamp-precision=nano -Z root -c 6 icmp >/tmp/dump 2>/tmp/dump.says; "
                  "echo ended >>/tmp/dump.says) </dev/null >/dev/null 2>&1 &")
        self.m.wait("grep -q 'listening on eth0' /tmp/dump.says", 20, "tcpdump listens")
        clock = lambda: float(self.m.sh("bash -c 'echo $EPOCHREALTIME'"))
        before = clock()
        self.m.sh("ping -c 3 -i 0.1 " + FAR)
        self.m.wait("grep -q ended /tmp/dump.says", 20, "tcpdump has its frames")
        after, lines = clock(), self.m.sh("cat /tmp/dump").splitlines()
        times = [float(line.split()[0]) for line in lines]
        kinds = [re.search(r"ICMP echo (\w+)", line)[1] for line in lines]
        self.m.expect(kinds == ["request", "reply"] * 3, "frames: %s" % lines)
        self.m.expect(sorted([before] + times + [after]) == [before] + times + [after], "%f, then %s, then %f" % (before, times, after))

    def nft(self):
        """A chain of eth0's counts; what is to be the NIC's work is refused, and leaves nothing behind."""
        chain = "add chain netdev t c { type filter hook ingress device eth0 priority 0; %s}"
        self.m.sh("nft add table netdev t; nft add table inet t")
        for command in (chain % "flags offload; ", "add flowtable inet t f { hook ingress priority 0; devices = { eth0 }; flags offload; }"):
            out, status = self.m.run("nft '%s' 2>&1" % command)
            self.m.expect(status and "Operation not supported" in out, "%s: %s" % (command, out))
        self.m.expect("eth0" not in self.m.sh("nft list ruleset"), "left behind: " + self.m.sh("nft list ruleset"))
        self.m.sh("nft '%s'; nft add rule netdev t c ip protocol icmp counter; ping -c 3 -i 0.1 %s" % (chain % "", FAR))
        counted = self.m.sh("nft list table netdev t")
        self.m.expect(int(re.search(r"counter packets (\d+)", counted)[1]) >= 3, "counted: " + counted)
        self.m.sh("nft flush ruleset; ethtool -k eth0 | grep -q 'hw-tc-offload: off'")

    def bond(self):
        """The cable of one is pulled, and put in again; both follow the bond's MTU."""
        active = "[ $(cat /sys/class/net/pair/bonding/active_slave) = %s ]"
        self.m.sh("""/sbin/ip link add pair type bond mode active-backup miimon 50; ip addr flush dev eth0
for d in eth0 eth1; do ip link set $d down; /sbin/ip link set $d master pair; done
ip addr add 10.9.0.6/24 dev pair; ip link set pair up; echo eth0 >/sys/class/net/pair/bonding/primary""")
        self.m.wait(active % "eth0", 20, "eth0 carries")
        self.carries("bond", FAR)
        self.m.sh("ip link set pair mtu 1400; [ $(cat /sys/class/net/eth0/mtu)$(cat /sys/class/net/eth1/mtu) = 14001400 ]")
        self.m.wait(active % "eth0", 20, "eth0 carries")
        self.carries("bond with another MTU", FAR)
        self.m.host("nic link down nic=net0")
        self.m.wait(active % "eth1", 20, "eth1 takes over")
        self.m.wait("ping -c 1 -W 1 %s >/dev/null" % FAR, 20, "an answer by way of eth1")
        self.m.host("nic link up nic=net0")
        self.m.wait(active % "eth0", 20, "eth0 carries again")
        self.carries("bond again", FAR)
        self.m.sh("/sbin/ip link del pair")

    def end(self):
        self.m.sh("kill $(cat /tmp/echo); /sbin/ip netns del inner; /sbin/ip netns del far")
        self.m.wait("[ -e /sys/class/net/eth2 ]", 20, "the far NIC is back")


@scenario(rows="~N11 ~N25 ~N26 ~N27 ~F13", machine=STACK, drivers=ONLY_OURS, timeout=400, needs=("stack",))
def net_stack(m):
    "VLAN, bridge, macvlan, WireGuard, netconsole, tcpdump with time stamps, nftables and a bond above the NIC, each with content"
    carried.load(m, *MODULES)
    carried.put(m, {k: v for name in ("wg", "nft", "tcpdump") for k, v in carried.program(name).items()})
    with switch("hvt0", "hvt1", "hvt2") as tap:
        ends = Ends(m, Nic(m, tap))
        for part in (ends.vlan, ends.bridge, ends.macvlan, ends.wireguard, ends.netconsole, ends.tcpdump, ends.nft, ends.bond):
            part()
        ends.end()
