# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that has the bus in itself: our modules of devices on the bus of its own."""
from nethost import MAC, Nic
from registry import Machine, scenario
from s_job import work

SERVICES = ("heartbeat", "timesync")
MACHINE = Machine(cpus=2, memory=768, kernel="7.x", offers=",".join(SERVICES),
                  options=("--nic", "tap=hvt0,queues=2,mac=" + MAC))
ON_THEIRS = (("intree", "ours"),)


def loaded(m, *names):
    """The bus is no module, and these are ours."""
    m.sh("! grep -q '^hv_vmbus ' /proc/modules; [ -d /sys/bus/vmbus ]")
    for name in names:
        m.sh("cat /sys/module/%s/version | grep -q ." % name)     # the kernel's own have none
    m.sh("! dmesg | grep -iE 'deprecated|neither WQ_PERCPU'")     # names and ways that this kernel is about to drop


@scenario(rows="S01 S08 ~P01", machine=MACHINE, drivers=ON_THEIRS, timeout=400, long=True)
def builtin_bus_disk(m):
    "on 7.x, whose bus is built in: a disk with files on it, the drivers out and in again, services that answer"
    loaded(m, "hv_storvsc", "hv_utils")
    for name in SERVICES:
        m.host("ic wait %s limit=70000" % name, 100)
    work(m, "/bin /sbin")
    loaded(m, "hv_storvsc", "hv_utils")
    for name in SERVICES:
        m.host("ic wait %s limit=70000" % name, 100)


@scenario(rows="~P01", machine=MACHINE, drivers=ON_THEIRS, timeout=400, long=True)
def builtin_bus_net(m):
    "on 7.x, whose bus is built in: content both ways, one queue and two, the driver out and in again"
    loaded(m, "hv_netvsc")
    n = Nic(m)
    n.content(0.5, "7.x")
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")
    n.up()
    n.content(0.3, "two queues again")
    n.reload()
    n.content(0.3, "loaded anew")
