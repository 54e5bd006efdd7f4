# SPDX-License-Identifier: GPL-2.0-only
"""The network device with much to do: many connections, removals and settings under load."""
import socket
import time

from nethost import GUEST, GUEST6, HOST, HOST6, MAC, Echo, Nic, Server, Sniffer, host, load, summed
from registry import BOTH, ONLY_OURS, scenario
from s_net import PLAIN, nic

FOUR = nic(",queues=4", cpus=4)
GARP = b"\x08\x06"


@scenario(rows="~N08 ~N13 ~N21", machine=FOUR, drivers=BOTH, timeout=600)
def net_queues(m):
    "TCP and UDP over IPv4 and IPv6 by content, on 4 queues and on 1"
    n = Nic(m)
    refused = n.refused()
    for queues in (4, 1):
        m.sh("ethtool -L eth0 combined %d" % queues)
        n.up()
        n.own6()
        m.expect(n.info()["subs"] == str(queues - 1), "sub-channels: " + n.info()["subs"])
        for address in (HOST, HOST6):
            e = Echo(socket.SOCK_STREAM, address)
            m.sh("net conns %s %d 16 4000" % (address, e.port), 90)
            e.close()
            e = Echo(socket.SOCK_DGRAM, address)
            for size in (1, 64, 1400, 5000):
                m.sh("net udp %s %d 20 %d" % (address, e.port, size), 60)
            e.close()
        n.content(1, "%d queues" % queues)
        n.content(1, "%d queues, IPv6" % queues, v6=True)
    m.expect(n.refused() == refused, "the host refused packets")


@scenario(rows="~N21", machine=PLAIN, drivers=BOTH, timeout=600)
def net_connections(m):
    "2000 TCP connections open at once, content to and fro on each"
    n = Nic(m)
    e = Echo()
    out = m.sh("net conns %s %d 2000 500" % (HOST, e.port), 300)
    m.expect("2000 open" in out and "2000 done" in out, out)
    m.expect(e.most == 2000, "%d at once on this side" % e.most)
    e.close()
    n.content(0.3, "afterwards")


# the in-tree driver hangs when its device goes under load
@scenario(rows="~N33", machine=PLAIN, drivers=ONLY_OURS, timeout=900)
def net_rescinds(m):
    "the device taken away 100 times under load, and offered again"
    n = Nic(m)
    with load(m):
        for _ in range(100):
            m.host("rescind net0")
            m.wait("! [ -e /sys/class/net/eth0 ]", 20, "no network device")
            m.host("offer net0")
            m.wait("[ -e /sys/class/net/eth0 ]", 20, "a network device")
            m.sh("ip link set eth0 up; ip addr add %s/24 dev eth0" % GUEST)
        n.up()
    n.content(0.5, "after 100 removals")


@scenario(rows="N27", machine=PLAIN, drivers=BOTH, timeout=900)
def net_mtu(m):
    "MTU from 68 to 65521, each with content and one packet of just that size"
    n = Nic(m)
    m.host("nic mtu 65521")
    n.reload()
    try:
        for mtu in (68, 576, 1280, 2000, 4000, 9000, 30000, 65521, 1500):
            m.sh("ip link set eth0 mtu %d" % mtu)
            host("ip link set hvt0 mtu %d" % max(mtu, 1280))
            n.up()
            m.sh("ping -c1 -W3 -s %d %s >/dev/null" % (mtu - 28, HOST))
            if mtu > 68:
                n.content(0.3, "mtu %d" % mtu)
        m.expect(m.run("ip link set eth0 mtu 65522")[1], "an MTU above the host's limit")
        m.expect(m.run("ip link set eth0 mtu 67")[1], "an MTU below 68")
    finally:
        m.host("nic mtu 9000")
        m.sh("ip link set eth0 mtu 1500; rmmod hv_netvsc; modprobe hv_netvsc")
        host("ip link set hvt0 mtu 1500")
    n.up()


