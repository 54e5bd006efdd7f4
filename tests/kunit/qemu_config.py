# SPDX-License-Identifier: GPL-2.0-only
"""How the kernel's own kunit.py runs our suites: see README.md.

The suites are a module, so an initramfs loads them (scripts/kunit --kunit-py makes it) on a
kernel that is built already. kunit.py adds kunit_shutdown=reboot, which would end the
kernel before that: behind "--" it goes to init, which has no use for it.
"""
import os

from kunit_kernel import qemu_config

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

QEMU_ARCH = qemu_config.QemuArchParams(
    linux_arch="x86_64",
    kconfig="",
    qemu_arch="x86_64",
    kernel_path="vmlinuz",
    kernel_command_line="console=ttyS0 panic=-1 quiet loglevel=1 ktap --",
    extra_qemu_params=["-accel", "tcg", "-cpu", "max", "-smp", "2",
                       "-initrd", os.path.join(ROOT, "build/kunit/initrd")])
