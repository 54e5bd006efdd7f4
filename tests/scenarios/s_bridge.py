# SPDX-License-Identifier: GPL-2.0-only
"""Our bus on a host program that is not ours: QEMU's vmbus-bridge."""
from registry import BOTH, Machine, scenario


@scenario(rows="~V01 ~V06", machine=Machine(vmm="qemu-bridge", disks=()), drivers=BOTH)
def qemu_vmbus_bridge(m):
    "connects at version 4.0, unloads, connects again"
    for _ in range(3):
        m.sh("dmesg | grep -i 'vmbus version' | tail -1 | grep -q ':4.0'")
        m.sh("unload_all; modprobe hv_vmbus", 60)
