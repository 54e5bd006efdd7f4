# SPDX-License-Identifier: GPL-2.0-only
"""The network device on hosts as others have met them: hvroot's manners of NICs, each with its source in manner.c. All other
scenarios have a host that is `strict`, which is the first six of these at once."""
import contextlib
import hashlib
import random
import re
import socket

from nethost import HOST, MAC, Echo, Nic, Server, Sniffer
from registry import BOTH, ONLY_OURS, scenario
from s_net import PLAIN

WRONG = "awk '/^IpExt/ { wrong = $14 } END { print wrong }' /proc/net/netstat"       # InCsumErrors: of IP headers
LRO = "ethtool -k eth0 | sed -n 's/^large-receive-offload: //p'"


def anew(m, n):
    """Another connection, with both queues whatever number of processors there is."""
    n.reload()
    m.sh("ethtool -L eth0 combined 2")
    n.up()


@contextlib.contextmanager
def manner(m, n, *names):
    """The host behaves so and no stricter, from a connection's first message on, and takes all that is sent; at the end as ever."""
    m.host("nic manner " + ",".join(names))
    try:
        anew(m, n)
        with n.unrefused():
            yield
    finally:
        m.host("nic manner strict")
    anew(m, n)


def table(m):
    """The host's table as ethtool shows it: queue numbers."""
    return [int(x, 16) for x in re.findall(r"\b([0-9a-f]{2}) 00 00 00", m.sh("ethtool -d eth0"))]


@scenario(rows="N27", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="new settings failed")
def net_manner_frame(m):
    "a host that calls the configured frame the largest: the MTU grows all the same; what it refuses is rolled back"
    n = Nic(m)
    with manner(m, n, "nic-frame-follows"):
        for mtu in (4000, 9000, 1500, 9000):
            m.sh("ip link set eth0 mtu %d" % mtu)
            n.up()
            m.expect(n.info()["mtu"] == str(mtu + 14), "MTU %d: the host has %s" % (mtu, n.info()["mtu"]))
        m.expect(m.run("ip link set eth0 mtu 9001")[1], "more than the host takes")
        m.expect(m.sh("cat /sys/class/net/eth0/mtu") == "9000", "the MTU that was is not back")
        n.up()
        n.content(0.2, "MTU 9000")
        m.sh("ip link set eth0 mtu 1500")


@scenario(rows="N06", machine=PLAIN, drivers=ONLY_OURS, timeout=100)
def net_manner_name(m):
    "a name that is padded with zeros is the alias, and nothing behind it"
    n = Nic(m)
    with manner(m, n, "nic-name-padded"):
        m.expect(m.sh("cat /sys/class/net/eth0/ifalias") == "net0", "alias: " + m.sh("cat /sys/class/net/eth0/ifalias"))


