#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The demo's part in the lab: hvroot, one guest, and what is done in it.

usage: guest.py KERNEL-FOLDER INITRD BEGAN MEGABYTES   (from scripts/demo)
"""
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/scenarios"))
from guest import Agent, GuestError  # noqa: E402 pylint: disable=wrong-import-position
from host import Control, HostError  # noqa: E402 pylint: disable=wrong-import-position

OUT = os.environ["LAB_OUT"]
HERE, GUEST, PORT = "10.9.0.1", "10.9.0.2", 8000


class Web(http.server.SimpleHTTPRequestHandler):
    """The machine's side of the NIC: files of one folder."""

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Demo:
    def __init__(self, kernel, initrd, began, mb):
        self.began = began  # by the clock on the wall: the outer VM has no other in common with the machine
        self.scratch = tempfile.mkdtemp(prefix="demo-")
        self.agent_path = os.path.join(self.scratch, "agent")
        self.trace = os.path.join(self.scratch, "trace")
        # In the lab the results folder is on a network file system without holes to punch.
        self.disk = os.path.join(self.scratch, "disk.img")
        with open(self.disk, "wb") as f:
            f.truncate(2 * mb + 128 << 20)
        self.control_path = os.path.join(self.scratch, "control")
        self.file = os.path.realpath(os.path.join(kernel, "vmlinuz"))
        self.host = subprocess.Popen(
            [os.path.join(ROOT, "build/hvroot/hvroot"), "--kernel", os.path.join(kernel, "vmlinux"),
             "--initrd", initrd, "--append", "console=ttyS0 panic=-1 quiet pci=noearly mitigations=off",
             "--cpus", "2", "--memory", "768M", "--subchannels", "1", "--offers", "shutdown,heartbeat,timesync,kvp",
             "--nic", "tap=demo0,queues=2",
             "--disk", "file=%s,lun=0" % self.disk, "--disk", "file=%s/files.img,lun=1,ro" % OUT,
             "--console", OUT + "/console", "--trace", self.trace, "--agent", self.agent_path,
             "--control", self.control_path],
            stdin=subprocess.DEVNULL)

    def step(self, text):
        print("\n[%3ds] \033[1m%s\033[0m" % (time.time() - self.began, text), flush=True)

    def boot(self):
        self.agent = Agent(self.agent_path, 30)
        self.root = Control(self.control_path)
        self.agent.ready(400)

    def sh(self, script, timeout=900, show=True):
        """Run in the guest; what it prints is shown."""
        out, status = self.agent.run("set -e\n" + script, timeout)
        if show and out.strip():
            print("  " + out.strip().replace("\n", "\n  "), flush=True)
        if status:
            raise GuestError("'%s' ended with %d" % (script.strip().splitlines()[0], status))
        return out

    def ask(self, command):
        """Have the root partition do something; what it says is shown."""
        lines = self.root(command)
        print("  " + "\n  ".join(lines), flush=True)
        return lines

    def modules(self):
        self.sh("""
lsmod | awk '/^hv_/ { print $1 }' | while read -r m; do
	printf '%-12s from %s\\n' "$m" "$(modinfo "$m" | sed -n 's/^filename: *//p')"
done
case $(modinfo hv_vmbus hv_storvsc hv_netvsc hv_utils | grep -c '^filename:.*/updates/') in 4) ;; *) echo "not our modules!"; exit 1; esac
for m in hv_vmbus hv_storvsc hv_netvsc hv_utils; do test -d /sys/module/$m; done""")

    def network(self):
        """The TAP's side of the NIC: an address and a web server."""
        subprocess.run(["ip", "addr", "add", HERE + "/24", "dev", "demo0"], check=True)
        subprocess.run(["ip", "link", "set", "demo0", "up"], check=True)
        serve = functools.partial(Web, directory=os.path.dirname(self.file))
        self.web = http.server.ThreadingHTTPServer((HERE, PORT), serve)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()

    def nic_up(self):
        self.sh("""
n=0; until [ -e /sys/class/net/eth0 ]; do n=$((n + 1)); [ $n -lt 100 ]; sleep 0.2; done
ip link set eth0 up
ip addr add %s/24 dev eth0
n=0; until ping -c1 -W1 %s >/dev/null; do n=$((n + 1)); [ $n -lt 20 ]; done""" % (GUEST, HERE))

    def fetch(self):
        """A file over HTTP, the checksum on both sides."""
        with open(self.file, "rb") as f:
            want = hashlib.md5(f.read()).hexdigest()
        name = os.path.basename(self.file)
        out = self.sh("wget -q -O /tmp/fetched http://%s:%d/%s; ls -l /tmp/fetched | awk '{print $5, \"bytes\"}'; md5sum </tmp/fetched" %
                      (HERE, PORT, name))
        if want not in out:
            raise GuestError("%s is %s on this side" % (name, want))
        print("  the same as %s on the machine's side" % name, flush=True)

    def shut_down(self):
        self.ask("shutdown reason the demo is over")
        status = self.host.wait(200)
        if status:
            raise HostError("hvroot ended with %d" % status)
        self.step("copying the disk image out of the lab")
        subprocess.run(["cp", "--sparse=always", self.disk, OUT + "/disk.img"], check=True)


