# SPDX-License-Identifier: GPL-2.0-only
"""Restless hosts, and hosts that keep memory."""
from registry import ONLY_OURS, Machine, scenario

READ = "dd if=%s of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null"
ERRORS = "awk '$2 == \"%s\" {print $1}' /sys/kernel/debug/hv_vmbus/errors"


def errors(m, name):
    return int(m.sh(ERRORS % name))


@scenario(rows="~V09 V10", machine=Machine(offers="unknown"), drivers=ONLY_OURS, timeout=400)
def restless_host(m):
    "a device that comes and goes before it can be opened is put off, all others work; no number is lost"
    for n in range(1, 10):
        m.host("rescind unknown")
        m.trace.wait("RELID_RELEASED", 30, n)
        m.host("offer unknown relid=%s" % ("same" if n % 2 else "fresh"))
        m.trace.wait("OFFER_CHANNEL", 30, n)
    m.sh(READ % m.dev())
    m.expect(errors(m, "offer_storm") > 0, "nothing was put off")
    m.wait("ls -d $DEVS/* | wc -l | grep -q '^2$'", 40, "the device is there in the end")
    m.host("rescind unknown")
    m.wait("ls -d $DEVS/* | wc -l | grep -q '^1$'", 40, "the device goes")
    # the device is gone before its channel is: the number goes back last
    m.trace.wait("RELID_RELEASED", 40, 10)
    m.wait("[ \"$(awk '$2 == \"channels\" {print $1}' /sys/kernel/debug/hv_vmbus/errors)\" = 1 ]", 40, "one channel is left")
    released = len(m.trace.find(r"RELID_RELEASED"))
    m.expect(released == 10, "%d numbers were given back, not 10" % released)
    m.host("offer unknown")


@scenario(rows="~V11 F01", machine=Machine(), drivers=ONLY_OURS, timeout=200)
def memory_that_is_not_given_back(m):
    "pages that the host still holds are kept from reuse until it lets go"
    bus, stor = m.drivers
    m.sh("echo 3 >/sys/module/hv_vmbus/parameters/host_timeout")
    m.host("fault message GPADL_TORNDOWN delay=9000 count=1")
    m.sh("unload hv_storvsc", 60)
    kept = "awk '/quarantine$/ && /bytes/ {print $1}' /sys/kernel/debug/hv_vmbus/errors"
    m.expect(int(m.sh(kept)) >= 64 * 4096, "the ring was not kept")
    m.wait("[ \"$(%s)\" = 0 ]" % kept, 30, "the late answer frees it")
    m.sh("modprobe hv_storvsc; settle")
    m.host("fault message GPADL_TORNDOWN drop count=1")
    m.sh("unload hv_storvsc", 60)
    m.expect(int(m.sh(kept)) >= 64 * 4096, "the ring was not kept")
    m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout; unload_all; dmesg | grep -c 'bytes are lost' | grep -q '^0$'", 60)
    m.drivers = (None, None)
    m.use(bus, stor)
