# SPDX-License-Identifier: GPL-2.0-only
"""The network device: traffic compared by content, offloads seen on the TAP, settings under way."""
import dataclasses
import re
import socket
import struct
import time

from nethost import GUEST, HOST, HOST6, MAC, Nic, Server, Sniffer, host, load, raw
from registry import BOTH, INTREE, MATRIX, ONLY_OURS, OURS, Machine, scenario


def nic(spec="", cpus=2, **more):
    return Machine(cpus=cpus, disks=(), options=("--nic", "tap=hvt0,mac=" + MAC + spec), **more)


PLAIN = nic(",queues=2")
TWO = dataclasses.replace(PLAIN, least=2)         # in the same boot, where there are two processors
VERSIONS = {"1": 0x2, "2": 0x30002, "4": 0x40000, "5": 0x50000, "6": 0x60000, "6.1": 0x60001}


def tcp(frame):
    """(payload length, checksum good) of an untagged IPv4 TCP frame, else None."""
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    head = (frame[14] & 15) * 4
    total = struct.unpack("!H", frame[16:18])[0]
    segment = frame[14 + head:14 + total]
    return len(segment) - (segment[12] >> 4) * 4


@scenario(rows="~N06 ~N08 ~N10 ~N19 ~N21", machine=PLAIN, drivers=MATRIX, timeout=300, judged=True)
def net_content(m):
    "TCP over IPv4 both ways, by content; ping over IPv4 and IPv6"
    n = Nic(m)
    refused = n.refused()
    n.content(4)
    n.own6()
    m.sh("ping -c2 -W3 %s; ping -6 -c2 -W3 %s" % (HOST, HOST6))
    m.expect(n.refused() == refused, "the host refused packets or completions: %s" % n.refused())
    m.note("tx %d packets in %d messages" % (n.counter("tx_packets"), n.counter("tx_messages")))


@scenario(rows="N01 N02", machine=TWO, drivers=BOTH, timeout=500)
def net_versions(m):
    "each NVSP version carries traffic, with the NDIS version and the capabilities that belong to it"
    n = Nic(m)
    for name, version in VERSIONS.items():
        m.sh("rmmod hv_netvsc")
        m.host("nic version " + name)
        m.sh("modprobe hv_netvsc")
        n.up()
        info = n.info()
        m.expect(int(info["nvsp"], 0) == version, "version " + info["nvsp"])
        m.expect(info["ndis"] == ("6.30" if version >= 0x50000 else "6.1"), "NDIS " + info["ndis"])
        caps = 8 | (0x24 if version >= 0x50000 else 0) | (0x80 if version >= 0x60001 else 0)
        m.expect(int(info["caps"], 0) == (caps if version > 2 else 0), "%s: capabilities %s" % (name, info["caps"]))
        m.expect(info["subs"] == ("1" if version >= 0x50000 else "0"), "%s: %s sub-channels" % (name, info["subs"]))
        n.content(0.3, "NVSP " + name)


@scenario(rows="~N08 ~N10", machine=PLAIN, drivers=BOTH, timeout=400)
def net_offloads(m):
    "an offload that is off changes what the TAP's side sees"
    n = Nic(m)
    n.content(1, "all on")
    lso, csum = n.counter("tx_lso"), n.counter("tx_csum")
    m.expect(lso > 0 and csum > 0, "no large send or checksum offload used: %d, %d" % (lso, csum))
    m.sh("ethtool -K eth0 tso off")
    before = n.counter("tx_lso")
    n.content(0.5, "tso off")
    m.expect(n.counter("tx_lso") == before, "large sends although off")
    m.sh("ethtool -K eth0 tx off")
    before = n.counter("tx_csum")
    n.content(0.5, "tx checksum off")
    m.expect(n.counter("tx_csum") == before, "checksum offload although off")
    m.sh("ethtool -K eth0 rx off")
    n.content(0.5, "rx checksum off")
    m.sh("ethtool -K eth0 tx on rx on tso on")


@scenario(rows="N12", machine=PLAIN, drivers=BOTH, timeout=300)
def net_rsc(m):
    "coalesced receive: the host sends large packets in parts, up to 546 of them"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro on")
    before = n.counter("rx_rsc")
    n.content(2, "lro on")
    m.expect(n.counter("rx_rsc") > before, "nothing was coalesced")
    m.host("nic parts 120")                     # of 64 KiB: nearly the 562 that a packet may have
    before = n.counter("rx_rsc")
    n.content(1, "small parts")
    m.expect(n.counter("rx_rsc") > before, "nothing was coalesced of small parts")
    m.host("nic parts 0")
    m.expect(not m.ours or "suspect GRO" not in m.dmesg(), "TCP was not told of what segments a frame is made")
    m.trace.mark()
    m.sh("ethtool -K eth0 lro off")
    m.trace.wait(r"\bRNDIS_OFFLOAD\b", 20)        # the host is told, not waited for
    before = n.counter("rx_rsc")
    n.content(0.5, "lro off")
    m.expect(n.counter("rx_rsc") == before, "coalesced although off")


