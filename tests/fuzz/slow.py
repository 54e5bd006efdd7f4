# SPDX-License-Identifier: GPL-2.0-only
"""Whether a guest hangs or its machine is slow. A limit is time that the guest had for itself: while it waited for a
processor which others had, or which the machine's own host gave away, no time of its own passed."""
import glob
import os
import time

from guest import GuestError

NOBODY = "no answer from the guest's agent"
ROUNDS = 4          # a limit is waited for so often, if the guest had not half of it for itself or still says something


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
    """From now on: how much time a machine had for itself, and whether its guest says something on the console."""

    def __init__(self, m):
        self.m = m
        self.since = time.monotonic()
        self.before = waits(m.process.proc.pid) if m.process else {}
        self.stolen = stolen()
        self.listen()

    def passed(self):
        return time.monotonic() - self.since

    def own(self):
        """Seconds"""
        now = waits(self.m.process.proc.pid) if self.m.process else {}
        lost = sum(t - self.before.get(p, 0) for p, t in now.items()) + stolen() - self.stolen
        return max(0, self.passed() - lost)

    def starved(self):
        """Others had more than half of it."""
        return self.own() < self.passed() / 2

    def size(self):
        try:
            return os.path.getsize(self.m.path("console"))
        except OSError:
            return 0

    def listen(self):
        """What it says from here on counts."""
        self.said = self.size()

    def speaks(self):
        return self.size() > self.said


def finish(m, end, seconds):
    """(output, status) of the script that the guest runs, as m.agent.finish(), but SECONDS are its own."""
    watch = Watch(m)
    for _ in range(ROUNDS):
        watch.listen()
        try:
            return m.agent.finish(end, seconds)
        except GuestError as e:
            if str(e) != NOBODY:        # it has ended
                raise
        slow = watch.own() < seconds / 2
        if not slow and not watch.speaks():
            break
    raise Late(watch.passed(), slow)
