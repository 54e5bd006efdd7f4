#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/fuzz/selftest.py - the fuzzer's own judgement: what is a hang, and what is a machine that has no time

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
sys.path[:0] = [os.path.join(ROOT, "tests/scenarios"), os.path.join(ROOT, "scripts/lib"), HERE]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import slow                                             # noqa: E402
from bench import Bench, Finding, Slow                  # noqa: E402
from guest import GuestError                            # noqa: E402

LIMIT = 0.05


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

    def test_holds(self):
        b = self.bench()
        b.becomes = lambda test, seconds: slow.time.sleep(seconds)
        self.assertFalse(b.holds("false", LIMIT))
        with busy(), self.assertRaises(Slow):
            b.holds("false", LIMIT)


def main():
    common.Parser(__doc__).parse_args()
    return 0 if unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    common.run(main, "tests/fuzz/selftest.py")
