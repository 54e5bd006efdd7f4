# SPDX-License-Identifier: GPL-2.0-only
"""DPDK's own driver of the NIC, in user space, by way of uio_hv_generic: Debian's DPDK, which scripts/deps unpacks in the
cache, and a program of ours (tests/guest/dpdk)."""
import glob
import os
import subprocess

import carried
import common
import images
from machine import Skip
from nethost import MAC
from registry import BOTH, Disk, Machine, scenario

ASIDE = os.path.join(common.CACHE, "aside")
LIBRARIES = "lib/x86_64-linux-gnu"
FOLDER = os.path.join(ASIDE, "usr", LIBRARIES)
HEADERS = [os.path.join(ASIDE, "usr/include", name) for name in ("", "dpdk", "x86_64-linux-gnu/dpdk")]
DRIVERS = ("mempool_ring", "bus_vmbus", "net_netvsc")
NIC_CLASS = "{f8615163-df3e-46c5-913f-f2d2f965ed0e}"
# what the host hears of it: each by way of the ring and of the monitor page that user space has mapped
STEPS = ("OPEN_RESULT .*status=0", "NVSP_VERSION .*net0 .*status=1", "NVSP_CONFIG .*net0", "NVSP_RECV_BUF .*net0", "NVSP_SEND_BUF .*net0")
BOUND = Machine(cpus=2, memory=768, disks=(Disk(),), options=("--nic", "tap=hvt0,queues=2,mac=" + MAC))


def program(m):
    """The program, its libraries and DPDK's drivers, as carried.put() wants them."""
    own = [glob.glob(os.path.join(FOLDER, "librte_%s.so.*" % n)) for n in ("eal", "ethdev")]
    drivers = [glob.glob(os.path.join(FOLDER, "dpdk/pmds-*/librte_%s.so.*" % n)) for n in DRIVERS]
    if not all(own + drivers):
        raise Skip("no DPDK in the cache, run scripts/deps")
    to = m.path("dpdk")
    subprocess.run(["gcc", "-O2", "-march=corei7", "-include", "rte_config.h", "-Wl,--allow-shlib-undefined", "-o", to] +
                   ["-I" + h for h in HEADERS] + [os.path.join(images.ROOT, "tests/guest/dpdk/dpdk.c")] + [n[0] for n in own], check=True)
    files = {"bin/dpdk": to}
    env = dict(os.environ, LD_LIBRARY_PATH="%s:%s" % (FOLDER, os.path.dirname(drivers[0][0])))
    for path in [to] + [n[0] for n in drivers]:
        for line in subprocess.run(["ldd", path], env=env, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
            words = line.split()
            if "=>" in words and words[2].startswith("/"):
                files[os.path.join(LIBRARIES, words[0])] = words[2]
    for name, found in zip(DRIVERS, drivers):
        files[os.path.join(LIBRARIES, "librte_%s.so" % name)] = found[0]
    return files


def bind(m):
    """The NIC is uio_hv_generic's, which asks for a monitor bit."""
    m.host("set net0 monitor=1")
    m.host("rescind net0")
    m.wait("[ -z \"$(of_class '%s')\" ]" % NIC_CLASS)
    m.host("offer net0")
    m.wait("[ -n \"$(of_class '%s')\" ]" % NIC_CLASS)
    m.sh("""modprobe uio_hv_generic
d=$(of_class '%s'); id=$(basename $d)
echo uio_hv_generic >$d/driver_override
[ ! -e $d/driver ] || echo $id >$d/driver/unbind
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/bind
n=0; until [ -e /dev/uio0 ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done
mkdir -p /var/run; chmod 755 / /lib /%s""" % (NIC_CLASS, LIBRARIES))


@scenario(rows="~V12", machine=BOUND, drivers=BOTH, timeout=300, needs=("peers",))
def net_dpdk(m):
    "DPDK's own driver starts on uio_hv_generic: it maps rings and buffers, and agrees on them with the host"
    carried.put(m, program(m))
    bind(m)
    m.trace.mark()
    m.sh("(dpdk --no-huge -m 64 -l 0 --no-telemetry %s >/tmp/dpdk.out 2>&1 || :; rm /tmp/dpdk.pid) >/dev/null 2>&1 & echo $! >/tmp/dpdk.pid" %
         " ".join("-d /%s/librte_%s.so" % (LIBRARIES, name) for name in DRIVERS))
    for step in STEPS:
        m.trace.wait(step, 30)
    # Without huge pages user space has no physical addresses ("selecting IOVA as VA mode"): its first RNDIS message has one
    # that is none, which the host refuses. So far, and no further.
    m.sh("killall dpdk; while [ -e /tmp/dpdk.pid ]; do sleep 0.1; done")
    m.sh("""d=$(of_class '%s'); id=$(basename $d)
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/unbind
echo >$d/driver_override
rmmod uio_hv_generic""" % NIC_CLASS)
