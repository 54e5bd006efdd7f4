# SPDX-License-Identifier: GPL-2.0-only
"""Whether a guest hangs or its machine is slow: one that is late hangs if it sleeps, silent, though nobody keeps it from
running, or has run for as long as the limit says. One that waits for processors longer than it runs is slow."""
import glob
import os
import time

from guest import GuestError

NOBODY = "no answer from the guest's agent"
ROUNDS = 6          # a limit is waited for so often, if others have the processors or the guest still says something


class Late(GuestError):
    """No answer; .slow: the machine is to blame."""

    def __init__(self, seconds, slow):
        super().__init__("no answer in %d s%s" % (seconds, ", of which others had most" if slow else ""))
        self.slow = slow


def family(pid):
    """A process and all that it has started."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                child, _, rest = f.read().partition(" (")
        except OSError:
            continue
        children.setdefault(rest.rpartition(") ")[2].split()[1], []).append(child)
    found = [str(pid)]
    for one in found:
        found += children.get(one, [])
    return found


def number(path, at, line=0):
    """A number in a file of /proc, or 0 where the kernel does not have it."""
    try:
        with open(path, encoding="ascii") as f:
            return int(f.read().splitlines()[line].split()[at])
    except (OSError, IndexError, ValueError):
        return 0


def waits(pid):
    """{process: seconds that it waited for a processor}, of the first thread of each"""
    return {one: number("/proc/%s/schedstat" % one, 1) / 1e9 for one in family(pid)}


def stolen():
    """Seconds that this machine's own host gave to others, for each processor."""
    return number("/proc/stat", 8) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


class Watch:
    """From now on: what processors a machine had, what it waited for them, and whether its guest says something on the console."""

    def __init__(self, m):
        self.m = m
        self.since = time.monotonic()
        self.before = waits(m.process.proc.pid) if m.process else {}
        self.used = m.process.seconds() if m.process else 0
        self.stolen = stolen()
        self.said = self.size()

    def passed(self):
        return time.monotonic() - self.since

    def cpu(self):
        """Seconds that it had one"""
        return self.m.process.seconds() - self.used if self.m.process else 0

    def delay(self):
        """Seconds that it wanted one which others had; less than that, as processes that have ended are forgotten"""
        now = waits(self.m.process.proc.pid) if self.m.process else {}
        return sum(t - self.before.get(p, 0) for p, t in now.items()) + stolen() - self.stolen

    def starved(self):
        """It waited longer than it ran. One that sleeps does neither."""
        delay = self.delay()
        return delay > self.cpu() and delay > self.passed() / 4

    def size(self):
        try:
            return os.path.getsize(self.m.path("console"))
        except OSError:
            return 0

    def speaks(self):
        return self.size() > self.said


def finish(m, end, seconds):
    """(output, status) of the script that the guest runs, as m.agent.finish(), but SECONDS are its own: it hangs if it is silent and
    nobody keeps it from running, or has run for so long."""
    whole = Watch(m)
    for _ in range(ROUNDS):
        watch = Watch(m)
        try:
            return m.agent.finish(end, seconds)
        except GuestError as e:
            if str(e) != NOBODY:        # it has ended
                raise
        if whole.cpu() >= seconds or not (watch.starved() or watch.speaks()):
            raise Late(whole.passed(), False)
    raise Late(whole.passed(), watch.starved())
