# SPDX-License-Identifier: GPL-2.0-only
"""What a hostile or broken host does to a NIC: a line and a counter each, and the NIC goes on."""
from machine import Failure
from nethost import HOST, Nic
from registry import ONLY_OURS, scenario
from s_net import PLAIN, nic




def le32(*values):
    return "".join("%02x%02x%02x%02x" % (v & 255, v >> 8 & 255, v >> 16 & 255, v >> 24 & 255) for v in values)


def packet(info=(16, 0, 12, 8), data_offset=52, data_len=60, info_offset=36, info_len=16, length=None):
    """An RNDIS packet with one info and 60 bytes of frame, as hexadecimal digits."""
    body = le32(*info) + "ff" * 6 + "020000000009" + "88b5" + "00" * 46
    head = le32(1, 44 + len(body) // 2 if length is None else length, data_offset, data_len, 0, 0, 0,
                info_offset, info_len, 0, 0)
    return head + body


def provoke(m, n, what, command, counter, times=1):
    """One bad thing: the counter moves, one to three lines in the log, ping still works."""
    before = n.stat(counter)
    lines = int(m.sh("dmesg | grep -c 'host:' || true"))
    m.host(command)
    m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *%s: //p')\" -ge %d ]" % (counter, before + times), 10, what + ": " + counter)
    more = int(m.sh("dmesg | grep -c 'host:' || true")) - lines
    if more > 4:
        raise Failure("%s: %d lines in the kernel's log" % (what, more))
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 10, "ping after " + what)


MESSAGES = (
    ("info of size 0", packet(info=(0, 0, 12, 8)), "host_bad_rndis"),
    ("info smaller than its header", packet(info=(8, 0, 12, 8)), "host_bad_rndis"),
    ("info larger than the rest", packet(info=(17, 0, 12, 8)), "host_bad_rndis"),
    ("info of 4 GiB", packet(info=(0xffffffff, 0, 12, 8)), "host_bad_rndis"),
    ("info offset past its size", packet(info=(16, 0, 17, 8)), "host_bad_rndis"),
    ("info block past the message", packet(info_len=200), "host_bad_rndis"),
    ("info offset wraps", packet(info_offset=0xfffffff8), "host_bad_rndis"),
    ("data past the message", packet(data_len=61), "host_bad_rndis"),
    ("data offset wraps", packet(data_offset=0xfffffff8), "host_bad_rndis"),
    ("message claims too much", packet(length=5000), "host_bad_rndis"),
    ("message of length 0", packet(length=0), "host_bad_rndis"),
    ("four bytes", "01000000", "host_bad_rndis"),
    ("unknown control message", le32(0x77, 16, 1, 0), "host_bad_rndis"),
    ("indication past its end", le32(7, 20, 0x4001000b, 400, 12), "host_bad_rndis"),
    ("part of a packet without its first", packet(info=(16, 0x80000001, 12, 1 | 1 << 8 | 7 << 16)), "host_bad_rndis"),
    ("first part and no more", packet(info=(16, 0x80000001, 12, 1 | 3 << 8 | 7 << 16)), "host_bad_rndis"),
    ("reply nobody asked for", le32(0x80000005, 16, 9999, 0), "host_bad_reply"),
    ("query reply nobody asked for", le32(0x80000004, 24, 1, 0, 0, 0), "host_bad_reply"),
)


