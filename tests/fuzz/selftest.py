#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/selftest.py - the fuzzer's own judgement: what is a hang, and what is a machine that has no time; what is a report

Without a guest, in a second.
"""
import os
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests/scenarios"), os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import faults                                           # noqa: E402
import never                                            # noqa: E402
import run                                              # noqa: E402
import slow                                             # noqa: E402
from bench import LINES, MEMORY, Bench, Finding, Slow   # noqa: E402
from guest import GuestError                            # noqa: E402
from oracles import speak                               # noqa: E402

LIMIT = 0.05
# The first line of a report of each of the guest's detectors.
REPORTS = (
    "BUG: KASAN: slab-out-of-bounds in nv_rx_message+0x10/0x20 [hv_netvsc]",
    "BUG: KASAN: vmalloc-out-of-bounds in reader_look+0x10/0x20 [hv_vmbus]",
    "UBSAN: array-index-out-of-bounds in vmbus/offer.c:10:2",
    "WARNING: possible recursive locking detected",
    "WARNING: possible circular locking dependency detected",
    "WARNING: inconsistent lock state",
    "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580",
    "BUG: scheduling while atomic: sh/12/0x00000002",
    "INFO: task kworker/0:1:12 blocked for more than 10 seconds.",
    "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 30s!",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:12]",
    "rcu: INFO: rcu_sched self-detected stall on CPU",
    "WARNING: CPU: 0 PID: 12 at kernel/workqueue.c:3000 __flush_work+0x10/0x20",
    "refcount_t: underflow; use-after-free.",
    "list_del corruption. prev->next should be 0000000060000000, but was 0000000000000000",
    "ODEBUG: free active (active state 0) object type: timer_list hint: x",
    "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "BUG: Bad page state in process sh  pfn:00012",
    "Kernel panic - not syncing: Segfault with no mm",
)


class Machine:
    """A guest that answers in round ANSWERS, or never; in each round it says so many BYTES on its console."""

    def __init__(self, answers=None, says=0, ended=False):
        self.answers, self.says, self.ended, self.rounds = answers, says, ended, 0
        self.folder = tempfile.TemporaryDirectory()
        self.process = types.SimpleNamespace(proc=subprocess.Popen(["sleep", "60"]), running=lambda: True, seconds=lambda: 0)
        self.agent = self
        open(self.path("console"), "wb").close()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def finish(self, _end, seconds):
        self.rounds += 1
        with open(self.path("console"), "ab") as f:
            f.write(b"x" * self.says)
        if self.ended:
            raise GuestError("the agent's connection was closed")
        if self.rounds == self.answers:
            return "well", 0
        slow.time.sleep(seconds)
        raise GuestError(slow.NOBODY)

    def sh(self, _script, seconds):
        return slow.finish(self, "E1", seconds * LIMIT)[0]

    def close(self):
        self.process.proc.kill()
        self.process.proc.wait()
        self.folder.cleanup()


def busy(part=1):
    """A machine on which others have the processors for that part of the time, for as long as it is looked at."""
    return mock.patch("slow.waits", side_effect=lambda pid: {str(pid): part * slow.time.monotonic()})


class Case(unittest.TestCase):
    def machine(self, *a, **k):
        m = Machine(*a, **k)
        self.addCleanup(m.close)
        return m


class Answers(Case):
    def late(self, m):
        with self.assertRaises(slow.Late) as e:
            slow.finish(m, "E1", LIMIT)
        return e.exception.slow

    def test_hang(self):
        m = self.machine()
        self.assertFalse(self.late(m))
        self.assertEqual(m.rounds, 1)

    def test_hang_that_talks(self):
        m = self.machine(says=10)
        self.assertFalse(self.late(m))
        self.assertEqual(m.rounds, slow.ROUNDS)

    def test_no_time(self):
        m = self.machine()
        with busy():
            self.assertTrue(self.late(m))
        self.assertEqual(m.rounds, slow.ROUNDS)

    def test_hang_of_a_slow_one(self):
        """It runs for ever, though not often."""
        m = self.machine()
        m.process.seconds = lambda: 0.3 * slow.time.monotonic()
        with busy(0.7):
            self.assertFalse(self.late(m))
        self.assertGreater(m.rounds, 2)

    def test_hang_of_a_busy_one(self):
        m = self.machine()
        m.process.seconds = slow.time.monotonic
        with busy(0.2):
            self.assertFalse(self.late(m))
        self.assertEqual(m.rounds, 1)

    def test_late_answer(self):
        for says, what in ((10, mock.patch("slow.ROUNDS", slow.ROUNDS)), (0, busy())):
            m = self.machine(answers=3, says=says)
            with what:
                self.assertEqual(slow.finish(m, "E1", LIMIT), ("well", 0))

    def test_end(self):
        m = self.machine(ended=True)
        with busy(), self.assertRaises(GuestError) as e:
            slow.finish(m, "E1", LIMIT)
        self.assertNotIsInstance(e.exception, slow.Late)
        self.assertEqual(m.rounds, 1)

    def test_sleeper(self):
        """Of a real process."""
        watch = slow.Watch(self.machine())
        slow.time.sleep(0.2)
        self.assertFalse(watch.starved())


class Verdicts(Case):
    """What the bench makes of it."""

    def bench(self, *a, **k):
        b = Bench.__new__(Bench)
        b.m, b.seen, b.noise = self.machine(*a, **k), 0, ""
        return b

    def test_sh(self):
        with self.assertRaisesRegex(Finding, "does not answer"):
            self.bench().sh("true", "job", 1)
        with busy(), self.assertRaisesRegex(Slow, "job: no answer"):
            self.bench().sh("true", "job", 1)

    def test_report(self):
        """What the kernel said goes before its being late."""
        b = self.bench()
        with open(b.m.path("console"), "ab") as f:
            f.write(b"BUG: KASAN: use-after-free in somewhere\n")
        with busy(), self.assertRaisesRegex(Finding, "KASAN"):
            b.sh("true", "job", 1)

    def console(self, b, text):
        with open(b.m.path("console"), "ab") as f:
            f.write(text.encode())

    def test_each_report(self):
        for line in REPORTS:
            with self.subTest(line):
                b = self.bench()
                self.console(b, "[   12.000000] hv_netvsc: one line\n")
                b.look("case")
                self.console(b, "[   12.345678] " + line + "\n")
                with self.assertRaises(Finding):
                    b.look("case")

    def test_lines(self):
        b = self.bench()
        self.console(b, "x\n" * LINES)
        b.look("case")
        self.console(b, "x\n" * (LINES + 1))
        with self.assertRaisesRegex(Finding, "lines in the kernel's log"):
            b.look("case")

    def test_memory(self):
        b = self.bench()
        b.base, free = None, iter((200000, 200000 - MEMORY, 199999 - MEMORY))
        b.m.free_kib = lambda: next(free)
        b.memory()
        b.memory()
        with self.assertRaisesRegex(Finding, "memory"):
            b.memory()

    def test_leaks(self):
        b = self.bench()
        b.sh = lambda *_: ""
        b.m.leaks = lambda: "unreferenced object 0x62000000 (size 64)"
        with self.assertRaisesRegex(Finding, "leaks"):
            b.close()

    def test_what_does_not_come_back(self):
        """With the honest host: once the modules are loaded anew, twice is a finding."""
        b = self.bench()
        b.reloads, b.load, lost, b.sh = 0, "", iter(("net0", "", "net0", "net0")), lambda *_: ""
        b.lost = lambda: next(lost)
        b.back("case")
        self.assertEqual(b.reloads, 1)
        with self.assertRaisesRegex(Finding, "do not come back: net0"):
            b.back("case")

    def test_holds(self):
        b = self.bench()
        b.becomes = lambda test, seconds: slow.time.sleep(seconds)
        self.assertFalse(b.holds("false", LIMIT))
        with busy(), self.assertRaises(Slow):
            b.holds("false", LIMIT)


class Words(unittest.TestCase):
    """What is printed."""

    def test_again(self):
        folder = os.path.join(ROOT, "build/fuzz/findings/7")
        b = types.SimpleNamespace(guided=False)
        self.assertEqual(run.again(b, folder, 7), "--case 7")
        b.guided = True
        self.assertEqual(run.again(b, folder, 7), "--play build/fuzz/findings/7/record")

    def test_oracles(self):
        """A machine that is too slow is no oracle that is silent, and what goes wrong beside ends nothing."""
        def raises(e):
            def spoil(_bench):
                raise e
            return spoil

        b = types.SimpleNamespace(m=True, stop=mock.Mock())
        oracles = ((raises(Slow("late")), "x"), (raises(Finding("KASAN")), "KASAN"), (raises(GuestError("gone")), "gone to"),
                   (lambda _bench: None, "KASAN"), (raises(Finding("other")), "KASAN"))
        with mock.patch("builtins.print") as said:
            self.assertEqual(speak(b, oracles), 3)
        lines = [c.args[0] for c in said.call_args_list]
        self.assertEqual([line.split(" - ")[0] for line in lines], ["ok 1", "ok 2", "not ok 3", "not ok 4", "not ok 5"])
        self.assertIn("# SKIP", lines[0])
        self.assertEqual(b.stop.call_count, 2)


class Proof(unittest.TestCase):
    """Whether a report is a fault's own."""

    FAULT = faults.Fault("x", "a.c", "", "", "", ("stor_on_*", "pick"))
    LET = "[   10.000000] hv_proof: let through 1\n<3>[   12.000000] hv_proof: let through 7\n"
    REPORT = "case: BUG: KASAN\n[   12.500000] BUG: KASAN\n[   12.500000]  [<60>] stor_on_channel+0x17c/0x13b0 [hv_storvsc]\n"

    def test_own(self):
        own, why = faults.judged(self.FAULT, self.REPORT, self.LET)
        self.assertTrue(own)
        self.assertEqual(why, "7 let through, the last 0.5 s before; in stor_on_channel")

    def test_nothing_let_through(self):
        self.assertFalse(faults.judged(self.FAULT, self.REPORT, "[   10.000000] x\n")[0])

    def test_elsewhere(self):
        for name in ("nv_rx", "pick_other", "my_pick", "? stor_on_channel"):
            with self.subTest(name):
                report = self.REPORT.replace("stor_on_channel", name)
                self.assertFalse(faults.judged(self.FAULT, report, self.LET)[0])

    def test_a_report_says_where(self):
        """Where all else is does not count with a report, but where a guest is that does not answer."""
        asked = self.LET + "[   99.000000] sysrq: Show Regs\n<6>[   99.000000] RIP: 0033:pick.isra.0+0x1/0x2 [hv_vmbus]\n"
        self.assertFalse(faults.judged(self.FAULT, self.REPORT.replace("stor_on_channel", "y"), asked)[0])
        self.assertTrue(faults.judged(self.FAULT, "job: the guest does not answer", asked)[0])
        self.assertFalse(faults.judged(self.FAULT, "job: the guest does not answer", self.LET)[0])


class Never(unittest.TestCase):
    """Lines that never ran, by kind."""

    def test_explained(self):
        kinds = [("a", "why"), ("b", "why not")]
        rows = [("x/*.c:f_*", 0), ("x/y.c", 1), ("z.c", 1)]
        lines = [("x/y.c", 1, "f_a"), ("x/y.c", 2, "g"), ("x/z.c", 3, "g")]
        with mock.patch("never.reasons", return_value=(kinds, rows)):
            found, left, idle = never.explained(lines)
        self.assertEqual(found, [("a", "why", lines[:1]), ("b", "why not", lines[1:2])])
        self.assertEqual((left, idle), (lines[2:], ["z.c"]))


def main():
    common.Parser(__doc__).parse_args()
    return 0 if unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/selftest.py")
