# SPDX-License-Identifier: GPL-2.0-only
"""Other kinds of disks: passed through, optical, reserved, with commands that the host fails."""
import glob
import os
import subprocess

from machine import Failure, Skip
from registry import BOTH, Disk, Machine, scenario

ONE = Machine(cpus=1)


def scsi_debug():
    """A SCSI disk of the lab's own kernel: its sg node. Not on somebody's machine."""
    if os.environ.get("LAB_MODE") != "nested":
        raise Skip("scsi_debug is loaded into the outer VM only")
    before = set(glob.glob("/sys/class/scsi_generic/sg*"))
    for module in ("sg", "sd_mod", "scsi_debug"):
        more = ["dev_size_mb=32", "lbpu=1", "ptype=0"] if module == "scsi_debug" else []
        r = subprocess.run(["/sbin/modprobe", module] + more, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if r.returncode:
            raise Failure("modprobe %s in the outer VM: %s" % (module, r.stdout.strip()))
    for path in sorted(set(glob.glob("/sys/class/scsi_generic/sg*")) - before) or sorted(before):
        with open(path + "/device/model") as f:
            if f.read().strip() == "scsi_debug":
                return "/dev/" + os.path.basename(path)
    raise Failure("no scsi_debug disk in the outer VM")


@scenario(rows="~S08 ~S12", machine=ONE, drivers=BOTH, timeout=200, needs=("host modules",))
def sg_pass_through(m):
    "a real SCSI disk of the host (scsi_debug) through SG_IO: data, its own sense, its own pages"
    m.host("disk add sg=%s lun=9 controller=0" % scsi_debug())
    d = Disk(lun=9)
    m.wait('[ -n "$(disk c0l9)" ]', 40, "the disk appears")
    m.expect(m.sh("cat $(scsi c0l9)/model").strip() == "scsi_debug", "its own INQUIRY data")
    m.sh("dd if=/dev/urandom of=/tmp/x bs=64k count=16 2>/dev/null; dd if=/tmp/x of=%s bs=64k oflag=direct 2>/dev/null;"
         "dd if=%s bs=64k count=16 iflag=direct 2>/dev/null | cmp - /tmp/x" % (m.dev(d), m.dev(d)), 60)
    out, status = m.run("sg_raw -r 512 %s 28 00 7f ff ff ff 00 00 01 00" % m.dev(d))
    m.expect(status != 0 and "out of range" in out, "the disk's own sense: %s" % out)
    m.host("disk remove controller=0 lun=9")
    m.wait('[ -z "$(disk c0l9)" ]', 40, "the disk goes")


@scenario(rows="~S22", machine=ONE, drivers=BOTH)
def dvd(m):
    "an optical drive: read a disc, take it out, put in another"
    for n in (1, 2):
        with open(m.path("disc%d" % n), "wb") as f:
            f.write(bytes([n]) * (2048 * 400 * n))
    m.sh("modprobe sr_mod")
    m.host("disk add dvd ro file=%s lun=8 controller=0" % m.path("disc1"))
    m.wait("[ -b /dev/sr0 ]", 40, "the drive appears")
    m.expect(m.sh("dd if=/dev/sr0 bs=2048 2>/dev/null | tr -d '\\001' | wc -c; blockdev --getsize64 /dev/sr0")
             == "0\n%d" % (2048 * 400), "disc 1")
    m.host("disk media controller=0 lun=8")
    m.sh("! dd if=/dev/sr0 of=/dev/null bs=2048 count=1 2>/dev/null")
    m.host("disk media controller=0 lun=8 file=%s" % m.path("disc2"))
    m.wait("[ $(dd if=/dev/sr0 bs=2048 2>/dev/null | tr -d '\\002' | wc -c) = 0 ] && "
           "[ $(blockdev --getsize64 /dev/sr0) = %d ]" % (2048 * 800), 20, "disc 2")
    m.host("disk remove controller=0 lun=8")
    m.wait("[ ! -b /dev/sr0 ]", 40, "the drive goes")


@scenario(rows="~S21", machine=ONE, drivers=BOTH)
def reservations(m):
    "persistent reservations pass through: register, see the key, unregister"
    dev = m.dev()
    register = "printf '\\0\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\0\\0\\0\\0\\0\\0' >/tmp/pr; " \
               "sg_raw -s 24 -i /tmp/pr %s 5f 00 00 00 00 00 00 00 18 00"
    m.sh(register % ("\\1\\2\\3\\4\\5\\6\\7\\10", dev))
    m.expect("01 02 03 04 05 06 07 08" in m.sh("sg_raw -r 32 %s 5e 00 00 00 00 00 00 00 20 00 2>&1" % dev), "the key shows")
    m.sh("printf '\\1\\2\\3\\4\\5\\6\\7\\10\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >/tmp/pr; "
         "sg_raw -s 24 -i /tmp/pr %s 5f 00 00 00 00 00 00 00 18 00" % dev)
    m.expect("01 02 03 04" not in m.sh("sg_raw -r 32 %s 5e 00 00 00 00 00 00 00 20 00 2>&1" % dev), "the key is gone")


@scenario(rows="S15", machine=ONE, drivers=BOTH)
def failed_mode_sense(m):
    "a host that fails INQUIRY and MODE SENSE does not lose the disk"
    dev = m.dev()
    for op in ("0x12", "0x1a", "0x5a"):
        m.host("fault storage controller=0 lun=0 op=%s srb=0x04 count=all" % op)
        m.sh("echo 1 >$(scsi c0l0)/rescan; cat $(scsi c0l0)/state", 60)
        m.host("fault clear")
        m.sh("[ $(cat $(scsi c0l0)/state) = running ]; dd if=%s of=/dev/null bs=4k count=4 iflag=direct 2>/dev/null" % dev)


@scenario(rows="~S16", machine=ONE, drivers=BOTH)
def pages(m):
    "vital product data: serial, identification, limits, provisioning"
    dev = m.dev()
    for page in ("sn", "di", "bl", "bdc", "lbpv"):
        m.sh("sg_vpd -p %s %s >/dev/null" % (page, dev))
    m.expect("Msft" in m.sh("sg_inq " + dev), "vendor")
