# SPDX-License-Identifier: GPL-2.0-only
"""Memory runs out: every allocation that our modules lead to fails once, by call site.

tests/failsite, a module for the debug kernel, sits where failslab and fail_page_alloc
decide. Armed, it takes the first call site in our modules that has not failed yet and
fails it; every round tries another one, until a round finds none. What was tried is then
compared with the calls that the modules' code has.
"""
import dataclasses
import os
import re
import subprocess

from guest import TROUBLE
from host import HostError
from machine import Failure
from nethost import GUEST, HOST, MAC, Nic
from registry import ONLY_OURS, Disk, Machine, scenario
from utilshost import SERVICES, Services

SITE = "/sys/kernel/debug/failsite/"
TIMES = 6               # how often in a row: fallbacks fail too
NOISE = "Call Trace:|I/O error|EXT4-fs|Buffer I/O|unable to allocate|out of memory|allocation failure"
TINY = Disk(size=8 << 20)               # brings the module into the guest
STRANGER = "12345678-1234-1234-1234-123456789abc"       # a class that nobody offers
SMALL = Machine(memory=1024, kernel="debug", disks=(TINY,))

# Words about a failure, in a module's message
SAYS = re.compile(r"(?<![\w-])-\d+\b|fail|cannot|could not|no[_ ]memory|error|without|refused")

# What takes memory, of all that our modules call
TAKES = re.compile(
    r"_?_?kv?[mz]alloc\w*|kmem_cache_alloc\w*|kmemdup|kstrn?dup|kv?asprintf|vz?m?alloc|vmap|_?_?alloc_pages\w*|"
    r"__get_free_pages|get_zeroed_page|__alloc_percpu\w*|alloc_workqueue|id[ar]_alloc\w*|kthread_create_on_node|"
    r"(device|bus|driver|misc|ptp_clock|acpi_bus)_(register|add)(?!_notifier)\w*|kobject_(init_and|create_and)_add|kset_create_and_add|"
    r"sysfs_create_\w+|debugfs_create_\w+|scsi_host_alloc|scsi_add_host_with_dma|scsi_(add_device|scan_host)|"
    r"alloc_etherdev_mqs|register_netdevice|__napi_alloc_skb|page_pool_create|cn_add_callback|call_usermodehelper|"
    r"memdup_user|__request_percpu_irq|__request_region|__kthread_create\w*|mempool_create\w*")


# Why some calls are not reached here
REASONS = (("quarantine_", "must not fail, __GFP_NOFAIL"),
           ("storm_note_rescind", "a device that goes: see offering"),
           ("sysfs_add_channel", "sub-channels: see offering"),
           ("synic_cpu_online", "a processor that is plugged in"),
           ("claim", "a driver that wants a memory window: see clients"),
           ("vmbus_establish_gpadl", "a driver that shares a buffer: see clients"),
           ("reqid_init", "a driver that leaves its request ids to the bus: see clients"),
           ("ringmem_alloc", "a driver that wants its rings in one block: see clients"),
           ("stor_scan_work", "a disk that comes later: see offering, or Fibre Channel"),
           ("cn_", "daemons of old that talk over netlink"))


def bring(m, *modules):
    """The module, by way of a disk, with an eye on MODULES; all that is under way in the guest is done."""
    path = m.images["failsite"]
    with open(path, "rb") as f, open(m.backing(TINY), "r+b") as out:
        out.write(f.read())
    m.sh("head -c %d %s >/tmp/failsite.ko" % (os.path.getsize(path), m.dev(TINY)), 60)
    m.sh("unload_all; insmod /tmp/failsite.ko modules=" + ",".join(modules), 120)


