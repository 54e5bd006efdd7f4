# SPDX-License-Identifier: GPL-2.0-only
"""Debian as it is installed, with its root on our disk and its address by DHCP through our NIC (scripts/system): what
people run on such a guest, run there."""
import json
import subprocess

import common
from nethost import HOST, MAC, host, raw
from registry import ONLY_OURS, Disk, Machine, scenario
from s_tools import report
from utilshost import DAEMONS, SERVICES

TAP = "hvt0"
SECOND_MAC = "00:15:5d:01:02:04"
# the second NIC is nobody's (tests/guest/system), as one that another program has
SYSTEM = Machine(memory=1024, system=True, disks=(Disk(size=1 << 30),), offers=",".join(SERVICES),
                 options=("--nic", "tap=%s,mac=%s" % (TAP, MAC), "--nic", "tap=hvt1,mac=" + SECOND_MAC))
UP = 'systemctl is-system-running | grep -qE "^(running|degraded)"'
MODULES = ("hv_vmbus", "hv_storvsc", "hv_netvsc", "hv_utils")
LEASE = "ip -4 addr show %s | grep -q 'inet 10[.]9[.]0[.][5-9]'"
OTHER_MAC = "00:15:5d:0a:0b:0c"
NETWORKD = ("systemd-networkd.socket", "systemd-networkd")
VLAN = """
cat >40-eth0.network <<'E'
[Match]
Name=eth0
[Network]
DHCP=ipv4
VLAN=lab7
E
cat >40-lab7.netdev <<'E'
[NetDev]
Name=lab7
Kind=vlan
[VLAN]
Id=7
E
cat >40-lab7.network <<'E'
[Match]
Name=lab7
[Network]
Bridge=br0
E
cat >40-br0.netdev <<'E'
[NetDev]
Name=br0
Kind=bridge
MACAddress=none
E
cat >40-br0.network <<'E'
[Match]
Name=br0
[Network]
Address=10.9.7.2/24
E"""
# ethtool's calls that ask, with what they begin to say; a call that no driver answers says so and no more
SAYS = {"": "Settings for eth0:", "-c": "Coalesce parameters", "-g": "Ring parameters", "-i": "driver: hv_netvsc", "-k": "Features for eth0:",
        "-l": "Channel parameters", "-P": "Permanent address: " + MAC, "-S": "NIC statistics:", "-t": "The test result is PASS",
        "-T": "Time stamping parameters", "-x": "RX flow hash indirection table", "-d": "Offset"}
NOT_OURS = ("-a", "-e", "-m", "-w", "--show-eee", "--show-fec", "--show-priv-flags", "--show-tunnels", "--phy-statistics")


