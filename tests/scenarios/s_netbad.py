# SPDX-License-Identifier: GPL-2.0-only
"""What a hostile or broken host does to a NIC: a line and a counter each, and the NIC goes on."""
import time

from machine import Failure
from nethost import HOST, Nic, Server
from registry import ONLY_OURS, scenario
from s_net import PLAIN, TWO, nic



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
    ("indication past its end", le32(7, 20, 0x40010013, 400, 12), "host_bad_rndis"),
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
    # Windows Server 2012 R2 leaves the data of this indication out of its length, and means it all the same
    bad = n.stat("host_bad_rndis")
    m.trace.mark()
    m.host("nic inject hex=" + le32(7, 20, 0x40020006, 156, 12) + "00" * 156)
    m.trace.wait("RNDIS_QUERY.*oid=0xfc01020d", 20)
    m.expect(n.stat("host_bad_rndis") == bad, "counted as malformed")
    n.content(0.5, "after %d bad messages" % len(MESSAGES))


NVSP_RNDIS = le32(107, 0, 0xffffffff, 0) + "00" * 24
PACKETS = (
    ("unknown packet type", "type=8 flags=0 id=1 offset=2 len=7 payload=" + NVSP_RNDIS, "host_bad_packet"),
    ("in-band message nobody knows", "type=6 flags=0 id=0 offset=2 len=7 payload=" + le32(99) + "00" * 36, "host_bad_packet"),
    ("range outside the buffer", "type=7 flags=1 id=900 offset=4 len=9 payload=" +
     "feca0000" + le32(1, 100, 0x7fffffff) + NVSP_RNDIS, "host_bad_range"),
    ("range larger than the buffer", "type=7 flags=1 id=901 offset=4 len=9 payload=" +
     "feca0000" + le32(1, 0x7fffffff, 0) + NVSP_RNDIS, "host_bad_range"),
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
    # more than byte queue limits let through, from several sockets, as each has a limit of its own
    m.run("for i in 1 2 3 4 5 6; do timeout 5 net flood %s 9 2000 1000 >/dev/null 2>&1 & done; wait" % HOST, 60)
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
        n.reload()
    n.content(0.3, "after all that")


RTNL = """rm -f /tmp/no-watch /tmp/rtnl; (most=0; while ! [ -e /tmp/no-watch ]; do
	a=$(cut -d' ' -f1 /proc/uptime | tr -d .); ip link >/dev/null; b=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	[ $((b - a)) -le $most ] || most=$((b - a)); echo $most >/tmp/rtnl.new; mv /tmp/rtnl.new /tmp/rtnl; sleep 0.05
done) >/dev/null 2>&1 & until [ -e /tmp/rtnl ]; do sleep 0.05; done"""
LIMIT = 15      # seconds that RTNL may be held: one attempt to connect, one answer waited for, on a slow machine


def rtnl(m):
    """Seconds that the longest wait for RTNL took since RTNL was started."""
    m.run("touch /tmp/no-watch; wait")
    return int(m.sh("cat /tmp/rtnl")) / 100


def restart(m, n):
    """The NIC is back, by itself or by loading its driver anew."""
    m.host("nic clear")
    m.host("fault clear")
    n.reload()


@scenario(rows="N41 F01", machine=TWO, drivers=ONLY_OURS, timeout=1200, noise="host:|cannot|no connection|failed|sub-channel|stay with")
def net_silent(m):
    "each answer of the host withheld: an error in time, RTNL free again, and the NIC comes back by itself"
    n = Nic(m)
    for what, command in (("RNDIS_SET", "ip link set eth0 address 02:aa:bb:cc:dd:09"),
                          ("CONTROL_COMPLETE", "for i in 1 2 3 4 5 6; do ip link set eth0 promisc on; ip link set eth0 promisc off; done")):
        m.host("nic fault on=%s drop count=all" % what)
        m.sh(RTNL)
        out, status = m.run(command, 120)
        m.expect(status or what != "RNDIS_SET", "%s: no error: %s" % (what, out))
        took = rtnl(m)
        m.note("%s: RTNL held for at most %.1f s" % (what, took))
        m.expect(took < LIMIT, "%s: RTNL held for %.1f s" % (what, took))
        restart(m, n)
    for what in ("INIT", "SEND_RECV_BUF", "SEND_SEND_BUF", "RNDIS_INITIALIZE", "RNDIS_QUERY", "RNDIS_SET", "SUBCHANNEL"):
        before = n.stat("host_timeout")
        m.host("nic fault on=%s drop count=all" % what)
        m.sh(RTNL)
        m.run("ip link set eth0 mtu 1400", 120)
        took = rtnl(m)
        m.note("%s: RTNL held for at most %.1f s" % (what, took))
        m.expect(took < LIMIT, "%s: RTNL held for %.1f s" % (what, took))
        m.host("nic clear")
        m.wait("ethtool -S eth0 >/dev/null 2>&1", 60, what + ": the NIC comes back by itself")
        m.expect(n.stat("host_timeout") > before, what + ": not counted")
        n.up()
        m.sh("ip link set eth0 mtu 1500 && ethtool -L eth0 combined 2", 60)
        n.up()
    n.content(0.3, "after all that")


@scenario(rows="F01", machine=PLAIN, drivers=ONLY_OURS, timeout=900, noise="host:|cannot|no connection|failed|sub-channel|stay with|hv_vmbus|vmbus|never|quarantine")
def net_silent_bus(m):
    "the bus's answers for the NIC's channel withheld: RTNL is free again in time"
    n = Nic(m)
    m.sh("echo 3 >/sys/module/hv_vmbus/parameters/host_timeout")
    try:
        for what in ("OPEN_RESULT", "GPADL_CREATED", "GPADL_TORNDOWN"):
            m.host("fault message %s drop count=1" % what)
            m.sh(RTNL)
            m.run("ip link set eth0 mtu 1400", 120)
            took = rtnl(m)
            m.note("%s: RTNL held for at most %.1f s" % (what, took))
            m.expect(took < LIMIT + 10, "%s: RTNL held for %.1f s" % (what, took))
            m.host("fault clear")
            n.again(60)
    finally:
        m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout")
    n.content(0.3, "after all that")


@scenario(rows="~F01 ~N13", machine=TWO, drivers=ONLY_OURS, timeout=400, noise="host:|sub-channel")
def net_late(m):
    "a sub-channel that opens after nobody waits for it any more: the NIC stays with the queue it has"
    n = Nic(m)
    m.sh("rmmod hv_netvsc")
    m.host("fault message OPEN_RESULT delay=6500 count=2")      # the NIC's own channel, then the other
    m.trace.mark()
    m.sh("modprobe hv_netvsc", 90)
    n.up()
    m.trace.wait(r"\bCLOSE_CHANNEL\b", 60)
    m.host("fault clear")
    m.sh("sleep 1; ethtool -l eth0 | sed '1,/Current/d' | grep -q 'Combined:.*1$'; ! [ -e /sys/class/net/eth0/queues/tx-1 ]")
    n.content(0.3, "with one queue")
    n.reload()
    m.expect(n.info()["subs"] == "1", "no sub-channel")
    n.content(0.3, "with both queues")


ANSWERS = ("SEND_RECV_BUF", "SEND_SEND_BUF", "SUBCHANNEL", "INIT")


@scenario(rows="~N05 ~F01", machine=PLAIN, drivers=ONLY_OURS, timeout=900, noise="host:|cannot|no connection|failed|sub-channel")
def net_bad_answers(m):
    "each request answered with the types of the others, with nothing, with another id, too early: no confusion, no leak"
    n = Nic(m)
    for what in ANSWERS:
        for spoil in ("corrupt=0:6c000000", "corrupt=0:69000000", "short=0", "short=4", "id=0x0300000000000001", "id=0"):
            m.host("nic fault on=%s %s" % (what, spoil))
            m.run("rmmod hv_netvsc; modprobe hv_netvsc", 60)
            restart(m, n)
    for what, spoil in (("CONTROL_COMPLETE", "short=0"), ("CONTROL_COMPLETE", "id=0x0300000000000001"), ("RNDIS_COMPLETE", "short=0"),
                        ("RNDIS_COMPLETE", "id=0x0200000000000001"), ("RNDIS_COMPLETE", "duplicate"), ("CONTROL_COMPLETE", "duplicate")):
        m.host("nic fault on=%s %s count=3" % (what, spoil))
        m.run("ping -c3 -W1 %s; ip link set eth0 promisc on; ip link set eth0 promisc off" % HOST, 30)
        m.host("nic clear")
        m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 10, "ping after %s %s" % (what, spoil))
    # somebody else's answer does not wake the one who waits
    m.sh("rmmod hv_netvsc")
    m.host("nic fault on=SEND_RECV_BUF hold")
    m.trace.mark()
    m.sh("modprobe hv_netvsc & true")
    m.trace.wait(r"\bFAULT +net0 SEND_RECV_BUF\b", 60)
    for ident in ("0x0100000300000065", "0x0100000100000001", "1", "0"):
        m.host("send packet net0 type=11 flags=0 id=%s offset=2 len=7 payload=" % ident + le32(102, 1, 1, 0, 1728, 9000, 1728 * 9000) + "00" * 12)
    m.sh("sleep 1; ! [ -e /sys/class/net/eth0 ]")
    m.host("nic release")
    n.up()
    n.content(0.3, "after answers of others")
    m.expect(n.stat("host_bad_completion") >= 4, "not counted")


