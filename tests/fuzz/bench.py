# SPDX-License-Identifier: GPL-2.0-only
"""One guest, case after case: the host lies, is honest again, and everything is looked at."""
import collections
import os
import re
import shutil
import subprocess
import tempfile
import time

from asker import Asker, Speaker
from guide import Guide
from guest import GuestError
from host import HostError, tail
from machine import Booted, Failure, judge
from nethost import Server
from registry import Disk, Machine
from slow import ROUNDS, Late, Watch, finish

SERVICES = ("shutdown", "timesync", "heartbeat", "kvp", "vss", "fcopy")
LIED_TO = ("scsi0", "net0") + SERVICES
SPARED = "scsi1,net1"
MAC = "00:15:5d:0f:00:0%d"
MACHINE = Machine(place="process", kernel="process", offers=",".join(SERVICES),
                  disks=(Disk(size=64 << 20), Disk(size=64 << 20, controller=1)),
                  options=("--nic", "tap=hvt0,mtu=9000,mac=" + MAC % 0, "--nic", "tap=hvt1,mac=" + MAC % 1))
OURS = ("ours", "ours")
CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus/rare")
BIRTH = 4               # one case of so many
TOLD = ("message", "packet", "section", "say", "put")      # layers that count messages, spoilt or not
LINES = 3000            # of the kernel's log that one case may cause
MEMORY = 96 << 10       # KiB that may be gone for good
LAST = 8                # seconds that a host lies to a guest which unloads the modules
# A driver is loaded when its device is offered, and a host that refuses the bus a moment later takes its symbols away.
NOISE = "Unknown symbol"
# Where the midlayer reads a target's list of LUNs: its scan beside the boot, ours, and the function itself.
LUN_SCAN = "async_run_entry_fn|stor_scan_work|scsi_report_lun_scan"
LOAD = "modprobe hv_vmbus%s; settle || :"


def whole_lines(said):
    """Up to its last line's end: what is cut in a line is looked at when the rest is there."""
    return said[:said.rfind(b"\n") + 1]


class Finding(Exception):
    """What must not happen."""


class Worn(Exception):
    """A guest that is no use any more, which no host or driver is to blame for."""


class Slow(Worn):
    """A guest that could not do its work in time, since its machine had none for it."""


class Fuzzed(Booted):
    """The machine, without a trace of everything."""

    traced = False

    def run(self, script, timeout=60):
        """As ever, but by the guest's own time (slow.py)."""
        return finish(self, self.agent.begin(". /run/check.sh\n" + script), timeout)


