# SPDX-License-Identifier: GPL-2.0-only
"""Disk controllers on hosts that are late with everything, or never say a thing that was asked for."""
import re

from registry import INTREE, ONLY_OURS, OURS, Disk, Machine, scenario
from s_host import renew
from s_manners import BUS_LIMIT, DISK_LIMIT, works

DISKS = (Disk(), Disk(controller=1, size=64 << 20))
FOUR = Machine(cpus=4, least=4, subchannels=3, memory=768, disks=DISKS)


def subs(m, state):
    """Sub-channels that are in that state at the host."""
    return [l for l in m.host("list") if re.match(r"scsi\d relid=\d+ sub=[1-9]\d* %s " % state, l)]


def load(m, limit):
    """The driver again, with a limit in seconds for whatever the host is waited for."""
    m.sh(BUS_LIMIT % limit)
    m.sh("unload hv_storvsc; modprobe hv_storvsc storvsc_host_timeout=%d & true" % limit, 100)


def renew_both(m):
    """The host takes both controllers back and offers them again."""
    for name in ("scsi0", "scsi1"):
        m.host("rescind " + name)
    m.wait('[ -z "$(controller 0)" ]', 60, "the controllers go")
    for name in ("scsi0", "scsi1"):
        m.host("offer " + name)


def on_one_channel(m):
    for d in m.spec.disks:
        m.wait('[ -n "$(disk %s)" ]' % d.name, 15, "disk %s, which needs one channel" % d.name)
    works(m)
    m.expect(not subs(m, "open"), "open: %s" % subs(m, "open"))


# The in-tree bus waits without a limit for the result of an open.
@scenario(rows="~S05 ~S06 ~V11", machine=FOUR, drivers=ONLY_OURS, timeout=400)
def sub_channel_never_confirmed(m):
    "a host that never answers the request for sub-channels, or never opens one: disks work on the first channel, at once, and come and go"
    for manner in ("subs-unanswered", "subs-unopened"):
        m.host("manner " + manner)
        m.trace.mark()
        load(m, 3600)               # longer than the scenario may take: no disk waits for that
        on_one_channel(m)
        m.trace.wait("CREATE_SUB_CHANNELS", 30, 2)
        m.expect(bool(subs(m, "opening")) == (manner == "subs-unopened"), "not asked to open one: %s" % m.host("list"))
        renew(m, 1)
        on_one_channel(m)
        m.sh(BUS_LIMIT % 1)         # what is asked from now on is not waited for so long
        m.sh(DISK_LIMIT % 1)
        renew_both(m)
        on_one_channel(m)
        load(m, 1)
        on_one_channel(m)
        m.sh("unload_all", 100)
        m.drivers = (None, None)
        m.host("manner none,strict")
        m.use(*OURS)
        works(m)
        m.wait("for h in /sys/class/scsi_host/host*/channels; do [ $(cat $h) = 4 ] || exit 1; done", 60, "all channels are open")
        works(m)


# Milliseconds to each answer: hosts with 5, 40 and 150 s have been seen, here by the fiftieth part
LATE = (0, 100, 800, 3000)
TIMES = """
now() { read -r t _ </proc/uptime; echo $t; }
a=$(now); modprobe hv_vmbus; b=$(now)
until [ -n "$(disk c0l0)" ] && [ -n "$(disk c1l0)" ]; do [ $(now | cut -d. -f1) -lt $((${a%%.*} + 400)) ] || exit 1; sleep 0.05; done
c=$(now); settle 120; d=$(now); unload_all; e=$(now)
echo $a $b $c $d $e
"""


@scenario(rows="~S02 ~V11", machine=Machine(disks=DISKS), drivers=ONLY_OURS, timeout=1200, long=True, needs=("peers",))
def slow_host_times(m):
    "how long loading, disks and unloading take on hosts that are late with each answer, in-tree and ours: measured, and all comes and goes"
    rows = {}
    for pair in (INTREE, OURS):
        m.use(*pair)
        m.drivers = (None, None)
        m.sh("unload_all", 100)
        for ms in LATE:
            m.host("manner none,strict" + (",slow=%d" % ms if ms else ""))
            start, loaded, disks, settled, gone = map(float, m.sh(TIMES, 900).split())
            m.expect(not [l for l in m.host("list") if " open " in l], "%s/%s, %d ms: a channel is open" % (*pair, ms))
            for what, took in (("bus loaded", loaded - start), ("disks there", disks - start), ("all unloaded", gone - settled)):
                rows.setdefault((ms, what), {})[pair] = took
        m.host("manner none,strict")
    m.use(*OURS)
    works(m)
    m.note("%-14s %-14s %10s %10s %8s" % ("each answer, ms", "seconds until", "in-tree", "ours", "ratio"))
    for (ms, what), took in rows.items():
        a, b = took[INTREE], took[OURS]
        m.note("%-15d %-14s %10.2f %10.2f %8s" % (ms, what, a, b, "%.2f" % (b / a) if a else "-"))
