#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/scenarios/run.py [options] [NAME...] - boot guests under hvroot and try everything.

Builds what is needed, enters the lab (scripts/lab), boots one guest for each kind
of machine, and runs the scenarios in it; KTAP on the output, one line for each
scenario, machine and pair of drivers. NAME is a scenario or a shell pattern;
without names all run.

  --list           the scenarios, their rows and machines; runs nothing
  --drivers A/B    only this pair: bus/storvsc, each "ours" or "intree"
  --kernel K       only machines with this kernel (default, 6.12, ...)
  --jobs N         boots at the same time (2)
  --budget MIN     begin no scenario after so many minutes; the rest is skipped, and said so
  --tries N        tries of a scenario that fails (2); what passes late is called FLAKY
  --keep           keep the folders of all machines, not just of failed ones
  --no-build       take the hvroot, modules and images that are there
"""
import argparse
import fnmatch
import glob
import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import traceback

LABS = 4                # a lab may die on us, but not for ever
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import images                                           # noqa: E402
from guest import GuestError                            # noqa: E402
from host import HostError                              # noqa: E402
from machine import Booted, Failure, Skip               # noqa: E402
from registry import ALL, expand                        # noqa: E402


def load():
    """Every scenario file registers its scenarios when imported."""
    for path in sorted(glob.glob(os.path.join(HERE, "s_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])


def chosen(options):
    boots = []
    for boot in expand(ALL):
        runs = [r for r in boot
                if (not options.names or
                    any(fnmatch.fnmatch(r.scenario.name, n) for n in options.names))
                and (not options.drivers or "/".join(r.drivers) == options.drivers)
                and (not options.kernel or r.machine.kernel == options.kernel)]
        if runs:
            boots.append(runs)
    return boots


class Report:
    """KTAP lines as they come, and all results as JSON at the end."""

    def __init__(self, total, path, before):
        self.lock = threading.Lock()
        self.path = path
        self.results = before           # of a lab that ended in the middle
        self.start = time.monotonic()
        print("KTAP version 1\n1..%d" % total, flush=True)

    def add(self, run, verdict, seconds, lines):
        with self.lock:
            self.results.append({"name": run.name, "rows": run.rows, "verdict": verdict,
                                 "seconds": round(seconds, 1), "lines": lines})
            ok = "not ok" if verdict in ("failed", "known") else "ok"
            tag = " # SKIP " + lines[0] if verdict == "skipped" else ""
            if verdict == "known":
                tag = " # TODO " + known(run)
            if verdict == "passed" and run.rows:
                tag = " # rows " + " ".join(run.rows)
            if verdict != "skipped":
                for line in lines:
                    print("#   " + line)
            self.keep()
            print("# %.0f s: %s" % (seconds, run.scenario.title))
            print("%s %d - %s%s" % (ok, len(self.results), run.name, tag), flush=True)

    def keep(self):
        """Should the outer VM die, another goes on from here."""
        with open(self.path + ".new", "w") as f:
            json.dump(self.results, f)
        os.rename(self.path + ".new", self.path)

    def comment(self, text):
        with self.lock:
            print("# " + text, flush=True)


def known(run):
    """Why this run is known to fail, or None."""
    key = "%s %s/%s" % (run.scenario.name, *run.drivers)
    with open(os.path.join(HERE, "known.txt")) as f:
        for line in f:
            pattern, _, reason = line.partition(": ")
            if not line.startswith("#") and reason and fnmatch.fnmatchcase(key, pattern):
                return reason.strip()
    return None


def attempt(machine, run):
    """(verdict, lines) of one scenario."""
    try:
        machine.begin(run.scenario.timeout)
        if machine.spec.vmm != "qemu-plain":
            machine.use(*run.drivers, version=run.machine.version)
        run.scenario.func(machine)
        try:
            bad = machine.trouble(run.scenario.noise)
        except (Failure, GuestError, HostError):
            if not run.scenario.fresh:      # the others leave a guest that answers
                raise
            bad = []
        if bad:
            return "failed", ["the kernel complained:"] + bad[:20]
        return "passed", list(machine.notes)
    except Skip as e:
        return "skipped", [str(e)]
    except (Failure, GuestError, HostError) as e:
        return "failed", str(e).splitlines()
    except Exception:                   # a mistake in the scenario itself
        return "failed", traceback.format_exc().splitlines()


def boot_for(run, options, plan, report):
    """A machine for the run, or None with the reason as lines."""
    start = time.monotonic()
    machine = Booted(run.machine.boot(), run.drivers, plan[run.machine.kernel], options.scratch)
    try:
        machine.boot()
        report.comment("booted in %.0f s: %s" % (time.monotonic() - start, run.machine.text()))
        return machine, []
    except (GuestError, HostError, OSError) as e:
        machine.stop()
        lines = ["the guest did not come up: %s" % e] + machine.diagnostics()
        save(machine, run, options)
        return None, lines


def once(machine, run, options, plan, report):
    """One try: (machine or None, verdict, lines)."""
    if machine is None:
        machine, lines = boot_for(run, options, plan, report)
        if machine is None:
            return None, "failed", lines
    verdict, lines = attempt(machine, run)
    if verdict == "failed":
        lines += machine.diagnostics()
        machine.stop()
        save(machine, run, options)
        machine = None
    return machine, verdict, lines


def serve(boot, options, plan, report):
    """Run the scenarios of one boot. A failure is tried once more on a fresh machine: a busy
    machine meets limits that are not ours; what passes only then is reported as such."""
    machine = None
    for run in boot:
        start = time.monotonic()
        if options.budget and start - report.start > 60 * options.budget:
            report.add(run, "skipped", 0, ["the %d minutes of --budget are over" % options.budget])
            continue
        machine, verdict, lines = once(machine, run, options, plan, report)
        if verdict == "failed" and known(run):
            verdict = "known"
        elif verdict == "failed" and options.tries > 1:
            first = lines
            machine, verdict, lines = once(machine, run, options, plan, report)
            if verdict == "failed":
                lines = first + ["-- and the second try:"] + lines
            else:
                lines = ["FLAKY, the first try failed:"] + first + lines
        report.add(run, verdict, time.monotonic() - start, lines)
    if machine:
        machine.stop()
        if options.keep:
            save(machine, boot[0], options)
        machine.discard()


def save(machine, run, options):
    """Keep the logs of a machine where the caller can read them."""
    name = run.name.replace("/", "-").replace(" ", "_")
    to = os.path.join(options.lab_out, "machines", name)
    os.makedirs(to, exist_ok=True)
    for f in ("vmm.log", "trace", "console"):
        if os.path.exists(machine.path(f)):
            subprocess.run(["cp", machine.path(f), to], check=False)
    machine.discard()


def together(boots):
    """Lists of boots that may not run at the same time: those with a NIC share its TAP and address."""
    nets = [b for b in boots if any("tap=" in o for o in b[0].machine.options)]
    return [nets] * bool(nets) + [[b] for b in boots if b not in nets]


def inside(options):
    """In the lab: run the plan."""
    with open(os.path.join(options.out, "plan.json")) as f:
        plan = json.load(f)
    options.scratch = os.environ.get("TMPDIR", "/tmp")
    boots = chosen(options)
    part = os.path.join(options.lab_out, "results.part")
    before = []
    if options.resume and os.path.exists(part):
        with open(part) as f:
            before = json.load(f)
    done = {r["name"] for r in before}
    boots = [[r for r in b if r.name not in done] for b in boots]
    boots = [b for b in boots if b]
    report = Report(sum(len(b) for b in boots) + len(done), part, before)
    work = queue.Queue()
    for group in together(boots):
        work.put(group)

    def worker():
        while True:
            try:
                group = work.get_nowait()
            except queue.Empty:
                return
            for boot in group:
                serve(boot, options, plan, report)

    threads = [threading.Thread(target=worker) for _ in range(options.jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    with open(os.path.join(options.lab_out, "results.json"), "w") as f:
        json.dump(report.results, f, indent=1)
    return 0 if all(r["verdict"] != "failed" for r in report.results) else 1


def outside(options, argv):
    """On the machine: build, write the plan, enter the lab, say what did not run."""
    boots = chosen(options)
    os.makedirs(options.out, exist_ok=True)
    plan = images.prepare({r.machine.kernel for b in boots for r in b}, not options.no_build)
    with open(os.path.join(options.out, "plan.json"), "w") as f:
        json.dump(plan, f, indent=1)
    results = os.path.join(options.lab_out, "results.json")
    for old in (results, os.path.join(options.lab_out, "results.part")):
        if os.path.exists(old):
            os.unlink(old)
    for again in range(LABS):
        status = subprocess.run([os.path.join(ROOT, "scripts/lab"), PYTHON, os.path.abspath(__file__),
                                 "--in-lab"] + argv + ["--resume"] * (again > 0),
                                stdin=subprocess.DEVNULL, check=False).returncode
        if os.path.exists(results) or status == 2:
            break
        print("# the lab ended with status %d; what is left goes into a new one" % status, flush=True)
    if not os.path.exists(results):
        print("not ok - scenarios: the lab ended with status %d before they were done" % status)
        return 1
    return status


def listing(options):
    for boot in chosen(options):
        print(boot[0].machine.text())
        for r in boot:
            print("  %-32s %-14s %s" % (r.scenario.name, "/".join(r.drivers), " ".join(r.rows)))
    return 0


def main(argv):
    p = argparse.ArgumentParser(usage=__doc__, add_help=False)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--drivers")
    p.add_argument("--kernel")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--budget", type=int, default=0)
    p.add_argument("--tries", type=int, default=2)
    p.add_argument("--keep", action="store_true")
    p.add_argument("--no-build", action="store_true")
    p.add_argument("--resume", action="store_true")
    p.add_argument("--in-lab", action="store_true")
    if "-h" in argv or "--help" in argv:
        print(__doc__)
        return 0
    p.error = lambda text: sys.exit("run.py: %s (see --help)" % text)
    options = p.parse_args(argv)
    options.out = os.path.join(ROOT, "build/check")
    options.lab_out = os.environ.get("LAB_OUT", os.path.join(ROOT, "build/lab"))
    load()
    for n in options.names:
        if not any(fnmatch.fnmatch(s.name, n) for s in ALL):
            sys.exit("run.py: no scenario '%s' (see --list)" % n)
    if options.list:
        return listing(options)
    if options.in_lab:
        return inside(options)
    return outside(options, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
