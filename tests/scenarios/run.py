#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/scenarios/run.py [options] [NAME...] - boot guests under hvroot and try everything.

Builds what is needed, enters labs, boots one guest for each kind of machine, and
runs the scenarios in it; KTAP on the output, one line for each scenario, machine
and pair of drivers. NAME is a scenario or a shell pattern; without names all run.

There are two kinds of labs. In the process lab the guest is an ordinary process
(tests/process), up in a second and with KASAN and lockdep; in the nested lab it is a
KVM guest (scripts/lab). Each run happens in the quickest that can show it.

  --lab L          process or nested: only there, what can run there; all: in every lab that can
                   show it
  --once           each scenario once, with our drivers; those that are marked for it (judged)
                   also in the nested lab with each pair of drivers, and in the process lab with
                   our bus under the kernel's own drivers
  --list           the scenarios, their rows and machines, and what keeps them out of the
                   process lab; runs nothing
  --drivers A/B    only this pair: bus/storvsc, each "ours" or "intree"
  --kernel K       only machines with this kernel (default, 6.12, ...)
  --boot K         boot kernel K where the default one is meant: debug, ... in the nested lab, process-6.12
                   in the process lab
  --cpus N         on machines with N processors, whatever the scenario says
  --labs N         nested labs at the same time (three for two CPUs: a lab waits a third of its time)
  --budget MIN     begin no scenario after so many minutes; the rest is skipped, and said so
  --tries N        tries of a scenario that fails (2); what passes late is called FLAKY
  --long           also those that take minutes each, and else run only when they are named
  --keep           keep the folders of all machines, not just of failed ones
  --no-leaks       do not look for leaks behind each boot, which takes seconds
  --no-build       take the hvroot, modules and images that are there

env: HVGUEST_SMP=no  what wants several processors runs in the nested lab, not under the process lab's
                   newer kernel, which takes minutes to build, once; so it does where the mirror has
                   no source for that
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
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
import images                                           # noqa: E402
from guest import GuestError                            # noqa: E402
from host import HostError                              # noqa: E402
from labs import WANTED, Desk, Labs                     # noqa: E402
from machine import Booted, Failure, Skip               # noqa: E402
from needs import WORDS, moved, needs, places, theirs   # noqa: E402
from registry import ALL, OURS, PEERS, PLACES, PROCESS_KERNELS, boots, expand   # noqa: E402
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


def other_cpus(scenario, cpus):
    """The scenario on a machine with so many processors, of which it needs them all."""
    return dataclasses.replace(scenario, machine=dataclasses.replace(scenario.machine, cpus=cpus, least=cpus))


def wanted(run, options):
    """Whether the user asked for this run, wherever."""
    if options.drivers and "/".join(run.drivers) != options.drivers:
        return False
    if options.kernel and run.machine.kernel != options.kernel:
        return False
    if options.names:
        return any(fnmatch.fnmatch(run.scenario.name, n) for n in options.names)
    return options.long or not run.scenario.long


def labs_for(run, options):
    """The labs in which it is to run."""
    able = places(run)
    if options.boot:
        # a machine that asks for a kernel of its own does not run there
        return (able if run.machine.kernel == options.boot else ()) if options.boot in PROCESS_KERNELS else ("nested",)
    if options.lab == "all":
        return able
    if options.lab:
        return tuple(p for p in able if p == options.lab)
    if not options.once:
        return able[:1]
    peers = (PEERS,) if run.scenario.judged and able[0] == "process" else ()
    found = able[:1] if run.drivers in (OURS, run.scenario.drivers[0]) + peers else ()
    return tuple(sorted({*found, "nested"})) if run.scenario.judged else found


def all_runs(options):
    """All that there are, on the machines that were asked for."""
    scenarios = [other_kernel(s, options.boot) for s in ALL] if options.boot else ALL
    return expand([other_cpus(s, options.cpus) for s in scenarios] if options.cpus else scenarios)


def chosen(options):
    runs = all_runs(options)
    found = [moved(r, place) for r in runs if wanted(r, options) for place in labs_for(r, options)]
    return boots(found) if options.no_leaks else [with_end(b) for b in boots(found)]


