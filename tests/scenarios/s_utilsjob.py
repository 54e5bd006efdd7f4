# SPDX-License-Identifier: GPL-2.0-only
"""What the integration services are for: many pairs, addresses, backups, files, sleep and the end."""
import hashlib
import os
import random
import re
import time

from nethost import HOST, Nic, Server
from registry import ONLY_OURS, scenario
from s_power import restore
from s_utilsdmn import Ask
from utilshost import MACHINE, Services, image_clean, image_files

SCRIPTS = ("\u00e4\u00f6\u00fc\u00df\u00f1", "\u03b1\u03b2\u03b3\u03b4\u03b5", "\u0436\u0448\u0449\u044f\u0451",
           "\u05d0\u05d1\u05d2\u05d3", "\u0627\u0628\u062a\u062b", "\u0905\u0906\u0907\u0908", "\u0e01\u0e02\u0e03",
           "\u4e2d\u6587\u6f22\u5b57", "\ud55c\uad6d\uc5b4", "\U0001f600\U00010000\U0001f9ea", "plain")


def text(seed, start, units, size):
    """START and then letters of one script, as long as both limits allow."""
    letters = SCRIPTS[seed % len(SCRIPTS)]
    out, units, size = [start], units - len(start), size - len(start)
    for n in range(units):
        more = letters[(seed + n) % len(letters)]
        units -= 2 if more > "\uffff" else 1
        size -= len(more.encode())
        if units < 0 or size < 0:
            break
        out.append(more)
    return "".join(out)


# where items can be; the daemon reads and writes the whole of a pool each time
POOLS = ("external", "guest", "auto-external", "internal")


@scenario(rows="U08 ~U13", machine=MACHINE, drivers=ONLY_OURS, timeout=400)
def utils_kvp_many(m):
    "1,000 items of the largest size in many scripts of Unicode: set, listed, deleted"
    s = Services(m, ())
    m.host("kvp facts off")
    m.sh("rm -f /var/lib/hyperv/.kvp_pool_*; daemon kvp")
    s.daemon("kvp")
    start = time.monotonic()
    for p, pool in enumerate(POOLS):
        items = {}
        for n in range(250):
            # the daemons keep UTF-8 in records of 512 and 2,048 bytes
            key, value = text(n, "%d.%03d." % (p, n), 255, 510), text(n + 3, "", 1023, 2046)
            items[key] = value
            m.host("kvp set %s %s %s" % (pool, key, value))
        out = m.host("kvp list " + pool, 300)
        m.note(out[-1])
        got = dict(l.split("=", 1) for l in out[:-1])
        wrong = [k for k in items if got.get(k) != items[k]]
        m.expect(not wrong and len(got) == 250, "%d items, %d of them wrong, %s" % (len(got), len(wrong), wrong[:1]))
        for key in list(items)[:5]:
            m.host("kvp delete %s %s" % (pool, key))
            s.fails("kvp delete %s %s" % (pool, key), "status")
    m.note("all in %.0f s" % (time.monotonic() - start))
    m.expect(m.sh("cat /var/lib/hyperv/.kvp_pool_[0134] | wc -c") == str(4 * 245 * 2560), "the pools' files")
    m.sh("undaemon kvp; rm /var/lib/hyperv/.kvp_pool_*")
    m.host("kvp facts on")


def addresses(m, s, version):
    "what the host sets is active in the guest, and what it asks for is what is there"
    m.host("ic set kvp message=" + version)
    s.again("kvp")
    m.expect("message=" + version in s.state("kvp"), "agreed on %s" % s.state("kvp"))
    m.sh("ip link set eth0 up; ip addr flush dev eth0; ip addr add 10.77.0.5/24 dev eth0; ip addr add fd77::5/64 dev eth0")
    out = m.host("kvp ip-get")
    m.note("%s: %s" % (version, " ".join(out)))
    for word in ("10.77.0.5", "255.255.255.0", "fd77::5"):
        m.expect(any(word in l for l in out), "%s: what the guest says lacks %s: %s" % (version, word, out))
    m.expect(any(re.match("subnet=.*;/?64$", l) for l in out), "%s: the prefix: %s" % (version, out))
    m.host("kvp ip-set family=3 address=10.77.0.9;fd77::9 subnet=255.255.0.0;64 gateway=10.77.0.1 dns=10.77.0.53", 100)
    there = m.sh("ip addr show dev eth0")
    m.expect("10.77.0.9/16" in there, "%s: the address is active: %s" % (version, there))
    m.expect("10.77.0.1" in m.sh("ip route"), "%s: the gateway is active" % version)
    out = m.host("kvp ip-get family=1")
    m.expect(any(l.startswith("address=10.77.0.9") for l in out), "what the guest says: %s" % out)
    s.fails("kvp ip-get adapter=00:15:5D:99:99:99", "status")


