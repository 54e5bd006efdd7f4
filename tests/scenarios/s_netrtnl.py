# SPDX-License-Identifier: GPL-2.0-only
"""RTNL, the one lock of all that configures the network: for how long each operation of a NIC keeps it while its
host is slow. `scripts/try net-rtnl-hold`, and of the kernel's own driver `scripts/try --drivers intree/intree net-rtnl-intree`."""
from nethost import Nic
from registry import INTREE, ONLY_OURS, scenario
from rtnl import Watch
from s_net import PLAIN
from s_netlife import LO, RESET
from s_netvf import VF, Function, switch

LATE = 800      # ms by which answers are late: less than hv_netvsc waits for any of them with RTNL (NV_RTNL_MS)
ANSWERS = ("INIT", "RNDIS_QUERY", "RNDIS_SET")
ALL = ANSWERS + ("SEND_RECV_BUF", "SEND_SEND_BUF", "SUBCHANNEL", "RNDIS_INITIALIZE", "CONTROL_COMPLETE")
# Where it is kept, for a second at most but for the first: a device above this one that sets its MTU relies on RTNL, as
# bond and team do; whether the host takes an address or a key is what the user is told; a self-test is that question;
# and a VF that goes takes with it what its host still sends over it
KEPT = ("mtu", "address", "key", "self-test", "VF goes")
OPERATIONS = (
    ("close", "ip link set eth0 down"),
    ("open", "ip link set eth0 up"),
    ("promiscuous", "ip link set eth0 promisc on; ip link set eth0 promisc off"),
    ("offloads", "ethtool -K eth0 lro off; ethtool -K eth0 lro on"),
    ("rings", "ethtool -G eth0 rx 4000"),
    ("channels", "ethtool -L eth0 combined 1; ethtool -L eth0 combined 2"),
    ("mtu", "ip link set eth0 mtu 1400"),
    ("address", "ip link set eth0 address 02:aa:bb:cc:dd:02"),
    ("key", "ethtool -X eth0 equal 1; ethtool -X eth0 default"),
    ("self-test", "ethtool -t eth0"),
    ("unload and load", "rmmod hv_netvsc; modprobe hv_netvsc"),
)


class Meter:
    def __init__(self, m, answers=ANSWERS):
        self.m, self.answers, self.watch = m, answers, Watch(m)

    def __call__(self, name, do, after):
        """DO with a host whose first answer of each kind is late, and that lets go of memory late, until AFTER."""
        for kind in self.answers:
            self.m.host("nic fault on=%s delay=%d" % (kind, LATE))
        self.m.host("fault message GPADL_TORNDOWN delay=%d" % LATE)
        self.watch.start()
        do()
        after()
        seconds, who = self.watch.longest()
        self.m.host("nic clear")
        self.m.host("fault clear")
        self.m.note("%s: RTNL held for %d ms at most, by %s" % (name, seconds * 1000, who))
        if self.m.ours and name not in KEPT:
            self.m.expect(seconds * 1000 < LATE, "%s: RTNL was held across a wait for the host, %.1f s by %s" % (name, seconds, who))

    def operations(self, n):
        for name, command in OPERATIONS:
            self(name, lambda: self.m.run(command, 120), n.up)


@scenario(rows="~F01", machine=PLAIN, drivers=ONLY_OURS, timeout=400, needs=("locks",))
def net_rtnl_hold(m):
    "a host whose answers are late: who does not need them for what the user is told keeps RTNL no longer; how long each operation did"
    n = Nic(m)
    meter = Meter(m)
    meter.operations(n)
    meter("reset by the host", lambda: m.host(RESET), n.up)
    n.content(0.2)


@scenario(machine=PLAIN, drivers=(INTREE,), timeout=600, needs=("locks",), long=True)
def net_rtnl_intree(m):
    "how long the kernel's own driver keeps RTNL, with each answer late"
    Meter(m, ALL).operations(Nic(m))


@scenario(rows="~F01 ~N30", machine=VF, drivers=ONLY_OURS, timeout=300, needs=("locks",))
def net_rtnl_vf(m):
    "the same of a VF that comes, gets a setting, and goes"
    with switch() as tap:
        n = Nic(m, tap)
        f = Function(m, n)
        f.none()            # before what is measured
        n.up()
        f.announced()
        meter = Meter(m, ANSWERS + ("CONTROL_COMPLETE", "SWITCH_DATA_PATH"))
        meter("VF comes", f.plug, lambda: f.path("vf"))
        meter("setting of a VF", lambda: m.sh("ip link set eth0 promisc on; ip link set eth0 promisc off"), n.up)
        for on, path in (("off", "synthetic"), ("on", "vf")):
            meter("the host has it " + on, lambda: m.host("nic vf %s serial=7 nic=net0" % on), lambda: (f.path(path), m.sh(LO)))
        meter("VF goes", f.unplug, lambda: f.path("synthetic"))
        n.content(0.2)
