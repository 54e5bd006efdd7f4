# SPDX-License-Identifier: GPL-2.0-only
"""What a host has not taken, or not yet, of what a NIC's driver says: it is said again, and nobody waits for it with RTNL."""
from nethost import Nic
from registry import ONLY_OURS, scenario
from s_net import PLAIN
from s_netlife import CAPS, FILTER, RESET

RSS = 0x10204       # an object of the host's
RESETS = "[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" = %d ]"


@scenario(rows="~N27 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="host:")
def net_two_changes(m):
    "queues and MTU are changed at the same time, over and over: one of the two may be told to come again, none hangs"
    n = Nic(m)
    m.sh("""rm -f /tmp/channels /tmp/mtu
(set +e; for i in 1 2 1 2 1 2 1 2 1 2; do ethtool -L eth0 combined $i; done; echo >/tmp/channels) >/dev/null 2>&1 &
(set +e; until [ -e /tmp/channels ]; do ip link set eth0 mtu 1400; ip link set eth0 mtu 1500; done; echo >/tmp/mtu) >/dev/null 2>&1 &""")
    m.wait("[ -e /tmp/channels ] && [ -e /tmp/mtu ]", 60, "both are over")
    m.sh("ip link set eth0 mtu 1500; ethtool -L eth0 combined 2; rm /tmp/channels /tmp/mtu")
    n.up()
    n.content(0.2, "after all that")


@scenario(rows="~N15 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="host:")
def net_rss_late(m):
    "a host that takes too long for another spread of what is received, and is off meanwhile: it is told the old one until it has it"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    shown, had = m.sh("ethtool -x eth0"), n.info()["hash"]
    for change in ("ethtool -X eth0 weight 1 0", "ethtool -N eth0 rx-flow-hash udp4 sdfn"):
        # off is taken; of on the host does not say whether it was; nor of the next
        m.host("nic fault oid=%#x delay=1" % RSS)
        m.host("nic fault oid=%#x drop count=2" % RSS)
        m.trace.mark()
        out, status = m.run(change + " 2>&1")
        m.expect(status or "Cannot" in out, change + ": no error although the host did not answer: " + out)
        m.trace.wait("RNDIS_RSS .*hash=%s first=0,1,0,1" % had, 30)
        m.expect((n.info()["rss"], n.info()["hash"]) == ("1", had), "%s: the host has %s" % (change, n.info()))
        m.expect(m.sh("ethtool -x eth0") == shown, change + ": shown is " + m.sh("ethtool -x eth0"))
        m.trace.mark()
        m.sh(change)
        m.trace.wait("RNDIS_RSS .*entries", 30)
        n.reload()
        m.sh("ethtool -L eth0 combined 2")
        n.up()


@scenario(rows="~N10 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="host:")
def net_caps_again(m):
    "a host that offers something else and does not answer when it is asked: it is asked again, and the features follow"
    n = Nic(m)
    for off, state in ((" off=lso", "off"), ("", "on")):
        m.host("nic fault oid=%#x drop" % CAPS)
        m.host("nic caps" + off)
        m.wait("ethtool -k eth0 | grep -q 'tx-tcp-segmentation: %s'" % state, 30, "the feature is " + state)
    n.content(0.2)


@scenario(rows="~N25 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_filter_refused(m):
    "a host that refuses a receive filter gets a simpler one; one that refuses each: there is a link all the same"
    n = Nic(m)

    def down():
        m.trace.mark()
        m.sh("ip link set eth0 down")
        m.trace.wait(r"RNDIS_FILTER +net0 0\b", 20)

    down()
    m.sh("ip link set eth0 promisc on")
    m.host("nic fault oid=%#x status=0xc00000bb" % FILTER)
    m.trace.mark()
    n.up()
    m.trace.wait("RNDIS_FILTER +net0 0xd", 20)
    m.expect(len(m.dmesg("refuses receive filter 0x20, 0xd it takes").splitlines()) == 1, "no line about it")
    m.sh("ip link set eth0 promisc off")
    down()
    m.host("nic fault oid=%#x status=0xc00000bb count=all" % FILTER)
    n.up()
    resets = n.stat("resets")
    m.host(RESET)
    m.wait(RESETS % (resets + 1), 30, "a new connection")
    n.up()
    m.expect(1 <= len(m.dmesg("cannot set the receive filter").splitlines()) <= 2, "not a line for each connection")
    m.host("nic clear")
    down()
    n.up()
    n.content(0.2)


BUFFERS = "grep -c '\\[hv_netvsc\\]' /proc/vmallocinfo"
KEPT = "awk '/quarantine$/ && /bytes/ {print $1}' /sys/kernel/debug/hv_vmbus/errors"
TIMES = "awk '$2 == \"quarantine\" {print $1}' /sys/kernel/debug/hv_vmbus/errors"


@scenario(rows="~F01 ~N05", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:|stay with|hv_vmbus|vmbus|quarantine")
def net_torndown_late(m):
    "a host that gives a NIC's buffers back late, after a new connection: kept and counted until then, and none is lost"
    n = Nic(m)
    before, resets = int(m.sh(BUFFERS)), n.stat("resets")
    kept, times = int(m.sh(KEPT)), int(m.sh(TIMES))     # of whoever was here before
    m.expect(before >= 2, "the buffers are not where they are looked for")
    m.sh("echo 1 >/sys/module/hv_vmbus/parameters/host_timeout")
    try:
        m.host("fault message GPADL_TORNDOWN delay=8000 count=all")
        m.host(RESET)
        m.wait(RESETS % (resets + 1), 30, "a new connection")
        m.expect(int(m.sh(TIMES)) >= times + 2, "the buffers are not in quarantine")
        m.host("fault clear")
        m.wait("[ $(%s) -le %d ]" % (KEPT, kept), 30, "late answers free them")
    finally:
        m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout")
    n.up()
    m.expect(int(m.sh(BUFFERS)) == before, "buffers: %s, %d before" % (m.sh(BUFFERS), before))
    n.content(0.2, "after all that")
