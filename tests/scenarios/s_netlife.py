# SPDX-License-Identifier: GPL-2.0-only
"""The life of a NIC's connection: what happens while it is being built, lost or asleep."""
import re

from host import HostError
from nethost import HOST, Echo, Nic
from registry import BOTH, ONLY_OURS, scenario
from s_manners import BUS_LIMIT
from s_net import PLAIN
from s_netbad import le32

RESET = "nic inject hex=" + le32(6, 12, 0)      # the host has lost its state
FIRST = "RNDIS_QUERY .*oid=0x10106"             # the largest frame, the first question of a connection
HOLD = "nic fault on=RNDIS_QUERY oid=0x00010106 hold"


@scenario(rows="N05", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_reset_early(m):
    "the host loses its state while the driver still connects: no second attempt beside the first, and then it works"
    n = Nic(m)
    m.sh("rmmod hv_netvsc; dmesg -c >/dev/null")
    m.host(HOLD)
    m.trace.mark()
    m.sh("modprobe hv_netvsc >/dev/null 2>&1 &")
    m.trace.wait(FIRST, 20)
    m.trace.mark()
    for _ in range(3):
        m.host(RESET)
    m.sh("sleep 0.5")
    m.host("nic release")
    m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" = 1 ]", 20, "one more connection, and no third")
    n.up()
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    n.content(0.2, "after resets in the middle")
    m.expect("no connection" not in m.sh("dmesg"), "an attempt to connect failed")


@scenario(rows="~F14", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_reset_storm(m):
    "a host that wants a new connection again and again gets one a second, and then the NIC works"
    n = Nic(m)
    n.up()
    told = "ethtool -S eth0 | sed -n 's/^ *resets: //p'; cut -d. -f1 /proc/uptime"
    before, since = map(int, m.sh(told).split())
    now = before
    for _ in range(8):
        for _ in range(3):
            try:
                m.host(RESET)
            except HostError as e:          # there is no connection just now
                if "no such channel" not in str(e):
                    raise
        m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" -gt %d ]" % now, 60, "a new connection")
        m.wait("[ $(cat /sys/class/net/eth0/operstate) = up ]", 60, "the NIC is up")
        now, until = map(int, m.sh(told).split())
    # the first comes at once, and seconds are cut
    m.expect(now - before <= until - since + 2, "%d new connections in %d s" % (now - before, until - since))
    n.content(0.2, "after them")


# The in-tree bus waits without a limit for the result of an open.
@scenario(rows="~N05 ~V11", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_sub_never_confirmed(m):
    "a host that never opens a sub-channel: the NIC runs on its first, and neither a new MTU nor a reset nor unloading waits for that"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 1", 60)
    m.host("manner subs-unopened")
    m.sh(BUS_LIMIT % 3600)              # longer than the scenario may take
    m.sh("ethtool -L eth0 combined 2", 60)
    n.up()
    opening = [l for l in m.host("list") if re.match(r"net0 relid=\d+ sub=1 opening ", l)]
    m.expect(opening, "not asked to open one: %s" % m.host("list"))
    m.sh("ip link set eth0 mtu 1400", 60)
    n.up()
    before = int(m.sh("ethtool -S eth0 | sed -n 's/^ *resets: //p'"))
    m.host(RESET)
    m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" = %d ]" % (before + 1), 60, "a new connection")
    n.up()
    n.content(0.2, "on one channel")
    m.sh("rmmod hv_netvsc", 60)
    m.sh(BUS_LIMIT % 60)
    m.host("manner none,strict")
    m.sh("modprobe hv_netvsc")
    n.up()
    m.sh("ethtool -L eth0 combined 2", 60)
    n.up()
    m.expect([l for l in m.host("list") if re.match(r"net0 relid=\d+ sub=1 open\b", l)], "no sub-channel: %s" % m.host("list"))
    n.content(0.2, "on two channels")