@scenario(rows="~N25 ~F13", machine=PLAIN, drivers=BOTH, timeout=300)
def net_multicast(m):
    "a joined group reaches the guest, IPv4 and IPv6; another does not pass the host's filter"
    n = Nic(m)
    for group, other, family in (("239.9.8.7", "239.1.2.3", socket.AF_INET), ("ff15::9:8:7", "ff15::1:2:3", socket.AF_INET6)):
        out = socket.socket(family, socket.SOCK_DGRAM)
        index = socket.if_nametoindex("hvt0")
        if family == socket.AF_INET:
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
        else:
            out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        m.sh("net join %s 9999 eth0 >/tmp/join 2>&1 & n=0; until grep -q joined /tmp/join; do n=$((n+1)); [ $n -lt 50 ]; sleep 0.1; done" % group)
        m.sh("sleep 1")
        before = n.counter("rx_filtered")
        for _ in range(5):
            out.sendto(b"not for you", (other, 9999))
        time.sleep(1)
        if m.ours:      # the in-tree driver asks for all groups
            m.expect(n.counter("rx_filtered") >= before + 5, "%s: another group passed the filter" % other)
        out.sendto(b"hello", (group, 9999))
        m.wait("grep -q 'got hello' /tmp/join", 10, "a datagram to " + group)
        out.close()


def announcements(watch, seconds):
    """Gratuitous ARPs and unsolicited neighbour advertisements of the guest."""
    arp, nd = 0, 0
    for f in watch.frames(seconds):
        arp += f[12:14] == GARP and f[28:32] == socket.inet_aton(GUEST) and f[38:42] == f[28:32]
        nd += f[12:14] == b"\x86\xdd" and len(f) > 77 and f[20] == 58 and f[54] == 136 and \
            f[62:78] == socket.inet_pton(socket.AF_INET6, GUEST6)
    return arp, nd


@scenario(rows="N26", machine=PLAIN, drivers=BOTH, timeout=400)
def net_migration(m):
    "network-change notices, as after a live migration: the carrier cycles, announcements go out, connections live on"
    n = Nic(m)
    n.own6()
    m.sh("echo 1 >/proc/sys/net/ipv6/conf/eth0/ndisc_notify")
    e = Echo()
    m.sh("net rr %s %d 1000000 >/dev/null 2>&1 & echo $! >/tmp/rr" % (HOST, e.port))
    for _ in range(3):
        changes = int(m.sh("cat /sys/class/net/eth0/carrier_changes"))
        watch = Sniffer("hvt0")
        m.host("nic link change")
        m.wait("[ $(cat /sys/class/net/eth0/carrier_changes) -ge %d ] && [ $(cat /sys/class/net/eth0/carrier) = 1 ]" % (changes + 2),
               15, "a cycle of the carrier")
        arp, _ = announcements(watch, 3)
        watch.close()
        m.expect(arp or not m.ours, "no gratuitous ARP")    # in-tree they go before the carrier is there
        m.sh("sleep 2; kill -0 $(cat /tmp/rr)")
    m.sh("kill $(cat /tmp/rr)")
    m.expect(e.most == 1, "the connection did not live on")
    e.close()
    # a burst is not passed on one by one
    changes = int(m.sh("cat /sys/class/net/eth0/carrier_changes"))
    for i in range(40):
        m.host("nic link " + ("down", "up")[i % 2])
    m.wait("sleep 6; [ $(cat /sys/class/net/eth0/carrier) = 1 ]", 10, "carrier after a burst")
    more = int(m.sh("cat /sys/class/net/eth0/carrier_changes")) - changes
    if m.ours:
        m.expect(more <= 4, "%d changes of the carrier in a burst" % more)
    n.content(0.3, "after all that")