class Report:
    """What one lab says of its runs: lines for the machine's side, and JSON in the common folder."""

    def __init__(self, desk):
        self.desk = desk
        self.start = time.monotonic()

    def add(self, run, verdict, seconds, lines, busy=0):
        """BUSY: seconds that the machine kept processors busy."""
        self.desk.add(result(run, verdict, seconds, lines, busy))
        ok = "not ok" if verdict in ("failed", "known") else "ok"
        tag = " # SKIP " + lines[0] if verdict == "skipped" else ""
        if verdict == "known":
            tag = " # TODO " + known(run)
        if verdict == "passed" and run.rows:
            tag = " # rows " + " ".join(run.rows)
        if verdict != "skipped":
            for line in lines:
                print("#   " + line)
        print("# %.0f s%s: %s" % (seconds, ", %.0f of a processor" % busy if busy else "", run.scenario.title))
        print("%s - %s%s" % (ok, run.name, tag), flush=True)


def result(run, verdict, seconds, lines, busy=0):
    return {"name": run.name, "rows": run.rows, "verdict": verdict,
            "seconds": round(seconds, 1), "busy": round(busy, 1), "lines": lines}


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
        report.add(run, verdict, time.monotonic() - start, lines, machine.busy() if machine else 0)
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


def scratch(place):
    """Where the machines' files are: in memory, as the guest's own memory is in the process lab."""
    if place == "process" and os.access("/dev/shm", os.W_OK):
        os.environ["TMPDIR"] = "/dev/shm"
    return os.environ.get("TMPDIR", "/tmp")


def inside(options):
    """In a lab: boots as long as there are any that no other lab has."""
    with open(os.path.join(options.lab_out, "plan.json")) as f:
        plan = json.load(f)
    options.scratch = scratch(options.inside)
    if not options.shared_network:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    desk = Desk(os.path.join(options.lab_out, "desk"), options.worker)
    report = Report(desk)
    for boot in desk.claims(chosen(options), options.inside):
        serve(boot, options, plan, report)
    desk.end()
    return 0


def enter(place):
    """The command that runs another one in a lab with a network of its own."""
    return [os.path.join(ROOT, "scripts/lab"), "unshare", "--net"] if place == "nested" else common.OWN_NETWORK


def no_network(found):
    """Whether the process labs can have no network of their own, as a user who may not; then no
    run may want a NIC."""
    wanting = [r for b in found for r in b if r.machine.place == "process"]
    why = common.no_network() if wanting else ""
    if not why:
        return False
    nics = sorted({r.scenario.name for r in wanting if "--nic" in r.machine.options})
    if nics:
        raise common.Trouble("%s: a NIC needs a network of its own, which is refused (%s); run it as root" %
                             (", ".join(nics[:3]) + (", ..." if nics[3:] else ""), why))
    return True


