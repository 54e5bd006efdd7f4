# SPDX-License-Identifier: GPL-2.0-only
"""The network device, further: the host's table, completions that wait, affinity, many NICs, what can be read of it."""
import re
import socket
import time

from machine import Skip
from nethost import GUEST, HOST, MAC, Echo, Nic, host, load, raw
from registry import BOTH, ONLY_OURS, Machine, scenario
from s_net import PLAIN, TWO
from s_netpath import udp_frame

MANY = Machine(cpus=2, memory=1024, disks=(),
               options=sum((("--nic", "tap=hvt%d,queues=2,mac=00:15:5d:01:02:%02x" % (i, 3 + i)) for i in range(9)), ()))
OIDS = (("0x00010106", "max frame"), ("0x01010101", "address"), ("0xfc01020d", "offloads"), ("0x00010114", "media state"),
        ("0x00010107", "link speed"), ("0x01010104", "multicast list size"), ("0x00010203", "RSS capabilities"),
        ("0x00010204", "RSS parameters"), ("0xfc01020c", "offload parameters"), ("0x00020216", "friendly name"))


@scenario(rows="N14", machine=PLAIN, drivers=ONLY_OURS, timeout=300, noise="host:")
def net_tables(m):
    "the host's table chooses the queue; one that names queues that are not there is survived"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    e = Echo()
    for table, want in (("1", 1), ("0", 0), ("1", 1)):
        m.host("nic table queues=" + table)
        m.sh("sleep 0.5")
        m.expect(re.search(r"0x0000:\s+0%d 00 00 00 0%d 00" % (want, want), m.sh("ethtool -d eth0")), "ethtool -d: " + m.sh("ethtool -d eth0"))
        before = n.stat("tx_queue_%d_packets" % want), n.stat("tx_queue_%d_packets" % (1 - want))
        m.sh("net conns %s %d 16 2000" % (HOST, e.port))
        m.expect(n.stat("tx_queue_%d_packets" % want) > before[0] + 30, "not by the table")
        m.expect(n.stat("tx_queue_%d_packets" % (1 - want)) - before[1] < 10, "packets on another queue")
    for table in ("9,1,77", "0xffffffff", "4096"):
        m.host("nic table queues=" + table)
        m.sh("net conns %s %d 16 2000" % (HOST, e.port))
    # offset 40 is right for old versions' long messages, 12 for others
    m.host("nic table offset=40")
    m.sh("net conns %s %d 16 2000" % (HOST, e.port))
    m.host("nic table queues=0,1")
    e.close()


@scenario(rows="N21", machine=TWO, drivers=ONLY_OURS, timeout=400)
def net_completions(m):
    "no room in the ring for receive completions: they wait, and are all sent later"
    n = Nic(m)
    n.reload("ring_size=4")
    free = int(n.info()["free"])
    host("ip neigh replace %s lladdr %s dev hvt0 nud permanent" % (GUEST, MAC))
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for sub in (0, 1):
        m.host("freeze net0 sub=%d" % sub)
    busy = 0
    for i in range(12000):                      # a slow guest gets more of them at once, and completes fewer
        out.sendto(b"%d" % i, (GUEST, 40000 + i % 50))
        if i % 10 == 9:
            time.sleep(0.001)
        if i % 3000 == 2999:
            m.sh("sleep 2")
            busy = n.stat("rx_comp_busy")
            if busy:
                break
    for sub in (0, 1):
        m.host("thaw net0 sub=%d" % sub)
    host("ip neigh del %s dev hvt0" % GUEST)
    m.expect(busy > 0, "the ring had room for all")
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20, "ping afterwards")
    m.sh("sleep 1")
    m.expect(int(n.info()["free"]) >= free - 20, "%s of %d sections came back" % (n.info()["free"], free))
    n.reload()