class Bench:
    wanted, counted = None, 0       # lines of the kernel's log, by a regular expression

    def __init__(self, plan, long, coverage=None, drivers=OURS, ignore=None, seeds=None, vmbus=""):
        self.seeds = CORPUS + (",%s" % seeds if seeds else "")
        self.plan, self.long, self.coverage, self.drivers = plan, long, coverage, drivers
        self.load = LOAD % ((" host_timeout=1" if drivers[0] == "ours" else "") + (" " + vmbus if vmbus else ""))
        self.noise = "%s|%s" % (NOISE, ignore) if ignore else NOISE
        self.new = {}           # case: blocks that nobody had reached before
        self.guide = Guide()
        self.guided = False     # this case tells again what others told
        self.before = 0         # seconds of processors, of guests that are gone
        self.m = None
        self.lies = self.told = self.boots = self.reloads = 0
        self.spent = collections.Counter()      # seconds, by what for
        self.layers = {}
        self.base = None
        self.servers = []
        self.cases_here = 0
        self.folder = tempfile.mkdtemp(prefix="fuzz-")
        self.record = os.path.join(self.folder, "record")
        self.seen = self.honest = 0     # of the console: what was looked at, what a host that lied caused

    # -- the guest's life ------------------------------------------------------
    def start(self):
        self.boots += 1
        self.m = m = Fuzzed(MACHINE, OURS, self.plan, self.folder)
        m.begin = None
        watch = Watch(m)
        try:
            m.boot()
            self.spent["boot"] += watch.passed()
        except (GuestError, HostError) as e:
            if m.process and m.process.running() and watch.starved():
                raise Slow("the guest has not started in %d s: %s" % (watch.passed(), e)) from e
            raise Finding("the guest does not start: %s" % e) from e
        m.deadline = time.monotonic() + 10**6
        self.seen = self.honest = 0
        self.cases_here = 0
        self.base = None
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.sh"), encoding="ascii") as f:
            m.append("/run/check.sh", f.read())
        for n in (0, 1):
            subprocess.run("ip link set hvt%d mtu %d up; ip addr replace 10.9.%d.1/24 dev hvt%d" % (n, (9000, 1500)[n], n, n), shell=True, check=True)
        if not self.servers:
            self.servers = [Server(None, "0.0.0.0", 7001), Server(b"y" * 300000, "0.0.0.0", 7002)]
        with open(m.path("copied"), "w", encoding="ascii") as f:
            f.write("still well\n" * 500)
        bus, others = self.drivers
        if others == "ours":        # a probe that waits for a slow host keeps the module as long
            self.sh("mkdir -p /etc/modprobe.d; echo options hv_storvsc storvsc_host_timeout=2 >/etc/modprobe.d/fuzz.conf", "start")
        self.sh("prepare; unload_all; use %s vmbus; for m in storvsc netvsc utils; do use %s $m; done; %s" %
                (bus, others, self.load), "start")
        m.drivers = self.drivers
        if others == "ours":
            self.sh("grep -qx 2 /sys/module/hv_storvsc/parameters/storvsc_host_timeout", "start: the driver's limit")
        self.back("start")
        self.cover(None)
        self.sh("sow; beats", "start")

    def used(self):
        """Seconds of processors, by all guests and hvroot so far."""
        return self.before + (self.m.process.seconds() if self.m and self.m.process else 0)

    def stop(self):
        if self.m:
            self.before = self.used()
            self.m.stop()
            self.m.discard()
        self.m = None

    def end(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def save(self, folder):
        """The record of the last case, what the guest and hvroot said, and where the guest is."""
        os.makedirs(folder, exist_ok=True)
        if os.path.exists(self.record):
            shutil.copy(self.record, folder)
        if not self.m:
            return
        with open(os.path.join(folder, "state"), "w", encoding="utf-8") as f:
            f.write("\n".join(self.m.diagnostics() + self.both_sides()))
        for name in ("console", "vmm.log"):
            shutil.copy(self.m.path(name), folder)

    def both_sides(self):
        """What each side says that there is."""
        try:
            return (["-- hvroot's channels:"] + self.m.host("list", 20) + ["-- the guest's devices:"] +
                    self.m.run("cd /sys/bus/vmbus/devices; grep . */state; cat /sys/kernel/debug/hv_vmbus/errors", 20)[0].splitlines())
        except (GuestError, HostError, Failure) as e:
            return ["-- %s" % e]

    # -- asking the guest --------------------------------------------------------
    def sh(self, script, when, timeout=60):
        """Output of a script that must succeed."""
        watch = Watch(self.m)
        try:
            out = self.m.sh(script, timeout)
            self.spent[when.split(":")[0]] += watch.passed()
            return out
        except Failure as e:
            self.look(when)         # the kernel may know why
            raise Finding("%s: %s" % (when, e)) from e
        except (GuestError, HostError) as e:
            self.look(when)
            if isinstance(e, Late) and e.slow:
                raise Slow("%s: %s" % (when, e)) from e
            raise Finding("%s: the guest does not answer: %s" % (when, e)) from e

    def holds(self, test, seconds):
        """Whether TEST becomes true in the guest in its own time."""
        whole = Watch(self.m)
        for _ in range(ROUNDS):
            watch = Watch(self.m)
            if self.becomes(test, seconds):
                return True
            if whole.cpu() >= seconds or not watch.starved():
                return False
        raise Slow("not in %d s, of which others had most: %s" % (ROUNDS * seconds, test))

    def becomes(self, test, seconds):
        """The same by the guest's clock."""
        return self.sh("read t _ </proc/uptime; end=$((${t%%%%.*} + %d)); until %s; do read t _ </proc/uptime; "
                       "[ ${t%%%%.*} -lt $end ] || { echo no; exit 0; }; sleep 0.1; done 2>/dev/null; echo yes" % (seconds, test),
                       "waits", seconds + 60).endswith("yes")

    def host(self, command, timeout=60):
        try:
            return self.m.host(command, timeout)
        except HostError as e:
            if "error:" in str(e):
                raise
            self.look("hvroot")
            raise Finding("hvroot went away at '%s': %s" % (command, " | ".join(tail(self.m.path("vmm.log"), 5)))) from e

    def look(self, when):
        """At what the guest's kernel said since the last look."""
        with open(self.m.path("console"), "rb") as f:
            f.seek(self.seen)
            said = whole_lines(f.read())
        self.seen += len(said)
        text = said.decode(errors="replace")
        self.counted += len(re.findall(self.wanted, text)) if self.wanted else 0
        bad = judge(text, self.noise) or re.findall(".*Kernel panic.*", text)
        if bad and "lockdep_hardirqs_on_prepare" in bad[0] and "events do_free_init" in text:
            raise Worn("%s: User Mode Linux's own warning (tests/process/README.md, vmalloc), and lockdep looks no more" % when)
        if bad and "mm/page_alloc.c" in bad[0] and re.search(LUN_SCAN, text):
            raise Worn("%s: the SCSI midlayer asks for as much memory as a list of LUNs says (docs/hostile-host.md)" % when)
        if bad:
            at = text.index(bad[0])
            raise Finding("%s: %s\n%s" % (when, bad[0].strip(), text[at:at + 4000]))
        lines = text.count("\n")
        if lines > LINES:
            raise Finding("%s: %d lines in the kernel's log" % (when, lines))

    # -- a case ----------------------------------------------------------------
    def case(self, number, script=None):
        """One case on the guest that is there, or a new one."""
        if not self.m:
            self.start()
        if number % BIRTH:
            self.at_work(number, script)
        else:
            self.at_birth(number, script)
        self.cases_here += 1
        self.cover(number)
        if self.cases_here % 8 == 0:
            self.memory()
            self.synced()

    def cover(self, number):
        if not self.coverage:
            return
        new = self.coverage.add(self.sh("cat /sys/kernel/debug/hvglue/cover", "coverage"))
        if new and number is not None:
            self.new[number] = self.new.get(number, 0) + new
            self.guide.keep(self.record)

    def lie(self, number, script, spare):
        words = "hostile seed=%d record=%s " % (number, self.record)
        words += "play=%s" % script if script else "seeds=%s" % self.seeds
        base = None if script else self.guide.choose(number, os.path.join(self.folder, "base"))
        self.guided = bool(base)
        if base:
            words += " play=%s more=1" % base
        self.host(words + (" spare=" + SPARED if spare else ""))

    def be_honest(self):
        for line in self.host("hostile off"):
            name, _, rest = line.partition(" ")
            found = re.search(r"seen=(\d+) struck=(\d+)", rest)
            if found:
                seen, struck = map(int, found.groups())
                self.layers[name] = self.layers.get(name, 0) + struck
                self.lies += struck
                self.told += max(seen, struck) if name in TOLD else 0
        self.host("fault clear")
        self.honest = os.path.getsize(self.m.path("console"))

    def beat(self):
        self.holds("[ -e /run/beat ]", 20)
        return [int(n) for n in self.sh("cat /run/beat", "beat").split()]

    def go_on(self, before, seconds=20):
        """The disk and the NIC that nobody touches have done more than BEFORE."""
        if not self.holds('read n p </run/beat; [ "$n" -gt %d ] && [ "$p" -gt %d ]' % tuple(before), seconds):
            raise Finding("the disk and the NIC that nobody touches stand still: %s, now %s" % (before, self.beat()))

    def wait(self, number):
        """While the host lies."""
        speaker = Speaker(("10.9.0.255", 9), number)
        speaker.start()
        time.sleep(self.long)
        speaker.over.set()
        speaker.join()
        self.spent["lies"] += self.long

    def at_work(self, number, script):
        """The host lies while the guest works."""
        before = self.beat()
        self.sh("job", "job")
        self.lie(number, script, True)
        asker = Asker(self.m.path("control"), self.m.path("copied"), number)
        asker.start()
        self.wait(number)
        asker.over.set()
        self.be_honest()
        self.look("case")
        self.go_on(before)
        self.go_on(self.beat())     # and still do
        self.again()
        self.back("after case")

    def at_birth(self, number, script):
        """The host lies from the first message on, and until the last."""
        self.sh("no_beats; unload_all", "before case")
        self.lie(number, script, False)
        self.sh("touch /run/birth; (%s; [ ! -e /run/birth ] || job) >/dev/null 2>&1 &" % self.load, "load")
        self.wait(number)
        if number % 8:
            self.be_honest()
        self.look("case")
        self.sh("rm -f /run/birth; still; rm -f /run/unloaded; { until unload_all 2>/run/why; do :; done; touch /run/unloaded; } >/dev/null 2>&1 &", "unload")
        if not number % 8:      # each question of a guest that lets go of all devices may cost it a second
            self.becomes("[ -e /run/unloaded ]", LAST)
            self.be_honest()
        if not self.holds("[ -e /run/unloaded ]", 120):
            self.look("unload")
            raise Finding("the modules cannot be unloaded:\n" + self.sh("cat /run/why; ps -o pid,stat,args | grep -v '\\['", "unload"))
        # what hotplug asked for late may have loaded the bus once more under a host that still lied
        self.sh("unload_all; " + self.load, "load again")
        self.back("after a case from the start")
        self.sh("sow; beats", "beats")

    def again(self):
        """Each device that was lied about goes and comes."""
        self.sh("touch /run/stop", "stop")
        for verb in ("rescind", "offer"):
            for name in LIED_TO:
                try:
                    self.host("%s %s" % (verb, name))
                except HostError:
                    pass        # it is gone, or there, already

    def restored(self):
        """A device whose probe has failed is tried again by nobody, which a host that lied may cause later, too."""
        return self.holds("restored", 10) or (not self.gave_up() and self.holds("restored", 50))

    def gave_up(self):
        """Which the guest's log says, or the host, which waits to be told that a device it took back is given up."""
        if any(re.match(r"(%s) relid=\d+ .*rescinded" % "|".join(LIED_TO), line) for line in self.host("list")):
            return True
        with open(self.m.path("console"), "rb") as f:
            f.seek(self.honest)
            return re.search(rb"hv_(netvsc|storvsc): probe of .* failed", f.read())

    def missing(self):
        """What restored() waits for."""
        return self.sh("missing", "missing")

    def back(self, when):
        """The honest host's guest does its job; a reload of the modules is the last resort: a host that
        refused a hypercall for good was not told that a device is given back, and keeps it."""
        watch = Watch(self.m)
        lost = self.lost()
        if lost:
            self.look(when)
            self.reloads += 1
            print("# %s: a reload, for %s" % (when, lost.replace("\n", "\n#   ")), flush=True)
            self.sh("no_beats; still; unload_all; rm -f /run/job.*; %s" % self.load, when + ": reload", 120)
            lost = self.lost()
            if lost:
                self.look(when)
                raise (Slow if watch.starved() else Finding)("%s: the honest host's devices do not come back: %s" % (when, lost))
            if when != "start":
                self.sh("beats", when)
        self.sh("set -e; honest", when + ": job")
        self.look(when)

    def lost(self):
        """What of disk, NIC and services is not there in time, which a storm of offers may delay."""
        if not self.restored():
            return self.missing()
        end = time.monotonic() + 60
        for name in ("heartbeat", "timesync"):
            while True:
                try:
                    self.host("ic wait %s limit=60000" % name, 100)
                    break
                except HostError as e:
                    if "has not opened it" not in str(e) or time.monotonic() > end or \
                            (time.monotonic() > end - 50 and self.gave_up()):
                        return "%s\n%s" % (e, "\n".join(self.both_sides()))
                time.sleep(0.2)
        return ""

    # -- what is looked at now and then ---------------------------------------------
    def memory(self):
        free = self.m.free_kib()
        if self.base is None:
            self.base = free
        elif free < self.base - MEMORY:
            raise Finding("memory: %d KiB were free, now %d" % (self.base, free))

    def synced(self):
        self.sh("echo 3 >/proc/sys/vm/drop_caches; cd /mnt/s/source; md5sum -c -s /run/sums", "what was synced before")

    def close(self):
        """Nothing is left behind."""
        if not self.m:
            return
        self.sh("no_beats; unload_all", "end")
        self.look("end")
        leaks = self.m.leaks()
        if leaks:
            raise Finding("leaks:\n" + leaks[:4000])

    def report(self, seconds):
        print("# %d boots, %d reloads; lies: %s" % (self.boots, self.reloads,
              ", ".join("%s %d" % (k, v) for k, v in sorted(self.layers.items()))))
        lying = max(0.1, self.spent["lies"])
        print("# %.0f seconds of processors, %.0f lies in each" % (self.used(), self.lies / max(1, self.used())))
        print("# %.0f lies a second over all; while it lied %.0f and %.0f messages and packets" %
              (self.lies / max(1, seconds), self.lies / lying, self.told / lying))
        print("# seconds: " + ", ".join("%s %.0f" % w for w in self.spent.most_common(9)))
        if self.wanted:
            print("# %d lines with %s" % (self.counted, self.wanted))