@scenario(rows="N14", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_table(m):
    "the table comes once, with the last open answer: what is sent is spread, also after a change of channels"
    n = Nic(m)
    e = Echo()
    with manner(m, n, "nic-table-last"):
        for _ in range(3):
            m.expect(table(m) == [0, 1] * 8, "table: %s" % table(m))
            before = [n.stat("tx_queue_%d_packets" % q) for q in (0, 1)]
            m.sh("net conns %s %d 24 2000" % (HOST, e.port))
            sent = [n.stat("tx_queue_%d_packets" % q) - b for q, b in zip((0, 1), before)]
            m.expect(min(sent) > 10, "packets sent on the queues: %s" % sent)
            m.sh("ethtool -L eth0 combined 1")
            n.up()
            m.host("nic table queues=1,0")      # names a queue that is not there now
            m.sh("net conns %s %d 8 2000" % (HOST, e.port))
            m.sh("ethtool -L eth0 combined 2")
            n.up()
    e.close()


@scenario(rows="N12", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_manner_rsc(m):
    "coalesced frames as hosts make them, taken without being asked for; off while the guest forwards"
    n = Nic(m)
    with manner(m, n, "nic-rsc"):
        m.expect(m.sh(LRO) == "on", "LRO is off")
        before, wrong = n.counter("rx_rsc"), m.sh(WRONG)
        n.content(2, "LRO on")
        m.expect(m.sh(WRONG) == wrong, "headers with a wrong checksum: %s before, %s now" % (wrong, m.sh(WRONG)))
        n.content(1, "IPv6", v6=True)
        m.expect(n.counter("rx_rsc") > before, "nothing was coalesced")
        m.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
        m.expect(m.sh(LRO).startswith("off"), "LRO although frames are forwarded")
        m.expect(n.info()["rsc"] == "0", "the host still coalesces")
        m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")
        n.up()
        m.expect(m.sh(LRO).startswith("off") and n.info()["rsc"] == "0", "a new connection turned LRO on")
        m.sh("echo 0 >/proc/sys/net/ipv4/ip_forward; ethtool -K eth0 lro on")
        before = n.counter("rx_rsc")
        n.content(1, "LRO on again")
        m.expect(n.counter("rx_rsc") > before, "nothing was coalesced")


@scenario(rows="N11", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_header(m):
    "frames of other machines on the host have no header checksum for those who do not need it: we do"
    n = Nic(m)
    with manner(m, n, "nic-header-offload"):
        n.content(0.3, "header checksums")


@scenario(rows="N11", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_vlan(m):
    "a packet socket's frame that has its tag inside arrives with it, by way of the packet info"
    n = Nic(m)
    with manner(m, n, "nic-vlan-strict"):
        tagged = n.counter("tx_vlan")
        head = "02000000000a" + MAC.replace(":", "")
        watch = Sniffer("hvt0")
        for payload in (46, 42, 1500):
            m.sh("net frame eth0 %s8100602588b5%s" % (head, "5a" * payload))
        found = watch.frames(1, lambda f: f[:6] == bytes.fromhex("02000000000a"))
        watch.close()
        m.expect(n.counter("tx_vlan") == tagged + 3, "no tag in the packet info")
        m.expect(len(found) == 3, "%d of 3 frames arrived" % len(found))


@scenario(rows="~N27 ~N14 ~N12 ~N11", machine=PLAIN, drivers=BOTH, timeout=200)
def net_manner_none(m):
    "a host with no manners: the largest frame is a constant, its table comes when it is asked for, it renews each checksum"
    n = Nic(m)
    m.host("nic manner none")
    try:
        n.reload()
        with n.unrefused():
            n.content(1, "no manners")
            m.expect(m.run("ip link set eth0 mtu 9000")[1] == 0, "MTU 9000")
            n.up()
            n.content(0.3, "MTU 9000")
        m.sh("ip link set eth0 mtu 1500")
    finally:
        m.host("nic manner strict")
    n.reload()


@scenario(rows="~N10 ~N19 ~N23", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_by_pages(m):
    "a host whose sections hold nothing: each frame goes as its pages; what is to be set is"
    n = Nic(m)
    with manner(m, n, "nic-by-pages"):
        before = n.counter("tx_section")
        n.content(1, "by pages")
        n.content(0.3, "IPv6", v6=True)
        m.sh("ping -c 20 -i 0.01 -s 10 %s; ethtool -g eth0; ethtool -G eth0 rx 4000" % HOST)
        n.up()
        n.content(0.2, "another ring")
        m.expect(n.counter("tx_section") == before, "a frame in a section that is too short")
        m.expect(n.counter("tx_direct"), "nothing went as its pages")


@scenario(rows="~N09 ~N20", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_slots(m):
    "a host that takes several neighbouring sections for a message: it arrives whole"
    n = Nic(m)
    with manner(m, n, "nic-slots"):
        bad = n.stat("host_bad_range")
        n.content(1, "in slots")
        m.sh("ip link set eth0 mtu 4000")
        n.up()
        n.content(0.3, "MTU 4000")
        m.sh("ping -c 3 -s 3900 %s" % HOST)
        m.expect(n.stat("host_bad_range") == bad, "a message across two sections was refused")
        m.sh("ip link set eth0 mtu 1500")


@scenario(rows="~N10 ~N22", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_manner_pieces(m):
    "a host that takes four pieces of a frame at most: one of more pieces is made one"
    n = Nic(m)
    data = random.Random(4).randbytes(1 << 20)
    with manner(m, n, "nic-pieces"):
        direct, dropped = n.counter("tx_direct"), n.stat("tx_dropped")
        s = Server(data)
        m.sh("nc %s %d </dev/null >/tmp/pieces" % (HOST, s.port), 60)
        s.close()
        s = Server()
        m.sh("net file %s %d /tmp/pieces; rm /tmp/pieces" % (HOST, s.port), 60)
        sums = s.wait(1)
        s.close()
        m.expect(sums == [hashlib.md5(data).hexdigest()], "content differs %s" % s.errors)
        m.expect(n.stat("tx_dropped") == dropped, "%d frames were dropped" % (n.stat("tx_dropped") - dropped))
        m.expect(n.counter("tx_direct") > direct, "nothing went as its pages")


@scenario(rows="N26", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_link_out(m):
    "another network while the cable is out: no link; the cable in: there is one"
    n = Nic(m)
    m.host("nic link down")
    m.wait("[ \"$(cat /sys/class/net/eth0/carrier)\" = 0 ]", 20, "no carrier")
    ups = m.sh("cat /sys/class/net/eth0/carrier_up_count")
    m.host("nic link change")
    began = int(m.sh("cut -d. -f1 /proc/uptime"))
    m.wait("[ $(cut -d. -f1 /proc/uptime) -gt %d ]" % (began + 5), 20, "a link that went for it would be back")
    m.expect(m.sh("cat /sys/class/net/eth0/carrier; cat /sys/class/net/eth0/carrier_up_count").split() == ["0", ups],
             "a link although the cable is out")
    m.host("nic link up")
    n.up()


@scenario(rows="N24", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_stamps(m):
    "each datagram that is to be stamped when it leaves is, once: copied ones, and those that go as pages"
    n = Nic(m)
    e = Echo(socket.SOCK_DGRAM)
    for size in (100, 1400):
        m.expect(m.sh("net stamp %s %d 50 %d 2>&1" % (HOST, e.port, size)) == "50", "size %d" % size)
    m.sh("ethtool --set-tunable eth0 tx-copybreak 0")
    for size in (100, 1400):
        m.expect(m.sh("net stamp %s %d 50 %d 2>&1" % (HOST, e.port, size)) == "50", "size %d, as pages" % size)
    m.sh("ethtool --set-tunable eth0 tx-copybreak 65535")
    e.close()
    n.content(0.2)
