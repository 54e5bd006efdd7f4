# SPDX-License-Identifier: GPL-2.0-only
"""The job the drivers exist for: a disk with a real filesystem and real files on it."""
import os
import subprocess

from machine import Failure
from registry import MATRIX, ONLY_OURS, OURS, Disk, Machine, scenario


def fsck(m, disk=Disk()):
    """The image as the host sees it is a clean ext4."""
    r = subprocess.run(["/sbin/e2fsck", "-fn", m.backing(disk)], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, check=False)
    if r.returncode:
        raise Failure("e2fsck -fn on the host: %d\n%s" % (r.returncode, r.stdout[-1500:]))


@scenario(rows="S01 S08 V11 V30 P11 ~P06", drivers=MATRIX, timeout=300,
          machine=(Machine(cpus=1), Machine(cpus=1, version="4.0"),
                   Machine(cpus=4, subchannels=3), Machine(cpus=4, subchannels=3, version="4.0"),
                   Machine(cpus=4, subchannels=3, kernel="6.12")), judged=True)
def job(m):
    "autoload, mkfs.ext4, real files, sync, reload, mount, checksums, e2fsck on the host"
    work(m, "/bin /sbin /lib")


def work(m, folders):
    """That job, with the files of FOLDERS."""
    dev = m.dev()
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt; mount -t ext4 %s /mnt" % (dev, dev), 120)
    m.sh("cp -a %s /mnt/; sync" % folders, 200)
    m.sh("cd /mnt; find . -type f -print0 | sort -z | xargs -0 md5sum >/tmp/sums; [ -s /tmp/sums ]; cd /; umount /mnt", 200)
    fsck(m)
    bus, stor = m.drivers
    m.sh("unload_all", 120)
    m.drivers = (None, None)
    m.use(bus, stor)
    m.sh("mount -t ext4 -o ro %s /mnt; cd /mnt; md5sum -c -s /tmp/sums; cd /; umount /mnt" % m.dev(), 200)


@scenario(rows="~P01", drivers=(OURS, ("intree", "ours")), long=True, timeout=200)
def disk_once(m):
    "a kernel comes up, a disk is there, keeps what is written and has it after the drivers came anew (scripts/matrix)"
    size = 4 << 20
    data = os.urandom(size)
    with open(m.backing(), "r+b") as f:
        f.write(data)
        f.flush()
        m.sh("dd if=%s bs=64k count=%d iflag=direct 2>/dev/null | dd of=%s bs=64k seek=%d iflag=fullblock oflag=direct 2>/dev/null" %
             (m.dev(), size >> 16, m.dev(), size >> 16))
        f.seek(size)
        m.expect(f.read(size) == data, "the disk has something else")
    m.sh("unload_all")
    drivers, m.drivers = m.drivers, (None, None)
    m.use(*drivers)
    m.sh("dd if=%s bs=64k count=%d skip=%d iflag=direct 2>/dev/null | cmp -n %d - %s" % (m.dev(), size >> 16, size >> 16, size, m.dev()))


@scenario(rows="V34", drivers=ONLY_OURS, timeout=400, machine=Machine(cpus=4, subchannels=3, kernel="6.1-rt"))
def realtime(m):
    "the same job on a kernel with PREEMPT_RT, where a thread on each CPU takes the interrupts"
    m.sh("grep -q PREEMPT_RT /proc/version; [ $(ps | grep -c '[v]mbus_irq/') = 4 ]")
    job(m)
