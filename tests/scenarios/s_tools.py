# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own tools for the bus, lsvmbus and vmbus_testing, unchanged, from a disk with Python."""
import json
import os
import re

from registry import BOTH, ONLY_OURS, Disk, scenario
from utilshost import MACHINE

TOOLS = Disk(lun=7)
DEBUG = "/sys/kernel/debug/hyperv"
NAMES = ("[Operating system shutdown]", "[Time Synchronization]", "[Heartbeat]", "[Data Exchange]",
         "[Backup (volume checkpoint)]", "[Guest services]", "Synthetic SCSI Controller", "Synthetic network adapter")


class Tools:
    """The disk with the tools, in the guest as /mnt/tools."""

    def __init__(self, m):
        self.m = m

    def __enter__(self):
        self.m.host("disk add file=%s,lun=%d,controller=0,ro" % (self.m.images["tools"], TOOLS.lun))
        self.mount()
        return self

    def __exit__(self, *args):
        self.m.run("umount /mnt/tools")
        self.m.host("disk remove controller=0 lun=%d" % TOOLS.lun)
        self.m.wait('[ -z "$(disk %s)" ]' % TOOLS.name, 30, "the disk with the tools goes")

    def mount(self):
        self.m.wait('[ -n "$(disk %s)" ]' % TOOLS.name, 30, "the disk with the tools appears")
        self.m.sh("mkdir -p /mnt/tools; mount -t ext4 -o ro %s /mnt/tools" % self.m.dev(TOOLS))

    def __call__(self, command):
        return self.m.sh("/mnt/tools/bin/" + command, 60)


@scenario(rows="~U20", machine=MACHINE, drivers=BOTH, timeout=200)
def lsvmbus(m):
    "lsvmbus lists the devices by the names of their classes, with -v their channels, with -vv where they are"
    with Tools(m) as tool:
        short, long = tool("lsvmbus"), tool("lsvmbus -vvv")
        m.expect(all(name in short for name in NAMES), short)
        m.expect("Unknown" not in short, short)
        channels = re.findall(r"Rel_ID=(\d+), target_cpu=(\d+)", tool("lsvmbus -v"))
        known = m.sh("cat /sys/bus/vmbus/devices/*/channel_vp_mapping").split()
        m.expect(sorted(":".join(c) for c in channels) == sorted(known), "%s, not %s" % (channels, known))
        paths = re.findall(r"Sysfs path: (\S+)", long)
        m.sh("for d in %s; do [ -e $d/class_id ]; done" % " ".join(paths))
        m.expect(len(paths) == len(short.splitlines()), long)


@scenario(rows="~U20 ~V37", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def vmbus_testing(m):
    "vmbus_testing sees every device, delays one or all of them, and ends it; without testing=1 it says that there is nothing"
    with Tools(m) as tool:
        out, status = m.run("/mnt/tools/bin/vmbus_testing view_all")
        m.expect(status != 0 and "doesn't exist" in out, out)
        m.sh("umount /mnt/tools; unload_all; modprobe hv_vmbus testing=1; settle", 100)
        tool.mount()
        devices = sorted(m.sh("ls /sys/bus/vmbus/devices").split())
        m.expect(sorted(re.findall(r"Testing = OFF for: (\S+)", tool("vmbus_testing view_all"))) == devices, "view_all")
        one = DEBUG + "/" + m.sh("basename $(controller 0)")
        tool("vmbus_testing delay -e -t 300 200 -p " + one)
        seen = tool("vmbus_testing view_single -p " + one)
        m.expect("fuzz_test_state = 1" in seen and "interrupt_delay = 300" in seen and "message_delay = 200" in seen, seen)
        m.expect(tool("vmbus_testing V").count("= ON") == 1, "one device")
        tool("vmbus_testing disable_single -p " + one)
        tool("vmbus_testing delay -E -t -1 100")
        m.expect(tool("vmbus_testing V").count("= ON") == len(devices), "all devices")
        tool("vmbus_testing disable_all")
        m.expect(tool("vmbus_testing V").count("= OFF") == len(devices), "no device any more")
        m.run("umount /mnt/tools")
        m.sh("unload_all; modprobe hv_vmbus; settle", 100)
        m.settle()
        tool.mount()


REPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/hvguest-report")


def report(m, words=""):
    """scripts/hvguest-report in the guest."""
    if m.run("[ -e /run/hvguest-report ]")[1]:
        with open(REPORT, encoding="ascii") as f:
            m.append("/run/hvguest-report", f.read())
    return m.sh("sh /run/hvguest-report " + words, 100)


@scenario(rows="~P13 ~U20", machine=MACHINE, drivers=BOTH, timeout=200)
def report_of_guest(m):
    "hvguest-report says whose drivers run and what they drive, in words, as JSON, and in a file without addresses or the machine's name"
    ours = m.drivers[0] == "ours"
    m.sh("hostname secret-name")
    found = json.loads(report(m, "--json"))
    m.expect({d["module"]: d["from"] for d in found["drivers"]} ==
             {"hv_" + n: "hvguest" if whose == "ours" else "kernel" for n, whose in
              (("vmbus", m.drivers[0]), ("storvsc", m.drivers[1]), ("netvsc", m.drivers[1]), ("utils", m.drivers[1]))}, found)
    m.expect(found["vmbus"].count(".") == 1 and found["kernel"] == m.sh("uname -r"), found)
    devices = m.sh("ls /sys/bus/vmbus/devices").split()
    m.expect(sorted(d["id"] for d in found["devices"]) == sorted(devices), found)
    disks = [d for d in found["devices"] if d["driver"] == "hv_storvsc"]
    m.expect(disks and all(d["state"] == "open" and d["names"] for d in disks), found)
    text = report(m)
    m.expect(all(d in text for d in devices) and ("hvguest" if ours else "kernel") in text, text)
    bare = m.sh("PATH=/bin:/usr/bin sh /run/hvguest-report", 100)      # Debian's ordinary user has no more
    m.expect("next load: none" not in bare, bare)
    secrets = ("10.9.8.7 10.9.8.6", "at 10.9.8.5.", "from FE80::1", "Kernel command line: password-word", "secret-name.secret-domain")
    for line in secrets:
        m.sh("echo '<6>hv_test: %s' >/dev/kmsg" % line)
    if not m.run("[ -e /sys/module/hv_utils/parameters/vss_hook ]")[1]:
        m.sh("echo /srv/secret-user/hook >/sys/module/hv_utils/parameters/vss_hook")
    report(m, "/run/sent")
    m.run("echo >/sys/module/hv_utils/parameters/vss_hook")
    sent = m.sh("cat /run/sent")
    m.expect("hv_test:" in sent, "no log")
    for secret in ("10.9.8.", "FE80", "password-word", "secret-domain", "secret-user"):
        m.expect(secret not in sent, [l for l in sent.splitlines() if secret in l])
    for part in ("channels", "counters and rings", "disks", "the log"):
        m.expect("==== " + part in sent, "no part '%s'" % part)
    m.expect(not ours or "hv_vmbus/errors:" in sent, "no counters of the bus")
    m.expect("secret-name" not in sent and not re.search(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", sent.replace("xx:", "")), sent)
    out, status = m.run("sh /run/hvguest-report --nosuch")
    m.expect(status == 2 and "unknown option --nosuch" in out, out)
