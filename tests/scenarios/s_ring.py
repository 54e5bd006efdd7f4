# SPDX-License-Identifier: GPL-2.0-only
"""The data path of hv_vmbus as the guest's own files show it, and the address space it hands out."""
import re

from registry import ONLY_OURS, Machine, scenario

ONE = Machine(cpus=1)
READ = "dd if=%s of=/dev/null bs=4k count=%d iflag=direct 2>/dev/null"
RINGS = "cat /sys/kernel/debug/hv_vmbus/$(basename $(controller 0))/rings"


def channel(m, name):
    return int(m.sh("cat $(controller 0)/channels/*/%s | head -1" % name))


@scenario(rows="F22", machine=ONE, drivers=ONLY_OURS, timeout=100)
def ring_decoder(m):
    "the last packets of both rings, decoded, with both ends' indices and the errors counted"
    m.sh(READ % (m.dev(), 4))
    m.trace.mark()
    m.sh(READ % (m.dev(), 1))
    reads = m.trace.wait(r"EXECUTE_SRB .* id=0x[0-9a-f]+ op=0x28", 10)
    ids = [re.search(r" id=(0x[0-9a-f]+)", line).group(1) for line in reads]
    out = m.sh(RINGS)
    m.expect("outbound" in out and "inbound" in out and "error: none" in out, out)
    sent = re.search(r"gpa-direct len \d+ flags 0x1 id %s:.*\n\s*storage op 3 .* cdb 28 00" % ids[-1], out)
    m.expect(sent, "the request %s is not there:\n%s" % (ids[-1], out))
    m.expect(re.search(r"completion len \d+ flags 0x0 id %s:.*\n\s*storage op 1 .* srb 0x1 " % ids[-1], out),
             "its answer is not there:\n%s" % out)


@scenario(rows="~V14", machine=ONE, drivers=ONLY_OURS, timeout=200)
def ring_signals(m):
    "one signal per request at depth 1, far fewer than requests at depth 32; nothing full, nothing lost"
    names = ("events", "interrupts", "intr_out_empty", "out_full_total", "intr_in_full")
    before = {n: channel(m, n) for n in names}
    m.sh(READ % (m.dev(), 400))
    one = {n: channel(m, n) - before[n] for n in names}
    m.note("400 reads, one at a time: %s" % one)
    m.expect(380 <= one["intr_out_empty"] <= 440 and one["events"] <= 440, "signals: %s" % one)
    m.expect(one["interrupts"] >= 350, "interrupts: %s" % one)
    m.expect(not one["out_full_total"] and not one["intr_in_full"], "a ring was full: %s" % one)
    before = {n: channel(m, n) for n in names}
    m.sh("fio --name=d --filename=%s --rw=randread --bs=4k --iodepth=32 --iodepth_batch_submit=16 "
         "--iodepth_batch_complete_min=8 --ioengine=libaio --direct=1 --size=16m --number_ios=2000 >/tmp/d.out" % m.dev(), 100)
    deep = {n: channel(m, n) - before[n] for n in names}
    m.note("2000 reads at depth 32: %s" % deep)
    m.expect(deep["intr_out_empty"] < 600, "batches of 16 want one signal each: %s" % deep)


@scenario(rows="~V05", machine=Machine(offers="video,pci"), drivers=ONLY_OURS, timeout=200)
def mmio_windows(m):
    "the windows of the firmware are in /proc/iomem, with what drivers claimed in them"
    out = m.sh("cat /proc/iomem")
    m.expect("hyperv mmio" in out, out)
    m.note(" | ".join(l.strip() for l in out.splitlines() if "hyperv" in l))
    if m.has_module("hyperv_drm"):              # the debug kernel has no graphics
        m.sh("modprobe hyperv_drm")
    m.sh("modprobe pci_hyperv; sleep 1")
    inside = re.search(r"hyperv mmio\n +[0-9a-f]+-[0-9a-f]+ : \S+", m.sh("cat /proc/iomem"))
    m.expect(inside, "no range claimed in a window:\n" + out)