@scenario(rows="N05 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_rtnl_free(m):
    "while a connection is built anew, others configure the network: nobody waits for the host with them"
    n = Nic(m)
    late, resets = n.stat("host_timeout"), n.stat("resets")
    m.host(HOLD)
    m.trace.mark()
    m.host(RESET)
    m.trace.wait(FIRST, 20)
    m.sh("/sbin/ip link set lo mtu 60000; /sbin/ip link set lo mtu 65536")
    m.expect(m.run("ip link set eth0 mtu 1400")[1], "a setting of a NIC that has no connection")
    m.host("nic release")
    n.up()
    m.expect(n.stat("host_timeout") == late, "the answer was waited for in vain: RTNL was held")
    m.expect(n.stat("resets") == resets + 1, "resets: %d" % (n.stat("resets") - resets))
    m.sh("ip link set eth0 mtu 1400; ip link set eth0 mtu 1500")
    n.up()
    n.content(0.2)


@scenario(rows="N13 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="has taken queue")
def net_sub_gone(m):
    "the host takes a sub-channel back while frames are on their way: the others go on, without a new connection"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    m.host("nic table queues=0,1")
    e = Echo()
    resets = n.stat("resets")
    m.sh("net conns %s %d 24 2000" % (HOST, e.port))
    m.host("nic table queues=1")
    m.wait("ethtool -d eth0 | grep -q '0x0000:[[:space:]]*01 00 00 00 01 00 00 00'", 20, "the table")
    m.host("freeze net0 sub=1")             # what is sent now is never completed
    m.sh("rm -f /tmp/conns; (net conns %s %d 24 2000 >/dev/null 2>&1; echo $? >/tmp/conns) >/dev/null 2>&1 &" % (HOST, e.port))
    m.sh("rm -f /tmp/flooded; (net flood %s 9 1000 1000; touch /tmp/flooded) >/dev/null 2>&1 &" % HOST)
    m.wait("cd /sys/class/net/eth0/queues/tx-1/byte_queue_limits; [ $(cat inflight) -gt $(cat limit) ]", 20, "the queue is full, and more waits behind it")
    dropped, released = n.stat("tx_dropped"), len(m.trace.find("RELID_RELEASED"))
    m.host("rescind net0 sub=1")
    m.wait("dmesg | grep -q 'has taken queue 1 back'", 20, "the driver hears of it")
    m.wait("[ $(ethtool -S eth0 | sed -n 's/^ *tx_dropped: //p') -gt %d ]" % dropped, 20, "what waited behind the queue is gone")
    m.trace.wait("RELID_RELEASED", 20, released + 1)
    m.wait("[ -e /tmp/flooded ]", 20, "who sent what the host had goes on")
    m.expect(n.stat("tx_abandoned"), "what the host had and did not complete is not counted")
    m.sh("ethtool -t eth0")
    m.wait("[ -s /tmp/conns ]", 60, "the connections are over")
    m.expect(m.sh("cat /tmp/conns") == "0", "connections of the queue that is gone failed")
    m.host("nic table queues=0,1")
    m.sh("net conns %s %d 24 2000" % (HOST, e.port))
    m.expect(n.stat("resets") == resets, "the whole connection was built anew")
    e.close()
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")
    n.up()
    n.content(0.3, "two queues again")


CARRIER = "[ \"$(cat /sys/class/net/eth0/carrier)\" = %d ]"
SPEED = "[ \"$(cat /sys/class/net/eth0/speed)\" = %d ]"


@scenario(rows="N26", machine=PLAIN, drivers=BOTH, timeout=200)
def net_link_kept(m):
    "link and speed are what the host said last: down and up of the NIC does not bring back older ones"
    n = Nic(m)
    m.host("nic link down")
    m.wait(CARRIER % 0, 20, "no carrier")
    m.sh("ip link set eth0 down; ip link set eth0 up; sleep 0.5; " + CARRIER % 0)
    m.host("nic link up")
    n.up()
    m.host("nic speed 25000")
    m.wait(SPEED % 25000, 20, "the new speed")
    m.sh("ip link set eth0 down; ip link set eth0 up")
    n.up()
    m.sh(SPEED % 25000)
    # the cable is put in between the driver's start and the first time that the NIC is up
    m.sh("rmmod hv_netvsc")
    m.host("nic link down")
    m.sh("modprobe hv_netvsc")
    m.wait("[ -e /sys/class/net/eth0 ]", 20, "a network device")
    m.sh("ip link set eth0 down")
    m.host("nic link up")
    m.sh("sleep 0.5")
    n.up()
    m.host("nic speed 10000")


@scenario(rows="N27", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="the host takes an MTU")
def net_mtu_less(m):
    "a host that takes less than before, as after a move: the NIC has that MTU, with one line, and works"
    n = Nic(m)
    m.sh("ip link set eth0 mtu 9000")
    n.up()
    m.host("nic mtu 1500")
    m.host(RESET)
    m.wait("[ $(cat /sys/class/net/eth0/mtu) = 1500 ]", 30, "the host's MTU")
    n.up()
    n.content(0.2, "with less")
    m.expect(len(re.findall("the host takes an MTU of 1500", m.dmesg())) == 1, "no line about it")
    m.host("nic mtu 9000")
    m.sh("ip link set eth0 mtu 1400")
    n.up()
    m.sh("ip link set eth0 mtu 1500")
    n.up()


@scenario(rows="N25", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_mac_kept(m):
    "an address that the user has set: the host of each later connection knows it"
    n = Nic(m)
    m.sh("ip link set eth0 down; ip link set eth0 address 02:aa:bb:cc:dd:01")
    n.up()
    for change in ("ip link set eth0 mtu 1400", "ip link set eth0 mtu 1500", "ethtool -L eth0 combined 2"):
        m.sh(change)
        m.expect(n.info()["mac"] == "02:aa:bb:cc:dd:01", "%s: the host has %s" % (change, n.info()["mac"]))
        n.up()
    m.host(RESET)
    m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" -ge 1 ]", 20, "a new connection")
    n.up()
    m.expect(n.info()["mac"] == "02:aa:bb:cc:dd:01", "the host has " + n.info()["mac"])


CHANGES = ("ethtool -L eth0 combined 2", "ethtool -G eth0 rx 4000")


@scenario(rows="N05 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_rtnl_change(m):
    "while a setting waits for the host's answer, others configure the network; then it is done, or its device goes"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 1")
    n.up()
    late = n.stat("host_timeout")

    def begin(change):
        m.host(HOLD)
        m.trace.mark()
        m.sh("rm -f /tmp/done; (s=0; %s >/dev/null 2>&1 || s=$?; echo $s >/tmp/done.new; mv /tmp/done.new /tmp/done) >/dev/null 2>&1 &" % change)
        m.trace.wait(FIRST, 20)
        m.sh("/sbin/ip link set lo mtu 60000; /sbin/ip link set lo mtu 65536; ! [ -e /tmp/done ]")
        m.expect(m.run("ethtool -L eth0 combined 1")[1], "a second change in the middle of the first")

    for change in CHANGES:
        begin(change)
        m.host("nic release")
        m.wait("[ -e /tmp/done ]", 20, "the change is over")
        m.expect(m.sh("cat /tmp/done") == "0", change + " failed")
        n.up()
    # who sets the MTU of a device below its own relies on RTNL, as bond and team do
    m.host(HOLD)
    m.trace.mark()
    m.sh("(ip link set eth0 mtu 1400; echo $? >/tmp/mtu) >/dev/null 2>&1 &")
    m.trace.wait(FIRST, 20)
    m.sh("(/sbin/ip link set lo mtu 60000; echo >/tmp/lo) >/dev/null 2>&1 & sleep 0.5; ! [ -e /tmp/lo ]")
    m.host("nic release")
    m.wait("[ -e /tmp/lo ]", 20, "others configure the network again")
    m.expect(m.sh("cat /tmp/mtu") == "0", "the MTU did not change")
    m.sh("/sbin/ip link set lo mtu 65536; ip link set eth0 mtu 1500; rm /tmp/lo /tmp/mtu")
    n.up()
    m.expect(n.stat("host_timeout") == late, "an answer was waited for in vain: RTNL was held")
    for change in ("ethtool -G eth0 rx 5000",):
        begin(change)
        m.host("rescind net0")
        m.wait("! [ -e /sys/class/net/eth0 ] && [ -e /tmp/done ]", 20, "the device and the change are gone")
        m.expect(m.sh("cat /tmp/done") != "0", change + " succeeded without a device")
        m.host("nic clear")
        m.host("offer net0")
        n.up()
    n.content(0.2, "after all that")


FILTER, LRO, CAPS = 0x1010e, 0xfc01020c, 0xfc01020d       # objects of the host
LO = "/sbin/ip link set lo mtu 60000; /sbin/ip link set lo mtu 65536"


@scenario(rows="N25 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_rtnl_silent(m):
    "a host that does not answer: what it is to give the NIC, up and down wait for it without RTNL, and for a new connection not at all"
    n = Nic(m)
    late = n.stat("host_timeout")

    def kept(command, oid=FILTER, do=m.sh):
        """The host keeps its answer; the command is over, and so are others'."""
        m.host("nic fault oid=%#x hold" % oid)
        m.trace.mark()
        do(command)
        m.trace.wait(r"\bFAULT +net0 \S+ oid=%#x" % oid, 20)
        m.sh(LO)

    for command in ("ip link set eth0 promisc on", "ip link set eth0 promisc off", "ip link set eth0 down", "ip link set eth0 up"):
        kept(command)
        m.expect(n.stat("host_timeout") == late, command + ": the answer was waited for in vain: RTNL was held")
        if command.endswith(" up"):
            m.sh(CARRIER % 0)
        m.host("nic release")
    n.up()
    for state in ("off", "on"):
        kept("ethtool -K eth0 lro " + state, LRO)
        m.host("nic release")
        kept("nic caps" + " off=lso" * (state == "off"), CAPS, m.host)
        m.host("nic release")
        m.wait("ethtool -k eth0 | grep -q 'tx-tcp-segmentation: %s'" % state, 20, "the feature follows")
    m.expect(n.stat("host_timeout") == late, "RTNL was held for offloads")
    n.content(0.2)
    kept("ip link set eth0 promisc on")
    m.sh("ip link set eth0 mtu 1400; ip link set eth0 promisc off mtu 1500")
    m.expect(n.stat("host_timeout") == late, "a new connection waited for an answer to the old one")
    n.up()
    n.content(0.2, "a new connection")
    kept("ip link set eth0 down")
    m.host("rescind net0")
    m.wait("! [ -e /sys/class/net/eth0 ]", 20, "the device goes")
    m.host("nic clear")
    m.host("offer net0")
    n.up()
    n.content(0.2, "after all that")


def features(m, state):
    for name in ("tx-tcp-segmentation", "tx-checksum-ipv4", "rx-lro: .* # \\|large-receive-offload"):
        m.wait("ethtool -k eth0 | grep -q '%s: %s'" % (name, state), 20, "%s: %s" % (name, state))


@scenario(rows="~N10 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_host_less(m):
    "a new connection to a host that offers less than the one before, or says so just then: the features follow, and come back"
    n = Nic(m)
    sent = lambda: (n.counter("tx_lso"), n.counter("tx_csum"))

    def anew(held, caps):
        """Another connection, the host's offer changed while its answer to HELD is kept."""
        resets = n.stat("resets")
        m.host("nic fault %s hold" % held)
        m.trace.mark()
        m.host(RESET)
        m.trace.wait(r"\bFAULT +net0 ", 20)
        m.host("nic caps" + caps)
        m.host("nic release")
        m.wait("[ \"$(ethtool -S eth0 | sed -n 's/^ *resets: //p')\" = %d ]" % (resets + 1), 20, "a new connection")

    # before the host is asked what it offers, and after that
    for held in ("on=RNDIS_QUERY oid=0x00010106", "on=SUBCHANNEL"):
        m.sh("ethtool -L eth0 combined 2")
        anew(held, " off=csum+lso+rsc")
        features(m, "off")
        n.up()
        before = sent()
        n.content(0.3, "less")
        m.expect(sent() == before, "offloads used that the host does not have")
        anew(held, "")
        for name in ("tx-tcp-segmentation", "tx-checksum-ipv4"):
            m.wait("ethtool -k eth0 | grep -q '%s: on'" % name, 20, name + " comes back")
        n.up()
        n.content(0.3, "all again")
        m.expect(sent()[1] > before[1], "not used again")
    # by what it answers before there is a connection; later it answers nothing of use
    m.host(HOLD)
    m.trace.mark()
    m.host(RESET)
    m.trace.wait(r"\bFAULT +net0 ", 20)
    m.host("nic caps off=csum+lso+rsc")
    m.host("nic fault on=SUBCHANNEL hold")
    m.trace.mark()
    m.host("nic release")
    m.trace.wait(r"\bFAULT +net0 SUBCHANNEL", 20)
    m.host("nic fault on=RNDIS_QUERY oid=0xfc01020d status=0xc00000bb count=all")
    m.host("nic release")
    features(m, "off")
    m.host("nic clear")
    m.host("nic caps")
    m.wait("ethtool -k eth0 | grep -q 'tx-checksum-ipv4: on'", 20, "the host offers all again")
    n.up()


@scenario(rows="~N27 ~F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_set_at_once(m):
    "a setting that is made as soon as the NIC is there is taken, however long the host thinks of its name"
    n = Nic(m)
    m.sh("rmmod hv_netvsc")
    m.host("nic fault oid=0x00020216 hold")
    m.trace.mark()
    m.sh("""(until [ -e /sys/class/net/eth0 ]; do sleep 0.01; done; ip link set eth0 mtu 1400; echo $? >/tmp/first) >/dev/null 2>&1 &
modprobe hv_netvsc >/dev/null 2>&1 &""")
    m.trace.wait(r"\bFAULT +net0 \S+ oid=0x20216", 30)
    m.sh("sleep 0.5")
    m.host("nic release")
    m.wait("[ -e /tmp/first ]", 20, "the setting is made")
    m.expect(m.sh("cat /tmp/first") == "0" and n.info()["mtu"] == "1414", "the first setting was refused: the host has " + n.info()["mtu"])
    m.sh("rm /tmp/first; ip link set eth0 mtu 1500; [ \"$(cat /sys/class/net/eth0/ifalias)\" = net0 ]")
    n.up()
