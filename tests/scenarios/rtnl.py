# SPDX-License-Identifier: GPL-2.0-only
"""How long RTNL was held, and by whom, from the kernel's own events of locks: exact, in a kernel with lockdep."""
import re

TRACE = "/sys/kernel/tracing"
EVENT = re.compile(r"^\s*(.+)-(\d+)\s+\[\d+\]\s+\S+\s+([\d.]+): lock_(acquire|release): ", re.M)
START = """cd %s; echo 0 >tracing_on; echo >trace; echo mono >trace_clock
for e in lock_acquire lock_release; do echo 'name == "rtnl_mutex"' >events/lock/$e/filter; echo 1 >events/lock/$e/enable; done
echo 1 >tracing_on""" % TRACE
STOP = "cd %s; echo 0 >tracing_on; cat trace; for e in lock_acquire lock_release; do echo 0 >events/lock/$e/enable; done" % TRACE


def holds(text):
    """[(seconds, who)] out of a trace. There is an event when a task wants the lock, or has got it by trying, and one
    when it gives it back: from the later of its own wish and the end of the one before, it had it."""
    wants, free, found = {}, 0.0, []
    for who, pid, time, what in EVENT.findall(text):
        if what == "acquire":
            wants[pid] = float(time)
        elif pid in wants:
            found.append((float(time) - max(wants.pop(pid), free), who))
            free = float(time)
    return found


class Watch:
    """Of the guest of M, from start() to longest()."""

    def __init__(self, m):
        self.m = m

    def start(self):
        self.m.sh(START)

    def longest(self):
        """(seconds, who)"""
        return max(holds(self.m.sh(STOP)), default=(0.0, "nobody"))
