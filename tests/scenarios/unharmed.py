# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel that looks for faults is asked at the end of each boot, when all scenarios have passed.

Each scenario's own messages are judged when it ends (machine.trouble); here is what no
message tells: memory that nobody knows any more, and whether the kernel still looks.
"""
import bisect
import re

from registry import OURS, Run, Scenario

# Bits of /proc/sys/kernel/tainted: bad page (KASAN too), oops, warning, soft lockup
TAINTS = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14


def named(m, text):
    """Addresses in TEXT by name, where they were in our modules when those were there last."""
    symbols = sorted((int(a, 16), name) for a, _, name, *_ in
                     (line.split() for line in m.sh("cat /tmp/symbols", 60).splitlines()))

    def name(found):
        at = bisect.bisect(symbols, (int(found.group(), 16), "~")) - 1
        if at < 0 or int(found.group(), 16) - symbols[at][0] > 1 << 16:
            return found.group()
        return "%s (%s?)" % (found.group(), symbols[at][1])
    return re.sub(r"0xf[0-9a-f]{15}", name, text)


def unharmed(m):
    "afterwards nothing is leaked, no report tainted the kernel, lockdep and kmemleak still look"
    m.sh(": >/tmp/symbols")
    if m.drivers == OURS and not m.spec.system:     # whose root is on them
        m.drivers = (None, None)
        # What only a module knew is a leak without it. Hotplug is through with what was announced first: a driver that it
        # loads while the bus goes does not find the bus' symbols.
        m.sh("settle 100; grep -F '[hv_' /proc/kallsyms >/tmp/symbols || :; unload_all", 200)
    taint = int(m.sh("cat /proc/sys/kernel/tainted"))
    m.expect(not taint & TAINTS, "the kernel is tainted: %#x" % taint)
    locks = m.sh("grep debug_locks: /proc/lockdep_stats").split()[-1]
    m.expect(locks == "1", "lockdep has switched itself off")
    leaks = m.leaks()
    m.expect(not leaks, "leaks:\n" + named(m, leaks[:6000]))


def with_end(boot):
    """The boot, on a kernel that looks for faults with a run of unharmed() behind it."""
    if not boot[0].machine.sanitized or boot[0].scenario.fresh:
        return boot
    last = boot[-1]
    end = Scenario(func=unharmed, name="unharmed-by-" + boot[0].scenario.name, title=unharmed.__doc__, rows=(),
                   machine=last.machine, drivers=(last.drivers,), timeout=400, fresh=False, noise="", long=False, needs=(), judged=False)
    return boot + [Run(end, last.machine, last.drivers)]
