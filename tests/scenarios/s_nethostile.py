# SPDX-License-Identifier: GPL-2.0-only
"""A host that does at the wrong moment what it may do: while a connection is built, or refused."""
import time

from machine import Failure
from nethost import Nic, Sniffer
from registry import ONLY_OURS, scenario
from s_net import PLAIN
from s_netbad import NVSP_RNDIS, le32, packet, provoke

HOST_TIMEOUT = "/sys/module/hv_vmbus/parameters/host_timeout"


@scenario(rows="~N05 ~F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:|cannot connect|hv_vmbus|vmbus")
def net_open_busy(m):
    "a host that keeps a queue at work and never says that its channel is open: none of that work outlives the failure"
    n = Nic(m)
    m.sh("rmmod hv_netvsc; echo 3 >%s" % HOST_TIMEOUT)
    try:
        m.host("fault message OPEN_RESULT drop count=1")
        m.trace.mark()
        m.sh("modprobe hv_netvsc ring_size=4 & true")
        m.trace.wait(r"\bFAULT +drop OPEN_RESULT\b", 60)
        m.host("freeze net0")                   # completions stay in the ring, and then wait for room
        m.host("send packet net0 type=7 flags=1 id=7 offset=3 len=8 count=2000 payload=feca0000" + le32(0) + NVSP_RNDIS)
        m.wait("dmesg | grep -q 'no connection for the network device'", 60, "the probe fails")
        m.sh("sleep 1; ! [ -e /sys/class/net/eth0 ]")
    finally:
        m.sh("echo 60 >%s; unload hv_netvsc" % HOST_TIMEOUT)      # modprobe has still to end
    m.host("rescind net0")
    m.host("offer net0")
    m.sh("modprobe hv_netvsc")
    n.up()
    n.content(0.3, "after the failure")