def in_code(m, names):
    """{call site: what it calls} of the modules, from their files."""
    folder = m.images["modules"]
    found = {}
    for name in names:
        text = subprocess.run(["objdump", "-dtr", "--no-show-raw-insn", os.path.join(folder, name + ".ko")],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        table = {m.groups() for m in re.finditer(r"^([0-9a-f]{16}) .{7} (\S+)\t[0-9a-f]{16} (\S+)$", text, re.M)}
        function, start, wanted, section = "", 0, None, ""
        for line in text.splitlines():
            head = re.match(r"([0-9a-f]+) <(\S+)>:", line)
            call = re.search(r"R_X86_64_PLT32\s+(\w+)", line)
            insn = re.match(r"\s+([0-9a-f]+):\t", line)
            if line.startswith("Disassembly of section "):
                section = line.split()[-1].rstrip(":")
            elif head:
                start, function = int(head.group(1), 16), head.group(2)
                if function == "init_module":   # the kernel prefers the other name
                    function = [n for a, s, n in table if (a, s) == (head.group(1), section) and n not in (function, s)][0]
            elif call:
                wanted = call.group(1) if TAKES.fullmatch(call.group(1)) else None
            elif insn and wanted:
                found["%s+%#x [%s]" % (function, int(insn.group(1), 16) - start, name)] = wanted
                wanted = None
    return found


def sites(m):
    """{call site: how often it failed} of those that took memory while somebody looked."""
    found = {}
    for line in m.sh("cat %ssites" % SITE).splitlines():
        failed, _, where = line.split("\t")
        found[plain(where)] = int(failed)
    return found


def plain(where):
    """fn+0x12/0x34 [module] without the function's size."""
    return re.sub(r"/0x[0-9a-f]+", "", where)


def arm(m):
    m.sh("dmesg -n 4; dmesg -c >/dev/null; echo %d >%sarm" % (TIMES, SITE))


def disarm(m):
    """(the site that failed or "", what the kernel said); a report of the kernel's checks ends the scenario."""
    now, _, text = m.sh("cat %scurrent; echo 0 >%sarm; echo ==; dmesg -c" % (SITE, SITE)).partition("==")
    lines = text.strip().splitlines()
    for n, line in enumerate(lines):
        if TROUBLE.search(line) and not re.search(NOISE, line):
            raise Failure("with %s failing:\n%s" % (now.strip(), "\n".join(lines[n:n + 60])))
    return now.strip(), [re.sub(r"^\[.*?\] ", "", line) for line in lines]


def rounds(m, one, most=250):
    """ONE round after the other, until none has a new site; [(site, what came of it)]."""
    seen, silent = [], []
    for _ in range(most):
        arm(m)
        works, text = one(m)
        now, lines = disarm(m)
        text = [text] * bool(text) + [line for line in lines if SAYS.search(line)]
        if not now:
            m.expect(works, "with no allocation failing: " + " | ".join(text[-5:]))
            m.expect(not silent, "something was missing, and nobody said so: " + ", ".join(silent))
            return seen
        site, what = plain(now.split("\t")[2]), "goes on" if works else "fails"
        seen.append((site, what))
        print("#   %s: %s%s" % (site, what, "".join(", " + t[:110] for t in text[:2])), flush=True)
        if not works and not text:
            silent.append(site)
    raise Failure("still new sites after %d rounds" % most)


def judge_sites(m, seen, names, least):
    """Count, compare with the code, and fail when too little was tried."""
    code, tried = in_code(m, names), sites(m)
    direct = [s for s in code if tried.get(s)]
    m.note("%d call sites failed, %d rounds went on without them; of %d calls for memory in the code of %s: %d" %
           (len(seen), sum(what == "goes on" for _, what in seen), len(code), " ".join(names), len(direct)))
    left = ["not tried: %s %s%s" % (s, code[s], "".join(", " + why for name, why in REASONS if s.startswith(name)))
            for s in sorted(set(code) - set(direct))]
    for line in left:
        m.note(line)
    never = [s for s in code if tried.get(s) == 0]
    m.expect(not never, "sites that were seen and never failed: " + ", ".join(never))
    m.expect(len(direct) >= least, "\n".join(["only %d of %d" % (len(direct), len(code))] + left))


def no_leaks(m):
    m.drivers = (None, None)
    m.sh("unload_all", 120)
    leaks = m.leaks()
    m.expect(not leaks, "leaks:\n" + leaks[:6000])


def good_load(m):
    """All is as ever."""
    m.sh("modprobe hv_vmbus; settle", 120)
    m.drivers = ("ours", "ours")
    m.settle()
    m.sh("dd if=%s of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null" % m.dev(TINY), 60)


DISKS = """
there() {
	set -- /sys/bus/vmbus/devices/*/host*/target*/*:*/block/*
	[ $# = "${disks:-1}" ] || return 1
	for d; do dd if="/dev/${d##*/}" of=/dev/null bs=64k count=2 iflag=direct 2>/dev/null || return 1; done
}
# within 20 s, or until somebody said why not
disk_there() {
	settle 10 >/dev/null 2>&1
	n=0
	until there; do
		n=$((n + 1))
		[ $n -lt 100 ] || return 1
		[ $((n % 5)) != 0 ] || ! dmesg | grep -qiE 'fail|cannot|could not|no_memory|error' || return 1
		sleep 0.2
	done
}
"""


def load_round(m):
    """Load, look for the disk, unload. Loading fails, or some device is not there, or all goes well."""
    out, status = m.run(DISKS + "disks=%d\n" % len(m.spec.disks) + "{ modprobe hv_vmbus testing=1 && modprobe hv_storvsc && "
                        "echo %s >/sys/bus/vmbus/drivers/hv_storvsc/new_id; } 2>&1 && disk_there\n"
                        "s=$?; unload_all || s=99; exit $s" % STRANGER, 200)
    m.expect(status != 99, "cannot unload: " + out)
    return status == 0, " ".join(out.split())[-110:]


def loading(m, module, least):
    bring(m, module)
    m.drivers = (None, None)
    judge_sites(m, rounds(m, load_round), (module,), least)
    good_load(m)
    no_leaks(m)
    m.sh("rmmod failsite", 60)


@scenario(machine=SMALL, drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_bus(m):
    "each allocation of the bus while it is loaded and finds a disk fails once: an errno, no leak, a good load afterwards"
    loading(m, "hv_vmbus", 38)


@scenario(machine=dataclasses.replace(SMALL, disks=(TINY, dataclasses.replace(TINY, ide=True))),
          drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_storage(m):
    "each allocation of the disk driver while it is loaded fails once: an errno, no leak, a good load afterwards"
    loading(m, "hv_storvsc", 12)


def client_round(m):
    """PCI with its memory window, and a controller whose rings user space maps."""
    out, status = m.run("""s=0; d=$(controller 1); id=$(basename $d); drivers=/sys/bus/vmbus/drivers
modprobe pci_hyperv 2>&1; sleep 0.5; ls $drivers/hv_pci | grep -q -- - || { echo no PCI; s=1; }
modprobe uio_hv_generic 2>&1; echo uio_hv_generic >$d/driver_override
{ echo $id >$drivers/uio_hv_generic/bind; } 2>&1; [ -e /sys/class/uio/uio0 ] || { echo no UIO; s=1; }
rmmod uio_hv_generic; rmmod pci_hyperv; exit $s""", 100)
    return status == 0, " ".join(out.split())[-110:]


@scenario(machine=dataclasses.replace(SMALL, disks=(TINY, dataclasses.replace(TINY, controller=1)), offers="pci"),
          drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_clients(m):
    "each allocation of the bus for drivers that are not ours, PCI and UIO, fails once: an error, no leak, good afterwards"
    bring(m, "hv_vmbus")
    m.host("set scsi1 monitor=1")               # UIO asks for it
    m.sh("modprobe hv_vmbus; settle; echo $(basename $(controller 1)) >/sys/bus/vmbus/drivers/hv_storvsc/unbind", 100)
    judge_sites(m, rounds(m, client_round), ("hv_vmbus",), 10)
    m.drivers = (None, None)
    m.sh("unload_all", 120)
    good_load(m)
    no_leaks(m)
    m.sh("rmmod failsite", 60)


def offer_round(m):
    """Take the controller back and offer it again; both may meet a lack of memory."""
    m.host("rescind scsi0")
    m.wait("! grep -qs ba6163d9 /sys/bus/vmbus/devices/*/class_id", 60, "the controller goes")
    m.host("offer scsi0")
    if m.run(DISKS + "sleep 0.5; disk_there", 100)[1]:
        return False, ""
    m.host("disk remove controller=0 lun=0")
    m.wait("! [ -e /sys/bus/vmbus/devices/*/host*/target*/*:0/block ]", 60, "the disk goes")
    m.host("disk add file=%s,lun=0,controller=0" % m.backing(TINY))
    return m.run(DISKS + "disk_there", 100)[1] == 0, ""


@scenario(machine=dataclasses.replace(SMALL, cpus=2, subchannels=1), drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_offering(m):
    "each allocation while a controller comes and goes fails once: an error, no leak, and it comes back"
    bring(m, "hv_vmbus", "hv_storvsc")
    good_load(m)
    judge_sites(m, rounds(m, offer_round), ("hv_vmbus", "hv_storvsc"), 20)
    m.host("rescind scsi0")
    m.wait('[ -z "$(controller 0)" ]', 60, "the controller goes")
    m.host("offer scsi0")
    m.settle()
    no_leaks(m)
    m.sh("rmmod failsite", 60)
    good_load(m)


def nic_round(m):
    """The driver out and in again, the NIC up, a ping, other channels and buffers."""
    out, status = m.run("rmmod hv_netvsc 2>&1; modprobe hv_netvsc 2>&1 || exit 1\n"
                        "n=0; until [ -e /sys/class/net/eth0 ] || [ $n -gt 20 ]; do n=$((n+1)); sleep 0.1; done\n"
                        "s=0; { ip link set eth0 up && ip addr add %s/24 dev eth0 && "
                        "ethtool --set-tunable eth0 rx-copybreak 256 && ethtool -X eth0 equal 1 && ethtool -L eth0 combined 1 && "
                        "ethtool -G eth0 rx 600 && ip link set eth0 mtu 1400; } 2>&1 || s=1\n"
                        "for n in 56 1200; do ping -c3 -i 0.3 -W2 -s $n %s >/dev/null || { echo no answer to ping; s=1; }; done; exit $s"
                        % (GUEST, HOST), 100)
    return status == 0, " ".join(out.split())[-110:]


@scenario(machine=dataclasses.replace(SMALL, cpus=2, options=("--nic", "tap=hvt0,mac=%s,queues=2" % MAC)),
          drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_nic(m):
    "each allocation while the NIC's driver is loaded and set up fails once: an errno, no leak, and it works afterwards"
    nic = Nic(m)
    bring(m, "hv_netvsc", "hv_vmbus")
    m.sh("modprobe hv_vmbus; settle; modprobe hv_netvsc", 60)
    judge_sites(m, rounds(m, nic_round), ("hv_netvsc",), 18)
    m.drivers = ("ours", "ours")
    nic.reload()
    nic.content(0.2, "afterwards")
    no_leaks(m)
    m.sh("rmmod failsite", 60)


def utils_round(m):
    """The module out and in again, with Debian's daemons."""
    out, status = m.run("""killall -q hv_kvp_daemon hv_vss_daemon hv_fcopy_daemon; n=0
while [ -d /sys/module/hv_utils ] && ! rmmod hv_utils 2>/dev/null; do
	n=$((n + 1)); [ $n -lt 100 ] || exit 98; sleep 0.1
done
modprobe hv_utils 2>&1 || exit 1
echo /bin/true >/sys/module/hv_utils/parameters/vss_hook
for d in kvp vss fcopy; do
	if [ -e /dev/vmbus/hv_$d ]; then hv_${d}_daemon </dev/null >/dev/null 2>&1; else echo "no hv_$d"; fi
done; sleep 1
set -- $(pidof hv_kvp_daemon hv_vss_daemon hv_fcopy_daemon); [ $# = 3 ] || { echo "$# daemons"; exit 1; }""", 100)
    m.expect(status != 98, "cannot unload: " + out)
    for ask in ("kvp set external a b", "kvp list external", "vss check", "vss freeze", "vss thaw", "vss freeze"):
        try:
            m.host(ask, 10)
        except HostError as e:
            out, status = out + " %s: %s" % (ask, e), status or 1
    m.run("killall -9 hv_vss_daemon; sleep 0.5")        # frozen: our turn to thaw
    return status == 0, " ".join(out.split())[-110:]


@scenario(machine=dataclasses.replace(SMALL, offers=",".join(SERVICES)), drivers=ONLY_OURS, timeout=2000, noise=NOISE, long=True)
def fail_allocations_utils(m):
    "each allocation while the integration services are loaded and asked fails once: an errno, no leak, good afterwards"
    bring(m, "hv_utils")
    m.sh("modprobe hv_vmbus; settle; modprobe hv_utils", 60)
    judge_sites(m, rounds(m, utils_round), ("hv_utils",), 12)
    m.drivers = ("ours", "ours")
    m.sh("undaemon kvp vss fcopy; rmmod hv_utils", 60)
    Services(m)
    m.sh("undaemon kvp vss fcopy", 60)
    no_leaks(m)
    m.sh("rmmod failsite", 60)
