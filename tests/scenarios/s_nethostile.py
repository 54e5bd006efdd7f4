# SPDX-License-Identifier: GPL-2.0-only
"""A host that does at the wrong moment what it may do: while a connection is built, or refused."""
from nethost import Nic
from registry import ONLY_OURS, scenario
from s_net import PLAIN
from s_netbad import NVSP_RNDIS, le32, packet

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
        m.wait("dmesg | grep -q 'cannot connect to the network device'", 60, "the probe fails")
        m.sh("sleep 1; ! [ -e /sys/class/net/eth0 ]")
    finally:
        m.sh("echo 60 >%s; rmmod hv_netvsc" % HOST_TIMEOUT)
    m.host("rescind net0")
    m.host("offer net0")
    m.sh("modprobe hv_netvsc")
    n.up()
    n.content(0.3, "after the failure")


@scenario(rows="~N05 ~N20", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_unpublished(m):
    "frames while a connection is built, with a program that sends them back: they wait for no filter, and nobody takes them"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro off; xdp_on tx")
    before = {c: n.received(c) for c in ("packets", "xdp_tx", "xdp_drop")}
    none, sent = n.stat("rx_no_taker"), n.counter("tx_packets")
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
    after = {c: n.received(c) for c in before}
    m.expect(after == before and n.counter("tx_packets") == sent, "they were taken: %s, %s" % (before, after))
    m.sh("xdp_off; ethtool -K eth0 lro on")
    n.up()
    n.content(0.3, "after all that")
