# SPDX-License-Identifier: GPL-2.0-only
"""The integration services for scenarios: Debian's daemons in the guest, hvroot's commands, the
module that serves them, the clocks on both sides."""
import os
import re
import subprocess
import tempfile
import time

from host import HostError
from machine import Failure, Skip
from nethost import MAC
from registry import Disk, Machine

SERVICES = ("shutdown", "timesync", "heartbeat", "kvp", "vss", "fcopy")
DAEMONS = ("kvp", "vss", "fcopy")
# one machine for all: a disk, another to hibernate to, a network
MACHINE = Machine(cpus=2, memory=768, offers=",".join(SERVICES), disks=(Disk(), Disk(lun=1, size=512 << 20)),
                  options=("--hibernation", "--nic", "tap=hvt0,mac=" + MAC))
MACHINE_612 = Machine(cpus=2, memory=768, offers=",".join(SERVICES), kernel="6.12")
READY = 70000           # ms; hv_utils waits 55 s for KVP's daemon


class Services:
    """The services of the guest of M, ready, with the daemons that are wanted."""

    def __init__(self, m, daemons=DAEMONS):
        self.m = m
        # newer kernels leave file copy to a program of their own
        self.names = [n for n in SERVICES if n != "fcopy" or not m.spec.kernel.startswith("6.12")]
        daemons = [d for d in daemons if d in self.names]
        m.host("fault clear")
        m.host("time offset=0 interval=5000")
        m.host("heartbeat interval=2000")
        if m.drivers[1] == "ours" and not self.have_ours():
            raise Skip("this image has no hv_utils of ours")
        m.sh("modprobe hv_utils; undaemon kvp vss fcopy; daemon %s" % " ".join(daemons), 60)
        for name in self.names:
            if name in daemons:
                self.daemon(name)
            elif name not in DAEMONS:
                self.ready(name)

    def start(self):
        """Start the daemons that are not there."""
        names = [d for d in DAEMONS if d in self.names]
        self.m.sh("daemon %s" % " ".join(names), 60)
        for name in names:
            self.daemon(name)

    def have_ours(self):
        return not self.m.run("[ -e /lib/modules/$(uname -r)/updates/hv_utils.ko ]")[1]

    def ready(self, name):
        """Versions are agreed, which needs no daemon."""
        return self.m.host("ic wait %s limit=%d" % (name, READY), 100)

    def daemon(self, name):
        """A daemon answers."""
        return self.m.host("ic wait %s daemon limit=%d" % (name, READY), 100)

    def more(self, counter, number, seconds=60):
        """Wait until one of hvroot's counters has grown by so much."""
        want = self.m.host.counters()[counter] + number
        end = time.monotonic() + self.m.left(seconds)
        while self.m.host.counters()[counter] < want:
            self.m.expect(time.monotonic() < end, "%s: not %d more in %d s" % (counter, number, seconds))
            time.sleep(0.1)

    def state(self, name):
        """The words of a service's line in `ic`."""
        for line in self.m.host("ic"):
            if line.split()[0] == name:
                return line.split()
        raise Failure("no service %s in `ic`" % name)

    def ask(self, command, timeout=100):
        """(lines, error or None) of a command."""
        try:
            return self.m.host(command, timeout), None
        except HostError as e:
            if "error:" not in str(e):          # hvroot itself is gone
                raise
            return [], str(e).split("error: ", 1)[1]

    def fails(self, command, pattern="", timeout=100):
        """The error that a command must end with."""
        out, error = self.ask(command, timeout)
        self.m.expect(error is not None, "'%s' did not fail: %s" % (command, out))
        self.m.expect(re.search(pattern, error), "'%s' failed otherwise than /%s/: %s" % (command, pattern, error))
        return error

    def again(self, name, meanwhile=None):
        """Take a service away and offer it again; ready afterwards, with a daemon if it has one."""
        released = len(self.m.trace.find("RELID_RELEASED"))
        self.m.host("rescind " + name)
        self.m.trace.wait("RELID_RELEASED", 60, released + 1)
        if meanwhile:
            meanwhile(name)
        self.m.host("offer " + name)
        if name not in DAEMONS:
            return self.ready(name)
        self.m.sh("daemon " + name, 60)         # some end when their device goes
        return self.daemon(name)

    def others_answer(self, gone):
        """All services but one answer."""
        for name, command in (("heartbeat", "heartbeat"), ("timesync", "time sample"), ("kvp", "kvp set external a b"),
                              ("vss", "vss check"), ("fcopy", "fcopy /etc/hostname /tmp/others overwrite")):
            if name in self.names and name != gone:
                self.m.host(command, 100)
        if gone != "shutdown":
            self.fails("shutdown flags=0x40", "status")

    def health(self):
        """Every service answers."""
        path = self.m.path("health")
        with open(path, "w") as f:
            f.write("still well\n")
        for name, command in (("heartbeat", "heartbeat"), ("timesync", "time sample"),
                              ("kvp", "kvp set external health well"), ("vss", "vss check"),
                              ("fcopy", "fcopy %s /tmp/health overwrite" % path)):
            if name in self.names:
                self.m.host(command, 100)
        self.fails("shutdown flags=0x40", "status")
        self.m.expect("fcopy" not in self.names or self.m.sh("cat /tmp/health") == "still well", "the copied file")


