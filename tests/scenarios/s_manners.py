# SPDX-License-Identifier: GPL-2.0-only
"""Hosts as they are: they offer early, take a device back at any step, are slow, answer too late."""
import re
import time

from machine import Failure
from registry import ONLY_OURS, Disk, Machine, scenario
from s_host import READ, lists_at_host

TWO = Machine(disks=(Disk(), Disk(controller=1, size=64 << 20)))
BUS_LIMIT = "echo %d >/sys/module/hv_vmbus/parameters/host_timeout"
EARLY = 30          # steps: offer, memory lists, open, handshake, and the first commands
DISK_LIMIT = "echo %d >/sys/module/hv_storvsc/parameters/storvsc_host_timeout"


def works(m):
    """Every disk is there and can be read."""
    m.settle()
    for d in m.spec.disks:
        m.sh(READ % m.dev(d), 60)


@scenario(rows="~V08", machine=TWO, drivers=ONLY_OURS, timeout=200)
def offers_before_asked(m):
    "a host that offers with its version and then lets the request for offers fail: the load fails, no device and no memory is left"
    bus, stor = m.drivers
    m.drivers = (None, None)
    # hotplug sees the devices, and the driver that it loads for them wants the bus, which offers them again, and so on
    m.sh("unload_all; settle; killall -STOP hotplug", 60)
    # the host is busy until its offers are registered, then it has no ear
    m.host("fault early-offers count=all delay=300")
    m.host("fault post message=REQUEST_OFFERS count=25 then=0x06")
    m.sh("! insmod /lib/modules/$(uname -r)/updates/hv_vmbus.ko 2>/dev/null", 100)
    m.expect(m.trace.find("OFFER_CHANNEL +>"), "nothing was offered")
    m.expect(not m.trace.find("REQUEST_OFFERS +<"), "the request came through")
    m.sh("! grep -q '^hv_vmbus ' /proc/modules; [ ! -e /sys/bus/vmbus ]; [ -z \"$(find /sys/devices -name 'f8b3781a*')\" ]")
    m.expect(lists_at_host(m) == 0, "memory is left to the host")
    m.host("fault clear")
    m.sh("killall -CONT hotplug; settle", 60)
    m.use(bus, stor)
    works(m)


def steps_until_now(m, name):
    """Steps of the conversation about a device since `rescind NAME step=...`, which ends here."""
    return int(re.search(r"steps=(\d+)", m.host("rescind %s step=off" % name)[0]).group(1))


def take_back_at(m, step, last):
    """The host offers scsi1 and takes it back at that step; of the LAST ones it may be that they do not
    come, since how many commands find the disks varies by a few. Whether it was taken back by itself."""
    m.trace.mark()
    m.host("rescind scsi1 step=%d" % step)
    m.host("offer scsi1")
    limit = time.monotonic() + m.left(60)
    while not m.trace.find("STEP_RESCIND"):
        if last and m.run('[ -n "$(disk c1l0)" ] && sleep 1', 30)[1] == 0 and not m.trace.find("STEP_RESCIND"):
            m.host("rescind scsi1 step=off")
            m.host("rescind scsi1")
            return False
        if time.monotonic() > limit:
            raise Failure("no step %d" % step)
        time.sleep(0.02)
    return True


