# SPDX-License-Identifier: GPL-2.0-only
"""Refused loads and mistyped commands say why, in one line."""
import glob
import os
import subprocess

from machine import Failure, Skip
from registry import ONLY_OURS, Machine, scenario

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@scenario(machine=Machine(vmm="qemu-plain", disks=()), drivers=ONLY_OURS)
def not_on_hyperv(m):
    "on a machine that is not a Hyper-V guest our bus refuses to load and says so"
    out, status = m.run("use ours vmbus; modprobe hv_vmbus", 60)
    m.expect(status != 0, "the bus loaded without Hyper-V")
    lines = [l for l in m.dmesg().splitlines() if "hv_vmbus" in l.lower()]
    m.expect(any("Hyper-V" in l for l in lines), "no line says why: %s %s" % (out, lines))


@scenario(machine=Machine(options=("--manner", "isolated"), disks=()), drivers=ONLY_OURS)
def isolated_vm(m):
    "in an isolated VM, whose memory cannot be shared yet, our bus refuses to load and says so"
    out, status = m.run("use ours vmbus; modprobe hv_vmbus", 60)
    m.expect(status != 0, "the bus loaded in an isolated VM")
    lines = [l for l in m.dmesg().splitlines() if "isolated VM" in l]
    # a line for each attempt: busybox tries twice
    m.expect(lines and len({l.split("] ", 1)[1] for l in lines}) == 1, "no line says why: %s %s" % (out, lines))


@scenario(machine=Machine(disks=()), drivers=ONLY_OURS)
def isolated_devices(m):
    "in an isolated VM each of our device drivers refuses to load, for the bus may be the kernel's own, and says so"
    told = "cd /sys/module/hvglue/parameters; echo %d >priv_high; echo %d >isolation_config_b"
    if m.run("[ -e /sys/module/hvglue/parameters/isolation_config_b ]")[1]:
        raise Skip("only the process lab's guest can be told of isolation when the bus is loaded")
    m.sh("rmmod hv_storvsc")
    m.sh(told % (1 << 22, 1))           # TLFS, leaves 0x40000003 and 0x4000000C: it is isolated, by VBS
    for module in ("hv_storvsc", "hv_netvsc", "hv_utils"):
        m.expect(m.run("modprobe " + module, 60)[1] != 0, module + " loaded in an isolated VM")
        m.expect(module + ": not loaded: this is an isolated VM" in m.dmesg(), module + ": no line says why")
    m.sh(told % (0, 0))
    m.sh("modprobe -a hv_storvsc hv_netvsc hv_utils && rmmod hv_netvsc hv_utils", 60)


@scenario(machine=Machine(), drivers=ONLY_OURS, noise="disagrees about version")
def wrong_kernel(m):
    "a module built for another kernel is refused, and the kernel says which it wants"
    other = sorted(glob.glob(os.path.join(ROOT, "build/modules/6.12*/vmbus/hv_vmbus.ko")))
    if not other:
        raise Skip("no modules built for 6.12 here")
    with open(other[0], "rb") as f:
        data = f.read()
    with open(m.backing(), "r+b") as f:
        f.write(data)
    m.sh("head -c %d %s >/tmp/other.ko; unload_all; ! insmod /tmp/other.ko 2>/dev/null; rm /tmp/other.ko" % (len(data), m.dev()))
    said = m.dmesg()        # with CONFIG_MODVERSIONS the symbols' versions come first
    m.expect("magic" in said or "disagrees about version" in said, "the kernel says why: " + said)
    bus, stor = m.drivers
    m.drivers = (None, None)
    m.use(bus, stor)


def one_line(*cmd):
    """CMD fails with exactly one line of explanation."""
    r = subprocess.run(cmd, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    lines = r.stdout.strip().splitlines()
    if r.returncode == 0 or len(lines) != 1:
        raise Failure("%s: status %d, %d lines: %s" % (" ".join(cmd), r.returncode, len(lines), lines[:4]))


@scenario(machine=Machine(), drivers=ONLY_OURS)
def wrong_options(m):
    "hvroot and the scripts answer a wrong option or a missing file with one line"
    hvroot = m.images["hvroot"]
    one_line(hvroot, "--nonsense")
    one_line(hvroot)
    one_line(hvroot, "--kernel", "/nonexistent")
    one_line(hvroot, "--kernel", "/dev/null")
    one_line(hvroot, "--kernel", m.images["kernel"], "--disk", "file=/nonexistent")
    one_line(hvroot, "--kernel", m.images["kernel"], "--disk", "lun=3")
    one_line(hvroot, "--kernel", m.images["kernel"], "--cpus", "0")
    one_line(hvroot, "--kernel", m.images["kernel"], "--vmbus-version", "9.9")
    one_line(hvroot, "ctl", "/nonexistent", "list")
    for script in ("lab", "kernel", "deps", "check", "style", "features"):
        one_line("scripts/" + script, "--nonsense")


@scenario(machine=Machine(), drivers=ONLY_OURS)
def wrong_control_commands(m):
    "the control socket answers every wrong command with an error and goes on"
    for command in ("nonsense", "disk", "disk add", "disk add file=/nonexistent,lun=1,controller=0",
                    "disk remove controller=9 lun=9", "rescind nothing", "offer nothing", "fault", "fault message",
                    "fault message NONSENSE drop", "send", "send message", "send packet nothing type=1",
                    "ring nothing dir=in write_index=0", "vmbus-version x", "disk resize controller=0 lun=77 size=1"):
        try:
            m.host(command)
        except Exception as e:
            if "error:" not in str(e):
                raise
            continue
        raise Failure("'%s' was accepted" % command)
    m.host("list")