def clock_error(m):
    """(guest's clock minus ours, how much that may be wrong), seconds; the best of some tries."""
    best = (0, 1e9)
    for _ in range(4):
        if best[1] < 0.2:
            break
        before = time.time()
        guest = float(m.sh("bash -c 'echo $EPOCHREALTIME'"))
        after = time.time()
        if after - before < best[1]:
            best = (guest - (before + after) / 2, after - before)
    return best[0], best[1] / 2


def phc_error(m):
    """The guest's PTP clock minus its system's clock, seconds; nothing of the way to us is in it."""
    out = m.sh("phc_ctl $(ls -d /dev/ptp*) cmp 2>&1")
    system_ahead = int(out.split("offset from CLOCK_REALTIME is ")[1].split("ns")[0])
    return -system_ahead / 1e9


def phc_between(m):
    """(what phc_error() is, how much that may be wrong): the PTP clock is read between two looks at the system's, the nearest of some."""
    out, status = m.run("crosstime -x $(ls -d /dev/ptp*) 9 2>&1")
    if status:
        m.expect("not supported" in out, out)       # by the kernel's own driver
        return phc_error(m), 0
    each = [[int(x) for x in line.split()] for line in out.splitlines()]
    before, clock, after = min(each, key=lambda e: e[2] - e[0])
    return (clock - (before + after) / 2) / 1e9, (after - before) / 2e9


def near(m, want, limit, seconds=10):
    """Wait until the guest's clock is WANT seconds ahead of ours: seen from here, as well as that can be
    seen, and by the guest's PTP clock, which has the host's time, within LIMIT."""
    for _ in range(seconds * 2):
        error, doubt = clock_error(m)
        fine, apart = phc_between(m)
        if abs(error - want) < 0.3 + doubt and abs(fine) < limit + apart:
            return fine
        time.sleep(0.5)
    raise Failure("the guest's clock is %.3f s ahead, not %.3f (+-%.3f), its PTP clock %.6f s (+-%.6f) off" %
                  (error, want, doubt, fine, apart))


def sbin(*cmd):
    """Output of a program of e2fsprogs on this side."""
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/sbin:/usr/sbin")
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                       stdin=subprocess.DEVNULL, env=env, check=False)
    return r.stdout, r.returncode


def image_clean(m, image):
    out, status = sbin("e2fsck", "-fn", image)
    m.expect(status == 0, "e2fsck -fn of the image ended with %d:\n%s" % (status, out))


def image_files(image, names):
    """{name: content} of files at the top of an ext4 image; None for what is not there."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        with open(script, "w") as f:
            f.write("".join("dump /%s %s\n" % (name, os.path.join(folder, name)) for name in names))
        sbin("debugfs", "-f", script, image)
        for name in names:
            path = os.path.join(folder, name)
            found[name] = None
            if os.path.exists(path):
                with open(path) as f:
                    found[name] = f.read()
    return found
