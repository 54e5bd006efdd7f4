# SPDX-License-Identifier: GPL-2.0-only
"""Ends of a guest: kexec, crash, hibernation, power off."""
import os

from registry import BOTH, ONLY_OURS, Disk, Machine, scenario


@scenario(rows="~V26", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=BOTH, fresh=True, timeout=200,
          noise="Call Trace:")
def crash_unload(m):
    "a panic sends UNLOAD and does not wait for ever"
    m.agent.start("echo c >/proc/sysrq-trigger")
    m.trace.wait(r"\bUNLOAD\b", 100)


@scenario(rows="~V26 F01", machine=Machine(cpus=1, options=("--no-reboot",)), drivers=ONLY_OURS, fresh=True, timeout=300,
          noise="Call Trace:")
def crash_unload_unanswered(m):
    "a panic ends although the host never answers UNLOAD"
    m.host("fault message UNLOAD_RESPONSE drop count=100")
    m.agent.start("echo c >/proc/sysrq-trigger")
    m.trace.wait(r"\bUNLOAD\b", 100)
    m.process.wait(200)


def bring_kernel(m, disk):
    """The guest's own kernel and initramfs as /tmp/k and /tmp/i, through a disk."""
    kernel, initrd = m.images["kernel-qemu"], m.images["initrd"]
    with open(m.backing(disk), "r+b") as out:
        for path in (kernel, initrd):
            with open(path, "rb") as f:
                out.write(f.read())
    dev, sizes = m.dev(disk), (os.path.getsize(kernel), os.path.getsize(initrd))
    m.sh("head -c %d %s >/tmp/k; tail -c +%d %s | head -c %d >/tmp/i" %
         (sizes[0], dev, sizes[0] + 1, dev, sizes[1]), 120)


@scenario(rows="V27", machine=Machine(cpus=2, memory=768, disks=(Disk(), Disk(lun=1))), drivers=BOTH,
          fresh=True, timeout=300, needs=("kexec",))
def kexec(m):
    "kexec into the same kernel: UNLOAD, a new connection, the disk is there"
    bring_kernel(m, m.spec.disks[1])
    m.sh("dd if=/dev/urandom of=%s bs=4k count=16 2>/dev/null; sync" % m.dev())
    sum_before = m.sh("head -c 65536 %s | md5sum" % m.dev())
    m.agent.start("kexec /tmp/k /tmp/i")
    m.trace.wait(r"\bUNLOAD\b", 60)
    m.agent.ready(m.left(200))
    m.greet()
    m.expect(m.sh("head -c 65536 %s | md5sum" % m.dev()) == sum_before, "the disk reads the same")


@scenario(rows="V26 S26", machine=Machine(cpus=2, memory=1536, disks=(Disk(), Disk(lun=1)), append="crashkernel=640M",
                                          options=("--on-crash", "continue")),
          drivers=BOTH, fresh=True, timeout=400)
def kdump(m):
    "a panic starts the crash kernel on one CPU: it connects anew, sees all disks, saves the memory of the first"
    bring_kernel(m, m.spec.disks[1])
    m.sh("kexec -p /tmp/k /tmp/i 'nr_cpus=1 reset_devices'", 60)
    m.agent.start("echo c >/proc/sysrq-trigger")
    m.trace.wait(r"\bUNLOAD\b", 100)
    m.agent.ready(m.left(250))
    m.greet()
    m.expect(m.sh("nproc") == "1", "the crash kernel has one CPU")
    m.expect(m.sh("head -c 4 /proc/vmcore | tail -c 3") == "ELF", "/proc/vmcore is there")
    dev = m.dev()
    m.sh("dd if=/proc/vmcore of=%s bs=1M count=64 iflag=fullblock oflag=direct 2>/dev/null" % dev, 120)
    m.sh("head -c $((64 << 20)) /proc/vmcore | cmp -n $((64 << 20)) - %s" % dev, 120)


def hibernate(m, swap, *commands):
    """Write the guest to the disk SWAP; then its kernel has come up anew, and the host gets COMMANDS. What restore() wants."""
    dev = m.dev(swap)
    end = m.agent.begin("mkswap %s >/dev/null; swapon %s; echo reboot >/sys/power/disk; echo disk >/sys/power/state; "
                        "echo back; swapoff %s" % (dev, dev, dev))
    m.agent.ready(m.left(200))                  # the machine came up anew, with this kernel
    for command in commands:
        m.host(command)
    m.greet()
    return end


def restore(m, end, swap, *events, limit=200):
    """The guest on the disk SWAP goes on, in the script that END is the end of; the host sees these
    messages. What that script says."""
    m.trace.mark()
    m.agent.start("cat /sys/block/$(basename $(disk %s))/dev >/sys/power/resume; dmesg | tail -5" % swap.name)
    for event in events:
        m.trace.wait(r"\b%s\b" % event, 100)
    out, status = m.agent.finish(end, m.left(limit))    # and the old one goes on where it was
    m.expect("back" in out and status == 0, "after the restore: %d %s" % (status, out))
    return out


@scenario(rows="V28 S25", machine=Machine(cpus=2, memory=384, subchannels=1, offers="unknown",
                                          disks=(Disk(), Disk(lun=1, size=512 << 20), Disk(controller=1))),
          drivers=BOTH, fresh=True, timeout=500, needs=("hibernation",))
def hibernation(m):
    "hibernated, booted afresh, restored: the same processes go on, the same disks under new numbers, data intact"
    m.sh("dd if=/dev/urandom of=/tmp/x bs=64k count=16 2>/dev/null; dd if=/tmp/x of=%s bs=64k oflag=direct 2>/dev/null; "
         "cat /proc/sys/kernel/random/boot_id >/tmp/boot" % m.dev())
    swap = m.spec.disks[1]
    if m.ours:
        m.host("rescind scsi1")
        m.wait('[ -z "$(controller 1)" ]', 60, "a controller goes")
    end = hibernate(m, swap, *["offer scsi1"] * m.ours)         # new for the guest that is restored
    m.sh("[ ! -e /tmp/x ]")
    if m.ours:
        m.host("rescind unknown")               # it will be missing
    restore(m, end, swap, "UNLOAD", "OPEN_CHANNEL")
    m.settle()
    m.sh("dd if=%s bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/x; cmp /tmp/boot /proc/sys/kernel/random/boot_id" % m.dev())
    m.sh("dd if=/dev/urandom of=%s bs=64k count=16 seek=64 oflag=direct 2>/dev/null" % m.dev())
    if m.ours:
        m.wait("dmesg | grep -q 'did not come back'", 20)
        m.wait('[ -n "$(controller 1)" ]', 20, "the new controller is there")
        m.wait("ls -d $DEVS/* | wc -l | grep -q '^2$'", 20, "the missing device goes")
        m.sh("! dmesg | grep 'should not be sleeping'")
        m.wait("[ $(channels 0 | wc -l) = 2 ]", 20, "the sub-channel is back")


@scenario(rows="~V30", machine=Machine(cpus=4, subchannels=3), drivers=BOTH, fresh=True, timeout=200)
def power_off(m):
    "power off with everything loaded"
    m.agent.start("sync; poweroff -f")
    m.process.wait(90)
