# SPDX-License-Identifier: GPL-2.0-only
"""Each of our device modules in the place of the kernel's own, alone and with every other."""
import itertools
import os

from nethost import MAC, Nic
from registry import ONLY_OURS, Machine, scenario

SERVICES = ("heartbeat", "timesync")
MACHINE = Machine(cpus=2, memory=768, offers=",".join(SERVICES), options=("--nic", "tap=hvt0,mac=" + MAC))
SIZE = 65536
MODULES = ("storvsc", "netvsc", "utils")


def swap(m, chosen):
    """These modules are what runs, {name: ours or intree}."""
    for name, which in chosen.items():
        m.sh("use %s %s" % (which, name))
    m.sh("unload_all; coldplug; settle", 100)
    m.settle()
    for name, which in chosen.items():     # the kernel's own have no version
        m.sh("[ -d /sys/module/hv_{0} ]; {1} [ -e /sys/module/hv_{0}/version ]".format(name, "" if which == "ours" else "!"))


def works(m, n):
    """The disk, the NIC and the services do: the guest reads what the host has, the host what the guest wrote."""
    data = os.urandom(SIZE)
    with open(m.backing(), "r+b") as f:
        f.seek(n * SIZE)
        f.write(data)
        f.flush()
        m.sh("dd if=%s bs=%d skip=%d count=1 iflag=direct 2>/dev/null | dd of=%s bs=%d seek=%d oflag=direct 2>/dev/null" %
             (m.dev(), SIZE, n, m.dev(), SIZE, n + 100))
        f.seek((n + 100) * SIZE)
        m.expect(f.read(SIZE) == data, "the disk has something else")
    Nic(m).content(0.1, str(n))
    for name in SERVICES:
        m.host("ic wait %s limit=70000" % name, 100)


@scenario(rows="~P06", machine=MACHINE, drivers=ONLY_OURS, timeout=600, needs=("peers",), long=True)
def swaps(m):
    "on our bus, each of the eight mixes of our device modules and the kernel's own drives a disk, a NIC and services"
    for n, which in enumerate(itertools.product(("ours", "intree"), repeat=3)):
        swap(m, dict(zip(MODULES, which)))
        works(m, n)
    swap(m, dict.fromkeys(MODULES, "ours"))