@scenario(rows="~N05", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_early(m):
    "data, completions and replies before there is a buffer for them"
    n = Nic(m)
    for what in ("INIT", "SEND_RECV_BUF", "SEND_SEND_BUF"):
        m.sh("rmmod hv_netvsc")
        m.host("nic fault on=%s hold" % what)
        m.trace.mark()
        m.sh("modprobe hv_netvsc & true")
        m.trace.wait(r"\bFAULT +net0 %s\b" % what, 60)
        m.host("send packet net0 type=7 flags=1 id=7 offset=3 len=8 payload=feca0000" + le32(0) + NVSP_RNDIS)
        m.host("send packet net0 type=7 flags=1 id=8 offset=4 len=9 payload=feca0000" + le32(1, 100, 0) + NVSP_RNDIS)
        m.host("send packet net0 type=11 flags=0 id=0x0300000000000001 offset=2 len=3 payload=" + le32(108, 1))
        m.host("send packet net0 type=6 flags=0 id=0 offset=2 len=7 payload=" + le32(128, 1, 5) + "00" * 28)
        m.host("send packet net0 type=6 flags=0 id=0 offset=2 len=12 payload=" + le32(134, 16, 12) + "00" * 64)
        replies = 3 * (what == "SEND_SEND_BUF")         # there is a buffer for RNDIS, but nobody who asked
        if replies:
            for reply in (0x80000002, 0x80000004, 0x80000005):
                m.host("nic inject hex=" + le32(reply, 52, 1, 0) + "00" * 36)
        m.sh("sleep 0.5")
        m.host("nic release")
        n.up()
        m.expect(n.stat("host_bad_reply") >= replies, "replies to nobody were not counted")
        # what the first packets name in the buffer may be a reply by the time that it is looked at
        counted = sum(n.stat("host_bad_" + k) for k in ("state", "packet", "range", "rndis", "completion", "reply"))
        m.expect(counted >= 3 + replies, "%s: %d counted" % (what, counted))
    n.content(0.3, "after early data")


@scenario(rows="~N05", machine=TWO, drivers=ONLY_OURS, timeout=600, noise="host:")
def net_duplicates(m):
    "replies twice, on two channels at once, and late: each is used once"
    n = Nic(m)
    before = n.stat("host_bad_reply")
    m.host("nic fault on=RNDIS_SET duplicate count=all")
    m.host("nic fault on=RNDIS_QUERY duplicate count=all")
    for _ in range(5):
        m.sh("ip link set eth0 promisc on; ip link set eth0 promisc off")
        for sub in (1, 0, 1):
            m.host("nic inject sub=%d count=20 hex=" % sub + le32(0x80000005, 16, 50, 0))
    m.host("nic clear")
    m.sh("sleep 1")
    m.expect(n.stat("host_bad_reply") >= before + 5, "duplicates were not counted")
    m.expect(n.stat("host_bad_state") >= 5, "control messages on a sub-channel were not counted")
    m.host("nic fault on=RNDIS_SET delay=9000")
    m.run("ip link set eth0 address 02:aa:bb:cc:dd:09", 60)
    m.sh("sleep 8")
    m.expect(n.stat("late_replies") >= 1, "a late reply was not counted")
    m.host("nic clear")
    restart(m, n)
    n.content(0.3, "after duplicates")


@scenario(rows="~N21", machine=TWO, drivers=ONLY_OURS, timeout=600, noise="host:")
def net_flood(m):
    "100000 packets of nonsense: the guest's processors do other things too, the log has a few lines"
    n = Nic(m)
    for what, text in (("in-band messages", "type=6 flags=0 id=0 offset=2 len=7 payload=" + le32(99) + "00" * 36),
                       ("completions", "type=11 flags=0 id=12345 offset=2 len=3 payload=" + le32(108, 1)),
                       ("transfer packets", "type=7 flags=0 id=900 offset=4 len=9 payload=feca0000" + le32(1, 100, 0x7fffffff) + NVSP_RNDIS)):
        lines = int(m.sh("dmesg | grep -c 'host:' || true"))
        bad = sum(n.stat("host_bad_" + k) for k in ("packet", "completion", "range"))
        m.host("send packet net0 count=100000 " + text)
        start = time.monotonic()
        m.sh("taskset 1 true; taskset 2 true; ip link >/dev/null", 60)
        m.note("%s: a command took %.1f s meanwhile" % (what, time.monotonic() - start))
        m.wait("[ $(ethtool -S eth0 | awk '/host_bad_(packet|completion|range):/{n += $2} END{print n}') -ge %d ]" % (bad + 100000), 120, what)
        more = int(m.sh("dmesg | grep -c 'host:' || true")) - lines
        m.expect(more < 100, "%s: %d lines in the log" % (what, more))
        m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20, "ping after " + what)
    n.content(0.3, "after the floods")