@scenario(rows="~N35", machine=PLAIN, drivers=BOTH, timeout=900, needs=("queues",))
def net_loops(m):
    "channels, buffers, MTU, up and down, all changed in a loop under load"
    n = Nic(m)
    with load(m):
        for i in range(8):
            m.sh("ethtool -L eth0 combined %d" % (1 + i % 2))
            m.sh("ethtool -G eth0 rx %d tx %d" % ((2000, 150), (4000, 170))[i % 2])
            m.sh("ip link set eth0 mtu %d" % (1400, 1500)[i % 2])
            m.sh("ip link set eth0 down; ip link set eth0 up")
            n.up()
    n.content(0.5, "after the loops")
    m.expect(n.info()["subs"] == "1", "sub-channels: " + n.info()["subs"])


@scenario(rows="~N21", machine=PLAIN, drivers=BOTH, timeout=300, needs=("queues",))
def net_threaded(m):
    "NAPI in threads, switched under load"
    n = Nic(m)
    with load(m):
        for on in (1, 0, 1):
            m.sh("echo %d >/sys/class/net/eth0/threaded; sleep 1" % on)
            m.sh("ps | grep -c '[n]api/eth0-' | grep -q '^%s$'" % ("2" if on else "[02]"))
    n.content(1, "threaded")
    busy = m.sh("cat /proc/$(ps | sed -n 's/^ *\\([0-9]*\\) .*napi.eth0-.*/\\1/p' | head -1)/status | sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p'")
    m.expect(int(busy) > 10, "the NAPI thread ran %s times" % busy)
    m.sh("echo 0 >/sys/class/net/eth0/threaded")


def captured(m, n, address):
    """(largest TCP payload, share of right checksums) of what the guest sends."""
    watch = Sniffer("hvt0")
    e = Server(address=address, v6=":" in address)
    # in large pieces: what is written bit by bit may leave bit by bit
    m.sh("net send %s %d 900000" % (address, e.port), 60)       # and enough for frames to grow where answers take long
    mac = bytes.fromhex(MAC.replace(":", ""))
    kind = b"\x86\xdd" if ":" in address else b"\x08\x00"
    found = watch.frames(0.5, lambda f: f[6:12] == mac and f[12:14] == kind and f[20 if ":" in address else 23] == 6)
    watch.close()
    e.close()
    m.expect(found, "nothing was captured")
    good = sum(summed(f) for f in found)
    return max(map(len, found)), good / len(found)


@scenario(rows="N08 N10", machine=PLAIN, drivers=BOTH, timeout=600)
def net_capture(m):
    "captured on the TAP: what each offload, on and off, changes in what the guest sends and gets"
    n = Nic(m)
    n.own6()
    m.sh("ethtool -K eth0 tso on tx on rx on lro off")
    for address in (HOST, HOST6):
        large, good = captured(m, n, address)
        m.expect(large > 4000, "%s: tso on: no frame larger than %d" % (address, large))
        m.sh("ethtool -K eth0 tso off")
        large, good = captured(m, n, address)
        m.expect(large <= 1514, "%s: tso off: a frame of %d" % (address, large))
        m.expect(good < 0.5, "%s: tx on: the guest summed up itself" % address)
        m.sh("ethtool -K eth0 tx off")
        large, good = captured(m, n, address)
        m.expect(large <= 1514 and good == 1, "%s: tx off: %d bytes, %d %% of the sums right" % (address, large, good * 100))
        m.sh("ethtool -K eth0 tx on tso on")
    # to the guest: large packets only with LRO
    for lro, wanted in (("on", True), ("off", False)):
        m.sh("ethtool -K eth0 lro " + lro)
        before, s = n.counter("rx_rsc"), Server(b"z" * 400000)
        watch = Sniffer("hvt0")
        m.sh("nc %s %d </dev/null >/dev/null" % (HOST, s.port))
        sizes = [len(f) for f in watch.frames(0.5, lambda f: f[23] == 6 and f[26:30] == socket.inet_aton(HOST))]
        watch.close()
        s.close()
        m.expect((max(sizes) > 1514) == wanted, "lro %s: frames of up to %d" % (lro, max(sizes)))
        m.expect((n.counter("rx_rsc") > before) == wanted, "lro %s: %d coalesced" % (lro, n.counter("rx_rsc") - before))
