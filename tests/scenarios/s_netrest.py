# SPDX-License-Identifier: GPL-2.0-only
"""The network device, further: how flows spread, flow control, whose frames come, reloads, XDP objects, netconsole, hibernation, other kernels."""
import base64
import re
import socket

from bpfobject import xdp
from nethost import GUEST, HOST, MAC, RCVBUFFORCE, Echo, Nic, host, load, raw
from registry import BOTH, ONLY_OURS, Disk, Machine, scenario
from s_net import PLAIN, TWO, nic
from s_power import hibernate, restore

SLEEPY = Machine(cpus=2, memory=384, disks=(Disk(size=512 << 20),), options=("--nic", "tap=hvt0,queues=2,mac=" + MAC))


@scenario(rows="N15 N16 N17", machine=TWO, drivers=ONLY_OURS, timeout=300)
def net_spread(m):
    "key and table by ethtool; UDP flows spread when asked for; a host that does not spread"
    n = Nic(m)
    m.sh("ethtool -X eth0 hkey %s" % ":".join("%02x" % (i * 7 & 255) for i in range(40)))
    m.expect("00:07:0e:15" in m.sh("ethtool -x eth0"), "the key was not taken")
    m.sh("ethtool -X eth0 weight 1 3; ethtool -x eth0 | sed -n 's/^ *[0-9]*: //p' | tr -s ' ' '\\n' | grep -c 1 | grep -q '^96$'")
    m.sh("ethtool -X eth0 default")
    m.host("nic table queues=0,1")      # what we send is spread by the host's table
    e = Echo(socket.SOCK_DGRAM)

    def counts():
        return [n.stat("%s_queue_%d_packets" % (way, q)) for way in ("rx", "tx") for q in (0, 1)]

    for f, on in (("sd", False), ("sdfn", True), ("sd", False)):
        m.sh("ethtool -N eth0 rx-flow-hash udp4 " + f)
        before = counts()
        m.sh("for i in $(seq 30); do net udp %s %d 5 100 >/dev/null; done" % (HOST, e.port))
        got = [a - b for a, b in zip(counts(), before)]
        m.expect((min(got[:2]) > 20) == on, "udp4 %s: packets received on the queues: %s" % (f, got[:2]))
        m.expect((min(got[2:]) > 20) == on, "udp4 %s: packets sent on the queues: %s" % (f, got[2:]))
    e.close()
    m.host("nic caps off=rss")
    n.reload()
    m.expect(n.info()["subs"] == "0", "sub-channels although the host does not spread")
    n.content(0.3, "one queue")
    m.host("nic caps")
    n.reload()
    m.expect(n.info()["subs"] == "1", "no sub-channels")


@scenario(rows="N19 N22", machine=PLAIN, drivers=ONLY_OURS, timeout=400)
def net_backpressure(m):
    "a host that does not look at its ring: the queue stops, nothing is lost for good, it goes on; trains form"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 1")
    n.up()
    # neither byte queue limits nor the socket's own may stop the sender before the queue does
    m.sh("echo 100000000 >/sys/class/net/eth0/queues/tx-0/byte_queue_limits/limit_min; echo 8000000 >/proc/sys/net/core/wmem_default")
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20, "a completion, which makes the limit count")
    for _ in range(3):
        before = n.stat("stop_queue") + n.stat("tx_no_space"), n.stat("wake_queue")
        m.host("freeze net0")
        m.sh("timeout 60 net flood %s 9 20000 1000 >/dev/null 2>&1 & echo $! >/tmp/flood" % HOST)
        m.wait("[ $(ethtool -S eth0 | awk '/ (stop_queue|tx_no_space):/{n+=$2} END{print n}') -gt %d ]" % before[0], 40, "the queue stops")
        m.sh("kill $(cat /tmp/flood)")
        m.host("thaw net0")
        m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20, "ping after the ring moved again")
        m.expect(n.stat("wake_queue") > before[1], "the queue was not woken")
    trains, messages, packets = n.counter("tx_trains"), n.counter("tx_messages"), n.counter("tx_packets")
    m.host("freeze net0")
    m.sh("timeout 2 net flood %s 9 3000 64 >/dev/null 2>&1 || true" % HOST)
    m.host("thaw net0")
    m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20)
    m.note("%d packets in %d messages, %d trains" % (n.counter("tx_packets") - packets, n.counter("tx_messages") - messages,
                                                     n.counter("tx_trains") - trains))
    m.expect(n.counter("tx_trains") > trains, "no message carried several packets")
    m.sh("echo 212992 >/proc/sys/net/core/wmem_default; ethtool -L eth0 combined 2")
    n.up()
    n.content(0.3, "afterwards")