def arrivals(m, every):
    """One controller's arrival, taken back at each EVERYth step; steps of each manner, to tell."""
    def gone():
        m.wait('[ -z "$(controller 1)" ]', 60, "the controller goes")

    m.host("rescind scsi1")
    gone()
    m.host("rescind scsi1 step=100000000")
    m.host("offer scsi1")
    m.settle()
    count = steps_until_now(m, "scsi1")
    m.host("rescind scsi1")
    gone()
    # of the bus and the handshake, a third of the commands; and with a host of other manners the former
    walks = {"none": list(range(0, EARLY, every)) + list(range(EARLY, count, 3 * every)),
             "lists-refused,relids-reused": list(range(every // 2, EARLY, every))}
    taken = 0
    for manner, walk in walks.items():
        m.host("manner " + manner)
        # a device that was open between two that were not is no restless one (storm.c)
        for n in (walk[i // 2 if i % 2 else len(walk) - 1 - i // 2] for i in range(len(walk))):
            taken += take_back_at(m, n, n > count - 20)
    m.host("manner none,strict")
    m.host("rescind scsi1 step=off")
    m.host("offer scsi1")
    works(m)
    m.wait("[ \"$(awk '$2 == \"channels\" {print $1}' /sys/kernel/debug/hv_vmbus/errors)\" = 2 ]", 40, "two channels are left")
    total = sum(map(len, walks.values()))
    m.expect(taken > total - 8, "taken back at %d steps of %d" % (taken, total))
    m.note("taken back at %d of %d steps" % (taken, total))


ENDS = "I/O error|Buffer I/O|Sense|offlin|unable to read|Synchroniz|Sync"


@scenario(rows="V10 ~F22", machine=TWO, drivers=ONLY_OURS, timeout=600, long=True, noise=ENDS)
def rescind_at_each_step(m):
    "a controller is taken back at each step of its arrival, from its offer to its last command, and comes each time it is offered again"
    arrivals(m, 1)


@scenario(rows="~V10 ~F22", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=ENDS)
def rescind_at_every_fourth_step(m):
    "the same at every fourth step"
    arrivals(m, 4)


@scenario(rows="~V10 ~S24", machine=TWO, drivers=ONLY_OURS, timeout=300, noise="I/O error|Buffer I/O|Sense|Sync")
def rescind_at_each_step_of_leaving(m):
    "a controller is taken back while its driver lets go of it, at each step of that, and comes when it is offered again"
    leave = "d=$(basename $(controller 1)); echo $d >/sys/bus/vmbus/drivers/hv_storvsc/unbind"
    come = "echo $(basename $(controller 1)) >/sys/bus/vmbus/drivers/hv_storvsc/bind"
    m.host("rescind scsi1 step=100000000")
    m.sh(leave, 60)
    count = steps_until_now(m, "scsi1")
    m.expect(count >= 4, "only %d steps" % count)
    m.sh(come, 60)
    m.settle()
    for n in range(count):
        m.trace.mark()
        m.host("rescind scsi1 step=%d" % n)
        m.run(leave, 60)
        m.trace.wait("STEP_RESCIND", 20)
        m.wait('[ -z "$(controller 1)" ]', 60, "the controller goes")
        m.host("offer scsi1")
        m.settle()
    works(m)
    m.expect(lists_at_host(m) == 2, "%d memory lists at the host" % lists_at_host(m))


def load_storage(m, arguments=""):
    m.drivers = (None, None)
    m.sh("unload hv_storvsc; modprobe hv_storvsc " + arguments, 100)
    m.drivers = ("ours", "ours")


@scenario(rows="~S02 ~V11", machine=TWO, drivers=ONLY_OURS, timeout=300, noise="I/O error|Buffer I/O|Sense|Sync")
def slow_host(m):
    "each answer is late, but within the limits: everything comes and goes; behind the limits: errors, and everything comes when the host is quick again"
    m.host("manner slow=200")
    m.sh("unload_all", 100)
    m.drivers = (None, None)
    m.sh("modprobe hv_vmbus host_timeout=5; modprobe hv_storvsc storvsc_host_timeout=5", 100)
    works(m)
    m.sh("unload_all", 100)
    # late: a bus without its version, which takes its question back
    m.host("manner slow=1500")
    m.sh("! insmod /lib/modules/$(uname -r)/updates/hv_vmbus.ko host_timeout=1 2>/dev/null", 100)
    m.sh("! grep -q '^hv_vmbus ' /proc/modules", 60)
    m.host("manner none,strict")
    m.sh("modprobe hv_vmbus; settle", 60)
    m.drivers = ("ours", "ours")
    works(m)
    # late: memory lists
    m.host("manner slow=1500")
    m.sh(BUS_LIMIT % 1)
    load_storage(m)
    m.wait("awk '$2 == \"late_reply\" { exit !$1 }' /sys/kernel/debug/hv_vmbus/errors", 30, "a late answer")
    m.host("manner none,strict")
    m.sh(BUS_LIMIT % 60)
    # late: the handshake alone, and the controllers come by themselves
    load_storage(m, "storvsc_host_timeout=1")
    works(m)
    again = "dmesg | grep -c 'host does not answer, trying again'"
    before = int(m.sh(again + " || :"))
    m.host("manner slow=1500")
    for n in range(2):
        m.host("rescind scsi%d" % n)
    m.wait('[ -z "$(controller 0)" ]', 60, "the controllers go")
    for n in range(2):
        m.host("offer scsi%d" % n)
    m.wait("[ $(%s) -ge %d ]" % (again, before + 2), 30, "a handshake that is not answered")
    m.host("manner none,strict")
    works(m)
    m.sh(DISK_LIMIT % 180)
    m.expect(lists_at_host(m) == 2, "%d memory lists at the host" % lists_at_host(m))


@scenario(rows="~V10 ~V11", machine=TWO, drivers=ONLY_OURS, timeout=200, noise=ENDS)
def refused_lists_of_what_is_taken_back(m):
    "a host that takes a controller back while it is opened, and refuses its memory lists after that: no memory is left to it, nothing is waited for"
    def told():
        return m.sh("awk '$2 == \"quarantine\" || $2 == \"timeout\"' /sys/kernel/debug/hv_vmbus/errors")

    before = told()
    m.host("rescind scsi1")
    m.wait('[ -z "$(controller 1)" ]', 60, "the controller goes")
    m.host("manner lists-refused")
    m.host("fault message GPADL_CREATED delay=300 count=all")
    for step in (1, 2):             # its memory list, as one message or more
        m.trace.mark()
        m.host("rescind scsi1 step=%d" % step)
        m.host("offer scsi1")
        m.trace.wait("STEP_RESCIND", 60)
        m.trace.wait("RELID_RELEASED", 60)
    m.host("fault clear")
    m.host("manner none,strict")
    m.expect(told() == before, "before: %s; now: %s" % (before, told()))
    m.host("offer scsi1")
    works(m)


@scenario(rows="~V11 ~S02", machine=TWO, drivers=ONLY_OURS, timeout=300)
def opened_too_late(m):
    "a host that opens a channel when nobody waits any more, and takes no CLOSE before: the channel is closed, its ring comes back, the next open is answered"
    device = m.sh("basename $(controller 1)")
    bind = "echo %s >/sys/bus/vmbus/drivers/hv_storvsc/%%s" % device
    forgotten = "REFUSED.*CLOSE_CHANNEL"

    def at_host():
        return [l for l in m.host("list") if l.startswith("scsi1 ")][0]

    m.sh(bind % "unbind", 60)
    m.sh(BUS_LIMIT % 2)
    # given up by its driver
    m.host("set scsi1 opens-late=1")
    m.trace.mark()
    m.sh(bind % "bind" + " & true")
    m.trace.wait(forgotten, 60)
    m.sh(bind % "unbind", 100)
    m.host("set scsi1 opens-late=0")
    limit = time.monotonic() + m.left(60)
    while not re.search(" closed .*gpadls=0", at_host()):
        m.expect(time.monotonic() < limit, "with nobody to use it: " + at_host())
        time.sleep(0.1)
    # and tried again
    m.host("set scsi1 opens-late=1")
    m.trace.mark()
    m.sh(bind % "bind" + " & true")
    m.trace.wait(forgotten, 60)
    m.host("set scsi1 opens-late=0")
    works(m)
    m.sh(BUS_LIMIT % 60)
    m.expect(lists_at_host(m) == 2, "%d memory lists at the host" % lists_at_host(m))
