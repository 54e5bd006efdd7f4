# SPDX-License-Identifier: GPL-2.0-only
"""Whether what the bench looks at speaks: in a guest that nobody lies to, one thing after the other goes wrong by hand, and
each must become a finding that says so. What no hand can do there, a report of KASAN for one, selftest.py has as text, and
proof.py in earnest."""
import os
import re
import signal

from bench import LINES, MEMORY, Finding, Worn
from guest import GuestError
from host import HostError
from machine import Failure
from slow import family


def stands_still(b, device):
    """The host takes away what should be left alone."""
    b.host("rescind " + device)
    b.sh("sleep 1", "spoil")
    try:
        b.go_on(b.beat(), 5)
    finally:
        b.host("offer " + device)
        b.sh("no_beats || { umount -l /mnt/s; rm -f /run/beat.pid; }; beats", "beats")


def disk_stands_still(b):
    stands_still(b, "scsi1")


def nic_stands_still(b):
    stands_still(b, "net1")


def job_fails(b):
    """The checksums are of other files."""
    b.sh("cp /run/sums /run/sums.good; sed -i 's/^./x/' /run/sums", "spoil")
    try:
        b.back("back")
    finally:
        b.sh("mv /run/sums.good /run/sums; umount -l /mnt/f || :", "mend")


def synced_is_gone(b):
    b.sh("echo x >>/mnt/s/source/numbers", "spoil")
    try:
        b.synced()
    finally:
        b.sh("cp /run/source/numbers /mnt/s/source/", "mend")


def memory_is_gone(b):
    b.memory()
    b.sh("mkdir -p /run/full; mount -t tmpfs none /run/full; dd if=/dev/zero of=/run/full/f bs=1M count=%d" %
         (MEMORY // 1024 + 16), "spoil")
    try:
        b.memory()
    finally:
        b.sh("umount /run/full", "mend")


def log_is_flooded(b):
    b.sh("echo on >/proc/sys/kernel/printk_devkmsg; n=0; while [ $n -le %d ]; do echo '<3>again and again'; n=$((n + 1)); done "
         ">/dev/kmsg" % LINES, "spoil")
    b.look("log")


def kernel_reports(b):
    b.sh("echo '<3>BUG: KASAN: use-after-free in nowhere' >/dev/kmsg", "spoil")
    b.look("report")


def guest_sleeps(b):
    for pid in family(b.m.process.proc.pid)[1:]:
        os.kill(int(pid), signal.SIGSTOP)
    try:
        b.sh("true", "sleep", 2)
    finally:
        b.stop()


def guest_spins(b):
    """The shell that answers runs for ever."""
    try:
        b.sh("while :; do :; done", "spin", 2)
    finally:
        b.stop()


def guest_panics(b):
    try:
        b.sh("echo c >/proc/sysrq-trigger; sleep 60", "panic", 20)
    finally:
        b.stop()


ORACLES = (
    (disk_stands_still, "stand still"),
    (nic_stands_still, "stand still"),
    (job_fails, "job: "),
    (synced_is_gone, "what was synced before"),
    (memory_is_gone, "memory: "),
    (log_is_flooded, "lines in the kernel's log"),
    (kernel_reports, "KASAN"),
    (guest_sleeps, "does not answer"),
    (guest_spins, "does not answer"),
    (guest_panics, "^panic: "),
)


def hear(bench, spoil):
    """What a thing that goes wrong is called; None on a machine that was too slow for it."""
    try:
        if not bench.m:
            bench.start()
        spoil(bench)
        return "nothing"
    except Finding as e:
        return str(e)
    except Worn:
        bench.stop()
        return None
    except (GuestError, HostError, Failure) as e:   # while it was mended, of a guest that is no use any more
        bench.stop()
        return "trouble: %s" % e


def speak(bench, oracles=ORACLES):
    """A line for each, and how many of them are silent."""
    silent = 0
    for n, (spoil, says) in enumerate(oracles, 1):
        name = "ok %d - fuzz: %s" % (n, spoil.__name__.replace("_", " "))
        said = hear(bench, spoil)
        if said is None:
            print(name + " # SKIP not on a machine as slow as this", flush=True)
        elif re.search(says, said):
            print(name, flush=True)
        else:
            silent += 1
            print("not %s # it said: %s" % (name, said.splitlines()[0]), flush=True)
    return silent
