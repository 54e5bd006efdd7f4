# SPDX-License-Identifier: GPL-2.0-only
"""Lies that reached code which no other had: some cases tell them once more, and new ones beside."""
import random

ONE_OF = 3              # cases, once there is something
MOST = 64               # records
LINES = 2000            # of one


class Guide:
    def __init__(self):
        self.kept = []

    def keep(self, record):
        """RECORD, a path, is of a case that reached something new."""
        with open(record, encoding="ascii", errors="replace") as f:
            lines = [line for line in f if line.endswith("\n") and not line.startswith("#")]
        if not lines:
            return
        picked = sorted(random.Random(len(lines)).sample(range(len(lines)), min(LINES, len(lines))))
        self.kept = self.kept[-MOST + 1:] + [[lines[n] for n in picked]]

    def choose(self, number, path):
        """PATH, with what case NUMBER begins with, or None."""
        dice = random.Random(number)
        if not self.kept or dice.randrange(ONE_OF):
            return None
        with open(path, "w", encoding="ascii", errors="replace") as f:
            f.write("".join(dice.choice(self.kept)))
        return path