@scenario(rows="U12 ~F17", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_addresses(m):
    "addresses of an adapter set and asked for by the host: binary from KVP 5.0 on, as text before"
    s = Services(m, ("kvp",))
    m.wait("[ -e /sys/class/net/eth0 ]", 30)
    for version in ("5.0", "4.0"):
        addresses(m, s, version)
    # more than there is room for is no part of it
    m.host("ic set kvp message=5.0")
    s.again("kvp")
    before = m.sh("ip addr show dev eth0")
    many = ";".join("fd77:ffff:ffff:ffff:ffff:ffff:ffff:%x" % n for n in range(0xffc0, 0x10000))
    s.fails("kvp ip-set family=2 address=%s subnet=%s" % (many, ";".join(["64"] * 64)), "bad argument")
    m.expect(m.sh("ip addr show dev eth0") == before, "a part of the addresses was set")
    m.host("ic set kvp message=1.0+3.0+4.0+5.0")
    s.again("kvp")


# A pool's file: records of 512 bytes of key and 2,048 of value, as the daemon keeps them
RECORDS = r"""
undaemon kvp; cd /var/lib/hyperv; rm -f .kvp_pool_*
full() { head -c $2 /dev/zero | tr '\0' "$1"; }
rec() { { printf "$1"; full '\0' 512; } | head -c 512; { printf "$2"; full '\0' 2048; } | head -c 2048; }
{ rec first 1; full k 512; full v 2048; rec 'ill\377formed' 'va\200lue'; rec 'half\303' '\360\237'; rec last 2; } >.kvp_pool_1
daemon kvp"""


@scenario(rows="~U08 ~U13", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_kvp_odd(m):
    "items that fill their fields to the last byte or are no text: all are listed, long ones cut; long keys of the host's are one key"
    s = Services(m, ())
    m.host("kvp facts off")
    m.sh(RECORDS)
    s.daemon("kvp")
    got = [l.split("=", 1) for l in m.host("kvp list guest")[:-1]]
    want = [["first", "1"], ["k" * 255, "v" * 1023], ["ill\ufffdformed", "va\ufffdlue"], ["half\ufffd", "\ufffd\ufffd"], ["last", "2"]]
    m.expect(got == want, "listed: %s" % [[k[:20], v[:20]] for k, v in got])
    # 255 characters of three bytes: more than the daemon keeps
    key = "\u4e2d" * 255
    m.host("kvp set external %s %s" % (key, "\u6587" * 1023))
    got = [l.split("=", 1) for l in m.host("kvp list external")[:-1]]
    m.expect(got == [["\u4e2d" * 170, "\u6587" * 682]], "the item: %s" % [[len(k), len(v)] for k, v in got])
    m.expect(m.host("kvp get external " + key)[0].endswith("=" + "\u6587" * 682), "it is found by its whole key")
    m.host("kvp delete external " + key)
    m.expect(m.host("kvp list external")[:-1] == [], "it is deleted by its whole key")
    m.sh("undaemon kvp; rm /var/lib/hyperv/.kvp_pool_*")
    m.host("kvp facts on")


@scenario(rows="~U14 ~U15", machine=MACHINE, drivers=ONLY_OURS, timeout=600)
def utils_backup(m):
    "an image taken under write load while frozen is clean and holds all that was synced"
    Services(m, ("vss",))
    dev = m.dev()
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt/b; mount %s /mnt/b; rm -f /tmp/stop /tmp/synced" % (dev, dev), 100)
    m.sh("""(n=0; while [ ! -e /tmp/stop ]; do n=$((n + 1)); seq $n $((n + 400)) >/mnt/b/f$n && sync /mnt/b/f$n &&
        echo $n >/tmp/syncing && mv /tmp/syncing /tmp/synced; rm -f /mnt/b/f$((n - 300)); done) >/dev/null 2>&1 &
        (while [ ! -e /tmp/stop ]; do dd if=/dev/zero of=/mnt/b/big bs=64k count=1000 conv=notrunc; done) >/dev/null 2>&1 &""")
    for n in range(2):
        m.wait("[ \"$(cat /tmp/synced)\" -gt %d ]" % (20 * n + 20), 60, "files are written and synced")
        last = int(m.sh("cat /tmp/synced"))
        image = m.path("backup.img")
        out = m.host("vss backup %s disk=%s" % (image, m.spec.disks[0].name), 200)
        m.note("; ".join(out[2:]))
        image_clean(m, image)
        want = {"f%d" % k: "".join("%d\n" % i for i in range(k, k + 401)) for k in range(max(1, last - 30), last + 1)}
        got = image_files(image, want)
        missing = [k for k in want if got[k] != want[k]]
        m.expect(not missing, "backup %d: of %d files synced before, these are not there: %s" % (n, len(want), missing))
        os.unlink(image)
    m.sh("touch /tmp/stop")
    m.wait("umount /mnt/b 2>/dev/null", 60, "the writers end")


@scenario(rows="U17", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_file_copy(m):
    "a file copied into the guest, checked by content; overwrite, missing folder, cancel"
    s = Services(m, ("fcopy",))
    path, data = m.path("file"), random.Random(7).randbytes(1 << 20)
    with open(path, "wb") as f:
        f.write(data)
    m.sh("rm -rf /tmp/copied")
    s.fails("fcopy %s /tmp/copied/deep/file" % path, "status")
    m.host("fcopy %s /tmp/copied/deep/file create-path" % path)
    s.fails("fcopy %s /tmp/copied/deep/file" % path, "exists")
    m.host("fcopy %s /tmp/copied/deep/file overwrite" % path)
    want = hashlib.sha256(data).hexdigest()
    m.expect(m.sh("sha256sum </tmp/copied/deep/file").split()[0] == want, "the copy")
    s.fails("fcopy %s /tmp/copied/half cancel-at=600000" % path, "cancelled")
    m.wait("[ ! -e /tmp/copied/half ]", 10, "the cancelled file goes")
    m.sh("rm -r /tmp/copied")


@scenario(rows="U17", machine=MACHINE, drivers=ONLY_OURS, timeout=1500, long=True)
def utils_file_copy_large(m):
    "100 MB copied into the guest in pieces of 6 KiB, one at a time, checked by content"
    Services(m, ("fcopy",))
    path, data, digest = m.path("hundred"), random.Random(7).randbytes(1 << 20), hashlib.sha256()
    with open(path, "wb") as f:
        for n in range(100):
            piece = n.to_bytes(4, "little") + data[4:]
            f.write(piece)
            digest.update(piece)
    out = m.host("fcopy %s /tmp/hundred overwrite" % path, 1000)
    os.unlink(path)
    m.note(out[-3])
    m.expect("sha256 " + digest.hexdigest() in out, "hvroot's checksum")
    m.expect(m.sh("sha256sum </tmp/hundred; rm /tmp/hundred", 300).split()[0] == digest.hexdigest(), "the guest's checksum")


@scenario(rows="U02 U18", machine=MACHINE, drivers=ONLY_OURS, fresh=True, timeout=600, needs=("hibernation",))
def utils_hibernation(m):
    "the host asks for hibernation, with other requests in work: those are answered, and restored all services are well"
    s = Services(m)
    swap = m.spec.disks[1]
    dev = m.dev(swap)
    m.sh("""mkswap %s >/dev/null; swapon %s; echo reboot >/sys/power/disk; rm -f /tmp/hibernate
uevent sh -c '[ "$EVENT" != hibernate ] || echo "$DEVPATH" >/tmp/hibernate' >/dev/null 2>&1 &
until awk -v p=$! '$2 == 15 && $3 == p { found = 1 } END { exit !found }' /proc/net/netlink; do sleep 0.1; done
killall -STOP hv_kvp_daemon hv_fcopy_daemon""" % (dev, dev))
    end = m.agent.begin("""n=0; until [ -e /tmp/hibernate ] || [ $n -gt 3000 ]; do n=$((n + 1)); sleep 0.2; done
echo disk >/sys/power/state; echo back; cat /tmp/hibernate; swapoff %s; killall uevent""" % dev)
    asked = [Ask(m, "kvp get external x limit=100000"), Ask(m, "fcopy /etc/hostname /tmp/x limit=100000")]
    m.host("shutdown hibernate")
    for ask in asked:
        ask.fails(0, 100)
    m.agent.ready(m.left(60))                  # the machine came up anew
    m.greet()
    out = restore(m, end, swap, "UNLOAD", limit=60)
    m.expect("VMBUS" in out.upper(), "after the restore: " + out)
    m.settle()
    m.sh("killall -CONT hv_kvp_daemon hv_fcopy_daemon")
    for name in s.names:
        s.ready(name)
    s.start()
    s.health()


@scenario(rows="U02", machine=MACHINE, drivers=ONLY_OURS, fresh=True, timeout=500)
def utils_shutdown(m):
    "unknown flags refused, reboot, and power-off while the disk and the NIC are busy"
    s = Services(m)
    for flags in ("0x40", "0x6", "0xffffffff"):
        s.fails("shutdown flags=" + flags, "status 0x80004005")
    m.host("shutdown reboot reason a planned restart")
    m.agent.ready(m.left(200))
    m.greet()
    s = Services(m)
    Nic(m)
    server = Server(b"y" * 100000)
    dev = m.dev()
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt/b; mount %s /mnt/b; seq 100000 >/mnt/b/kept; sync" % (dev, dev), 100)
    m.sh("fio --name=busy --directory=/mnt/b --rw=randwrite --bs=4k --size=32m --iodepth=8 --ioengine=libaio "
         "--time_based --runtime=300 >/dev/null 2>&1 &")
    m.sh("for i in 1 2; do (while :; do head -c 100000 /dev/zero | nc -w 2 %s %d >/dev/null; done) >/dev/null 2>&1 & done"
         % (HOST, server.port))
    server.wait(3, 120)
    m.expect(len(server.sums) >= 3, "the NIC is not busy: %s" % server.errors)
    m.note(m.host("shutdown force")[-1])
    m.process.wait(120)
    server.close()
    m.note("%d connections" % len(server.sums))
    m.expect(m.process.proc.returncode == 0, "hvroot ended with %s" % m.process.proc.returncode)
    image_clean(m, m.backing())
    m.expect(image_files(m.backing(), ["kept"])["kept"] == "".join("%d\n" % n for n in range(1, 100001)), "what was synced is there")
