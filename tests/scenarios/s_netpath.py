# SPDX-License-Identifier: GPL-2.0-only
"""The way of a frame: what is copied, what is believed of it, and what programs on it see."""
import re
import socket
import struct

from nethost import GUEST, HOST, HOST6, MAC, Echo, Nic, Sniffer, host, raw
from registry import ONLY_OURS, scenario
from s_net import PLAIN

OTHER = b"\x02\x00\x00\x00\x00\x09"
US = bytes.fromhex(MAC.replace(":", ""))


@scenario(rows="N18", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_hash(m):
    "the host's hash is the packet's, marked as one of ports only where ports are in it"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")      # a host hashes for a NIC that spreads: with one queue it is not asked to
    n.own6()
    events = "/sys/kernel/tracing/events/net/napi_gro_receive_entry/enable"
    for address in (HOST, HOST6):
        family = 6 if ":" in address else 4
        tcp, udp = Echo(address=address), Echo(socket.SOCK_DGRAM, address)
        for f, what, command in (("sd", "udp", "net udp %s %d 5 100"), ("sdfn", "udp", "net udp %s %d 5 100"),
                                 ("sd", "tcp", "net rr %s %d 20")):
            m.sh("ethtool -N eth0 rx-flow-hash udp%d %s" % (family, f))
            m.sh("echo >/sys/kernel/tracing/trace; echo 1 >%s; %s >/dev/null; echo 0 >%s" %
                 (events, command % (address, (tcp if what == "tcp" else udp).port), events))
            proto = 17 if what == "udp" else 6
            found = re.findall(r"dev=eth0 .*protocol=0x%s .*hash=0x([0-9a-f]{8}) l4_hash=([01])" % ("86dd" if family == 6 else "0800"),
                               m.sh("cat /sys/kernel/tracing/trace"))
            want = "0" if (what, f) == ("udp", "sd") else "1"
            m.expect(sum(int(h, 16) != 0 and l4 == want for h, l4 in found) >= 5,
                     "%s %s over IPv%d (%d): hashes and l4_hash %s" % (what, f, family, proto, found))
        m.sh("ethtool -N eth0 rx-flow-hash udp%d sd" % family)
        tcp.close()
        udp.close()
    n.content(0.2)


def udp_frame(sum_offset):
    """A datagram to a port where nobody listens, its checksum wrong by SUM_OFFSET."""
    body = b"checksum" * 8
    addresses = socket.inet_aton(HOST) + socket.inet_aton(GUEST)
    udp = struct.pack("!HHHH", 4000, 9, 8 + len(body), 0) + body

    def total(data):
        value = sum(struct.unpack("!%dH" % (len(data) // 2), data))
        while value >> 16:
            value = (value & 0xffff) + (value >> 16)
        return value

    right = ~total(addresses + struct.pack("!HH", 17, len(udp)) + udp) & 0xffff
    udp = udp[:6] + struct.pack("!H", (right + sum_offset) & 0xffff or 0xffff) + udp[8:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + addresses
    ip = ip[:10] + struct.pack("!H", ~total(ip) & 0xffff) + ip[12:]
    return US + OTHER + b"\x08\x00" + ip + udp


@scenario(rows="~N43 ~N08", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_trust(m):
    "wrong checksums: seen by the host, seen by the guest when the host lies and is not trusted"
    n = Nic(m)
    out = raw()

    def errors(lie, trust, wrong=77):
        m.host("nic sums " + lie)
        m.sh("ethtool -K eth0 rx " + trust)
        read = "awk '/^Udp: [0-9]/{print $4}' /proc/net/snmp"
        before, bad, got = int(m.sh(read)), n.stat("rx_csum_bad"), n.received("packets")
        for _ in range(20):
            out.send(udp_frame(wrong))
        m.sh("sleep 0.5")
        m.expect(n.received("packets") - got >= 20, "frames were lost")
        return int(m.sh(read)) - before, n.stat("rx_csum_bad") - bad

    # errors of the guest's stack (InErrors), and what the host called wrong
    for lie, trust, wrong, want in (("true", "on", 77, (True, True)), ("lie", "on", 77, (False, False)),
                                    ("lie", "off", 77, (True, False)), ("lie", "off", 0, (False, False)),
                                    ("true", "on", 0, (False, False))):
        got = errors(lie, trust, wrong)
        m.expect(tuple(g >= 20 for g in got) == want, "host: %s, rx %s, sum wrong by %d: %s" % (lie, trust, wrong, got))
    m.host("nic sums true")
    m.sh("ethtool -K eth0 rx on")
    out.close()
    n.content(0.2)


@scenario(rows="~N20", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_copybreak(m):
    "tx-copybreak and rx-copybreak move frames between copy and pages, content stays right"
    n = Nic(m)
    m.expect("2048" in m.sh("ethtool --get-tunable eth0 rx-copybreak"), "rx-copybreak")

    def ping(size):
        before = n.counter("tx_direct"), n.counter("tx_section"), n.stat("rx_paged")
        m.sh("ping -c10 -i 0.05 -W2 -s %d %s >/dev/null" % (size, HOST))
        return [a - b for a, b in zip((n.counter("tx_direct"), n.counter("tx_section"), n.stat("rx_paged")), before)]

    for tx, rx, size, want in ((65535, 2048, 1000, (False, True, False)), (500, 2048, 1000, (True, False, False)),
                               (500, 2048, 300, (False, True, False)), (0, 256, 1000, (True, False, True)),
                               (65535, 256, 100, (False, True, False))):
        m.sh("ethtool --set-tunable eth0 tx-copybreak %d; ethtool --set-tunable eth0 rx-copybreak %d" % (tx, rx))
        got = ping(size)
        m.expect(tuple(g >= 10 for g in got) == want, "tx-copybreak %d, rx-copybreak %d, ping of %d: by pages, by copy, received in pages: %s" %
                 (tx, rx, size, got))
        n.content(0.2, "tx-copybreak %d, rx-copybreak %d" % (tx, rx))
    for what, bad in (("rx", 255), ("rx", 2049), ("tx", 65536)):
        m.expect(m.run("ethtool --set-tunable eth0 %s-copybreak %d" % (what, bad))[1], "%s-copybreak %d was taken" % (what, bad))
    m.sh("ethtool --set-tunable eth0 tx-copybreak 65535; ethtool --set-tunable eth0 rx-copybreak 2048")


@scenario(rows="~F11", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_xdp_frags(m):
    "XDP on jumbo frames in several pages: pass, drop, transmit, redirect; a program without fragments is refused"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro off; ip link set eth0 mtu 9000")
    host("ip link set hvt0 mtu 9000")
    n.up()
    m.expect(m.run("timeout 5 xdp eth0 pass")[1] == 1, "a program without fragments was taken at MTU 9000")
    m.sh("xdp_on pass frags")
    n.content(1, "pass")
    m.sh("ping -c2 -W2 -s 8972 %s" % HOST)
    m.sh("xdp_off")
    out = raw()
    for size in (60, 3500, 4000, 6500, 9000):
        m.sh("xdp_on tx frags")
        watch = Sniffer("hvt0")
        sent = [US + OTHER + b"\x88\xb5" + bytes((i * 7 + k) & 255 for k in range(size - 14)) for i in range(10)]
        for f in sent:
            out.send(f)
        back = set()
        for _ in range(20):
            back |= {f[12:] for f in watch.frames(0.5, lambda f: f[:12] == OTHER + US and f[12:14] == b"\x88\xb5")}
            if len(back) == 10:
                break
        m.sh("xdp_off")
        watch.close()
        right = sum(f[12:] in back for f in sent)
        m.expect(right >= 9 and len(back) <= 10, "tx, %d bytes: %d of 10 frames came back unchanged" % (size, right))
    m.sh("xdp_on drop frags")
    before = n.received("xdp_drop")
    for _ in range(20):
        out.send(US + OTHER + b"\x88\xb5" + bytes(8000))
    m.wait("[ $(ethtool -S eth0 | awk '/rx_queue_._xdp_drop/{n+=$2} END{print n}') -ge %d ]" % (before + 20), 10, "20 frames dropped")
    m.sh("xdp_off")
    out.close()
    m.sh("ip link set eth0 mtu 1500")
    host("ip link set hvt0 mtu 1500")
    n.up()
    n.content(0.2, "afterwards")


@scenario(rows="N37", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_pages(m):
    "buffers, rings and queues come from single pages: nothing larger is asked for that memory may not have"
    n = Nic(m)
    n.reload()          # what is allocated once only is there
    trace = "/sys/kernel/tracing"
    m.sh("cd %s; echo 'order > 0' >events/kmem/mm_page_alloc/filter; echo 1 >options/stacktrace; echo >trace" % trace)
    m.sh("echo 1 >%s/events/kmem/mm_page_alloc/enable" % trace)
    m.sh("rmmod hv_netvsc; modprobe hv_netvsc; ethtool -L eth0 combined 1; ethtool -L eth0 combined 2; ethtool -G eth0 rx 9000 tx 2000; ip link set eth0 mtu 4000")
    m.sh("cd %s; echo 0 >events/kmem/mm_page_alloc/enable; echo 0 >options/stacktrace; echo 0 >events/kmem/mm_page_alloc/filter" % trace)
    m.sh("ip link set eth0 mtu 1500")
    n.up()
    events, stack = [], None
    for line in m.sh("cat %s/trace" % trace).splitlines():
        if "mm_page_alloc:" in line:
            stack = [line]
            events.append(stack)
        elif line.lstrip().startswith("=>") and stack:
            stack.append(line)
    m.expect(events, "no larger allocation at all: nothing was traced")
    # slabs and kvmalloc() do with less when they must, and so does what the debug kernel remembers of its stacks
    ours = [e for e in events if any(re.search(r"=> (nv_|vmbus_|hv_)", l) for l in e)]
    bad = [e for e in ours if "NORETRY" not in e[0] and not any(re.search("slab|kvmalloc|stack_depot", l) for l in e)]
    m.note("%d larger allocations, %d of them of the driver and its bus, with something smaller to fall back on" % (len(events), len(ours)))
    m.expect(not bad, "\n".join(l for e in bad[:3] for l in e))
    n.content(0.2)
