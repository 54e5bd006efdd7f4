# SPDX-License-Identifier: GPL-2.0-only
"""What the driver puts together, cuts, or remembers: datagrams out of large buffers, a poll's programs, a socket's queue."""
import socket
import struct

from nethost import HOST, HOST6, MAC, RCVBUFFORCE, Echo, Nic, Sniffer, ones, raw
from registry import ONLY_OURS, scenario
from s_net import PLAIN

PEER, US = b"\x02\x00\x00\x00\x00\x09", bytes.fromhex(MAC.replace(":", ""))
FEATURE = "ethtool -k eth0 | grep -q 'tx-udp-segmentation: %s'"


def expected(number, length):
    """A datagram of tests/guest/net.c's segments."""
    return (number.to_bytes(4, "big") + bytes((number + i) & 255 for i in range(4, length)))[:length]


def begun(frame):
    """Whether the checksum of a captured datagram is what the host goes on from: that of addresses, protocol and length."""
    addresses, l4 = (frame[26:34], frame[34:]) if frame[12:14] == b"\x08\x00" else (frame[22:54], frame[54:])
    return struct.unpack("!H", l4[6:8])[0] == ones(addresses + struct.pack("!H", 17) + l4[4:6])


def take(m, address, size, count, length):
    """COUNT buffers of LENGTH bytes from the guest, as datagrams of SIZE; returns how many came."""
    m.wait("ping -c1 -W1 %s >/dev/null" % address, 20, "who waits for a neighbour's address is dropped in part")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 32 << 20)
        sock.bind((address, 0))
        sock.settimeout(20)
        sent = int(m.sh("net segments %s %d %d %d %d" % (address, sock.getsockname()[1], count, size, length), 60))
        each = [size] * (length // size) + [length % size] * bool(length % size)
        for number in range(sent):
            got, want = sock.recv(65536), expected(number, each[number % len(each)])
            m.expect(got == want, "%s: datagram %d of %d: %d bytes %s, not %d bytes %s" %
                     (address, number, sent, len(got), got[:16].hex(), len(want), want[:16].hex()))
    return sent


@scenario(rows="~F15", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_udp_segments(m):
    "large UDP buffers are cut in the driver: each datagram arrives whole and in order, several in a message; what cannot be cut there the stack cuts"
    n = Nic(m)
    m.sh(FEATURE % "on")
    watch = Sniffer("hvt0")
    for address in (HOST, HOST6):
        for size, length in ((1400, 60000), (64, 64 * 60), (1000, 3001), (500, 501), (1452, 4 * 1452)):
            lso, messages = n.stat("tx_lso"), n.counter("tx_messages")
            sent = take(m, address, size, 5, length)
            lso = n.stat("tx_lso") - lso
            messages = n.counter("tx_messages") - messages
            m.note("%s, %d of %d bytes: %d datagrams, %d messages, %d large sends" % (address, size, length, sent, messages, lso))
            m.expect(lso >= 5, "%d bytes in pieces of %d: the driver had %d large sends of 5" % (length, size, lso))
            m.expect(messages < sent or sent < 100, "%d datagrams took %d messages" % (sent, messages))
    for length in (6, 17, 18, 19):      # what is so short is padded, which is no datagram
        take(m, HOST, 4, 5, length)
    seen = watch.frames(0.3, lambda f: f[6:12] == US and f[23 if f[12:14] == b"\x08\x00" else 20] == 17)
    watch.close()
    bad = [f for f in seen if not begun(f)]
    m.expect(seen and not bad, "%d of %d datagrams with a wrong checksum, %s" % (len(bad), len(seen), bad[:1]))
    m.expect(all(len(f) >= 60 for f in seen), "a frame shorter than any")
    # each datagram of a buffer has a number of its own; the next buffer may begin with one that was
    ids = [int.from_bytes(f[18:20], "big") for f in seen if f[12:14] == b"\x08\x00"]
    m.expect(2 * sum((b - a) & 0xffff == 1 for a, b in zip(ids, ids[1:])) > len(ids), "datagrams are not numbered: %s" % ids[:20])
    # such datagrams are not copied into sections, so the stack cuts them
    m.sh("ethtool --set-tunable eth0 tx-copybreak 256")
    take(m, HOST, 1400, 5, 60000)
    m.sh("ethtool --set-tunable eth0 tx-copybreak 65535; ethtool -K eth0 tx-udp-segmentation off; " + FEATURE % "off")
    take(m, HOST6, 1400, 5, 60000)
    m.sh("ethtool -K eth0 tx-udp-segmentation on; " + FEATURE % "on")
    m.sh("ethtool -L eth0 combined 1")
    n.up()
    take(m, HOST, 1400, 20, 60000)
    n.content(0.3, "afterwards")


@scenario(rows="~N28", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_xdp_together(m):
    "frames that a program sends back go out together at the end of a poll"
    n = Nic(m)
    m.sh("ethtool -K eth0 lro off; xdp_on tx")
    # one poll in a while, so that it finds what has come meanwhile
    m.sh("echo 1000 >/sys/class/net/eth0/napi_defer_hard_irqs; echo 300000000 >/sys/class/net/eth0/gro_flush_timeout")
    watch, out = Sniffer("hvt0"), raw()
    messages, packets = n.counter("tx_messages"), n.counter("tx_packets")
    for i in range(40):
        out.send(US + PEER + b"\x88\xb5" + b"%02d" % i * 30)
    back = []
    while len(back) < 40:
        more = watch.frames(2, lambda f: f[:12] == PEER + US and f[12:14] == b"\x88\xb5")
        m.expect(more, "%d of 40 frames came back" % len(back))
        back += more
    out.close()
    watch.close()
    messages, packets = n.counter("tx_messages") - messages, n.counter("tx_packets") - packets
    m.note("%d packets in %d messages" % (packets, messages))
    m.sh("echo 0 >/sys/class/net/eth0/gro_flush_timeout; echo 0 >/sys/class/net/eth0/napi_defer_hard_irqs; xdp_off; ethtool -K eth0 lro on")
    m.expect([f[14:16] for f in back] == [b"%02d" % i for i in range(40)], "they came back in another order")
    m.expect(packets >= 40 and messages <= packets - 20, "%d packets took %d messages" % (packets, messages))
    n.up()
    n.content(0.3, "afterwards")


@scenario(rows="~N14", machine=PLAIN, drivers=ONLY_OURS, timeout=200)
def net_table_again(m):
    "a socket that sends all the time follows the host's table when that changes"
    n = Nic(m)
    m.sh("ethtool -L eth0 combined 2")
    n.up()
    e = Echo(socket.SOCK_DGRAM)
    m.sh("net udp %s %d 1000000 100 >/dev/null 2>&1 & echo $! >/tmp/udp" % (HOST, e.port))
    for queue in (1, 0, 1):
        m.host("nic table queues=%d" % queue)
        m.wait("a=$(cat /sys/class/net/eth0/statistics/tx_packets); b=$(ethtool -S eth0 | sed -n 's/^ *tx_queue_%d_packets: //p'); sleep 0.2\n"
               "c=$(cat /sys/class/net/eth0/statistics/tx_packets); d=$(ethtool -S eth0 | sed -n 's/^ *tx_queue_%d_packets: //p')\n"
               "[ $((d - b)) -ge 5 ] && [ $((d - b)) -ge $((c - a - 3)) ]" % (queue, queue), 30, "all goes by queue %d" % queue)
    m.sh("kill $(cat /tmp/udp)")
    e.close()
    n.content(0.3, "afterwards")