class Debian:
    """The system of machine M, up, on a network that gives addresses."""

    def __init__(self, m, tap=TAP):
        self.m = m
        common.need("dnsmasq")
        host("ip addr flush dev %s; ip link set %s up; ip addr replace %s/24 dev %s" % (TAP, tap, HOST, tap))
        self.log = open(m.path("dnsmasq.log"), "a", encoding="utf-8")
        # --no-daemon: as nobody else, which an ordinary user cannot become; --no-ping: without a look whether somebody else
        # has an address, which takes 3 s
        self.dhcp = subprocess.Popen(
            ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=" + tap, "--bind-interfaces",
             "--dhcp-range=10.9.0.50,10.9.0.99,1h", "--dhcp-authoritative", "--no-ping", "--log-dhcp", "--log-facility=-",
             "--dhcp-leasefile=" + m.path("leases")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def __enter__(self):
        self.m.wait(UP, 120, "the system is up; $(systemctl is-system-running; systemctl list-jobs --no-pager)")
        self.addressed()
        return self

    def __exit__(self, *args):
        self.dhcp.terminate()
        self.dhcp.wait()
        self.log.close()

    def addressed(self, name="eth0"):
        self.m.wait(LEASE % name, 60, "an address by DHCP")
        self.m.sh("ping -c 1 -W 20 " + HOST)

    def refused(self):
        return [self.m.host.counters().get("net0." + c, 0) for c in ("tx_bad", "tx_refused", "rx_bad_completion")]


def daemons(m, state):
    """The units of hv_utils' daemons are in this state."""
    for name in DAEMONS:
        m.wait("[ $(systemctl show -P ActiveState hv-%s-daemon) = %s ]" % (name, state), 30, "hv-%s-daemon is %s" % (name, state))


def behind_vlan(m):
    """Somebody behind VLAN 7 answers who has 10.9.7.1; the machine's own kernel may know no VLANs."""
    answer = b"\xff" * 6 + b"\x02\x09\x07\0\0\x01" + bytes.fromhex("8100 0007 0806 0001 0800 0604 0002") + \
        b"\x02\x09\x07\0\0\x01" + bytes((10, 9, 7, 1)) + b"\xff" * 6 + bytes((10, 9, 7, 2))
    before = m.host.counters()
    m.sh("(ping -c 100 10.9.7.1 >/dev/null 2>&1 & echo $! >/run/ping)")
    wire = raw(TAP)
    while m.run("ip neigh show 10.9.7.1 | grep lladdr")[1]:
        m.left(1)
        wire.send(answer)
    wire.close()
    m.sh("kill $(cat /run/ping)")
    after = m.host.counters()
    for way in ("net0.tx_vlan", "net0.rx_vlan"):
        m.expect(after[way] > before.get(way, 0), "no tags by " + way)


@scenario(rows="~P02 ~P11 ~P13 ~V29", machine=SYSTEM, drivers=ONLY_OURS, long=True, timeout=400)
def system(m):
    "Debian comes up with its root on our disk and its address by DHCP; no unit fails, its files are whole, all four modules are ours"
    with Debian(m):
        failed = m.sh("systemctl --failed --plain --no-legend --no-pager")
        m.expect(not failed, failed + "\n" + m.run("journalctl -b -p warning --no-pager | tail -40")[0])
        m.expect(m.sh("findmnt -no SOURCE /") == m.dev(), "root is on " + m.sh("findmnt -no SOURCE /"))
        for name in MODULES:
            m.expect("/updates/" in m.sh("modinfo -F filename " + name), "%s is not ours" % name)
        found = json.loads(report(m, "--json"))
        m.expect({d["module"]: d["from"] for d in found["drivers"]} == dict.fromkeys(MODULES, "hvguest"), found)
        m.sh("cd /; cat /var/lib/dpkg/info/*.md5sums | grep -vE ' usr/share/(man|doc|locale)/' | md5sum -c --quiet", 120)
        m.note(m.sh("systemd-analyze time | head -n 1"))


@scenario(rows="~U08 ~U10 ~U11 ~U13 ~U14 ~U17 ~U19 ~U04", machine=SYSTEM, drivers=ONLY_OURS, long=True, timeout=500)
def system_services(m):
    "Debian's units of the three daemons serve the host, a backup of the running root is whole; they come again with a device that comes again; chrony follows the host's clock"
    with Debian(m):
        daemons(m, "active")
        for name in DAEMONS:
            m.host("ic wait %s daemon limit=70000" % name, 100)
        said = "\n".join(m.host("kvp list auto"))
        m.expect("FullyQualifiedDomainName=debian.hvguest.test" in said and "OSName=Debian GNU/Linux" in said, said)
        copy = m.path("copy.img")
        m.host("vss backup %s disk=%s" % (copy, m.spec.disks[0].name), 100)
        host("e2fsck -fn %s; rm %s" % (copy, copy))
        m.sh("rm -f /var/tmp/copied")
        m.host("fcopy %s /var/tmp/copied create-path" % m.path("leases"))
        with open(m.path("leases"), encoding="ascii") as f:
            m.expect(m.sh("cat /var/tmp/copied") == f.read().strip(), "not what was copied")
        for name in DAEMONS:
            m.host("rescind " + name)
        m.wait("! ls /dev/vmbus/hv_*", 30, "no device of a daemon is left")
        for name in DAEMONS:
            m.host("offer " + name)
            m.host("ic wait %s daemon limit=70000" % name, 100)
        daemons(m, "active")
        m.wait("chronyc -n sources | grep -q '^#[*] PHC0'", 60, "chrony has chosen the host's clock: $(chronyc -n sources)")


@scenario(rows="~N04 ~N07 ~N08 ~N10 ~N11 ~N27 ~N33", machine=SYSTEM, drivers=ONLY_OURS, long=True, timeout=600)
def system_network(m):
    "systemd-networkd: a NIC that goes comes back with its address, a VLAN in a bridge; NetworkManager sets MTU, address, offloads and ring; ss, tc, tcpdump"
    with Debian(m) as debian:
        refused = debian.refused()
        m.host("rescind net0")
        m.wait("! [ -e /sys/class/net/eth0 ]", 30)
        m.host("offer net0")
        debian.addressed()
        m.sh("mkdir -p /run/systemd/network; cd /run/systemd/network" + VLAN + "\nnetworkctl reload")
        m.wait("ip link show lab7 | grep -q 'master br0 state UP' && ip -4 addr show br0 | grep -q 10.9.7.2", 60, "a VLAN in a bridge: $(networkctl --no-pager)")
        behind_vlan(m)
        m.sh("ss -tinp; tc -s qdisc show dev eth0 | grep -q 'qdisc mq'; tc class show dev eth0")
        seen = m.sh("ping -i 0.2 %s >/dev/null 2>&1 & timeout 100 tcpdump -c 2 -n -tttt -j host -i eth0 icmp 2>/dev/null; kill $!" % HOST, 120)
        m.expect(all(line.startswith("20") and "ICMP echo" in line for line in seen.splitlines()), seen)
        m.sh("rm -r /run/systemd/network; ip link del lab7; ip link del br0; systemctl stop %s; ip addr flush dev eth0; "
             "systemctl start NetworkManager" % " ".join(NETWORKD))
        debian.addressed()
        m.wait("nmcli -t -f DEVICE,STATE device | grep -q '^eth0:connected$'", 60)
        m.sh("""nmcli connection modify 'Wired connection 1' 802-3-ethernet.mtu 4000 802-3-ethernet.cloned-mac-address %s \
	ethtool.feature-tso off ethtool.feature-rx off ethtool.ring-rx 1000
ip addr flush dev eth0; nmcli connection up 'Wired connection 1'""" % OTHER_MAC, 100)
        debian.addressed()
        m.expect(m.sh("cat /sys/class/net/eth0/mtu /sys/class/net/eth0/address").split() == ["4000", OTHER_MAC], m.sh("ip link show eth0"))
        said = m.sh("ethtool -k eth0")
        m.expect("\ntcp-segmentation-offload: off" in said and "\nrx-checksumming: off" in said, said)
        m.expect(debian.refused() == refused, "the host refused packets or completions: %s" % debian.refused())
        m.sh("systemctl stop NetworkManager; ip link set eth0 mtu 1500; ethtool -K eth0 tso on rx on; ip link set eth0 address %s; ip addr flush dev eth0; "
             "systemctl start systemd-networkd" % MAC)
        debian.addressed()


@scenario(rows="~N24 ~N23 ~F16", machine=SYSTEM, drivers=ONLY_OURS, long=True, timeout=300)
def system_ethtool(m):
    "each question of Debian's ethtool has an answer, also the ones that are not for such a NIC"
    with Debian(m):
        for option, begin in SAYS.items():
            said = m.sh("ethtool %s eth0" % option)
            m.expect(said.startswith(begin), "ethtool %s: %s" % (option, said))
        for option in NOT_OURS:
            said, status = m.run("timeout 20 ethtool %s eth0" % option)
            m.expect(status not in (0, 124) and ("not supported" in said or "no stats" in said), "ethtool %s: %s" % (option, said))