def process_labs():
    """How many of them: three for a processor, since they mostly wait for limits; 2 GB for each."""
    return max(1, min(3 * (os.cpu_count() or 1), common.free_mb() // 2048))


def counts(found, options):
    """How many labs of each kind work at the same time."""
    most = {"process": process_labs(), "nested": options.labs}
    return {p: min(most[p], n) for p in PLACES for n in [sum(b[0].machine.place == p for b in found)] if n}


def to_be_had(options):
    """What was chosen. Where there is no kernel with several processors to be had, the nested lab has all that wants one."""
    found = chosen(options)
    if any(b[0].machine.kernel == "smp" for b in found) and not common.has_kernel("smp"):
        common.use_cache()
        print("# scripts/kernel smp: no source for it here; what wants several processors runs in the nested lab", flush=True)
        os.environ["HVGUEST_SMP"] = "no"        # for the labs, too
        refuse_wrong(options)
        found = chosen(options)
    return found


def outside(options, argv):
    """On the machine: build, write the plan, send the labs to work, say what did not run."""
    common.use_build()
    common.writable(options.lab_out, "take it away, or set LAB_OUT to a folder that you can write")
    found = to_be_had(options)
    shared = no_network(found)
    runs = {r.name: r for b in found for r in b}
    plan = images.prepare({r.machine.kernel for r in runs.values()}, not options.no_build,
                          any(theirs(r) for r in runs.values()), any(r.machine.system for r in runs.values()))
    with open(os.path.join(options.lab_out, "plan.json"), "w") as f:
        json.dump(plan, f, indent=1)
    start = time.monotonic()

    def command(worker, place):
        # a lab that starts late has the less time; NICs of labs on one kernel must not meet
        late = (time.monotonic() - start) / 60
        more = ["--budget", "%.1f" % max(0.1, options.budget - late)] if options.budget else []
        more += ["--shared-network"] if shared else []
        return ([] if shared and place == "process" else enter(place)) + [
            PYTHON, os.path.abspath(__file__), "--inside", place, "--worker", str(worker)] + argv + more

    def failed(name):
        return result(runs[name], "failed", 0, ["the lab died, more than once"])

    os.environ["LAB_OUT"] = options.lab_out
    labs = Labs(os.path.join(options.lab_out, "desk"), command, len(runs), failed)
    results = labs.run(counts(found, options))
    missing = sorted(set(runs) - {r["name"] for r in results})
    for name in missing:
        print("not ok - %s: never ran" % name)
    return 1 if missing or any(r["verdict"] == "failed" for r in results) else 0


def why_not(options):
    """What keeps all that was asked for out of the process lab, if that was asked for."""
    runs = [r for r in all_runs(options) if wanted(r, options)]
    ours = [r for r in runs if r.drivers == OURS]
    why = {n for r in ours or runs for n in needs(r)}
    return "; it lacks " + ", ".join(WORDS[n] for n in sorted(why)) if options.lab == "process" and why else ""


def listing(options):
    for boot in chosen(options):
        print(boot[0].machine.text())
        for r in boot:
            why = ", ".join(needs(r)) if r.machine.place == "nested" else ""
            print("  %-32s %-14s %s%s" % (r.scenario.name, "/".join(r.drivers), " ".join(r.rows), why and " (%s)" % why))
    return 0


def refuse_wrong(options):
    """What cannot be meant, and what chooses nothing, before anything is built."""
    for n in options.names:
        if not any(fnmatch.fnmatch(s.name, n) for s in ALL):
            raise common.Misuse("no scenario '%s' (see --list)" % n)
    known = sorted({"/".join(d) for s in ALL for d in s.drivers})
    if options.drivers and options.drivers not in known:
        raise common.Misuse("--drivers %s: want one of %s" % (options.drivers, ", ".join(known)))
    if options.budget < 0:
        raise common.Misuse("--budget %g: want minutes, 0 for no limit" % options.budget)
    if os.environ.get("HVGUEST_SMP", "yes") not in ("yes", "no"):
        raise common.Misuse("HVGUEST_SMP=%s: want yes or no" % os.environ["HVGUEST_SMP"])
    common.setting("PATIENCE", float)
    common.setting("LIVES")
    common.setting("LIVES_SEED")
    kernels = {r.machine.kernel for b in chosen(argparse.Namespace(**dict(vars(options), kernel=None))) for r in b}
    where = "process" if options.boot in PROCESS_KERNELS else "nested"
    if options.boot and options.lab not in (None, where):
        raise common.Misuse("--boot %s is for the %s lab%s" %
                            (options.boot, where, "" if where == "process" else "; the process lab has process-6.12"))
    if options.boot in ("process", "smp"):
        raise common.Misuse("--boot %s: --lab process%s" % (options.boot, "" if options.boot == "process" else " --cpus N"))
    if not chosen(options):
        hint = "; the kernels of these are %s" % ", ".join(sorted(kernels)) if options.kernel and kernels else ""
        raise common.Misuse("nothing to run with %s%s%s (see --list)" % (" ".join(words(options)), hint, why_not(options)))


def words(options):
    """What was chosen by, as it was typed."""
    for name in ("lab", "drivers", "kernel", "boot"):
        if getattr(options, name):
            yield "--%s %s" % (name, getattr(options, name))
    yield from options.names


def main(argv):
    p = common.Parser(__doc__)
    p.add_argument("names", nargs="*")
    p.add_argument("--lab", choices=PLACES + ("all",))
    p.add_argument("--once", action="store_true")
    p.add_argument("--list", action="store_true")
    p.add_argument("--drivers")
    p.add_argument("--kernel")
    p.add_argument("--boot")
    p.add_argument("--cpus", type=common.whole(1), default=0)
    p.add_argument("--labs", type=common.whole(1), default=WANTED)
    p.add_argument("--budget", type=float, default=0)
    p.add_argument("--tries", type=common.whole(1), default=2)
    p.add_argument("--long", action="store_true")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--no-leaks", action="store_true")
    p.add_argument("--no-build", action="store_true")
    p.add_argument("--inside")
    p.add_argument("--worker")
    p.add_argument("--shared-network", action="store_true")
    options = p.parse_args(argv)
    options.lab_out = os.environ.get("LAB_OUT", os.path.join(ROOT, "build/lab"))
    load()
    for s in ALL:
        if set(s.needs) - set(WORDS):
            raise common.Trouble("%s: needs %s, of which needs.py knows nothing" % (s.name, s.needs))
    refuse_wrong(options)
    if options.list:
        return listing(options)
    if options.inside:
        return inside(options)
    return outside(options, argv)


if __name__ == "__main__":
    common.run(lambda: main(sys.argv[1:]), "run.py")
