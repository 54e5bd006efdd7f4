# SPDX-License-Identifier: GPL-2.0-only
"""What a hostile or broken host sends: one line and a counter each, and the channel goes on."""
import re

from machine import Failure
from registry import ONLY_OURS, Machine, scenario

ONE = Machine(cpus=1)
READ = "dd if=%s of=/dev/null bs=4k count=16 iflag=direct 2>/dev/null"


def errors(m):
    """The bus's error counters by name."""
    found = {}
    for line in m.sh("cat /sys/kernel/debug/hv_vmbus/errors").splitlines():
        value, _, key = line.partition("\t")
        if not key.startswith("messages "):
            found[key] = int(value)
    return found


def provoke(m, what, command):
    """Send one bad thing: exactly one counter's worth of trouble, at least one line, disk works."""
    before = errors(m)
    start = int(m.sh("dmesg | wc -l"))
    m.host(command)
    m.sh("sleep 0.5")
    after = errors(m)
    grown = {k: after[k] - before.get(k, 0) for k in after if after[k] != before.get(k, 0)}
    if not grown:
        raise Failure("%s: no counter moved" % what)
    lines = [l for l in m.sh("dmesg | tail -n +%d" % (start + 1)).splitlines() if re.search("vmbus|storvsc|channel", l)]
    if not 1 <= len(lines) <= 2:
        raise Failure("%s: %d lines in the kernel's log: %s" % (what, len(lines), lines[:5]))
    m.sh(READ % m.dev())
    m.note("%s: %s" % (what, ", ".join("%s +%d" % i for i in grown.items())))


def le32(*values):
    return "".join("%02x%02x%02x%02x" % (v & 255, v >> 8 & 255, v >> 16 & 255, v >> 24 & 255) for v in values)


MESSAGES = (
    ("message type 0", "send message type=0 payload=" + le32(0, 0)),
    ("message type 99", "send message type=99 payload=" + le32(0, 0)),
    ("message type 26, not for this version", "send message type=26 payload=" + le32(0, 0, 0, 0)),
    ("short offer", "send message type=1 payload=" + le32(0) * 10),
    ("short rescind", "send message type=2 payload="),
    ("rescind of relid 0", "send message type=2 payload=" + le32(0)),
    ("rescind of relid 2000", "send message type=2 payload=" + le32(2000)),
    ("rescind of relid 99999", "send message type=2 payload=" + le32(99999)),
    ("open result nobody waits for", "send message type=6 payload=" + le32(1, 77, 0)),
    ("GPADL created nobody waits for", "send message type=10 payload=" + le32(1, 77, 0)),
    ("GPADL torn down nobody waits for", "send message type=12 payload=" + le32(77)),
    ("version response in the middle", "send message type=15 payload=" + le32(1, 1)),
    ("unload response in the middle", "send message type=17 payload="),
    ("modify response nobody waits for", "send message type=24 payload=" + le32(1, 0)),
)


@scenario(rows="~V15 ~V08", machine=ONE, drivers=ONLY_OURS, timeout=300)
def bad_messages(m):
    "control messages of unknown type, too short, for nobody, at the wrong time"
    for what, command in MESSAGES:
        provoke(m, what, command)
        m.sh("sleep 0.2")


@scenario(rows="V35", machine=ONE, drivers=ONLY_OURS)
def bad_events(m):
    "event flags of channels that were never offered"
    for flag in (0, 1500, 2047):
        provoke(m, "event flag %d" % flag, "send event vp=0 flag=%d" % flag)


PACKETS = (
    ("completion for nothing", "send packet scsi0 type=11 flags=0 id=77777 offset=2 len=10 payload=" + "00" * 64),
    ("completion with id 0", "send packet scsi0 type=11 flags=0 id=0 offset=2 len=10 payload=" + "00" * 64),
    ("unknown packet type", "send packet scsi0 type=99 flags=0 id=0 offset=2 len=10 payload=" + "00" * 64),
    ("data offset beyond the packet", "send packet scsi0 type=6 flags=0 id=0 offset=60 len=10 payload=" + "00" * 64),
    ("data offset 0", "send packet scsi0 type=6 flags=0 id=0 offset=0 len=10 payload=" + "00" * 64),
    ("short storage event", "send packet scsi0 type=6 flags=0 id=0 offset=2 len=2 payload="),
    ("unknown storage event", "send packet scsi0 type=6 flags=0 id=0 offset=2 len=10 payload=" + le32(99) + "00" * 60),
)


@scenario(rows="V15 ~S09", machine=ONE, drivers=ONLY_OURS, timeout=200)
def bad_packets(m):
    "ring packets with wrong type, length, offset or id, completions for nothing"
    for what, command in PACKETS:
        before = m.sh("dmesg | wc -l")
        m.host(command)
        m.sh("sleep 0.5")
        text = m.sh("dmesg | tail -n +%d" % (int(before) + 1))
        m.expect(text, "%s: no line in the kernel's log" % what)
        m.settle()
        m.sh(READ % m.dev(), 100)
        m.note("%s: %s" % (what, text.splitlines()[0][:150]))


@scenario(rows="F03", machine=ONE, drivers=ONLY_OURS, timeout=200, noise="I/O error")
def bad_inbound_index(m):
    "a write index beyond the ring: refused, and the device comes back after a re-offer"
    m.host("ring scsi0 dir=in write_index=0xfffffff8")
    m.run(READ % m.dev(), 30)
    m.expect(re.search("ring|index", m.dmesg()), "no line about the ring")
    m.host("rescind scsi0")
    m.wait('[ -z "$(controller 0)" ]', 90)
    m.host("offer scsi0")
    m.settle()
    m.sh(READ % m.dev())


@scenario(rows="V16", machine=ONE, drivers=ONLY_OURS, timeout=200, noise="I/O error")
def bad_outbound_index(m):
    "a read index beyond the ring: sending fails with an error, the guest lives"
    m.host("ring scsi0 dir=out read_index=0xfffffff8")
    m.run(READ % m.dev(), 30)
    m.expect(re.search("ring|index", m.dmesg()), "no line about the ring")
    m.host("rescind scsi0")
    m.wait('[ -z "$(controller 0)" ]', 90)
    m.host("offer scsi0")
    m.settle()
    m.sh(READ % m.dev())


WITHHELD = ("VERSION_RESPONSE", "OPEN_RESULT", "GPADL_CREATED", "GPADL_TORNDOWN", "UNLOAD_RESPONSE",
            "ALL_OFFERS_DELIVERED")


@scenario(rows="F01", machine=ONE, drivers=ONLY_OURS, timeout=600)
def withheld_replies(m):
    "each reply of the host withheld: loading and unloading end with an error in bounded time, later it works"
    bus, stor = m.drivers
    m.drivers = (None, None)
    m.sh("unload_all")
    for message in WITHHELD:
        m.host("fault message %s drop count=1" % message)
        m.sh("modprobe hv_vmbus host_timeout=3 || true; sleep 4; unload_all || true; "
             "grep -q '^hv_vmbus ' /proc/modules && unload_all; true", 120)
        m.host("fault clear")
        m.use(bus, stor)
        m.sh(READ % m.dev())
        m.sh("unload_all")
        m.drivers = (None, None)
    m.use(bus, stor)
