# SPDX-License-Identifier: GPL-2.0-only
"""Daemons that are absent, hang, die, or write what nobody asked for: the host always gets one
answer, and what is frozen is always thawed. Waiting takes long, so other things go on meanwhile."""
import threading
import time

from host import Control, HostError
from registry import ONLY_OURS, scenario
from utilshost import MACHINE, Services

FAILED = "status 0x80004005"
HANGS = (25, 60)        # seconds in which a request ends whose daemon does not answer (30 s)


class Ask:
    """A command to the host that goes on in the background, on a connection of its own."""

    def __init__(self, m, command):
        self.m, self.command, self.result = m, command, None
        self.control = Control(m.path("control"))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.began = time.monotonic()
        self.thread.start()

    def run(self):
        try:
            self.result = "\n".join(self.control(self.command, 400))
        except HostError as e:
            self.result = str(e)
        self.took = time.monotonic() - self.began

    def wait(self, seconds=200):
        """What the host says in the end."""
        self.thread.join(self.m.left(seconds))
        self.m.expect(self.result is not None, "'%s': no answer" % self.command)
        self.control.close()
        return self.result

    def fails(self, least, most):
        """It must end as one that no daemon answered, within these seconds."""
        said = self.wait()
        self.m.expect(FAILED in said, "'%s' ended otherwise: %s" % (self.command, said))
        self.m.expect(least <= self.took <= most, "'%s' took %.1f s, not %d to %d" % (self.command, self.took, least, most))
        self.m.note("%s: %.1f s" % (" ".join(self.command.split()[:2]), self.took))


def fails_at_once(m, command):
    Ask(m, command).fails(0, 15)


def mounted(m):
    m.sh("mkdir -p /mnt/d; grep -q ' /mnt/d ' /proc/mounts || { mkfs.ext4 -q -F %s; mount %s /mnt/d; }" % (m.dev(), m.dev()), 60)


def writes(m, seconds=20):
    """A write to the mounted disk ends."""
    m.sh("rm -f /tmp/written; (echo x >/mnt/d/x; sync /mnt/d/x; echo >/tmp/written) >/dev/null 2>&1 &")
    m.wait("[ -e /tmp/written ]", seconds, "a write to the disk: is it still frozen?")


def frozen(m):
    """A write to the mounted disk hangs."""
    m.sh("rm -f /tmp/written; (echo x >/mnt/d/x; echo >/tmp/written) >/dev/null 2>&1 & sleep 1; [ ! -e /tmp/written ]")


def forced_thaws(m, s):
    """The daemon killed while frozen, too late to freeze; a host that never thaws."""
    m.host("vss freeze")
    frozen(m)
    m.sh("killall -9 hv_vss_daemon")
    writes(m)
    s.fails("vss thaw", FAILED)
    m.expect(m.dmesg("which the daemon left frozen"), "nothing says so in the log")
    m.sh("daemon vss")
    m.host("vss check")
    # the daemon freezes later than the host waits
    m.sh("echo 3 >/sys/module/hv_utils/parameters/vss_freeze_limit; killall -STOP hv_vss_daemon")
    Ask(m, "vss freeze").fails(2, 20)
    m.sh("killall -CONT hv_vss_daemon; sleep 1")
    writes(m)
    m.host("vss freeze")
    m.wait("dmesg | tail -5 | grep -q 'host does not thaw'", 30)
    writes(m)
    s.fails("vss thaw", FAILED)
    m.sh("echo 900 >/sys/module/hv_utils/parameters/vss_freeze_limit")
    m.host("vss freeze")
    m.host("vss thaw")
    # the service gone while frozen
    m.host("vss freeze")
    m.host("rescind vss")
    writes(m)
    m.trace.wait("RELID_RELEASED", 60, 2)
    m.host("offer vss")
    s.ready("vss")
    m.sh("undaemon vss; daemon vss")
    m.host("vss check", 60)


@scenario(rows="U09 U14 ~U13", machine=MACHINE, drivers=ONLY_OURS, timeout=600)
def utils_daemon_limits(m):
    "daemons absent, hung, killed while frozen: the host gets its answer in time, what is frozen is thawed"
    s = Services(m, ())
    mounted(m)
    m.host("kvp facts off")
    m.host("rescind kvp")
    m.trace.wait("RELID_RELEASED", 60)
    m.host("offer kvp")
    began = time.monotonic()
    fails_at_once(m, "vss freeze")
    fails_at_once(m, "fcopy /etc/hostname /tmp/x")
    m.sh("daemon vss fcopy")
    m.host("vss freeze")
    frozen(m)
    m.sh("killall -STOP hv_vss_daemon")
    Ask(m, "vss thaw").fails(*HANGS)
    writes(m)
    m.sh("killall -CONT hv_vss_daemon; sleep 1")
    m.host("vss check")
    forced_thaws(m, s)
    s.ready("kvp")
    took = time.monotonic() - began
    m.note("the negotiation without a daemon took %.0f s at most" % took)
    m.expect(took > 50, "the negotiation without a daemon took %.1f s only" % took)
    fails_at_once(m, "kvp get external x")
    m.sh("daemon kvp; umount /mnt/d")
    s.health()
    m.host("kvp facts on")
