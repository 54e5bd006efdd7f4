# SPDX-License-Identifier: GPL-2.0-only
"""One guest, case after case: the host lies, is honest again, and everything is looked at."""
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

from guest import GuestError
from host import Control, HostError, tail
from machine import Booted, Failure, judge
from nethost import Server
from registry import Disk, Machine

SERVICES = ("shutdown", "timesync", "heartbeat", "kvp", "vss", "fcopy")
LIED_TO = ("scsi0", "net0") + SERVICES
SPARED = "scsi1,net1"
MAC = "00:15:5d:0f:00:0%d"
MACHINE = Machine(place="process", kernel="process", offers=",".join(SERVICES),
                  disks=(Disk(size=64 << 20), Disk(size=64 << 20, controller=1)),
                  options=("--nic", "tap=hvt0,mac=" + MAC % 0, "--nic", "tap=hvt1,mac=" + MAC % 1))
OURS = ("ours", "ours")
CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus/rare")
BIRTH = 4               # one case of so many
LINES = 3000            # of the kernel's log that one case may cause
MEMORY = 96 << 10       # KiB that may be gone for good
SETTLED = 5             # cases after which memory is looked at for the first time
# A driver is loaded when its device is offered, and a host that refuses the bus a moment later takes its symbols away.
NOISE = "Unknown symbol"
# Where the midlayer reads a target's list of LUNs: its scan beside the boot, ours, and the function itself.
LUN_SCAN = "async_run_entry_fn|stor_scan_work|scsi_report_lun_scan"
LOAD = "modprobe hv_vmbus%s; settle || :"
# What the host asks of the guest meanwhile. Nothing that a guest obeys for good.
ASKS = ("heartbeat burst=3", "time sample", "time sync offset=0", "kvp list auto", "kvp set external key value",
        "kvp get external key", "kvp list external", "kvp delete external key", "kvp ip-get", "vss check",
        "fcopy %s /tmp/copied overwrite", "shutdown flags=0x40")


def whole_lines(said):
    """Up to its last line's end: what is cut in a line is looked at when the rest is there."""
    return said[:said.rfind(b"\n") + 1]


class Finding(Exception):
    """What must not happen."""


class Worn(Exception):
    """A guest that is no use any more, which no host or driver is to blame for."""


class Asker(threading.Thread):
    """Asks services all the time, on a connection of its own."""

    def __init__(self, path, file, seed):
        super().__init__(daemon=True)
        self.path, self.file, self.random = path, file, random.Random(seed)
        self.over = threading.Event()

    def run(self):
        try:
            host = Control(self.path)
            while not self.over.is_set():
                ask = self.random.choice(ASKS)
                try:
                    host((ask % self.file if "%s" in ask else ask) + " limit=300", 10)
                except HostError as e:
                    if "error:" not in str(e):
                        return
                self.over.wait(0.02)
            host.close()
        except (HostError, OSError):
            pass


class Fuzzed(Booted):
    """The machine, without a trace of everything."""

    traced = False


