# SPDX-License-Identifier: GPL-2.0-only
"""Ends of a guest: kexec, crash, hibernation, power off."""
import os

from registry import BOTH, ONLY_OURS, Disk, Machine, scenario

ONE = Machine(cpus=1, memory=768, disks=(Disk(), Disk(lun=1, size=512 << 20)))


@scenario(rows="~V26", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=BOTH, fresh=True, timeout=200)
def crash_unload(m):
    "a panic sends UNLOAD and does not wait for ever"
    m.agent.start("echo c >/proc/sysrq-trigger")
    m.trace.wait(r"\bUNLOAD\b", 100)


@scenario(rows="~V26 F01", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=ONLY_OURS, fresh=True, timeout=300)
def crash_unload_unanswered(m):
    "a panic ends although the host never answers UNLOAD"
    m.host("fault message UNLOAD_RESPONSE drop count=100")
    m.agent.start("echo c >/proc/sysrq-trigger")
    m.trace.wait(r"\bUNLOAD\b", 100)
    m.process.wait(200)


@scenario(rows="V27", machine=Machine(cpus=2, memory=768, disks=(Disk(), Disk(lun=1))), drivers=BOTH,
          fresh=True, timeout=300)
def kexec(m):
    "kexec into the same kernel: UNLOAD, a new connection, the disk is there"
    kernel, initrd = m.images["kernel-qemu"], m.images["initrd"]
    with open(m.backing(m.spec.disks[1]), "r+b") as disk:
        for path in (kernel, initrd):
            with open(path, "rb") as f:
                disk.write(f.read())
    sizes = os.path.getsize(kernel), os.path.getsize(initrd)
    m.sh("head -c %d %s >/tmp/k; tail -c +%d %s | head -c %d >/tmp/i; dd if=/dev/urandom of=%s bs=4k count=16 2>/dev/null;"
         "sync; md5sum /tmp/k /tmp/i" % (sizes[0], m.dev(m.spec.disks[1]), sizes[0] + 1, m.dev(m.spec.disks[1]),
                                         sizes[1], m.dev()), 120)
    sum_before = m.sh("head -c 65536 %s | md5sum" % m.dev())
    m.agent.start("kexec /tmp/k /tmp/i")
    m.trace.wait(r"\bUNLOAD\b", 60)
    m.agent.ready(m.left(200))
    m.greet()
    m.expect(m.sh("head -c 65536 %s | md5sum" % m.dev()) == sum_before, "the disk reads the same")


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
    m.agent.start("sync; poweroff -f")
    m.process.wait(90)