@scenario(rows="F02 ~N05", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_bad_messages(m):
    "RNDIS messages whose lengths, offsets or order cannot be right"
    n = Nic(m)
    for what, digits, counter in MESSAGES:
        provoke(m, n, what, "nic inject hex=" + digits, counter)
    n.content(0.5, "after %d bad messages" % len(MESSAGES))


NVSP_RNDIS = le32(107, 0, 0xffffffff, 0) + "00" * 24
PACKETS = (
    ("unknown packet type", "type=8 flags=0 id=1 offset=2 len=7 payload=" + NVSP_RNDIS, "host_bad_packet"),
    ("in-band message nobody knows", "type=6 flags=0 id=0 offset=2 len=7 payload=" + le32(99) + "00" * 36, "host_bad_packet"),
    ("range outside the buffer", "type=7 flags=1 id=900 offset=4 len=9 payload=" +
     "feca0000" + le32(1, 100, 0x7fffffff) + NVSP_RNDIS, "host_bad_range"),
    ("range larger than a section", "type=7 flags=1 id=901 offset=4 len=9 payload=" +
     "feca0000" + le32(1, 100000, 0) + NVSP_RNDIS, "host_bad_range"),
    ("more ranges than there are", "type=7 flags=1 id=902 offset=4 len=9 payload=" +
     "feca0000" + le32(500, 100, 0) + NVSP_RNDIS, "host_bad_packet"),
    ("another page set", "type=7 flags=1 id=903 offset=4 len=9 payload=" +
     "efbe0000" + le32(1, 100, 0) + NVSP_RNDIS, "host_bad_packet"),
    ("completion of nothing", "type=11 flags=0 id=12345 offset=2 len=3 payload=" + le32(108, 1), "host_bad_completion"),
    ("completion of a free slot", "type=11 flags=0 id=0x0300000000000001 offset=2 len=3 payload=" + le32(108, 1), "host_bad_completion"),
    ("completion of a slot far out", "type=11 flags=0 id=0x03000000ffffffff offset=2 len=3 payload=" + le32(108, 1), "host_bad_completion"),
    ("completion of no control message", "type=11 flags=0 id=0x0200000000000001 offset=2 len=3 payload=" + le32(108, 1), "host_bad_completion"),
    ("completion of no NVSP request", "type=11 flags=0 id=0x0100000100000065 offset=2 len=3 payload=" + le32(102, 1), "host_bad_completion"),
)


@scenario(rows="~N05 ~N14", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_bad_packets(m):
    "ring packets with wrong types, ranges and transaction ids; send tables that lie"
    n = Nic(m)
    for what, text, counter in PACKETS:
        provoke(m, n, what, "send packet net0 " + text, counter)
    provoke(m, n, "table of 15", "nic table count=15", "host_bad_packet")
    provoke(m, n, "table far out", "nic table offset=4000000", "host_bad_packet")
    m.host("nic table queues=9,1,77")
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 10, "ping with a table of queues that do not exist")
    n.content(0.5, "after bad packets")


@scenario(rows="~F10 ~N22", machine=nic(",queues=1"), drivers=ONLY_OURS, timeout=300,
          noise="host:|NETDEV WATCHDOG|stuck|WARNING|Call Trace|cut here|---")
def net_stuck(m):
    "completions held for ever: the watchdog shows the ring and builds a new connection"
    n = Nic(m)
    m.host("nic fault on=RNDIS_COMPLETE hold count=all")
    m.run("ping -c 40 -i 0.1 -s 1400 -W1 %s >/dev/null 2>&1; dd if=/dev/zero bs=1M count=4 2>/dev/null | nc -w 3 %s 9 2>/dev/null" % (HOST, HOST), 60)
    m.run("for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero bs=60000 count=40 2>/dev/null | nc -u -w 1 %s 9; done" % HOST, 90)
    m.host("nic clear")
    m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" -ge 1 ]", 60, "a new connection")
    m.expect("stuck" in m.dmesg(), "no line about the stuck queue")
    n.up()
    n.content(0.3, "after the reset")


@scenario(rows="~F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:|sub-channel")
def net_refused(m):
    "a host that refuses or lies during set-up: the probe fails cleanly, the next one works"
    n = Nic(m)
    for what in ("on=INIT status=2 count=all", "on=SEND_RECV_BUF status=2", "on=SEND_RECV_BUF corrupt=16:ffffff7f",
                 "on=SEND_RECV_BUF corrupt=12:08000000", "on=SEND_SEND_BUF status=2", "on=SEND_SEND_BUF corrupt=8:ffffffff",
                 "on=RNDIS_INITIALIZE status=0xc0000001", "oid=0x01010101 status=0xc0000001"):
        m.host("nic fault " + what)
        m.sh("rmmod hv_netvsc; modprobe hv_netvsc; sleep 0.5; ! [ -e /sys/class/net/eth0 ]", 60)
        m.host("nic clear")
        m.sh("rmmod hv_netvsc; modprobe hv_netvsc", 60)
        n.up()
    n.content(0.3, "after all that")
