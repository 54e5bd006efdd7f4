# SPDX-License-Identifier: GPL-2.0-only
"""Daemons that are absent, hang, die, or write what nobody asked for: the host always gets one
answer, and what is frozen is always thawed. Waiting takes long, so other things go on meanwhile."""
import threading
import time

from host import Control, HostError
from registry import ONLY_OURS, scenario
from utilshost import MACHINE, Services

FAILED = "status 0x80004005"
COUNTERS = "cat /sys/kernel/debug/hv_utils-*"
HANGS = (25, 60)        # seconds in which a request ends whose daemon does not answer (30 s)


def count(m, service, what):
    """One of a service's counters in the guest's debugfs."""
    for text in m.sh(COUNTERS).split("service\t")[1:]:
        if text.split("\n")[0].lower() == service:
            for line in text.splitlines():
                if line.endswith("\t" + what):
                    return int(line.split("\t")[0])
    raise AssertionError("no counter '%s' of %s" % (what, service))


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
    m.sh("killall -CONT hv_vss_daemon")
    m.host("vss check")                         # it has done what it had to
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
    # in vain, but a daemon could have come
    for ask in [Ask(m, "vss freeze"), Ask(m, "fcopy /etc/hostname /tmp/x")]:
        ask.fails(*HANGS)
    m.sh("daemon vss fcopy")
    m.host("vss freeze")
    frozen(m)
    m.sh("killall -STOP hv_vss_daemon")
    Ask(m, "vss thaw").fails(*HANGS)
    writes(m)
    m.sh("killall -CONT hv_vss_daemon")
    m.host("vss check")
    forced_thaws(m, s)
    s.ready("kvp")
    took = time.monotonic() - began
    m.note("the negotiation without a daemon took %.0f s at most" % took)
    m.expect(took > 50, "the negotiation without a daemon took %.1f s only" % took)
    Ask(m, "kvp get external x").fails(*HANGS)
    m.sh("umount /mnt/d")
    s.start()
    s.health()
    m.host("kvp facts on")


# What a daemon writes: registration, an answer, its length
MESSAGES = {"kvp": (r"\144", r"\0", 7432), "vss": (r"\201", r"\0", 12), "fcopy": (r"\1", r"\0", 4)}
WRITES = r"""
exec 3<>/dev/vmbus/hv_%(name)s
put() { { printf "$1"; head -c %(size)d /dev/zero | tail -c +2; } | dd bs=%(size)d count=1 iflag=fullblock >&3 2>/dev/null; }
try() { if "$@" 2>/dev/null; then echo "taken: $*"; else echo "refused: $*"; fi; }
len() { head -c $1 /dev/zero | dd bs=$1 count=1 iflag=fullblock >&3 2>/dev/null; }
(exec 4<>/dev/vmbus/hv_%(name)s) 2>/dev/null && echo "taken: a second opener"
for n in 1 3 5 11 13 7429 7431 65536 1000000; do try len $n; done
try put '\377'
put '%(hello)s' || echo "registration refused"
dd bs=1 count=1 <&3 2>/dev/null | wc -c | grep -qx ' *0' || echo "taken: a read of one byte"
dd bs=8192 count=1 <&3 2>/dev/null | wc -c
for n in 1 3 5 11 13 7429 7431 65536 1000000; do try len $n; done
try put '%(answer)s'; try put '%(hello)s'
"""


def bad_writes(m, name):
    """Wrong lengths and contents, before and after registering; a second opener."""
    hello, answer, size = MESSAGES[name]
    m.sh("undaemon " + name)
    bad = count(m, name, "bad messages")
    out = m.sh(WRITES % {"name": name, "hello": hello, "answer": answer, "size": size}, 60)
    m.expect("taken" not in out and "registration" not in out, "%s: %s" % (name, out))
    m.expect(count(m, name, "bad messages") >= bad + 20, "bad writes are not counted")