@scenario(rows="N25 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="no connection for")
def net_first_try(m):
    "a host that is silent when it is first asked, at a boot of many guests say: the NIC comes when it answers, and goes while it does not"
    n = Nic(m)
    for tries in (1, 2):
        released = len(m.trace.find("RELID_RELEASED"))
        m.host("rescind net0")
        m.trace.wait("RELID_RELEASED", 60, released + 1)
        m.sh("! [ -e /sys/class/net/eth0 ]")
        m.host("nic fault on=INIT drop count=all")
        m.host("offer net0")
        m.wait("[ $(dmesg | grep -c 'no connection for the network device') -ge %d ]" % tries, 60, "the NIC is tried again")
    m.host("set net0 refuse-open=1")            # what was silent refuses now, once
    m.host("nic clear")
    m.wait("[ $(dmesg | grep -c 'no connection for the network device (-11)') -ge 1 ]", 60, "the refusal passes")
    n.up()
    n.content(0.3, "after a silent host")


@scenario(rows="~N05 ~N20", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_unpublished(m):
    "frames while a connection is built, with a program that sends them back: they wait for no filter, and nobody takes them"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2; ethtool -K eth0 lro off")
    n.up()
    m.sh("xdp_on tx")
    none, watch = n.stat("rx_no_taker"), Sniffer("hvt0")
    for what in ("SEND_SEND_BUF", "SUBCHANNEL"):
        m.host("nic fault on=%s hold" % what)
        m.trace.mark()
        m.sh("ip link set eth0 mtu 1400 & true")
        m.trace.wait(r"\bFAULT +net0 %s\b" % what, 60)
        m.host("nic inject count=20 hex=" + packet())
        m.host("nic release")
        m.wait("ethtool -S eth0 >/dev/null 2>&1 && [ \"$(cat /sys/class/net/eth0/mtu)\" = 1400 ] && [ \"$(ethtool -S eth0 | sed -n 's/^ *rx_no_taker: //p')\" -ge %d ]"
               % (none + 20), 30, what + ": 20 frames counted")
        none += 20
        m.sh("ip link set eth0 mtu 1500")
    back = watch.frames(0.5, lambda f: f[12:14] == b"\x88\xb5")       # others the program sends back when it may
    watch.close()
    m.expect(not back, "%d frames were sent back" % len(back))
    m.sh("xdp_off; ethtool -K eth0 lro on")
    n.up()
    n.content(0.3, "after all that")


@scenario(rows="~N05 ~N12", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_bad_parts(m):
    "a coalesced packet that nobody agreed to, a frame without a header, a message where none belongs: counted, each"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    provoke(m, n, "ten bytes of frame", "nic inject hex=" + packet(data_len=10), "host_bad_rndis")
    provoke(m, n, "in-band message on a sub-channel", "send packet net0 sub=1 type=6 flags=0 id=0 offset=2 len=7 payload=" +
            le32(128, 1, 5) + "00" * 28, "host_bad_state")
    m.sh("rmmod hv_netvsc")
    m.host("nic version 6")
    m.sh("modprobe hv_netvsc")
    n.up()
    whole = packet(info=(16, 0x80000001, 12, 1 | 7 << 8 | 7 << 16))     # the first part, and the last
    provoke(m, n, "coalesced without RSC", "nic inject hex=" + whole, "host_bad_rndis")
    m.host("nic version 6.1")
    n.reload()
    before = n.stat("host_bad_rndis")
    m.host("nic inject hex=" + whole)
    n.content(0.3, "with RSC")
    m.expect(n.stat("host_bad_rndis") == before, "not taken with RSC")


def ones(m):
    """Entries of the spread that name queue 1."""
    return int(m.sh("ethtool -x eth0 | sed -n 's/^ *[0-9]*: //p' | tr -s ' ' '\\n' | grep -c '^1$' || true"))


@scenario(rows="~N24", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_spread_kept(m):
    "the spread that the user chose: told again when the host refuses another, kept with fewer queues, and given up there, too"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2; ethtool -X eth0 weight 1 3")
    m.expect(ones(m) == 96, "%d of 128" % ones(m))
    for command in ("ethtool -X eth0 weight 3 1", "ethtool -N eth0 rx-flow-hash udp4 sdfn"):
        m.host("nic fault oid=0x00010204 status=0xc0000001")
        out, status = m.run(command)            # ethtool 6.1 ends with 0 whatever -N was told
        m.expect(status or "Cannot" in out, "not refused: " + command)
        m.expect(n.info()["rss"] == "1", "the host spreads no more after: " + command)
        m.expect(ones(m) == 96, "another spread after: " + command)
    m.sh("ethtool -X eth0 weight 1 0; ethtool -L eth0 combined 1; ethtool -x eth0; ethtool -L eth0 combined 2")
    m.expect(ones(m) == 0, "the user's spread is gone")
    m.sh("ethtool -L eth0 combined 1; ethtool -X eth0 default; ethtool -L eth0 combined 2")
    m.expect(ones(m) == 64, "%d of 128 by default" % ones(m))
    n.up()
    n.content(0.3, "after all that")


@scenario(rows="~N25", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_filter_again(m):
    "a receive filter that the host did not answer is said again"
    n = Nic(m)
    m.host("nic fault on=RNDIS_SET drop count=1")
    m.sh("ip link set eth0 promisc on")
    m.wait("dmesg | grep -q 'cannot set the receive filter: -110, trying again'", 30, "a line about the filter")
    end = time.monotonic() + 30
    while n.info()["filter"] != "0x20":
        if time.monotonic() > end:
            raise Failure("the host has filter " + n.info()["filter"])
        time.sleep(0.2)
    m.sh("ip link set eth0 promisc off")
    n.content(0.3, "after all that")


def feature(m, name, state):
    m.wait("ethtool -k eth0 | grep -q '%s: %s'" % (name, state), 20, "%s: %s" % (name, state))


@scenario(rows="~N10 ~N11", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_offload_asked(m):
    "offloads that change: no answer changes nothing, what the user turned off stays off, large frames over IPv6 need options"
    n = Nic(m)
    n.content(0.2, "before")
    m.host("nic fault oid=0xfc01020d status=0xc0000001")
    m.trace.mark()
    m.host("nic caps")
    m.trace.wait(r"\bFAULT +net0 \S+ oid=0xfc01020d", 30)
    sums = n.counter("tx_csum")
    n.content(0.5, "after a question without an answer")
    m.expect(n.counter("tx_csum") > sums, "no checksum is left to the host any more")
    m.trace.mark()
    m.sh("ethtool -K eth0 lro off")
    m.trace.wait(r"\bRNDIS_OFFLOAD\b.* lso4=2 lso6=2", 30)
    m.sh("ethtool -K eth0 lro on tso off")
    m.host("nic caps off=lso")
    feature(m, "tx-tcp-segmentation", "off .fixed")
    m.host("nic caps")
    feature(m, "tx-tcp-segmentation", "off$")
    m.sh("ethtool -K eth0 tso on")
    feature(m, "tx-tcp6-segmentation", "on")
    m.host("nic caps off=v6opt")
    feature(m, "tx-tcp6-segmentation", "off .fixed")
    feature(m, "tx-tcp-segmentation", "on")
    n.content(0.3, "IPv6 without large frames", v6=True)
    m.host("nic caps")
    feature(m, "tx-tcp6-segmentation", "on")
    n.content(0.3, "after all that", v6=True)
