# SPDX-License-Identifier: GPL-2.0-only
"""What the machines boot: hvroot, a kernel, an initramfs with both sets of modules."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*cmd):
    """Last line of the output of a build step that must succeed."""
    r = subprocess.run(cmd, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       stdin=subprocess.DEVNULL, check=False)
    if r.returncode:
        sys.stdout.write("".join("#   %s\n" % l for l in r.stderr.splitlines()[-20:]))
        print("not ok - scenarios: '%s' failed" % " ".join(cmd))
        sys.exit(1)
    return (r.stdout.strip().splitlines() or [""])[-1]


def prepare(kernels, build):
    """{kernel: files}, after building them when asked to."""
    if build:
        run("make", "-s", "-C", "tests/hvroot")
    plan, tools = {}, run("tests/guest/mktools")
    for kernel in sorted(kernels):
        folder = run("scripts/kernel", kernel)
        if build and os.path.exists(os.path.join(ROOT, "vmbus/main.c")):
            run("scripts/build-modules", kernel)
        plan[kernel] = {
            "hvroot": os.path.join(ROOT, "build/hvroot/hvroot"),
            "kernel": os.path.join(folder, "vmlinux"),
            "kernel-qemu": os.path.join(folder, "vmlinuz"),
            "initrd": run("tests/guest/mkinitramfs", kernel),
            "tools": tools,
        }
        if kernel == "debug":
            with open(os.path.join(folder, "version")) as f:
                plan[kernel]["modules"] = os.path.join(ROOT, "build/modules", f.read().strip())
            plan[kernel]["failsite"] = run("tests/failsite/build", folder)
    return plan