@scenario(rows="F13", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_renegotiate(m):
    "the host takes offloads away and gives them back: the features follow, and what is sent is right"
    n = Nic(m)

    def features():
        text = m.sh("ethtool -k eth0")
        return ["%s: on" % f in text for f in ("tcp-segmentation-offload", "tx-checksumming", "rx-checksumming")]

    m.expect(features() == [True] * 3, "not all on at the start: %s" % features())
    m.host("nic caps off=csum+lso+rsc")
    m.wait("ethtool -k eth0 | grep -q 'tx-checksumming: off'", 10, "features go")
    m.expect(features()[:2] == [False] * 2, "features: %s" % features())
    before = n.counter("tx_lso"), n.counter("tx_csum")
    n.content(0.5, "without offloads")
    m.expect((n.counter("tx_lso"), n.counter("tx_csum")) == before, "offloads used that the host took away")
    m.host("nic caps")
    m.wait("ethtool -k eth0 | grep -q 'tcp-segmentation-offload: on'", 10, "features come back")
    n.content(0.5, "with offloads again")
    s = Server()
    m.sh("net send %s %d 300000" % (HOST, s.port), 60)      # in pieces that are worth it
    s.wait(1)
    s.close()
    m.expect(n.counter("tx_lso") > before[0], "not used again")


@scenario(rows="F14", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_reset(m):
    "the host asks whether we live, and says that it lost its state: answered, and a new connection"
    n = Nic(m)
    before = n.stat("resets"), n.stat("keepalives")
    for _ in range(3):
        m.host("nic keepalive")
    m.trace.wait("RNDIS_KEEPALIVE_REPLY", 10, 3)
    m.expect(n.stat("keepalives") == before[1] + 3, "keepalives not counted")
    m.host("nic inject hex=" + le32(6, 12, 0))
    m.trace.wait("NVSP_VERSION", 20)
    n.up()
    m.expect(n.stat("resets") == before[0] + 1, "resets: %d" % n.stat("resets"))
    n.content(0.3, "after the reset")