@scenario(rows="N11", machine=PLAIN, drivers=BOTH, timeout=200, needs=("host modules",))
def net_vlan(m):
    "VLAN tags leave and come as packet info, and are tags on the TAP"
    n = Nic(m)
    host("ip link add link hvt0 name hvt0.5 type vlan id 5; ip link set hvt0.5 up; ip addr add 10.9.5.1/24 dev hvt0.5")
    try:
        m.sh("modprobe 8021q; ip link add link eth0 name v5 type vlan id 5; ip link set v5 up; ip addr add 10.9.5.2/24 dev v5")
        tx, rx = n.counter("tx_vlan"), n.counter("rx_vlan")
        m.wait("ping -c1 -W2 10.9.5.1 >/dev/null", 20, "ping over the VLAN")
        m.expect(n.counter("tx_vlan") > tx and n.counter("rx_vlan") > rx, "no tags were seen")
        m.sh("ip link del v5")
    finally:
        host("ip link del hvt0.5")


@scenario(rows="~N27 N04", machine=PLAIN, drivers=MATRIX, timeout=600, needs=("queues",))
def net_settings(m):
    "MTU, channels and buffers change, and the content is right after each"
    n = Nic(m)
    for mtu in (576, 9000, 1500):
        m.sh("ip link set eth0 mtu %d" % mtu)
        host("ip link set hvt0 mtu %d" % max(mtu, 1280))
        n.up()
        n.content(0.5, "mtu %d" % mtu)
    for count in (1, 2):
        m.sh("ethtool -L eth0 combined %d" % count)
        n.up()
        n.content(0.5, "%d channels" % count)
        m.expect(int(n.info()["subs"]) == count - 1, "sub-channels " + n.info()["subs"])
    m.sh("ethtool -G eth0 rx 1000 tx 100")
    n.up()
    n.content(0.5, "small buffers")


@scenario(rows="~N13 ~N15", machine=PLAIN, drivers=BOTH, timeout=300, needs=("queues",))
def net_rss(m):
    "flows spread over both queues by the table, or go where it says"
    n = Nic(m)
    if m.ours:
        m.sh("ethtool -L eth0 combined 2")
        n.up()
    else:               # once it had one queue alone (ethtool -L) it gives the host a key of zeros
        n.reload()
    key = "rx_queue_1_packets"
    s = Server(b"x" * 20000)

    def fetch(first):       # the key is random: ports that differ in few bits may share a queue
        m.sh("for i in $(seq 20); do nc -p $((%d + 2477 * i)) %s %d </dev/null >/dev/null; done" % (first, HOST, s.port))

    before = n.stat(key), n.stat("rx_queue_0_packets")
    fetch(10000)
    got = n.stat(key) - before[0], n.stat("rx_queue_0_packets") - before[1]
    m.expect(min(got) > 5, "packets on the two queues: %d, %d" % got)
    m.sh("ethtool -X eth0 equal 1")
    before = n.stat(key)
    fetch(10001)
    m.expect(n.stat(key) == before, "packets on a queue that the table does not name")
    m.sh("ethtool -X eth0 default")
    s.close()


@scenario(rows="~N25", machine=PLAIN, drivers=BOTH, timeout=200)
def net_filter(m):
    "the host's filter follows promiscuous mode and joined groups"
    n = Nic(m)
    m.expect(not int(n.info()["filter"], 0) & 0x20, "promiscuous from the start")
    m.sh("ip link set eth0 promisc on")
    m.wait("sleep 0.5; true")
    m.expect(int(n.info()["filter"], 0) & 0x20, "not promiscuous: " + n.info()["filter"])
    m.sh("ip link set eth0 promisc off; sleep 0.5")
    m.expect(not int(n.info()["filter"], 0) & 0x20, "still promiscuous: " + n.info()["filter"])
    m.sh("ip link set eth0 down; sleep 0.5")
    m.expect(int(n.info()["filter"], 0) == 0, "filter of a device that is down: " + n.info()["filter"])
    n.up()


@scenario(rows="~N26", machine=PLAIN, drivers=BOTH, timeout=300)
def net_link(m):
    "link down, up, changed network: carrier follows, announcements on the TAP, traffic goes on"
    n = Nic(m)
    m.host("nic link down")
    m.wait("[ \"$(cat /sys/class/net/eth0/carrier)\" = 0 ]", 10, "no carrier")
    time.sleep(2)
    watch = Sniffer("hvt0")
    m.host("nic link up")
    m.wait("[ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]", 10, "carrier again")
    announced = lambda f: f[12:14] == b"\x08\x06" and f[28:32] == socket.inet_aton(GUEST)
    m.expect(any(watch.frames(2, announced) for _ in range(10)), "no gratuitous ARP after the link came up")
    changes = int(m.sh("cat /sys/class/net/eth0/carrier_changes"))
    m.host("nic link change")
    m.wait("[ $(cat /sys/class/net/eth0/carrier_changes) -ge %d ]" % (changes + 2), 15, "a cycle of the carrier")
    watch.close()
    n.content(0.5, "after the link's changes")


