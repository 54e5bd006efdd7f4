# SPDX-License-Identifier: GPL-2.0-only
"""Several labs work on one list of boots.

Each lab is a machine of its own with one CPU, so that none disturbs another and
one that ends early takes nobody with it. They share a folder: a boot belongs to
the lab that made its claim file first, results are lines of JSON that each lab
appends to its own file. What a dead lab had begun goes to the next.
"""
import glob
import json
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scripts/lib"))

from progress import Progress                           # noqa: E402

RESULT = re.compile(r"(not ok|ok) - (.*)", re.S)
# as many as scripts/lab lets run (LAB_SLOTS): one waits for time limits for a third of its time and more
WANTED = (3 * (os.cpu_count() or 1) + 1) // 2
DIED = 125              # scripts/lab's status when the outer VM is gone; others are wanted ends
DEATHS = 2              # of labs in the same scenario: then it is the scenario's


class Desk:
    """A lab's own view of the folder."""

    def __init__(self, folder, lab):
        self.folder, self.lab = folder, lab

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def results(self):
        """Of all labs, also of those that are gone."""
        found = []
        for path in sorted(glob.glob(self.path("results-*"))):
            with open(path) as f:
                found += [json.loads(line) for line in f if line.endswith("\n")]
        return found

    def add(self, result):
        with open(self.path("results-%s" % self.lab), "a") as f:
            f.write(json.dumps(result) + "\n")

    def begin(self, name):
        """Should the lab die now, it was in this scenario."""
        with open(self.path("now-%s" % self.lab), "w") as f:
            f.write(name)

    def end(self):
        """There is nothing left to do here."""
        if os.path.exists(self.path("now-%s" % self.lab)):
            os.unlink(self.path("now-%s" % self.lab))

    def claims(self, boots, place):
        """The boots for labs of this kind that no other does, one after the other, as (list of runs
        still to do)."""
        for n, boot in enumerate(boots):
            if boot[0].machine.place != place:
                continue
            try:
                fd = os.open(self.path("claim-%d" % n), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                continue
            os.write(fd, str(self.lab).encode())
            os.close(fd)
            done = {r["name"] for r in self.results()}
            left = [run for run in boot if run.name not in done]
            if left:
                yield left


class Labs:
    """The machine's side: starts the labs, numbers and prints what they report."""

    def __init__(self, folder, command, total, failed):
        self.folder, self.command = folder, command
        self.failed = failed            # (name) -> result of a scenario that took labs with it
        self.desk = Desk(folder, "machine")
        self.lock = threading.Lock()
        self.progress = Progress("scenarios", total, "", self.far)
        self.number = self.started = 0
        self.deaths = {}
        os.makedirs(folder, exist_ok=True)
        for old in os.listdir(folder):
            os.unlink(os.path.join(folder, old))
        print("KTAP version 1\n1..%d" % total, flush=True)

    def show(self, lines):
        """A block of lines that ends in a result, with its number."""
        found = RESULT.match(lines[-1])
        with self.lock:
            if found:
                self.number += 1
                lines[-1] = "%s %d - %s" % (found.group(1), self.number, found.group(2))
            self.progress.clear()
            sys.stdout.write("".join(lines))
            sys.stdout.flush()

    def far(self):
        """How many have a result, and what runs."""
        now = []
        for path in sorted(glob.glob(self.desk.path("now-*"))):
            with open(path) as f:
                now.append(f.read().split(" ")[0])
        return self.number, ", ".join(now)

    def one(self, place):
        """Run one lab to its end; whether it died and left work."""
        with self.lock:
            self.started += 1
            lab = self.started
        child = subprocess.Popen(self.command(lab, place), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 text=True, errors="replace")
        lines = []
        for line in child.stdout:
            if line.startswith("#>"):       # how far a long one is
                self.show([line])
                continue
            lines.append(line)
            if RESULT.match(line):
                self.show(lines)
                lines = []
        if lines:
            self.show(lines)
        status = child.wait()
        if status:
            self.show(["# lab %d ended with status %d\n" % (lab, status)])
        return status == DIED and self.died(lab)

    def died(self, lab):
        """Give back what the lab had claimed; whether another has something to do."""
        try:
            with open(self.desk.path("now-%d" % lab)) as f:
                name = f.read()
        except FileNotFoundError:       # it did not even start
            return False
        self.show(["# it died in %s\n" % name])
        self.deaths[name] = self.deaths.get(name, 0) + 1
        if self.deaths[name] == DEATHS:
            self.desk.add(self.failed(name))
            self.show(["not ok - %s\n" % name])
        for path in glob.glob(self.desk.path("claim-*")):
            with open(path) as f:
                mine = f.read() == str(lab)
            if mine:
                os.unlink(path)
        return True

    def work(self, place):
        while self.one(place):
            pass

    def run(self, counts):
        """All labs to their end, so many of each kind; all results."""
        threads = []
        with self.progress:
            for place, count in counts.items():
                for _ in range(count):
                    threads.append(threading.Thread(target=self.work, args=(place,)))
                    threads[-1].start()
                    if place == "nested":
                        time.sleep(1)       # the first builds what the others use too
            for t in threads:
                t.join()
        return self.desk.results()