class Bench:
    def __init__(self, plan, long, coverage=None, drivers=OURS, ignore=None):
        self.plan, self.long, self.coverage, self.drivers = plan, long, coverage, drivers
        self.load = LOAD % (" host_timeout=1" if drivers[0] == "ours" else "")
        self.noise = "%s|%s" % (NOISE, ignore) if ignore else NOISE
        self.new = {}           # case: blocks that nobody had reached before
        self.m = None
        self.lies = self.boots = self.reloads = 0
        self.layers = {}
        self.base = None
        self.servers = []
        self.cases_here = 0
        self.folder = tempfile.mkdtemp(prefix="fuzz-")
        self.record = os.path.join(self.folder, "record")
        self.seen = 0

    # -- the guest's life ------------------------------------------------------
    def start(self):
        self.boots += 1
        self.m = m = Fuzzed(MACHINE, OURS, self.plan, self.folder)
        m.begin = None
        try:
            m.boot()
        except (GuestError, HostError) as e:
            raise Finding("the guest does not start: %s" % e) from e
        m.deadline = time.monotonic() + 10**6
        self.seen = 0
        self.cases_here = 0
        self.base = None
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.sh"), encoding="ascii") as f:
            m.append("/run/check.sh", f.read())
        for n in (0, 1):
            subprocess.run("ip link set hvt%d up; ip addr replace 10.9.%d.1/24 dev hvt%d" % (n, n, n), shell=True, check=True)
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

    def stop(self):
        if self.m:
            self.m.stop()
            self.m.discard()
        self.m = None

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
        try:
            return self.m.sh(script, timeout)
        except Failure as e:
            raise Finding("%s: %s" % (when, e)) from e
        except (GuestError, HostError) as e:
            self.look(when)
            raise Finding("%s: the guest does not answer: %s" % (when, e)) from e

    def holds(self, test, seconds):
        """Whether TEST becomes true in the guest, by its clock."""
        return self.sh("read t _ </proc/uptime; end=$((${t%%%%.*} + %d)); until %s; do read t _ </proc/uptime; "
                       "[ ${t%%%%.*} -lt $end ] || { echo no; exit 0; }; sleep 0.1; done 2>/dev/null; echo yes" % (seconds, test),
                       test, seconds * 2 + 30).endswith("yes")

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
        bad = judge(text, self.noise)
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

    def lie(self, number, script, spare):
        words = "hostile seed=%d record=%s " % (number, self.record)
        words += "play=%s" % script if script else "seeds=%s" % CORPUS
        self.host(words + (" spare=" + SPARED if spare else ""))

    def be_honest(self):
        for line in self.host("hostile off"):
            name, _, rest = line.partition(" ")
            found = re.search(r"struck=(\d+)", rest)
            if found:
                self.layers[name] = self.layers.get(name, 0) + int(found.group(1))
                self.lies += int(found.group(1))
        self.host("fault clear")

    def beat(self):
        self.holds("[ -e /run/beat ]", 20)
        return [int(n) for n in self.sh("cat /run/beat", "beat").split()]

    def at_work(self, number, script):
        """The host lies while the guest works."""
        before = self.beat()
        self.sh("job", "job")
        self.lie(number, script, True)
        asker = Asker(self.m.path("control"), self.m.path("copied"), number)
        asker.start()
        time.sleep(self.long)
        asker.over.set()
        self.be_honest()
        self.look("case")
        if not self.holds('read n p </run/beat; [ "$n" -gt %d ] && [ "$p" -gt %d ]' % tuple(before), 20):
            raise Finding("the disk and the NIC that nobody touches stand still: %s, now %s" % (before, self.beat()))
        self.again()
        self.back("after case")

    def at_birth(self, number, script):
        """The host lies from the first message on, and until the last."""
        self.sh("no_beats; unload_all", "before case")
        self.lie(number, script, False)
        self.sh("(%s; job) >/dev/null 2>&1 &" % self.load, "load")
        time.sleep(self.long)
        if number % 8:
            self.be_honest()
        self.look("case")
        self.sh("still; for n in 1 2 3; do ! unload_all 2>/run/why || exit 0; done; cat /run/why; exit 1",
                "unload", 120)
        if not number % 8:
            self.be_honest()
        self.sh(self.load, "load again")
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

    def restored(self, seconds):
        return self.holds("restored", seconds)

    def missing(self):
        """What restored() waits for."""
        return self.sh("missing", "missing")

    def back(self, when):
        """The honest host's guest does its job; a reload of the modules is the last resort: a host that
        refused a hypercall for good was not told that a device is given back, and keeps it."""
        lost = self.lost()
        if lost:
            self.look(when)
            self.reloads += 1
            print("# %s: a reload, for %s" % (when, lost.replace("\n", "\n#   ")), flush=True)
            self.sh("no_beats; still; unload_all; rm -f /run/job.*; %s" % self.load, when + ": reload", 120)
            lost = self.lost()
            if lost:
                self.look(when)
                raise Finding("%s: the honest host's devices do not come back: %s" % (when, lost))
            if when != "start":
                self.sh("beats", when)
        self.sh("set -e; honest", when + ": job")
        self.look(when)

    def lost(self):
        """What of disk, NIC and services is not there in time, which a storm of offers may delay."""
        if not self.restored(60):
            return self.missing()
        end = time.monotonic() + 60
        for name in ("heartbeat", "timesync"):
            while True:
                try:
                    self.host("ic wait %s limit=60000" % name, 100)
                    break
                except HostError as e:
                    if "has not opened it" not in str(e) or time.monotonic() > end:
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
        print("# %.0f lies a second over all" % (self.lies / max(1, seconds)))
        shutil.rmtree(self.folder, ignore_errors=True)
