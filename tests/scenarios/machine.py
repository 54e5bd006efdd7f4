# SPDX-License-Identifier: GPL-2.0-only
"""One booted machine, and what a scenario may do with it."""
import os
import re
import shutil
import subprocess
import tempfile
import time

from guest import TROUBLE, Agent, GuestError
from host import PATIENCE, Control, HostError, Process, Trace, tail
from registry import Disk, Machine

BOOT_LIMIT = 100 * PATIENCE


class Failure(Exception):
    """A scenario's own expectation did not hold."""


class Skip(Exception):
    """The scenario cannot say anything here (with in-tree drivers that lack the feature)."""


def judge(log, noise):
    """Lines of a kernel's log that nobody may cause, or only who says so."""
    return [line for line in log.splitlines()
            if TROUBLE.search(line) and not (noise and re.search(noise, line))]


class Booted:
    """A running guest; `m` in the scenarios."""

    traced = True       # by hvroot: a line for each request, which costs six times the request

    def __init__(self, spec: Machine, first, images, keep):
        self.spec = spec
        self.first = first              # drivers that are loaded at boot
        self.images = images
        self.drivers = (None, None)
        self.version = spec.version
        self.limit = BOOT_LIMIT * (2 if spec.sanitized else 1)
        self.deadline = time.monotonic() + self.limit
        self.dir = tempfile.mkdtemp(prefix="m-", dir=keep)
        self.agent = self.host = self.process = None
        self.notes = []
        self.counted = 0                # seconds of processors, of what busy() has told
        self.trace = Trace(self.path("trace"))

    # -- life ----------------------------------------------------------------
    def path(self, name):
        return os.path.join(self.dir, name)

    def backing(self, disk=Disk()):
        return self.path(disk.name + ".img")

    def argv(self):
        s = self.spec
        first = ["%s=intree" % name
                 for name, which in zip(("vmbus", "storvsc", "netvsc", "utils"), self.first + self.first[1:] * 2)
                 if which == "intree"]
        append = ["console=ttyS0 panic=-1 sysrq_always_enabled quiet"]
        if s.sanitized:             # warnings of a guest that ends; and a slow machine is no stall
            append.append("loglevel=5 rcupdate.rcu_cpu_stall_timeout=120 sysctl.kernel.hung_task_check_interval_secs=10")
        # an emulated processor has no faults that a kernel must work round;
        # User Mode Linux loses a signal between the decision to sleep and the sleep
        append.append("nohz=off" if s.place == "process" else "pci=noearly mitigations=off audit=0 cryptomgr.notests")
        if s.system:
            append.append("system=%s" % s.disks[0].name)
        append = " ".join(append + first + s.append.split())
        if s.vmm != "hvroot":
            return self.qemu_argv(append)
        a = [self.images["hvroot"], "--kernel", self.images["kernel"], "--initrd",
             self.images["initrd"], "--append", append, "--cpus", str(s.cpus),
             "--memory", "%dM" % s.memory, "--console", self.path("console"),
             "--control", self.path("control"), "--agent", self.path("agent"),
             "--offers", s.offers]
        if self.traced:
            a += ["--trace", self.path("trace")]
        if s.place == "process":
            a += ["--machine", "process"]
        else:                       # the in-tree bus takes the synthetic timers with it when it is unloaded
            a += ["--timer", "apic"]
        if s.subchannels:
            a += ["--subchannels", str(s.subchannels)]
        if s.version:
            a += ["--vmbus-version", s.version]
        for d in s.disks:
            if d.ide:
                a += ["--ide", "file=%s" % self.backing(d)]
            else:
                a += ["--disk", "file=%s,lun=%d,controller=%d%s" %
                      (self.backing(d), d.lun, d.controller, ",ro" if d.ro else "")]
        return a + list(s.options)

    def qemu_argv(self, append):
        s = self.spec
        cpu = "host,kvm=off"
        more = []
        if s.vmm == "qemu-bridge":
            cpu += ",hv-relaxed,hv-vpindex,hv-runtime,hv-crash,hv-time,hv-synic,hv-stimer,hv-reset"
            more = ["-device", "vmbus-bridge"]
        return ["qemu-system-x86_64", "-accel", "kvm", "-cpu", cpu, "-smp", str(s.cpus),
                "-m", str(s.memory), "-display", "none", "-monitor", "none", "-no-reboot",
                "-chardev", "file,id=console,path=" + self.path("console"),
                "-serial", "chardev:console",
                "-chardev", "socket,id=agent,server=on,wait=off,path=" + self.path("agent"),
                "-serial", "chardev:agent",
                "-kernel", self.images["kernel-qemu"], "-initrd", self.images["initrd"],
                # the sizes that its emulated CPU gives for XSAVE do not agree
                "-append", append + " noxsave"] + more + list(s.options)

    def boot(self):
        for d in self.spec.disks:
            with open(self.backing(d), "wb") as f:
                f.truncate(d.size)
        if self.spec.system:
            subprocess.run(["cp", "--sparse=always", self.images["system"], self.backing(self.spec.disks[0])], check=True)
        self.process = Process(self.argv(), self.dir)
        try:
            if self.spec.vmm == "hvroot":
                self.host = Control(self.path("control"))
            self.agent = Agent(self.path("agent"), 20)
        except HostError:
            if not self.process.running():
                raise HostError("the host ended at once: " +
                                " | ".join(tail(self.path("vmm.log"), 3))) from None
            raise
        self.agent.ready(self.limit)
        self.greet()
        if self.spec.sanitized:
            bad = judge(self.sh("dmesg | grep -E '%s' || :" % TROUBLE.pattern), "")
            if bad:
                raise GuestError("the kernel complained while it started: " + " | ".join(bad[:10]))

    def greet(self):
        """After each start of the guest's kernel: our functions, and the disks are there."""
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.sh")) as f:
            self.agent.run("cat >/run/check.sh <<'EOF'\n%s\nEOF" % f.read(), 30)
        self.set_mark()                     # of the scenario that made the guest start anew
        if not self.spec.no_bus():
            self.drivers = self.first
            self.settle()

    def set_mark(self):
        """What comes after this line in the kernel's log is this scenario's."""
        self.agent.run("echo 'scenario-mark %d' >/dev/kmsg" % self.mark, 30)

    def stop(self):
        for thing in (self.agent, self.host):
            if thing:
                thing.close()
        if self.process:
            self.process.stop()

    def busy(self):
        """Seconds that it kept processors busy since this was last asked, or since it was booted."""
        before, self.counted = self.counted, self.process.seconds()
        return self.counted - before

    def discard(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    # -- for scenarios ---------------------------------------------------------
    def left(self, limit):
        """Seconds, at most LIMIT, that the running scenario may still take."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Failure("time limit of the scenario")
        return min(limit * PATIENCE, left)

    def run(self, script, timeout=60):
        """(output, exit status) of a shell script in the guest."""
        return self.agent.run(". /run/check.sh\n" + script, self.left(timeout))

    def sh(self, script, timeout=60):
        """Output of a shell script in the guest that must succeed."""
        out, status = self.run("set -e\n" + script, timeout)
        if status:
            raise Failure("guest: '%s' ended with %d:\n%s" % (script.strip(), status, out.strip()[-1500:]))
        return out.strip()

    def append(self, path, text):
        """Text at the end of a file in the guest, at once. A line to the agent holds 4 KiB."""
        for part in re.findall(r"(?s).{1,2000}(?:\n|\Z)", text):
            self.sh("cat >>/run/parts <<'END_OF_PART'\n%s\nEND_OF_PART" % part.rstrip("\n"))
        self.sh("cat /run/parts >>%s; rm /run/parts" % path)        # each command reads /run/check.sh

    def wait(self, test, timeout=30, what=None):
        """Until the guest's shell says TEST holds; TIMEOUT is an idle machine's, a busy one has twice that."""
        limit = int(self.left(timeout * 2))
        loop = ("read _t _r </proc/uptime; _end=$((${_t%%.*} + %d)); until %s; do read _t _r </proc/uptime; "
                "[ ${_t%%.*} -lt $_end ] || exit 99; sleep 0.2; done" % (limit, test))
        out, status = self.run(loop, timeout * 3)
        if status:
            raise Failure("guest: not within %d s: %s %s" % (limit, what or test, out.strip()))

    def expect(self, holds, text):
        if not holds:
            raise Failure(text)

    def note(self, text):
        self.notes.append(text)

    @property
    def ours(self):
        return self.drivers == ("ours", "ours")

    def has_module(self, name):
        """Whether the guest's kernel comes with this module; - and _ are the same."""
        return not self.run("grep -q '/%s[.]ko' /lib/modules/*/modules.dep" % name.replace("_", "[-_]"))[1]

    def free_kib(self):
        """Memory of the guest that nobody uses, after dropping what can be dropped."""
        return int(self.sh("sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1; echo 3 >/proc/sys/vm/drop_caches; "
                           "awk '/^MemFree/{print $2}' /proc/meminfo", 60))

    def leaks(self):
        """What kmemleak has to say, after two looks with a pause as it wants them; it fails when it
        has been switched off."""
        return self.sh("k=/sys/kernel/debug/kmemleak; echo scan >$k; sleep 6; echo scan >$k; cat $k", 280)

    def dmesg(self, pattern=""):
        """Kernel messages since the scenario began, all there are if so many came that they pushed
        out its mark; few, if possible: the serial line is slow."""
        return self.sh("dmesg >/run/dmesg; ! grep -q 'scenario-mark {0}$' /run/dmesg || "
                       "sed -i '1,/scenario-mark {0}$/d' /run/dmesg; "
                       "grep -E '{1}' /run/dmesg || :".format(self.mark, pattern))

    def use(self, bus, stor, version=None):
        """Unload what is loaded and load these drivers, on a host that accepts no newer VMBus
        version than VERSION ("" for all, None for no change); the disks are there afterwards."""
        version = self.version if version is None else version
        if self.drivers == (bus, stor) and self.version == version:
            return
        self.drivers = (None, None)
        self.sh("unload_all; use %s vmbus; for m in storvsc netvsc utils; do use %s $m; done" % (bus, stor), 100)
        if self.version != version:
            self.host("vmbus-version " + (version or "6.0"))
            self.version = version
        # a bus that is built in has announced its devices long ago
        self.sh("if [ -d /sys/bus/vmbus ]; then coldplug; else modprobe hv_vmbus; fi; settle", 60)
        self.drivers = (bus, stor)
        self.settle()

    def settle(self):
        """Wait until every disk the machine has is a block device."""
        for d in self.spec.disks:
            self.wait("[ -n \"$(disk %s)\" ]" % d.name, 60, "disk " + d.name)

    def dev(self, disk=Disk()):
        """The guest's block device of a disk."""
        name = self.sh("disk " + disk.name)
        self.expect(name.startswith("/dev/"), "no block device for %s" % disk.name)
        return name

    # -- for the runner ----------------------------------------------------------
    mark = 0
    said = 0

    def begin(self, limit):
        self.deadline = time.monotonic() + limit * PATIENCE
        self.notes = []
        Booted.mark += 1
        self.mark = Booted.mark
        self.trace.mark()
        self.said = os.path.getsize(self.path("console"))
        self.set_mark()

    def trouble(self, noise):
        """Kernel messages since begin() that nobody may cause."""
        return judge(self.dmesg(TROUBLE.pattern), noise)

    def last_words(self, noise):
        """The same of a guest that no longer answers, from what it wrote on its console."""
        with open(self.path("console"), "rb") as f:
            f.seek(self.said)
            return judge(f.read().decode(errors="replace"), noise)

    def diagnostics(self):
        """What one wants to see when a scenario failed."""
        lines = ["-- hvroot said:"] + tail(self.path("vmm.log"), 8)
        lines += ["-- trace:"] + tail(self.path("trace"), 40)
        lines += ["-- console:"] + tail(self.path("console"), 25)
        if not self.agent:
            return lines
        try:
            self.deadline = time.monotonic() + 20
            lines += ["-- dmesg:"] + self.run("dmesg | tail -40", 15)[0].splitlines()
        except (GuestError, HostError, Failure) as e:
            lines += ["-- dmesg: %s" % e]
            lines += self.where()
        return lines

    def where(self):
        """Where the processors of a guest are that does not answer."""
        lines = ["-- processors, three looks:"]
        if not self.host:
            return lines
        try:
            for _ in range(3):
                lines += self.host("regs", 10)
                time.sleep(1)
            for key in "9pwt":      # to the console, which is kept
                self.host("sysrq " + key, 10)
                time.sleep(3)
        except (HostError, OSError) as e:
            lines += ["-- %s" % e]
        return lines
