# SPDX-License-Identifier: GPL-2.0-only
"""Ends of a guest: kexec, crash, hibernation, power off."""
import time

from registry import BOTH, Machine, scenario

ONE = Machine(cpus=1, memory=768)


@scenario(rows="~V26", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=BOTH, fresh=True, timeout=200)
def crash_unload(m):
    "a panic sends UNLOAD and does not wait for ever"
    m.agent.sock.sendall(b"run X\necho c >/proc/sysrq-trigger\n.X\n")
    m.trace.wait(r"\bUNLOAD\b", 100)


@scenario(rows="~V26 F01", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=(("ours", "ours"),), fresh=True, timeout=300)
def crash_unload_unanswered(m):
    "a panic ends although the host never answers UNLOAD"
    m.host("fault message UNLOAD_RESPONSE drop count=100")
    m.agent.sock.sendall(b"run X\necho c >/proc/sysrq-trigger\n.X\n")
    m.trace.wait(r"\bUNLOAD\b", 100)
    m.process.wait(200)


@scenario(rows="V27", machine=ONE, drivers=BOTH, fresh=True, timeout=300)
def kexec(m):
    "kexec into the same kernel: UNLOAD, a new connection, the disk is there"
    m.sh("kexec -l /boot/vmlinuz --initrd=/boot/initrd --reuse-cmdline", 100)
    m.agent.sock.sendall(b"run X\nkexec -e\n.X\n")
    m.trace.wait(r"\bUNLOAD\b", 60)
    m.agent.ready(200)
    m.mark = 0
    m.drivers = (None, None)
    m.use(*m.drivers_wanted)
    m.sh("dd if=%s of=/dev/null bs=4k count=16 iflag=direct 2>/dev/null" % m.dev())


@scenario(rows="~V28 ~S25", machine=ONE, drivers=BOTH, timeout=300)
def hibernation_test_resume(m):
    "hibernation (test_resume): devices frozen, thawed and restored, data intact"
    dev = m.dev()
    m.sh("dd if=/dev/urandom of=/tmp/x bs=64k count=16 2>/dev/null; dd if=/tmp/x of=%s bs=64k oflag=direct 2>/dev/null" % dev)
    swap = m.sh("disk c0l1")
    m.sh("mkswap %s >/dev/null; swapon %s; echo test_resume >/sys/power/disk; echo disk >/sys/power/state; swapoff %s"
         % (swap, swap, swap), 200)
    m.sh("dd if=%s bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/x" % dev)


@scenario(rows="~V30", machine=Machine(cpus=4, subchannels=3), drivers=BOTH, fresh=True, timeout=200)
def power_off(m):
    "power off with everything loaded"
    m.agent.sock.sendall(b"run X\nsync; poweroff -f\n.X\n")
    m.process.wait(90)
