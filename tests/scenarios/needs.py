# SPDX-License-Identifier: GPL-2.0-only
"""What a run needs of the place where it happens, and which labs have it.

The process lab (tests/process) is a guest that is an ordinary process: up in a second, with KASAN,
lockdep and kmemleak. It has three kernels: 6.1; 6.12, for who asks; a newer one with several processors. The nested
lab (scripts/lab) has all that a KVM guest has, and takes a minute.
A scenario says what it needs, for the most part by its machine; what that does not tell
it names in needs=.
"""
import dataclasses
import os

from registry import OURS, PLACES, PROCESS_KERNELS

# Words for needs=, and why the process lab cannot show it
NEEDS = {
    "cpus": "a second processor under the kernel's own drivers",
    "offline": "processors that go offline",
    "nodes": "nodes of memory",
    "both buses": "the kernel's own bus in the same boot",
    "firmware": "more of ACPI than the one device of VMBus: windows in memory, power states, tables",
    "synic": "interrupts and timers by KVM's SynIC",
    "reference page": "a page of reference time, by which a guest reads the counter that its clocks run on",
    "kexec": "kexec and crash kernels",
    "hibernation": "hibernation",
    "preemption": "a kernel that preempts",
    "kernel": "another kernel",
    "clients": "VMBus drivers of the kernel's beside those that ours stand for",
    "qemu": "a machine of QEMU's",
    "bounce": "bounce buffers (swiotlb)",
    "schedulers": "I/O schedulers that a user can choose, under the kernel's own drivers",
    "stack": "modules of the kernel's that stand above a NIC: bonding, macvlan, WireGuard, nftables",
    "host modules": "modules of its own in the kernel below, which is the user's",
}
# Words that hold for runs with the kernel's own drivers above the bus, and why the process lab cannot show those
THEIRS = {
    "queues": "a second processor, without which the in-tree NIC driver has no second queue",
}
# Words for what the process lab has too, once the kernel's own drivers are built for it (tests/process/intree)
BUILT = {
    "sockets": "the kernel's hv_sock",
    "peers": "the kernel's own drivers of devices beside ours",
}
# Words for what only the process lab has, and the nested one with the debug kernel
SANITIZED = {
    "locks": "events of locks, by lockdep",
}
WORDS = {**NEEDS, **THEIRS, **BUILT, **SANITIZED}
# What its kernel with several processors has besides, for which the kernel's own drivers are not built
SMP = {"cpus", "schedulers"}
# Its kernel with one processor, for a kernel that a machine asks for (or is asked for by --boot)
PLAIN = {"default": "process", "process-6.12": "process-6.12"}
# options of hvroot by what they need; an empty one may be left out
OPTIONS = {"--acpi": "firmware", "--auto-eoi": "synic", "--manner": "synic", "--timer": "synic", "--numa": "nodes",
           "--on-crash": "kexec", "--hibernation": ""}
OFFERS = {"video": "firmware", "pci": "firmware", "all": "clients"}
APPEND = {"crashkernel": "kexec", "isolcpus": "cpus", "swiotlb": "bounce"}


def of_machine(m):
    """What a machine needs. Two processors are a comfort, unless its least says how many it takes."""
    found = {OPTIONS[o] for o in m.options if o in OPTIONS} - {""}
    found |= {OFFERS[o] for o in m.offers.split(",") if o in OFFERS}
    found |= {need for word, need in APPEND.items() if word in m.append}
    if (m.least or (1 if m.cpus <= 2 and not m.subchannels else m.cpus)) > 1:
        found.add("cpus")
    if m.kernel not in PLAIN:
        found.add("preemption" if m.kernel.endswith("-rt") else "kernel")
    if m.vmm != "hvroot":
        found.add("qemu")
    return found


def needs(run):
    """All that a run needs beyond what the process lab has, sorted."""
    mine = set(run.scenario.needs) - set(BUILT) - set(SANITIZED) - (set() if run.drivers[1] == "intree" else set(THEIRS))
    return sorted(of_machine(run.machine) | mine)


def smp():
    """Whether runs may have the process lab's kernel with several processors; HVGUEST_SMP=no leaves them to the nested lab."""
    return os.environ.get("HVGUEST_SMP") != "no"


def kernel(run):
    """The process lab's kernel that can show it, or None."""
    wanted = set(needs(run))
    name = PLAIN.get(run.machine.kernel)
    if not wanted and name == "process":
        return name
    if run.drivers != OURS or set(run.scenario.needs) & set(BUILT):
        return None             # the kernel's own are built for that alone
    if not wanted:
        return name
    return "smp" if name == "process" and wanted <= SMP and smp() else None


def places(run):
    """The labs that can show it, the quickest first."""
    if set(run.scenario.needs) & set(SANITIZED) and run.machine.kernel != "debug":
        return PLACES[:1]
    if run.machine.kernel in PROCESS_KERNELS:       # asked for by --boot
        return PLACES[:1] if kernel(run) else ()
    return PLACES if kernel(run) else PLACES[1:]


def theirs(run):
    """Whether a run of the process lab wants the kernel's own drivers in its image."""
    return run.machine.place == "process" and ("intree" in run.drivers or bool(set(run.scenario.needs) & set(BUILT)))


def moved(run, place):
    """The run in that lab."""
    if place == "nested":
        return run
    m = run.machine
    name = kernel(run)
    machine = dataclasses.replace(m, place=place, kernel=name, cpus=m.cpus if name == "smp" else 1, least=0,
                                  options=tuple(o for o in m.options if OPTIONS.get(o) != ""))
    return dataclasses.replace(run, machine=machine)