@scenario(rows="~N21", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_room_wanted(m):
    "a queue that is stopped has told the host for how much room it waits: completions that wait for less do not take that back"
    n = Nic(m)
    n.reload("ring_size=4")
    m.sh("ethtool -L eth0 combined 1")
    n.up()
    ring = lambda: dict(line.split("=") for line in m.host("ring net0 dir=out"))
    host("ip neigh replace %s lladdr %s dev hvt0 nud permanent" % (GUEST, MAC))
    stops, busy = n.stat("stop_queue"), n.stat("rx_comp_busy")
    m.host("freeze net0")
    m.sh("net flood %s 9 1000 60 >/dev/null 2>&1 &" % HOST)
    m.wait("[ $(ethtool -S eth0 | sed -n 's/^ *stop_queue: //p') -gt %d ]" % stops, 20, "the queue stops")
    wanted = int(ring()["pending"])
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end = time.monotonic() + m.left(20)
    while n.stat("rx_comp_busy") == busy:
        m.expect(time.monotonic() < end, "the ring has room for all completions")
        for i in range(100):
            out.sendto(b"%d" % i, (GUEST, 40000 + i % 50))
    out.close()
    m.expect(wanted > 2048 and int(ring()["pending"]) == wanted, "wanted: %d bytes, and then %s" % (wanted, ring()["pending"]))
    m.host("thaw net0")
    host("ip neigh del %s dev hvt0" % GUEST)
    n.up()
    n.reload()


@scenario(rows="N32", machine=TWO, drivers=BOTH, timeout=300, needs=("synic",))
def net_affinity(m):
    "the queues' channels move to another processor under load, and so do the interrupts; GRO is there"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")      # a new connection takes no feature away
    n.up()
    m.sh("ethtool -k eth0 | grep -q 'generic-receive-offload: on'; ethtool -K eth0 gro off; ethtool -K eth0 gro on")
    channels = "/sys/bus/vmbus/devices/*/channels/*/cpu"
    nics = m.sh("for c in %s; do [ -e ${c%%/channels*}/net ] && echo $c; done; true" % channels).split()
    m.expect(len(nics) == 2, "channels: %s" % nics)
    with load(m):
        for cpu in (0, 1, 0, 1):
            m.sh("for c in %s; do echo %d >$c; done; sleep 1" % (" ".join(nics), cpu))
            m.expect(m.sh("cat " + " ".join(nics)).split() == [str(cpu)] * 2, "not moved")
            before = m.sh("sed -n 's/^ *HYP: *//p' /proc/interrupts").split()[:2]
            m.sh("sleep 2")
            after = m.sh("sed -n 's/^ *HYP: *//p' /proc/interrupts").split()[:2]
            grown = [int(a) - int(b) for a, b in zip(after, before)]
            m.expect(grown[cpu] > 10 * max(grown[1 - cpu], 1), "processor %d: interrupts %s" % (cpu, grown))
    m.sh("set -- %s; echo 0 >$1; echo 1 >$2" % " ".join(nics))
    n.content(0.3)


@scenario(rows="N33", machine=MANY, drivers=ONLY_OURS, timeout=600)
def net_many(m):
    "nine NICs, all up, with traffic on each; all taken away and offered again"
    for again in range(2):
        m.wait("[ $(ls -d /sys/class/net/eth* | wc -l) = 9 ]", 60, "nine network devices")
        m.sh("for d in /sys/class/net/eth*; do i=$(($(printf %d 0x$(cut -d: -f6 $d/address)) - 3)); "
             "ip link set ${d##*/} up; ip addr add 10.9.$((10 + i)).2/24 dev ${d##*/}; done")
        for i in range(9):
            host("ip link set hvt%d up; ip addr replace 10.9.%d.1/24 dev hvt%d" % (i, 10 + i, i))
        for i in range(9):
            m.wait("ping -c1 -W1 10.9.%d.1 >/dev/null" % (10 + i), 20, "ping over NIC %d" % i)
        if not again:
            for i in range(9):
                m.host("rescind net%d" % i)
            m.wait("! ls -d /sys/class/net/eth* 2>/dev/null | grep -q .", 60, "no network device")
            for i in range(9):
                m.host("offer net%d" % i)


@scenario(rows="N36 N42", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_tracepoints(m):
    "the in-tree driver's tracepoints fire; what the host said is in sysfs"
    n = Nic(m)
    events = "nvsp_recv nvsp_send nvsp_send_pkt rndis_recv rndis_send"
    m.sh("cd /sys/kernel/tracing; for e in %s; do echo 1 >events/netvsc/$e/enable; done; echo >trace" % events)
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")
    n.up()
    text = m.sh("cd /sys/kernel/tracing; echo 0 >events/netvsc/enable; cut -d: -f2- trace | sed 's/^ *//' | cut -d: -f1 | sort | uniq -c")
    for e in events.split():
        m.expect(re.search(r"\b%s\b" % e, text), "%s did not fire: %s" % (e, text))
    info = n.info()
    want = {"nvsp_version": "6.1", "ndis_version": "6.30", "capabilities": info["caps"], "filter": info["filter"],
            "packets_per_message": "8", "alignment": "8", "queues": "2 of 2"}
    for name, value in want.items():
        got = m.sh("cat /sys/class/net/eth0/host/" + name)
        m.expect(got == value, "%s: %s, not %s" % (name, got, value))


@scenario(rows="F09", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_coalesce(m):
    "rx-usecs lowers the rate of interrupts, and 0 brings it back"
    n = Nic(m)
    out = raw()
    frame = udp_frame(0)

    def interrupts(usecs, packets, gap):
        """For each of so many packets, one every GAP seconds."""
        m.sh("ethtool -C eth0 rx-usecs %d" % usecs)
        before, got = m.host.counters()["interrupts"], n.counter("rx_packets")
        for i in range(packets):
            out.send(frame)
            time.sleep(gap)
        m.sh("sleep 0.5")
        return (m.host.counters()["interrupts"] - before) / (n.counter("rx_packets") - got)

    rate = {}
    for usecs in (0, 1000, 0):
        rate.setdefault(usecs, []).append(interrupts(usecs, 3000, 0.0003))
        if max(rate[0]) < 0.02:                 # the guest is never done before the next one
            m.expect(interrupts(0, 100, 0.03) > 0.5, "no interrupts for single packets")
            raise Skip("a packet takes this guest longer than rx-usecs may wait")
    m.note("interrupts a packet: %s" % {k: ["%.2f" % r for r in v] for k, v in rate.items()})
    m.expect(rate[1000][0] < 0.8 * min(rate[0]), "interrupts a packet: %s" % rate)


@scenario(rows="N40", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_monitor(m):
    "a NIC with a monitor bit: its latency file says how often the host looks for what the guest has"
    n = Nic(m)
    m.host("set net0 monitor=1")
    n.again()
    files = m.sh("ls $(readlink -f /sys/class/net/eth0/device)/channels/*/latency").split()
    m.expect(len(files) == 1, "channels with a monitor: %s" % files)
    soonest = {}
    for units in (1000, 65000):                                 # of 100 ns
        m.sh("echo %d >%s; [ $(cat %s) = %d ]; sleep 0.1" % (units, files[0], files[0], units))
        m.trace.mark()
        n.content(0.5, "latency %d" % units)
        waits = [int(re.search(r"after=(\d+)", line)[1]) for line in m.trace.find("MONITOR_TRIGGER")]
        m.expect(len(waits) > 5, "signalled %d times" % len(waits))
        soonest[units] = min(waits)
    m.note("the soonest look after another, in 100 ns: %s" % soonest)
    m.expect(1000 <= soonest[1000] < 65000 <= soonest[65000], "the soonest look after another: %s" % soonest)
    m.host("set net0 monitor=0")
    n.again()
    n.content(0.2, "without a monitor")


@scenario(rows="N06 N05", machine=PLAIN, drivers=ONLY_OURS, timeout=900, noise="host:|cannot|failed|does not")
def net_oids(m):
    "each object denied, cut short and empty: the NIC does without, or fails cleanly where it cannot"
    n = Nic(m)
    for oid, what in OIDS:
        for spoil in ("status=0xc00000bb", "short=24", "short=25", "corrupt=12:01000000", "corrupt=16:ffffffff", "corrupt=20:f0ffffff"):
            m.host("nic fault oid=%s %s count=all" % (oid, spoil))
            m.sh("rmmod hv_netvsc; modprobe hv_netvsc; sleep 0.3", 60)
            up = not m.run("[ -e /sys/class/net/eth0 ]")[1]
            m.host("nic clear")
            if up and what != "media state":
                n.up()
            elif not up:
                # an answer cut short is none at all
                m.expect(what == "address" or spoil.startswith("short"), "no NIC without " + what)
    n.reload()
    m.expect(m.sh("cat /sys/class/net/eth0/ifalias") == "net0", "the friendly name is not the alias")
    n.content(0.5, "after all that")