@scenario(rows="N25", machine=PLAIN, drivers=BOTH, timeout=300)
def net_foreign(m):
    "frames for others reach the guest in promiscuous mode alone; all groups with allmulticast"
    n = Nic(m)
    out = raw()

    def frames(to):
        before = int(m.sh("cat /sys/class/net/eth0/statistics/rx_packets"))
        for _ in range(50):
            out.send(bytes.fromhex(to) + b"\x02\x00\x00\x00\x00\x09\x88\xb5" + b"x" * 46)
        m.sh("sleep 1")
        return int(m.sh("cat /sys/class/net/eth0/statistics/rx_packets")) - before

    m.expect(frames("020000000077") < 25, "frames for another address arrived")
    m.sh("/sbin/ip link set eth0 promisc on; sleep 0.5")
    m.expect(frames("020000000077") >= 50, "promiscuous, but frames for another address did not arrive")
    m.sh("ip link set eth0 promisc off; sleep 0.5")
    m.expect(frames("020000000077") < 25, "frames for another address arrived again")
    m.sh("/sbin/ip link set eth0 allmulticast on; sleep 0.5")
    m.expect(frames("03000000abcd") >= 50, "all groups wanted, but one did not arrive")
    m.sh("/sbin/ip link set eth0 allmulticast off; sleep 0.5")
    if m.ours:
        m.expect(frames("03000000abcd") < 25, "frames of another group arrived")
    out.close()
    n.content(0.2)


@scenario(rows="N03 ~N35", machine=PLAIN, drivers=ONLY_OURS, timeout=900)
def net_reloads(m):
    "the module out and in 30 times with traffic: an address again each time, no memory lost"
    n = Nic(m)
    with load(m, 20000, 1):
        for i in range(34):
            if i == 4:
                before = m.free_kib()
            m.sh("rmmod hv_netvsc; modprobe hv_netvsc; n=0; until [ -e /sys/class/net/eth0 ]; do n=$((n+1)); [ $n -lt 50 ]; sleep 0.1; done\n"
                 "ip link set eth0 up; ip addr add %s/24 dev eth0; sleep 0.2" % GUEST, 60)
        n.up()
        after = m.free_kib()
    m.note("%d KiB free before, %d after 30 times" % (before, after))
    m.expect(before - after < 8192, "%d KiB lost" % (before - after))
    m.sh("ethtool -g eth0 | grep -q RX:")
    n.content(0.3)


@scenario(rows="N28", machine=PLAIN, drivers=ONLY_OURS, timeout=300)
def net_xdp_objects(m):
    "ip loads XDP programs into the driver; LRO and too large an MTU exclude them; each action is counted"
    n = Nic(m)
    for action in ("pass", "drop", "aborted"):
        m.sh("echo %s | base64 -d >/tmp/%s.o" % (base64.b64encode(xdp(action)).decode(), action))
    load_it = "/sbin/ip link set eth0 xdpdrv obj /tmp/%s.o sec xdp"
    m.sh("ethtool -K eth0 lro on")
    m.expect(m.run(load_it % "pass")[1], "loaded although LRO is on")
    m.sh("ethtool -K eth0 lro off; ip link set eth0 mtu 9000")
    m.expect(m.run(load_it % "pass")[1], "loaded although the MTU is 9000")
    m.sh("ip link set eth0 mtu 3000")
    n.up()
    m.sh(load_it % "pass")
    m.expect("prog/xdp" in m.sh("/sbin/ip link show eth0"), "ip does not show the program")
    n.content(0.3, "pass")
    m.expect(m.run("ip link set eth0 mtu 9000")[1], "MTU 9000 although a program is loaded")
    m.run("ethtool -K eth0 lro on")
    m.expect("large-receive-offload: off" in m.sh("ethtool -k eth0"), "LRO although a program is loaded")
    m.sh("ip link set eth0 mtu 1500; ethtool -L eth0 combined 1; ethtool -L eth0 combined 2")
    n.up()
    for action in ("drop", "aborted"):
        m.sh("/sbin/ip link set eth0 xdpdrv off; " + load_it % action)
        before = n.received("xdp_drop")
        m.run("ping -c5 -i 0.2 -W1 %s" % HOST, 20)
        got = n.received("xdp_drop") - before
        m.expect(got >= 1, action + ": nothing was counted")
    m.sh("/sbin/ip link set eth0 xdpdrv off")
    n.up()
    n.content(0.2, "without a program")


