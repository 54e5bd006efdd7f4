#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/scenarios/run.py [options] [NAME...] - boot guests under hvroot and try everything.

Builds what is needed, enters labs (scripts/lab), boots one guest for each kind
of machine, and runs the scenarios in it; KTAP on the output, one line for each
scenario, machine and pair of drivers. NAME is a scenario or a shell pattern;
without names all run.

  --list           the scenarios, their rows and machines; runs nothing
  --drivers A/B    only this pair: bus/storvsc, each "ours" or "intree"
  --kernel K       only machines with this kernel (default, 6.12, ...)
  --boot K         boot kernel K (debug, ...) where the default one is meant
  --labs N         labs at the same time (three for two CPUs: a lab waits a third of its time)
  --budget MIN     begin no scenario after so many minutes; the rest is skipped, and said so
  --tries N        tries of a scenario that fails (2); what passes late is called FLAKY
  --long           also those that take minutes each, and else run only when they are named
  --keep           keep the folders of all machines, not just of failed ones
  --no-build       take the hvroot, modules and images that are there
"""
import argparse
import dataclasses
import fnmatch
import glob
import importlib
import json
import os
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import images                                           # noqa: E402
from guest import GuestError                            # noqa: E402
from host import HostError                              # noqa: E402
from labs import WANTED, Desk, Labs                     # noqa: E402
from machine import Booted, Failure, Skip               # noqa: E402
from registry import ALL, expand                        # noqa: E402
from unharmed import with_end                           # noqa: E402


def load():
    """Every scenario file registers its scenarios when imported."""
    for path in sorted(glob.glob(os.path.join(HERE, "s_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])


def other_kernel(scenario, kernel):
    """The scenario on a machine with KERNEL; one with KASAN takes more memory."""
    m = scenario.machine
    if m.kernel != "default":
        return scenario
    return dataclasses.replace(scenario, machine=dataclasses.replace(m, kernel=kernel, memory=max(m.memory, 1024)))


def chosen(options):
    boots = []
    for boot in expand([other_kernel(s, options.boot) for s in ALL] if options.boot else ALL):
        runs = [r for r in boot
                if (any(fnmatch.fnmatch(r.scenario.name, n) for n in options.names) if options.names
                    else options.long or not r.scenario.long)
                and (not options.drivers or "/".join(r.drivers) == options.drivers)
                and (not options.kernel or r.machine.kernel == options.kernel)]
        if runs:
            boots.append(with_end(runs))
    return boots


class Report:
    """What one lab says of its runs: lines for the machine's side, and JSON in the common folder."""

    def __init__(self, desk):
        self.desk = desk
        self.start = time.monotonic()

    def add(self, run, verdict, seconds, lines):
        self.desk.add(result(run, verdict, seconds, lines))
        ok = "not ok" if verdict in ("failed", "known") else "ok"
        tag = " # SKIP " + lines[0] if verdict == "skipped" else ""
        if verdict == "known":
            tag = " # TODO " + known(run)
        if verdict == "passed" and run.rows:
            tag = " # rows " + " ".join(run.rows)
        if verdict != "skipped":
            for line in lines:
                print("#   " + line)
        print("# %.0f s: %s" % (seconds, run.scenario.title))
        print("%s - %s%s" % (ok, run.name, tag), flush=True)


def result(run, verdict, seconds, lines):
    return {"name": run.name, "rows": run.rows, "verdict": verdict,
            "seconds": round(seconds, 1), "lines": lines}


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
        if not machine.spec.no_bus():
            machine.use(*run.drivers, version=run.machine.version)
        run.scenario.func(machine)
        try:
            bad = machine.trouble(run.scenario.noise)
        except (Failure, GuestError, HostError):
            if not run.scenario.fresh:      # the others leave a guest that answers
                raise
            bad = machine.last_words(run.scenario.noise)
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
        print("# booted in %.0f s: %s" % (time.monotonic() - start, run.machine.text()), flush=True)
        return machine, []
    except (GuestError, HostError, OSError) as e:
        machine.stop()
        lines = machine.diagnostics() + ["-- the guest did not come up: %s" % e]
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
        lines = machine.diagnostics() + ["-- why it failed:"] + lines   # last, where one looks first
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
        report.desk.begin(run.name)
        if options.budget and start - report.start > 60 * options.budget:
            report.add(run, "skipped", 0, ["the %.0f minutes of --budget are over" % options.budget])
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
    name = run.name.replace("/", "-").replace(" ", "_")[:200]
    to = os.path.join(options.lab_out, "machines", name)
    os.makedirs(to, exist_ok=True)
    for f in ("vmm.log", "trace", "console"):
        if os.path.exists(machine.path(f)):
            subprocess.run(["cp", machine.path(f), to], check=False)
    machine.discard()


def inside(options):
    """In a lab: boots as long as there are any that no other lab has."""
    with open(os.path.join(options.lab_out, "plan.json")) as f:
        plan = json.load(f)
    options.scratch = os.environ.get("TMPDIR", "/tmp")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    desk = Desk(os.path.join(options.lab_out, "desk"), options.lab)
    report = Report(desk)
    for boot in desk.claims(chosen(options)):
        serve(boot, options, plan, report)
    return 0


def outside(options, argv):
    """On the machine: build, write the plan, send the labs to work, say what did not run."""
    boots = chosen(options)
    os.makedirs(options.lab_out, exist_ok=True)
    plan = images.prepare({r.machine.kernel for b in boots for r in b}, not options.no_build)
    with open(os.path.join(options.lab_out, "plan.json"), "w") as f:
        json.dump(plan, f, indent=1)
    runs = {r.name: r for b in boots for r in b}
    start = time.monotonic()

    def command(lab):
        # a lab that starts late has the less time; NICs of labs on one kernel must not meet
        late = (time.monotonic() - start) / 60
        more = ["--budget", "%.1f" % max(0.1, options.budget - late)] if options.budget else []
        return [os.path.join(ROOT, "scripts/lab"), "unshare", "--net", PYTHON, os.path.abspath(__file__),
                "--lab", str(lab)] + argv + more

    def failed(name):
        return result(runs[name], "failed", 0, ["the lab died, more than once"])

    os.environ["LAB_OUT"] = options.lab_out
    labs = Labs(os.path.join(options.lab_out, "desk"), command, len(runs), failed)
    results = labs.run(min(options.labs, len(boots)))
    missing = sorted(set(runs) - {r["name"] for r in results})
    for name in missing:
        print("not ok - %s: never ran" % name)
    return 1 if missing or any(r["verdict"] == "failed" for r in results) else 0


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
    p.add_argument("--boot")
    p.add_argument("--labs", type=int, default=WANTED)
    p.add_argument("--budget", type=float, default=0)
    p.add_argument("--tries", type=int, default=2)
    p.add_argument("--long", action="store_true")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--no-build", action="store_true")
    p.add_argument("--lab", help=argparse.SUPPRESS)
    if "-h" in argv or "--help" in argv:
        print(__doc__)
        return 0
    p.error = lambda text: sys.exit("run.py: %s (see --help)" % text)
    options = p.parse_args(argv)
    options.lab_out = os.environ.get("LAB_OUT", os.path.join(ROOT, "build/lab"))
    load()
    for n in options.names:
        if not any(fnmatch.fnmatch(s.name, n) for s in ALL):
            sys.exit("run.py: no scenario '%s' (see --list)" % n)
    if options.list:
        return listing(options)
    if options.lab:
        return inside(options)
    return outside(options, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
