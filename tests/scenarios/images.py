# SPDX-License-Identifier: GPL-2.0-only
"""What the machines boot: hvroot, a kernel, an initramfs with both sets of modules."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts/lib"))

import common                                           # noqa: E402
from progress import Log, Progress                      # noqa: E402
from registry import PROCESS_KERNELS                    # noqa: E402

LOG = os.path.join(ROOT, "build/scenarios-build.log")


def run(*cmd):
    """Last line of the output of a build step that must succeed."""
    with Progress("scenarios: " + cmd[0], ask=Log(LOG, None)), open(LOG, "w") as log:
        r = subprocess.run(cmd, cwd=ROOT, stdout=log if cmd[0] == "make" else subprocess.PIPE, stderr=log, text=True,
                           stdin=subprocess.DEVNULL, check=False)
    if r.returncode:
        with open(LOG, errors="replace") as log:
            sys.stdout.write("".join("#   %s\n" % l for l in log.read().splitlines()[-20:]))
        print("not ok - scenarios: '%s' failed" % " ".join(cmd))
        raise common.Said(1)
    return ((r.stdout or "").strip().splitlines() or [""])[-1]


def initramfs(kernel, intree):
    """The image; User Mode Linux has the kernel's own drivers only in one that wants them (INTREE)."""
    more = ["--intree", run("tests/process/intree/build")] if kernel == "process" and intree else []
    return run("tests/guest/mkinitramfs", kernel, *more)


def prepare(kernels, build, intree=False, system=False):
    """{kernel: files}, after building them when asked to; INTREE: in the process lab too, the kernel's own drivers;
    SYSTEM: a Debian system too."""
    common.need("make", "gcc", "unshare")
    common.use_build(500)
    common.check_kernels(kernels)       # before anything is fetched or built
    if set(kernels) - set(PROCESS_KERNELS):     # which may be in somebody else's cache
        common.use_cache()
    if build:
        run("make", "-j%d" % (os.cpu_count() or 1), "--no-print-directory", "-C", "tests/hvroot")
    plan, tools = {}, run("tests/guest/mktools")
    debian = run("scripts/system") if system else ""
    for kernel in sorted(kernels):
        folder = run("scripts/kernel", kernel)
        if build and os.path.exists(os.path.join(ROOT, "vmbus/main.c")):
            run("scripts/build-modules", kernel)
        plan[kernel] = {
            "hvroot": os.path.join(ROOT, "build/hvroot/hvroot"),
            "kernel": os.path.join(folder, "vmlinux"),
            "kernel-qemu": os.path.join(folder, "vmlinuz"),
            "initrd": initramfs(kernel, intree),
            "tools": tools,
            "system": debian,
        }
        if kernel == "debug":
            with open(os.path.join(folder, "version")) as f:
                plan[kernel]["modules"] = os.path.join(ROOT, "build/modules", f.read().strip())
            plan[kernel]["failsite"] = run("tests/failsite/build", folder)
    return plan
