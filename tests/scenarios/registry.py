# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios and the machines they want.

A scenario is a function with a decorator:

    @scenario(rows="V01 ~S05", machine=Machine(cpus=4), drivers=MATRIX)
    def job(m):
        "what it shows, in one line"
        m.sh("mkfs.ext4 -q " + m.dev())

rows: the rows of features.txt that it shows when it passes on our modules, "~"
for a part of a row. It runs once for each pair of drivers; a run whose drivers
are not ours proves the test itself and counts for no row.
"""
import dataclasses
import functools
import itertools
import os

OURS = ("ours", "ours")
INTREE = ("intree", "intree")
PEERS = ("ours", "intree")
BOTH = (OURS, INTREE)
MATRIX = (OURS, PEERS, ("intree", "ours"), INTREE)
ONLY_OURS = (OURS,)
PLACES = ("process", "nested")   # labs, the quickest first (needs.py)
PROCESS_KERNELS = ("process", "process-6.12", "smp")     # of the process lab (scripts/kernel)
# runs in one boot, else one lab works on when the others are done
MOST = {"process": 12, "nested": 40}


@dataclasses.dataclass(frozen=True)
class Disk:
    """One disk of the machine: a sparse file, empty at boot."""
    size: int = 256 << 20
    lun: int = 0
    controller: int = 0
    ide: bool = False
    ro: bool = False

    @property
    def name(self):
        return "ide%d" % self.lun if self.ide else "c%dl%d" % (self.controller, self.lun)


@dataclasses.dataclass(frozen=True)
class Machine:
    """What a scenario needs. Scenarios share a boot when their machines are equal but for the
    version, which the host can change while the bus is unloaded."""
    cpus: int = 1
    least: int = 0		# processors that will do; 0: one for two, else all
    memory: int = 512
    subchannels: int = 0
    version: str = ""		# newest VMBus version the host accepts, "" for all
    disks: tuple = (Disk(),)
    kernel: str = "default"
    vmm: str = "hvroot"		# or qemu-bridge, qemu-plain
    offers: str = "none"	# device classes beside the disks
    options: tuple = ()		# more hvroot options
    append: str = ""		# more guest kernel options
    system: bool = False	# the first disk holds a Debian system (scripts/system), which runs there
    place: str = "nested"	# the lab, which the runner chooses

    @property
    def sanitized(self):
        """Its kernel looks for faults by itself."""
        return self.kernel in ("debug",) + PROCESS_KERNELS

    def boot(self):
        """The machine as it is booted."""
        return dataclasses.replace(self, version="", least=0)

    def no_bus(self):
        """Whether a bus cannot be loaded there."""
        return self.vmm == "qemu-plain" or "isolated" in self.options

    def text(self):
        parts = [] if self.vmm == "hvroot" else [self.vmm]
        if self.place != "nested":
            parts.append(self.place)
        elif self.kernel != "default":
            parts.append(self.kernel)
        parts.append("%d cpu" % self.cpus)
        if self.subchannels:
            parts.append("%d channels" % (self.subchannels + 1))
        if self.disks != (Disk(),):
            parts.append("%d disks" % len(self.disks))
        if self.system:
            parts.append("Debian")
        if self.version:
            parts.append("VMBus " + self.version)
        if self.offers != "none":
            parts.append("offers " + self.offers)
        return " ".join(parts + list(self.options) + self.append.split())


@dataclasses.dataclass(frozen=True)
class Scenario:
    func: object
    name: str
    title: str
    rows: tuple
    machine: Machine
    drivers: tuple
    timeout: int
    fresh: bool			# leaves the machine unusable: runs last, alone
    noise: str			# regular expression of kernel messages it provokes
    long: bool			# takes minutes: runs when it is named, or with --long
    needs: tuple		# what its machine and drivers do not tell (needs.py)
    judged: bool		# its first machine in the nested lab too, with each pair of drivers


@dataclasses.dataclass(frozen=True)
class Run:
    """One scenario on one machine with one pair of drivers."""
    scenario: Scenario
    machine: Machine
    drivers: tuple

    @property
    def name(self):
        return "%s [%s %s/%s]" % (self.scenario.name, self.machine.text(), *self.drivers)

    @property
    def rows(self):
        """The rows it counts for: those of the modules that are ours."""
        bus, stor = (d == "ours" for d in self.drivers)
        ours = {"V": bus, "S": stor}
        return tuple(r for r in self.scenario.rows if ours.get(r.lstrip("~")[0], bus and stor))


ALL = []


@functools.lru_cache()
def known_rows():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "features.txt")) as f:
        return {line.split("\t")[0] for line in f if not line.startswith("#")}


def scenario(rows="", machine=Machine(), drivers=BOTH, timeout=120, fresh=False, noise="", long=False,
             needs=(), judged=False):
    """machine may be a tuple of machines: the scenario runs on each, and is judged on the first.
    needs: words of needs.py."""
    def register(func):
        name = func.__name__.replace("_", "-")
        if any(s.name == name for s in ALL):
            raise ValueError("two scenarios are called " + name)
        unknown = {r.lstrip("~") for r in rows.split()} - known_rows()
        if unknown:
            raise ValueError("%s: no such rows: %s" % (name, sorted(unknown)))
        title = (func.__doc__ or "").strip().split("\n")[0]
        machines = machine if isinstance(machine, tuple) else (machine,)
        for one in machines:
            ALL.append(Scenario(func, name, title,
                                tuple(rows.split()), one, tuple(drivers), timeout, fresh, noise, long,
                                needs, judged and one is machines[0]))
        return func
    return register


def parts(runs):
    """The runs of one machine, for several labs if they are many."""
    count = -(-len(runs) // MOST[runs[0].machine.place])
    return [runs[len(runs) * i // count:len(runs) * (i + 1) // count] for i in range(count)]


def expand(scenarios):
    """All runs, before anybody has chosen a lab for them."""
    return [Run(s, s.machine, d) for s in scenarios for d in s.drivers]


def together(run):
    """Runs with equal ones share a boot. In the process lab, where a boot is a second, each pair of drivers has
    its own, so that what is found behind the boot is that pair's."""
    return run.machine.boot(), run.machine.place == "process" and run.drivers


def boots(runs):
    """Boots, as lists of runs: equal machines together, few driver swaps, fresh ones apart.
    Those with our drivers come first, for a run that may not take all the time it wants."""
    order = {}
    for r in runs:
        order.setdefault(r.machine.boot(), len(order))
    shared = sorted((r for r in runs if not r.scenario.fresh),
                    key=lambda r: (order[r.machine.boot()], r.drivers != OURS, r.drivers, r.machine.version))
    found = [p for _, g in itertools.groupby(shared, key=together) for p in parts(list(g))]
    found += [[r] for r in runs if r.scenario.fresh]
    return sorted(found, key=lambda b: (b[0].drivers != OURS, -sum(r.scenario.timeout for r in b)))