def answers_twice(m):
    """One request, two answers: the second is refused, and the host hears of one."""
    m.sh(r"""
(exec 3<>/dev/vmbus/hv_vss
put() { { printf "$1"; printf '\0\0\0\0\0\0\0\0\0\0\0'; } | dd bs=12 count=1 iflag=fullblock >&3; }
put '\201'; dd bs=64 count=1 <&3; touch /tmp/ready; dd bs=64 count=1 <&3 >/tmp/request
put '\0' && echo yes >/tmp/first; put '\0' || echo no >/tmp/second) >/dev/null 2>&1 &""")
    m.wait("[ -e /tmp/ready ]", 20)
    m.host("vss check")
    m.wait("[ -e /tmp/second ]", 20, "the second answer is refused")
    m.expect(m.sh("cat /tmp/first; rm /tmp/ready /tmp/first /tmp/second") == "yes", "the first answer")
    m.expect(count(m, "vss", "unasked daemon answers") >= 1, "the second answer is not counted")


# A daemon that registers, takes a request, and answers it when told to, long after the host has given up
LATE = r"""
undaemon kvp
rm -f /tmp/go /tmp/done /tmp/taken /tmp/hello
head -c 7432 /dev/zero >/tmp/zero
(exec 3<>/dev/vmbus/hv_kvp
answer() { cp $1 /tmp/answer; printf "$2\0" | dd of=/tmp/answer bs=1 seek=528 conv=notrunc
	{ printf '\0\0\0\0'; tail -c +5 /tmp/answer; } | dd bs=7432 count=1 iflag=fullblock >&3; }
{ printf '\144'; tail -c +2 /tmp/zero; } | dd bs=7432 count=1 iflag=fullblock >&3
dd bs=7432 count=1 <&3 >/tmp/hello; dd bs=7432 count=1 <&3 >/tmp/one; touch /tmp/taken
until [ -e /tmp/go ]; do sleep 0.2; done
answer /tmp/one LATE
dd bs=7432 count=1 <&3 >/tmp/two; answer /tmp/two RIGHT
touch /tmp/done) >/dev/null 2>&1 &"""


