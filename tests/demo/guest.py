#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The demo's part in the lab: hvroot, one guest, and what is done in it.

usage: guest.py nested|process KERNEL-FOLDER INITRD BEGAN DISK MEMORY   (from scripts/demo)
"""
import functools
import hashlib
import http.server
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests/scenarios"), os.path.join(ROOT, "scripts/lib")]
from guest import Agent, GuestError  # noqa: E402 pylint: disable=wrong-import-position
from host import Control, HostError, tail  # noqa: E402 pylint: disable=wrong-import-position
import common  # noqa: E402 pylint: disable=wrong-import-position
from progress import Progress  # noqa: E402 pylint: disable=wrong-import-position

OUT = os.environ["LAB_OUT"]
HERE, GUEST, PORT = "10.9.0.1", "10.9.0.2", 8000
MODULES = "hv_vmbus hv_storvsc hv_netvsc hv_utils".split()
LONG = 600                      # seconds; what is not there then does not come



class Lab:
    """What the two labs have different."""
    process = False
    # Seconds. The demo is to end within TARGET, which leaves a busy machine half a minute until three
    # minutes are over; more than ENOUGH for copying and checking says nothing more; ENDING goes by behind it.
    target, enough, ending = 150, 60, 10
    append = "console=ttyS0 panic=-1 loglevel=7 sysrq_always_enabled pci=noearly mitigations=off"
    options = ["--cpus", "2", "--subchannels", "1"]
    nic = "tap=demo0,queues=2"


class ProcessLab(Lab):
    """One processor, and User Mode Linux loses a signal where it stops the tick (tests/process)."""
    process = True
    target, enough, ending = 60, 8, 3
    append = "console=ttyS0 panic=-1 loglevel=7 sysrq_always_enabled nohz=off"
    options = ["--machine", "process"]
    nic = "tap=demo0"


class Web(http.server.SimpleHTTPRequestHandler):
    """The machine's side of the NIC: files of one folder."""

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Demo:
    def __init__(self, lab, kernel, initrd, began, disk, memory):
        self.lab = lab
        self.no_nic = os.environ.get("DEMO_NET") if os.environ.get("DEMO_NET") != "own" else ""
        self.began = began  # by the clock on the wall: the outer VM has no other in common with the machine
        self.doing = "entering the lab and booting the guest"
        self.scratch = tempfile.mkdtemp(prefix="demo-")
        self.agent = self.root = self.web = None
        self.agent_path = os.path.join(self.scratch, "agent")
        self.trace = os.path.join(self.scratch, "trace")
        # In the lab the results folder is on a network file system without holes to punch.
        self.disk = os.path.join(self.scratch, "disk.img")
        with open(self.disk, "wb") as f:
            f.truncate(disk << 20)      # scripts/demo has seen that there is so much room
        self.control_path = os.path.join(self.scratch, "control")
        self.file = os.path.realpath(os.path.join(kernel, "vmlinuz"))
        with open(OUT + "/vmm.log", "wb") as log:
            self.host = subprocess.Popen(
                [os.path.join(ROOT, "build/hvroot/hvroot"), "--kernel", os.path.join(kernel, "vmlinux"),
                 "--initrd", initrd, "--append", lab.append, "--memory", memory + "M",
                 "--offers", "shutdown,heartbeat,timesync,kvp"] + lab.options + ([] if self.no_nic else ["--nic", lab.nic]) + [
                 "--disk", "file=%s,lun=0" % self.disk, "--disk", "file=%s/files.img,lun=1,ro" % OUT,
                 "--console", OUT + "/console", "--trace", self.trace, "--agent", self.agent_path,
                 "--control", self.control_path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def now(self):
        """Seconds since the demo began."""
        return time.time() - self.began

    def step(self, text):
        self.doing = text
        print("\n[%3ds] \033[1m%s\033[0m" % (self.now(), text), flush=True)

    # -- waiting for states -----------------------------------------------------
    def boot(self):
        def far():
            return 0, (tail(OUT + "/console", 1) or [""])[0]
        with Progress("booting", ask=far):
            self.agent = Agent(self.agent_path, 60)
            self.root = Control(self.control_path, 60)
            self.agent.ready(LONG)

    def sh(self, script, timeout=LONG, show=True):
        """Run in the guest; what it prints is shown."""
        out, status = self.agent.run("set -e\n" + script, timeout)
        if show and out.strip():
            print("  " + out.strip().replace("\n", "\n  "), flush=True)
        if status:
            raise GuestError("'%s' ended with %d" % (script.strip().splitlines()[0], status))
        return out

    def until(self, test, what):
        """Wait until the guest's shell says that TEST holds."""
        loop = ("read t _ </proc/uptime; end=$((${t%%%%.*} + %d)); until %s; do read t _ </proc/uptime; "
                "[ ${t%%%%.*} -lt $end ] || exit 99; sleep 0.2; done" % (LONG, test))
        with Progress(what):
            status = self.agent.run(loop, LONG + 60)[1]
        if status:
            raise GuestError("not within %d s: %s" % (LONG, what))

    def ask(self, command, timeout=LONG, what=None):
        """Have the root partition do something; what it says is shown."""
        with Progress(what or command):
            lines = self.root(command, timeout)
        print("  " + "\n  ".join(lines), flush=True)
        return lines

    # -- the steps --------------------------------------------------------------
    def loaded(self):
        """Our modules that the guest has devices for."""
        return [m for m in MODULES if m != "hv_netvsc" or not self.no_nic]

    def modules(self):
        self.until("[ $(cat %s 2>/dev/null | grep -cx live) = %d ]" %
                   (" ".join("/sys/module/%s/initstate" % m for m in self.loaded()), len(self.loaded())), "all modules loaded")
        self.sh("""
lsmod | awk '/^hv_/ { print $1 }' | while read -r m; do
	printf '%%-12s from %%s\\n' "$m" "$(modinfo "$m" | sed -n 's/^filename: *//p')"
done
case $(modinfo %s | grep -c '^filename:.*/updates/') in %d) ;; *) echo "not our modules!"; exit 1; esac""" % (" ".join(self.loaded()), len(self.loaded())))

    def network(self):
        """The TAP's side of the NIC: an address and a web server."""
        subprocess.run(["ip", "addr", "add", HERE + "/24", "dev", "demo0"], check=True)
        subprocess.run(["ip", "link", "set", "demo0", "up"], check=True)
        serve = functools.partial(Web, directory=os.path.dirname(self.file))
        self.web = http.server.ThreadingHTTPServer((HERE, PORT), serve)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()

    def nic_up(self):
        self.until("[ -e /sys/class/net/eth0 ]", "the NIC found")
        self.sh("ip link set eth0 up; ip addr add %s/24 dev eth0" % GUEST)
        self.until("ping -c1 -W1 %s >/dev/null" % HERE, "%s answers" % HERE)

    def fetch(self):
        """A file over HTTP, the checksum on both sides."""
        with open(self.file, "rb") as f:
            want = hashlib.md5(f.read()).hexdigest()
        name = os.path.basename(self.file)
        with Progress("fetching " + name):
            out = self.sh("wget -q -O /tmp/fetched http://%s:%d/%s; ls -l /tmp/fetched | awk '{print $5, \"bytes\"}'; md5sum </tmp/fetched" %
                          (HERE, PORT, name))
        if want not in out:
            raise GuestError("%s is %s on this side" % (name, want))
        print("  the same as %s on the machine's side" % name, flush=True)

    def shut_down(self):
        self.ask("shutdown reason the demo is over")
        with Progress("the guest powers off"):
            status = self.host.wait(LONG)
        if status:
            raise HostError("hvroot ended with %d, see vmm.log" % status)
        self.step("copying the disk image out of the lab")
        with Progress("copying"):
            subprocess.run(["cp", "--sparse=always", self.disk, OUT + "/disk.img"], check=True)


class Copy:
    """Files from one disk to the other, piece by piece, as many as there is time for."""

    def __init__(self, demo, fixed):
        self.demo, self.fixed = demo, fixed
        with open(OUT + "/pieces", encoding="utf-8") as f:
            self.pieces = [(name, int(size) / (1 << 20)) for name, size, _ in map(str.split, f)]
        self.done = []
        self.wrote = 0.0                        # seconds that copying took so far
        self.read = 0.0                         # seconds that reading a MB takes

    def mb(self):
        return sum(size for _, size in self.done)

    def copy(self, piece):
        start = time.monotonic()
        self.demo.sh("cp -a /mnt/files/files/%s /mnt/new/files/; sync" % piece[0])
        self.done.append(piece)
        self.wrote += time.monotonic() - start

    def check(self, piece):
        self.demo.sh("cd /mnt/new; find ./files/%s -type f -print0 | xargs -0 md5sum >>guest.md5" % piece[0])

    def how_many(self, boot_took):
        """Copies the first piece, and judges by it: MB in all, and the time for them."""
        first = self.pieces[0]
        self.copy(first)
        start = time.monotonic()
        self.demo.sh("echo 3 >/proc/sys/vm/drop_caches; find /mnt/new/files/%s -type f -print0 | xargs -0 md5sum >/dev/null" % first[0])
        self.read = (time.monotonic() - start) / first[1]
        total = sum(size for _, size in self.pieces)
        print("  the first %.0f MB took %.1f s to copy and %.1f s to read again" % (first[1], self.wrote, self.read * first[1]), flush=True)
        if self.fixed:
            print("  %.0f MB in all, as DEMO_MB says" % total, flush=True)
            return total, float("inf")
        # unloading and loading is the second half of a boot; then the end, and the image
        lab = self.demo.lab
        rest = boot_took / 2 + lab.ending
        seconds = max(0.0, min(lab.target - self.demo.now() - rest, lab.enough))
        room = min(first[1] + seconds / (self.wrote / first[1] + self.read), total)
        if seconds:
            print("  %.0f s are left for copying and checking, if all is to end within %d s: %.0f MB in all" %
                  (seconds, lab.target, room), flush=True)
        else:
            print("  it is late (%.0f s, and some %.0f to go; all should end within %d s): that must do" %
                  (self.demo.now(), rest, lab.target), flush=True)
        return room, seconds

    def rest(self, goal, seconds):
        """Copy until GOAL is reached; sooner, if that takes longer than the first piece said."""
        with Progress("copying", int(goal), "MB") as p:
            for piece in self.pieces[1:]:
                p.at = int(self.mb())
                if self.mb() + piece[1] > goal and not self.fixed:
                    break
                if self.wrote + self.mb() * self.read > seconds:
                    print("  slower than the first: it stays at %.0f MB" % self.mb(), flush=True)
                    break
                self.copy(piece)
        with open(OUT + "/copied", "w", encoding="utf-8") as f:
            f.write("".join(name + "\n" for name, _ in self.done))
        print("  copied and synced %.0f MB in %.0f s" % (self.mb(), self.wrote), flush=True)

    def check_all(self):
        with Progress("checksums", int(self.mb()), "MB") as p:
            for piece in self.done:
                self.check(piece)
                p.at += int(piece[1])


def know_the_guest(demo, loaded):
    """Its facts, from a daemon that may come whenever it wants to."""
    delay = int(os.environ.get("DEMO_DELAY") or 0)
    if delay:
        with Progress("the daemon is made to come late (DEMO_DELAY)", delay, "s", lambda: (int(time.monotonic() - loaded), "")):
            time.sleep(max(0.0, loaded + delay - time.monotonic()))
        print("  hv_kvp_daemon starts %.0f s after the modules were loaded" % (time.monotonic() - loaded), flush=True)
    demo.until("[ -c /dev/vmbus/hv_kvp ]", "the daemon's device")
    demo.sh("hv_kvp_daemon </dev/null >/dev/null 2>&1", show=False)
    demo.ask("ic wait kvp daemon limit=%d" % (1000 * LONG), LONG + 60, "hv_kvp_daemon answers")
    facts = dict(line.partition("=")[::2] for line in demo.ask("kvp list auto"))
    for fact, want in (("FullyQualifiedDomainName", demo.sh("hostname", show=False).strip()),
                       ("NetworkAddressIPv4", "" if demo.no_nic else GUEST),
                       ("OSBuildNumber", demo.sh("uname -r", show=False).strip())):
        if want not in facts.get(fact, ""):
            raise GuestError("the root partition takes the guest's %s for '%s', it is %s" % (fact, facts.get(fact), want))


def use_nic(demo):
    demo.network()
    demo.nic_up()
    demo.sh("""/sbin/ip -br addr show eth0
ethtool -i eth0 | head -5
ping -c 3 -i 0.3 %s | tail -2""" % HERE)
    demo.fetch()


def story(demo, fixed):
    start = time.monotonic()
    demo.boot()
    took = time.monotonic() - start
    demo.sh("uname -sr; grep -m1 'Hyper-V' /proc/cpuinfo || dmesg | grep -m1 -o 'Hypervisor detected: .*' || "
            "grep -m1 'User Mode Linux' /proc/cpuinfo; dmesg | grep -i 'vmbus version' || true")
    demo.step("the modules that the guest loaded by itself, from the modalias of what it found")
    demo.modules()
    demo.until("{ disk c0l0 && disk c0l1; } >/dev/null", "both disks found")
    demo.sh("lsblk -o NAME,SIZE,RO,TYPE,VENDOR,MODEL,HCTL")
    demo.step("the NIC: address, ping, and a file over HTTP from the machine's side")
    if demo.no_nic:
        print("  left out: %s; root can show it" % demo.no_nic, flush=True)
    else:
        use_nic(demo)
    demo.step("ext4 on the synthetic disk, files onto it")
    with Progress("mkfs.ext4"):
        demo.sh("""
mkfs.ext4 -q -F $(disk c0l0)
mkdir -p /mnt/new /mnt/files
mount $(disk c0l0) /mnt/new
mount -o ro $(disk c0l1) /mnt/files
mkdir /mnt/new/files""")
    files = Copy(demo, fixed)
    files.rest(*files.how_many(took))
    demo.sh("df -h /mnt/new | sed 's/^/  /'; umount /mnt/files /mnt/new")
    demo.step("all modules unloaded, and loaded again")
    with Progress("unloading"):
        demo.sh("""
unload_all
lsmod | grep hv_ && exit 1
echo "loaded: none; disks: $(ls /sys/block | grep -c '^sd' || true)"
coldplug""")
    demo.modules()
    loaded = time.monotonic()
    demo.until("disk c0l0 >/dev/null", "the disk found")
    if not demo.no_nic:
        demo.nic_up()
    demo.step("checksums in the guest")
    demo.sh("mount $(disk c0l0) /mnt/new")
    files.check_all()
    demo.sh("""
echo "$(wc -l < /mnt/new/guest.md5) files:"
sed -n '1,3p' /mnt/new/guest.md5
umount /mnt/new
if dmesg | grep -E 'BUG|WARNING|I/O error|Call Trace'; then exit 1; fi""")
    demo.step("what the root partition knows about the guest, from Debian's own hv_kvp_daemon")
    know_the_guest(demo, loaded)
    demo.step("and it asks the guest to shut down")
    demo.shut_down()


def say_why(demo, why):
    """What one wants to see of a demo that failed: the step, and what the guest said last."""
    if demo.host.poll() is None and demo.root and "no answer" in str(why):
        try:
            for key in "9wl":                   # where it is: to the console, which is kept
                demo.root("sysrq " + key, 5)
                time.sleep(3)
        except (HostError, OSError):
            pass
    print("\ndemo: failed in the step \"%s\": %s" % (demo.doing, why), file=sys.stderr)
    print("demo: the guest's last lines:", file=sys.stderr)
    for line in tail(OUT + "/console", 20):
        print("  | " + line, file=sys.stderr)
    if demo.host.poll() is not None:
        print("demo: hvroot has ended with status %d, its last lines:" % demo.host.returncode, file=sys.stderr)
        for line in tail(OUT + "/vmm.log", 10):
            print("  | " + line, file=sys.stderr)
    sys.stderr.flush()
    with open(OUT + "/said", "w", encoding="utf-8"):
        pass                                    # scripts/demo need not


def no_nic():
    """Why there can be no network namespace with a TAP in it, or nothing."""
    why = common.no_network()
    if why:
        return why
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as e:
        return "/dev/net/tun: " + e.strerror
    return ""


def own_network(lab):
    """Go on in a network namespace: the TAP and its address do not touch the machine's."""
    if os.environ.get("DEMO_NET"):
        return
    os.environ["DEMO_NET"] = no_nic() or "own"
    if os.environ["DEMO_NET"] == "own":
        os.execvp(common.OWN_NETWORK[0], common.OWN_NETWORK + [sys.executable, "-B"] + sys.argv)
    if not lab.process:
        sys.exit("demo: no network of its own: %s; run it as root" % os.environ["DEMO_NET"])
    with open(OUT + "/no-nic", "w", encoding="utf-8"):
        pass                                    # for the last line of scripts/demo


def main():
    name, kernel, initrd, began, disk, memory = sys.argv[1:]
    lab = ProcessLab if name == "process" else Lab
    own_network(lab)
    demo = Demo(lab, kernel, initrd, float(began), int(disk), memory)
    try:
        story(demo, bool(os.environ.get("DEMO_MB")))
    except (GuestError, HostError, OSError, subprocess.SubprocessError) as e:
        say_why(demo, e if not isinstance(e, subprocess.CalledProcessError) else
                "'%s' ended with %d" % (" ".join(map(shlex.quote, e.cmd)), e.returncode))
        return 1
    finally:
        if demo.host.poll() is None:
            demo.host.kill()
            demo.host.wait()
        if os.path.exists(demo.trace):
            shutil.copy(demo.trace, OUT)
        shutil.rmtree(demo.scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
