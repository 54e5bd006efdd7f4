# SPDX-License-Identifier: GPL-2.0-only
"""Polled I/O: queues whose channels do not interrupt (storvsc_poll_queues, io_uring with IOPOLL)."""
from registry import ONLY_OURS, Disk, Machine, scenario
from s_storvsc import FOUR, attr, background, counters, ended, host_dir, load_driver

ONE = Machine(subchannels=3, disks=(Disk(), Disk(controller=1, size=64 << 20)))
POLLED = "--ioengine=io_uring --hipri --fixedbufs"


def queues(m):
    """Of each queue: what completed there, and the interrupts of its channel."""
    lines = [l.split() for l in attr(m, 0, "queues").splitlines()]
    taken = m.sh("for c in %s; do cat $(controller 0)/channels/$c/interrupts; done" % " ".join(l[2] for l in lines)).split()
    return [(int(l[l.index("completed") + 1]), int(n)) for l, n in zip(lines, taken)]


@scenario(rows="F08", machine=(ONE, FOUR), drivers=ONLY_OURS, timeout=400, noise="I/O error")
def polled_io(m):
    "io_uring polls its own queues, whose channels do not interrupt; nothing is left lying that nobody polls for"
    load_driver(m, "storvsc_poll_queues=2")
    m.settle()
    # the first of those that are polled: there are no more of them than processors, and the others share what is left
    polled = int(m.sh("cat /sys/class/scsi_host/$(basename %s)/nr_hw_queues" % host_dir(m, 0))) - min(2, m.spec.cpus)
    m.expect(polled == min(2, m.spec.cpus), "%d queues beside those that are polled" % polled)
    m.sh("[ $(cat /sys/block/%s/queue/io_poll) = 1 ]" % m.dev()[5:])
    before = queues(m)
    background(m, m.dev(), rw="randrw", seconds=4, more=POLLED + " --verify=crc32c")
    m.expect(ended(m) == 0, "fio failed")
    gone = [(c - a, i - b) for (a, b), (c, i) in zip(before, queues(m))]
    done, told = (sum(x) for x in zip(*gone[polled:]))
    m.expect(done > 100 and told * 10 < done, "%d commands polled for, %d interrupts" % (done, told))
    m.note("%d commands polled for, %d interrupts" % (done, told))
    # beside those that are not polled for, which never go there
    before = queues(m)
    background(m, m.dev(), rw="randread", seconds=3, depth=64)
    m.expect(ended(m) == 0, "fio failed")
    m.expect([c for c, _ in queues(m)[polled:]] == [c for c, _ in before[polled:]], "not polled for, and sent there")
    # who polls is stopped: a reset finds his answers
    m.host("fault storage controller=0 lun=0 op=0x28 hold count=4")
    background(m, m.dev(), rw="randread", seconds=30, depth=4, more=POLLED)
    m.wait("awk '$1 >= %d { n += $9 } END { exit n < 1 }' %s/queues" % (polled, host_dir(m, 0)), 30, "the host has polled commands")
    m.sh("kill -STOP $(cat /tmp/bg.pid) $(pgrep -P $(cat /tmp/bg.pid))")
    m.host("release")
    m.sh("sg_reset -N -d %s" % m.dev(), 60)
    m.expect(counters(m)["lun_reset"] == 1, "no reset")
    m.wait("awk '$1 >= %d { n += $9 } END { exit n != 0 }' %s/queues" % (polled, host_dir(m, 0)), 30, "all answers are found")
    m.sh("kill -CONT $(cat /tmp/bg.pid) $(pgrep -P $(cat /tmp/bg.pid))")
    # the host takes a polled channel back, and offers it again
    subs = len(before) - 1
    m.host("rescind scsi0 sub=%d" % subs)
    m.wait("[ $(cat %s/channels) = %d ]" % (host_dir(m, 0), subs), 60, "the sub-channel is closed")
    m.host("offer scsi0 subs=%d" % subs)
    m.wait("[ $(cat %s/channels) = %d ]" % (host_dir(m, 0), subs + 1), 60, "the sub-channel is open again")
    m.expect(ended(m) == 0, "fio failed")
    # and the driver goes while somebody polls
    background(m, m.dev(m.spec.disks[1]), rw="randread", seconds=30, more=POLLED)
    m.sh("d=$(basename $(controller 1)); echo $d >/sys/bus/vmbus/drivers/hv_storvsc/unbind; echo $d >/sys/bus/vmbus/drivers/hv_storvsc/bind", 100)
    ended(m)
    load_driver(m)
    m.settle()
    m.sh("[ $(cat /sys/block/%s/queue/io_poll) = 0 ]" % m.dev()[5:])
