# SPDX-License-Identifier: GPL-2.0-only
"""What few scenarios want and no initramfs has: programs of this machine and modules of the guest's kernel, by way of the
guest's disk."""
import glob
import io
import os
import sys
import tarfile

import images
from machine import Failure, Skip

sys.path.append(os.path.join(images.ROOT, "tests/guest"))
import slim     # noqa: E402


def put(m, files):
    """FILES {path in the guest: file} into the guest. Its disk is for this alone."""
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w", dereference=True) as tar:
        for name, file in sorted(files.items()):
            tar.add(file, name)
    with open(m.backing(), "r+b") as f:
        f.write(buf.getvalue())
    m.sh("cd /; head -c %d %s | tar x" % (len(buf.getvalue()), m.dev()), 100)


def program(name):
    """A program and its libraries, as put() wants them."""
    path = slim.find(name)
    if not path:
        raise Skip("no %s on this machine, run scripts/deps" % name)
    files = {"bin/" + name: path}
    for library, file in slim.libraries(path).items():
        if not library.startswith("/"):
            files["lib/x86_64-linux-gnu/" + library] = file
    return files


def needed(m, names):
    """Paths of the modules and of what they need, each behind what it needs, and the folder where they are."""
    base = glob.glob(os.path.join(os.path.dirname(m.images["kernel"]), "lib/modules/*"))[0]
    with open(os.path.join(base, "modules.dep"), encoding="utf-8") as f:
        lines = dict(line.rstrip("\n").split(":", 1) for line in f)
    order = []
    for name in names:
        found = [path for path in lines if os.path.basename(path).split(".")[0] == name]
        if not found:
            raise Failure("no module %s of the guest's kernel" % name)
        order += [path for path in reversed([found[0]] + lines[found[0]].split()) if path not in order]
    return order, base


def load(m, *names):
    """Modules of the guest's kernel that its initramfs is without, and what they need."""
    order, base = needed(m, names)
    put(m, {"lib/carried/" + os.path.basename(path): os.path.join(base, path) for path in order})
    m.sh("for f in %s; do n=${f%%%%.ko*}; [ -e /sys/module/$(echo $n | tr - _) ] || insmod /lib/carried/$f; done" %
         " ".join(map(os.path.basename, order)))