@scenario(rows="", machine=PLAIN, drivers=BOTH, timeout=300, noise="Call Trace:")
def net_console(m):
    "netconsole: the guest's kernel messages arrive on the TAP, from any context"
    n = Nic(m)
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 16 << 20)    # the log so far comes first
    sink.bind((HOST, 0))
    sink.settimeout(0.5)
    mac = re.search(r"link/ether (\S+)", host("ip link show hvt0")).group(1)
    m.sh("dmesg -n 8; echo on >/proc/sys/kernel/printk_devkmsg; modprobe netconsole netconsole=6665@%s/eth0,%d@%s/%s" % (GUEST, sink.getsockname()[1], HOST, mac))

    def received():
        text = b""
        while True:
            try:
                text += sink.recv(65536)
            except socket.timeout:
                return text.decode(errors="replace")

    try:
        m.sh("for i in $(seq 300); do echo \"<4>over the wire $i\" >/dev/kmsg; done")
        text = received()
        lines = {int(i) for i in re.findall(r"over the wire (\d+)", text)}
        m.expect(len(lines) >= 290, "%d of 300 lines arrived; the guest says %s" % (len(lines), m.sh("dmesg | grep -i netpoll")))
        m.sh("echo l >/proc/sysrq-trigger; echo m >/proc/sysrq-trigger")     # with interrupts off, and a trace
        text = received()
        m.expect("Mem-Info" in text or "Show Memory" in text, "nothing of the memory report arrived")
    finally:
        m.sh("rmmod netconsole; dmesg -n 4")
    n.content(0.3)


@scenario(rows="N34", machine=SLEEPY, drivers=ONLY_OURS, fresh=True, timeout=600, needs=("hibernation",))
def net_hibernation(m):
    "hibernated and restored: MTU, queues, filter, XDP program and connection are those of before; then unbound and bound"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro off; ip link set eth0 mtu 1400 promisc on")
    m.sh("xdp_on pass")
    n.up()
    e = Echo()
    m.sh("net rr %s %d 100000000 >/dev/null 2>&1 & echo $! >/tmp/rr" % (HOST, e.port))
    swap = m.spec.disks[0]
    end = hibernate(m, swap)
    m.sh("[ ! -e /tmp/rr ]")
    restore(m, end, swap, "UNLOAD", "NVSP_VERSION")
    n.up()
    info = n.info()
    m.expect(m.sh("cat /sys/class/net/eth0/mtu") == "1400" and info["mtu"] == "1414", "the MTU is lost: " + info["mtu"])
    m.expect(int(info["filter"], 0) & 0x20 and info["subs"] == "1", "the host has %s" % info)
    m.expect("prog/xdp" in m.sh("kill -0 $(cat /tmp/xdp.pid); kill -0 $(cat /tmp/rr); /sbin/ip link show eth0"), "the program is lost")
    n.content(0.3, "after the restore")
    m.sh("kill $(cat /tmp/rr); xdp_off")
    m.expect(e.most == 1, "the connection did not live on")
    e.close()
    m.sh("d=$(basename $(readlink /sys/class/net/eth0/device)); cd /sys/bus/vmbus/drivers/hv_netvsc; echo $d >unbind; "
         "[ ! -e /sys/class/net/eth0 ]; echo $d >bind")
    n.up()
    n.content(0.3, "bound again")


@scenario(rows="~N01 ~N28", machine=nic(",queues=2", kernel="6.12"), drivers=ONLY_OURS, timeout=500)
def net_other_kernel(m):
    "on 6.12: content, settings, reload; statistics of each queue by netlink"
    n = Nic(m)
    n.content(1, "6.12")
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2; ethtool -K eth0 lro off; ip link set eth0 mtu 9000")
    host("ip link set hvt0 mtu 9000")
    n.up()
    m.sh("xdp_on pass frags")
    n.content(0.5, "XDP on large frames")
    m.sh("xdp_off; ip link set eth0 mtu 1500")
    host("ip link set hvt0 mtu 1500")
    n.up()
    if m.ours:
        lines = [l.split() for l in m.sh("qstats eth0").splitlines()]
        m.expect([l[:2] for l in sorted(lines)] == [["rx", "0"], ["rx", "1"], ["tx", "0"], ["tx", "1"]], "queues: %s" % lines)
        for kind, q, _, packets, _, size in lines:
            m.expect(int(packets) <= n.stat("%s_queue_%s_packets" % (kind, q)) and int(size) >= int(packets) * 14,
                     "%s %s: %s packets, %s bytes" % (kind, q, packets, size))
        m.expect(sum(int(l[3]) for l in lines) > 100, "nothing counted")
    n.reload()
    n.content(0.5, "6.12, loaded anew")


@scenario(rows="~N38", machine=nic(",queues=2", kernel="6.1-rt"), drivers=ONLY_OURS, timeout=500)
def net_realtime(m):
    "on PREEMPT_RT: content, settings, NAPI in threads, XDP, a rescind under load"
    n = Nic(m)
    n.content(1, "PREEMPT_RT")
    m.sh("ethtool -L eth0 combined 1; ethtool -L eth0 combined 2; echo 1 >/sys/class/net/eth0/threaded")
    n.up()
    n.content(0.5, "threaded")
    m.sh("ethtool -K eth0 lro off; xdp_on pass")
    n.content(0.3, "XDP")
    m.sh("xdp_off")
    with load(m):
        for _ in range(3):
            n.again()
    n.content(0.3, "after removals")