@scenario(rows="~U10 ~U13", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_daemon_answers(m):
    "a late answer is not taken for the next one, a second one is refused, and so are wrong writes to each device"
    s = Services(m)
    m.host("kvp facts off")
    bad_writes(m, "kvp")
    bad_writes(m, "fcopy")
    s.start()
    m.sh(LATE)
    m.wait("[ -s /tmp/hello ]", 20, "the registration is answered")
    ask = Ask(m, "kvp get external first")
    m.sh("killall -STOP hv_fcopy_daemon")
    stopped = Ask(m, "fcopy /etc/hostname /tmp/x")
    bad_writes(m, "vss")
    answers_twice(m)
    for one in (ask, stopped):
        one.fails(*HANGS)
    m.sh("killall -CONT hv_fcopy_daemon")
    m.sh("[ -e /tmp/taken ]; touch /tmp/go")
    second = "\n".join(m.host("kvp get external second", 60))
    m.expect("RIGHT" in second, "the second request got the first one's answer: " + second)
    m.expect(count(m, "kvp", "late daemon answers") == 1, "the late answer is not counted")
    m.expect(count(m, "kvp", "daemon timeouts") >= 1, "the timeout is not counted")
    m.wait("[ -e /tmp/done ]", 20)
    lines = len(m.dmesg("a daemon ").splitlines())
    m.expect(lines > 0, "no lines about bad writes")
    s.start()
    s.ready("kvp")
    s.health()
    m.host("kvp facts on")


# A daemon whose every answer is a status of all ones
ONES = r"""
undaemon vss; rm -f /tmp/ready
(exec 3<>/dev/vmbus/hv_vss
put() { { printf "$1"; printf '\0\0\0\0\0\0\0\0'; } | dd bs=12 count=1 iflag=fullblock >&3; }
put '\201\0\0\0'; dd bs=64 count=1 <&3; touch /tmp/ready
for n in 1 2 3 4; do dd bs=64 count=1 <&3; put '\377\377\377\377'; done) >/dev/null 2>&1 &"""


@scenario(rows="~U13", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_daemon_status(m):
    "a daemon's status is the host's, whatever it is, and the next request is read"
    s = Services(m, ())
    s.ready("vss")
    m.sh(ONES)
    m.wait("[ -e /tmp/ready ]", 20, "the daemon registers")
    for command in ("vss check limit=20000", "vss check limit=20000", "vss freeze", "vss thaw"):
        s.fails(command, "status 0xffffffff")
    s.start()
    s.health()


HOOK = "/sys/module/hv_utils/parameters/vss_hook"


@scenario(rows="U16 ~F19", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_vss_hook(m):
    "a program around freezing: run before and after, and the host hears of its failure"
    s = Services(m, ("vss",))
    for wrong, why in (("hook", "hook is no absolute path"), ("./hook", "./hook is no absolute path"), ("/" * 256, "at most 255 bytes")):
        m.expect(m.run("echo %s >%s" % (wrong, HOOK))[1], "a program '%s' is taken" % wrong)
        m.expect(len(m.dmesg("vss_hook: .*" + why).splitlines()) == 1, "no line about '%s'" % wrong)
    m.expect(m.sh("cat " + HOOK) == "", "a program that was refused is there: " + m.sh("cat " + HOOK))
    m.sh("echo ' /tmp/hook ' >" + HOOK)
    m.expect(m.sh("cat " + HOOK) == "/tmp/hook", "with blanks around: " + m.sh("cat " + HOOK))
    mounted(m)
    m.sh("""
cat >/tmp/hook <<'X'
#!/bin/sh
echo "$1" >>/tmp/hooks
[ "$1" = thaw ] || [ ! -e /tmp/denied ]
X
chmod +x /tmp/hook; rm -f /tmp/hooks /tmp/denied; echo /tmp/hook >/sys/module/hv_utils/parameters/vss_hook""")
    m.host("vss freeze")
    m.expect(m.sh("cat /tmp/hooks") == "freeze", "the program is run before freezing")
    m.host("vss thaw")
    m.wait("[ \"$(cat /tmp/hooks)\" = \"$(printf 'freeze\\nthaw')\" ]", 20, "and after thawing")
    m.sh("touch /tmp/denied; rm /tmp/hooks")
    s.fails("vss freeze", FAILED)
    writes(m)
    m.wait("grep -q thaw /tmp/hooks", 20, "it may undo what it did")
    m.sh("rm /tmp/denied /tmp/hooks")
    m.host("vss freeze")
    m.sh("killall -9 hv_vss_daemon")
    m.wait("grep -q thaw /tmp/hooks", 30, "run after a forced thaw")
    writes(m)
    m.sh("echo '' >/sys/module/hv_utils/parameters/vss_hook; umount /mnt/d; daemon vss")
    m.host("vss freeze")
    m.host("vss thaw")


@scenario(rows="~U16", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_parameters(m):
    "parameters that cannot be: a line, not another value; at load the services come all the same, and no backup without its program"
    s = Services(m, ("vss",))
    limits = ("vss_freeze_limit", 86400, 900), ("vss_hook_limit", 3600, 60), ("kvp_daemon_wait", 70, 55)
    value = "/sys/module/hv_utils/parameters/"
    m.sh("undaemon kvp vss fcopy; rmmod hv_utils; modprobe hv_utils vss_hook=backup.sh vss_freeze_limit=0 kvp_daemon_wait=minute")
    for name, _, normal in limits:
        m.expect(m.sh("cat " + value + name) == str(normal), name + " is " + m.sh("cat " + value + name))
    for line in ("backup.sh is no absolute path", "vss_freeze_limit: 1 to 86400", "kvp_daemon_wait: 0 to 70"):
        m.expect(len(m.dmesg(line).splitlines()) == 1, "no line '%s'" % line)
    s = Services(m, ("vss",))
    s.ready("shutdown")
    s.fails("vss freeze", FAILED)
    m.sh("echo /bin/true >" + HOOK)
    m.host("vss freeze")
    m.host("vss thaw")
    m.sh("echo '' >" + HOOK)
    for name, most, normal in limits:
        m.expect(m.run("echo %d >%s" % (most + 1, value + name))[1], "%s: %d is taken" % (name, most + 1))
        m.sh("echo %d >%s; echo %d >%s" % (most, value + name, normal, value + name))
    m.host("vss freeze")
    m.host("vss thaw")