def story(demo, mb):
    demo.boot()
    demo.sh("uname -sr; grep -m1 'Hyper-V' /proc/cpuinfo || dmesg | grep -m1 -o 'Hypervisor detected: .*'; dmesg | grep -i 'vmbus version' || true")
    demo.step("the modules that the guest loaded by itself, from the modalias of what it found")
    demo.modules()
    demo.sh("lsblk -o NAME,SIZE,RO,TYPE,VENDOR,MODEL,HCTL")
    demo.step("the NIC: address, ping, and a file over HTTP from the machine's side")
    demo.network()
    demo.nic_up()
    demo.sh("""/sbin/ip -br addr show eth0
ethtool -i eth0 | head -5
ping -c 3 -i 0.3 %s | tail -2""" % HERE)
    demo.fetch()
    demo.step("ext4 on the synthetic disk, %d MB of files onto it" % mb)
    demo.sh("""
mkfs.ext4 -q -F $(disk c0l0)
mkdir -p /mnt/new /mnt/files
mount $(disk c0l0) /mnt/new
mount -o ro $(disk c0l1) /mnt/files
t=$(date +%s)
cp -a /mnt/files/files /mnt/new/
sync
echo "copied and synced in $(( $(date +%s) - t )) s"
df -h /mnt/new | sed 's/^/  /'
umount /mnt/files /mnt/new""")
    demo.step("all modules unloaded, and loaded again")
    demo.sh("""
unload_all
lsmod | grep hv_ && exit 1
echo "loaded: none; disks: $(ls /sys/block | grep -c '^sd' || true)"
coldplug; settle
n=0; until disk c0l0 >/dev/null; do n=$((n + 1)); [ $n -lt 100 ]; sleep 0.2; done""")
    demo.modules()
    demo.nic_up()
    demo.step("checksums in the guest")
    demo.sh("""
mount $(disk c0l0) /mnt/new
cd /mnt/new
find ./files -type f -print0 | xargs -0 md5sum > guest.md5
echo "$(wc -l < guest.md5) files:"
sed -n '1,3p' guest.md5
cd /
umount /mnt/new
if dmesg | grep -E 'BUG|WARNING|I/O error|Call Trace'; then exit 1; fi""")
    demo.step("what the root partition knows about the guest, from Debian's own hv_kvp_daemon")
    demo.sh("""
hv_kvp_daemon </dev/null >/dev/null 2>&1""", show=False)
    demo.ask("ic wait kvp limit=60000")
    facts = dict(line.partition("=")[::2] for line in demo.ask("kvp list auto"))
    for fact, want in (("FullyQualifiedDomainName", demo.sh("hostname", show=False).strip()), ("NetworkAddressIPv4", GUEST),
                       ("OSBuildNumber", demo.sh("uname -r", show=False).strip())):
        if want not in facts[fact]:
            raise GuestError("the root partition takes the guest's %s for '%s', it is %s" % (fact, facts[fact], want))
    demo.step("and it asks the guest to shut down")
    demo.shut_down()


def own_network():
    """Go on in a network namespace: the TAP and its address do not touch the machine's."""
    if not os.environ.get("DEMO_NET"):
        flags = "-n" if os.geteuid() == 0 else "-rn"
        os.execvpe("unshare", ["unshare", flags, sys.executable] + sys.argv, dict(os.environ, DEMO_NET="1"))


def main():
    kernel, initrd, began, mb = sys.argv[1:]
    own_network()
    demo = Demo(kernel, initrd, float(began), int(mb))
    try:
        story(demo, int(mb))
    except (GuestError, HostError, subprocess.TimeoutExpired) as e:
        print("demo: %s" % e, file=sys.stderr)
        return 1
    finally:
        if demo.host.poll() is None:
            demo.host.kill()
        if os.path.exists(demo.trace):
            shutil.copy(demo.trace, OUT)
        shutil.rmtree(demo.scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