@scenario(rows="~N35 ~N33", machine=PLAIN, drivers=BOTH, timeout=400)
def net_reload(m):
    "module out and in, device away and back, both with traffic"
    n = Nic(m)
    with load(m):
        for _ in range(3):
            n.reload()
        for _ in range(3 * m.ours):
            n.again()
    for _ in range(3 * (not m.ours)):       # in-tree it waits without end for what it sent last when its channel goes
        m.sh("ip link set eth0 down; sleep 0.5")
        n.again()
    n.content(0.5, "after all that")


@scenario(rows="~N28", machine=PLAIN, drivers=BOTH, timeout=300)
def net_xdp(m):
    "XDP programs: pass, drop, transmit, redirect"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro off")
    m.sh("xdp_on pass")
    n.content(0.3, "pass")
    m.sh("xdp_off")
    for what in ("tx", "redirect"):
        watch = Sniffer("hvt0")
        out = raw()
        mac, peer = bytes.fromhex(MAC.replace(":", "")), b"\x02\x00\x00\x00\x00\x09"
        m.sh("xdp_on " + what)
        for i in range(20):
            out.send(mac + peer + b"\x88\xb5" + b"%02d" % i * 30)
        back = watch.frames(3, lambda f: f[:12] == peer + mac and f[12:14] == b"\x88\xb5")
        m.sh("xdp_off")
        watch.close()
        out.close()
        m.expect(len(back) >= 18, "%s: %d of 20 frames came back" % (what, len(back)))
    m.sh("xdp_on drop")
    out, status = m.run("ping -c2 -W1 %s" % HOST)
    m.expect(status, "an answer although everything is dropped: " + out)
    m.sh("xdp_off")
    n.up()


@scenario(rows="~F09 ~F12 ~F14 ~F16 ~N24 N07", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_tools(m):
    "keepalive answered, self-test, coalescing, address change, speed"
    n = Nic(m)
    m.host("nic keepalive")
    m.wait("sleep 0.5; true")
    m.expect(n.stat("keepalives") == 1, "keepalive not counted")
    m.expect(m.trace.find("RNDIS_KEEPALIVE_REPLY"), "no answer to a keepalive")
    m.sh("ethtool -t eth0; ethtool -C eth0 rx-usecs 50; ethtool -c eth0 | grep -q 'rx-usecs:.*50'; ethtool -C eth0 rx-usecs 0")
    shown = m.sh("ethtool -S eth0 --groups eth-mac; cat /sys/class/net/eth0/statistics/rx_packets")
    m.expect(0 < int(re.search(r"FramesReceivedOK: (\d+)", shown).group(1)) <= int(shown.split()[-1]), "eth-mac: " + shown)
    m.host("nic speed 25000")
    m.wait("[ \"$(cat /sys/class/net/eth0/speed)\" = 25000 ]", 5, "the new speed")
    m.sh("ip link set eth0 address 02:aa:bb:cc:dd:01")
    m.expect(n.info()["mac"] == "02:aa:bb:cc:dd:01", "the host has " + n.info()["mac"])
    n.up()
    m.sh("ip link set eth0 address " + MAC)


def shown(m):
    """What ethtool and ip show, in parts that compare."""
    Nic(m)
    stats = {l.split(":")[0].strip() for l in m.sh("ethtool -S eth0").splitlines()[1:]}
    changeable = {l.split(":")[0].strip() for l in m.sh("ethtool -k eth0").splitlines()[1:] if "[fixed]" not in l}
    same = m.sh("""ethtool -i eth0 | grep -E '^(driver|supports-[^t])'; ethtool -l eth0; ethtool -P eth0
for f in tcp4 udp4 tcp6 udp6; do ethtool -n eth0 rx-flow-hash $f; done
ethtool eth0 | grep -E 'Speed|Duplex|Port|Auto|Link'; ethtool -x eth0 | grep -c '^ *[0-9]*: '
ethtool -d eth0 | wc -l; /sbin/ip -d link show eth0 | grep -o 'minmtu [0-9]*'; cat /sys/class/net/eth0/ifalias""")
    return stats, changeable, same.splitlines()


@scenario(rows="N23 ~N24", machine=PLAIN, drivers=ONLY_OURS, timeout=400, needs=("cpus", "both buses"))
def net_ethtool(m):
    "ethtool shows all that it shows with the in-tree driver, by the same names"
    m.use(*INTREE)
    stats, changeable, same = shown(m)
    m.use(*OURS)
    ours = shown(m)
    m.expect(not stats - ours[0], "counters that we have not: %s" % sorted(stats - ours[0]))
    m.expect(not changeable - ours[1], "features that cannot be changed: %s" % sorted(changeable - ours[1]))
    differ = [(a, b) for a, b in zip(same, ours[2]) if a != b]
    m.expect(len(same) == len(ours[2]) and not differ, "differs: %s" % differ)
