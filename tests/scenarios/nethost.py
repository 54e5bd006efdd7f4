# SPDX-License-Identifier: GPL-2.0-only
"""The machine's side of a NIC: the TAP, servers for content both ways, and what passes by."""
import contextlib
import hashlib
import random
import resource
import selectors
import socket
import struct
import subprocess
import threading
import time

from machine import Failure

HOST, GUEST, MAC = "10.9.0.1", "10.9.0.2", "00:15:5d:01:02:03"
RCVBUFFORCE = 33        # SO_RCVBUFFORCE, which has no name in the socket module
HOST6, GUEST6 = "fd09::1", "fd09::2"
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def host(command):
    """Run a shell command on the TAP's side."""
    r = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if r.returncode:
        raise Failure("host: '%s': %s" % (command, r.stdout.strip()))
    return r.stdout


class Server:
    """Accepts connections; gives each DATA if there is any, and sums up what comes."""

    def __init__(self, data=None, address=HOST, port=0, v6=False):
        self.data, self.sums, self.errors = data, [], []
        self.sock = socket.create_server((address, port), family=socket.AF_INET6 if v6 else socket.AF_INET, backlog=4096)
        self.port = self.sock.getsockname()[1]
        self.live = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            t = threading.Thread(target=self.serve, args=(client,), daemon=True)
            t.start()
            self.live.append(t)

    def serve(self, client):
        h = hashlib.md5()
        client.settimeout(120)
        try:
            if self.data is not None:
                client.sendall(self.data)
                client.shutdown(socket.SHUT_WR)
            while True:
                part = client.recv(65536)
                if not part:
                    break
                h.update(part)
            self.sums.append(h.hexdigest())
        except OSError as e:
            self.errors.append(str(e))
        client.close()

    def wait(self, count, limit=30):
        end = time.monotonic() + limit
        while len(self.sums) + len(self.errors) < count and time.monotonic() < end:
            time.sleep(0.05)
        return self.sums

    def close(self):
        self.sock.close()


class Echo:
    """Gives back what comes, over TCP or UDP, on one port; all connections in one thread."""

    def __init__(self, kind=socket.SOCK_STREAM, address=HOST):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, kind)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, 0))
        self.port = self.sock.getsockname()[1]
        self.most = self.live = self.datagrams = 0
        if kind == socket.SOCK_STREAM:
            self.sock.listen(4096)
        self.sock.setblocking(False)
        self.ends, self.end = socket.socketpair()
        run = self.streams if kind == socket.SOCK_STREAM else self.packets
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def streams(self):
        choose = selectors.DefaultSelector()
        choose.register(self.sock, selectors.EVENT_READ)
        choose.register(self.ends, selectors.EVENT_READ)
        while True:
            for key, _ in choose.select():
                if key.fileobj is self.ends:
                    for k in list(choose.get_map().values()):
                        k.fileobj.close()
                    return
                if key.fileobj is self.sock:
                    self.accept(choose)
                else:
                    self.echo(choose, key.fileobj)

    def accept(self, choose):
        try:
            while True:
                client, _ = self.sock.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                choose.register(client, selectors.EVENT_READ)
                self.live += 1
                self.most = max(self.most, self.live)
        except BlockingIOError:
            pass

    def echo(self, choose, client):
        try:
            data = client.recv(65536)
            if data:
                client.sendall(data)
                return
        except OSError:
            pass
        choose.unregister(client)
        client.close()
        self.live -= 1

    def packets(self):
        choose = selectors.DefaultSelector()
        choose.register(self.sock, selectors.EVENT_READ)
        choose.register(self.ends, selectors.EVENT_READ)
        while True:
            for key, _ in choose.select():
                if key.fileobj is self.ends:
                    self.sock.close()
                    return
                data, peer = self.sock.recvfrom(65536)
                self.datagrams += 1
                self.sock.sendto(data, peer)

    def close(self):
        self.end.close()
        self.thread.join(5)


def raw(tap="hvt0"):
    """A socket whose frames go to the guest as they are."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((tap, 0))
    return sock


class Sniffer:
    """Frames that pass a TAP, its own side's included."""

    def __init__(self, tap):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 16 << 20)     # none is missed
        self.sock.bind((tap, 0))

    def frames(self, seconds=0.5, test=lambda f: True):
        """Those of the next SECONDS, and all that had come before, however long it takes to read them."""
        end, found = time.monotonic() + seconds, []
        while True:
            self.sock.settimeout(max(0, end - time.monotonic()))
            try:
                frame = self.sock.recv(70000)
            except (socket.timeout, BlockingIOError):
                return found
            if test(frame):
                found.append(frame)

    def close(self):
        self.sock.close()


def ones(data):
    """Internet checksum, not inverted: 0xffff over data that carries its own."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def summed(frame):
    """Whether the TCP or UDP checksum in a captured, untagged, unfragmented frame is right."""
    if frame[12:14] == b"\x08\x00":
        total = struct.unpack("!H", frame[16:18])[0]
        proto, addresses, l4 = frame[23], frame[26:34], frame[14 + (frame[14] & 15) * 4:14 + total]
    else:
        proto, addresses, l4 = frame[20], frame[22:54], frame[54:54 + struct.unpack("!H", frame[18:20])[0]]
    return ones(addresses + struct.pack("!HH", proto, len(l4)) + l4) == 0xffff


@contextlib.contextmanager
def load(m, size=200000, streams=2):
    """Connections to and fro all the time, whatever happens to the NIC."""
    s = Server(b"y" * size)
    m.sh("""rm -f /tmp/no-load
for i in $(seq %d); do
	(while ! [ -e /tmp/no-load ]; do head -c %d /dev/zero | nc -w 2 %s %d >/dev/null || sleep 0.1; done) >/dev/null 2>&1 &
done""" % (streams, size, HOST, s.port))
    try:
        yield s
    finally:
        m.run("touch /tmp/no-load; wait")
        s.close()


class Nic:
    """The guest's NIC of machine M, with an address, and the TAP with its own."""

    def __init__(self, m, tap="hvt0"):
        self.m, self.tap = m, tap
        host("ip link set %s up mtu 1500; ip addr replace %s/24 dev %s; ip -6 addr replace %s/64 dev %s nodad" %
             (tap, HOST, tap, HOST6, tap))
        self.up()

    def up(self):
        m = self.m
        m.wait("[ -e /sys/class/net/eth0 ]", 60, "a network device")
        m.sh("""ip link set eth0 up; ip addr show eth0 | grep -q %s || ip addr add %s/24 dev eth0
# an MTU below 1280 has no IPv6
[ "$(cat /sys/class/net/eth0/mtu)" -lt 1280 ] || ip addr show eth0 | grep -q %s || ip addr add %s/64 dev eth0""" % (GUEST, GUEST, GUEST6, GUEST6))
        m.wait("[ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]", 30, "carrier")
        m.wait("ping -c1 -s 8 -W1 %s >/dev/null" % HOST, 20, "an answer to ping")

    def own6(self):
        """The guest knows that its IPv6 addresses are nobody else's. Before, a connection begins at ::1 and hears nothing."""
        self.m.wait("! awk '$6 == \"eth0\" { print $5 }' /proc/net/if_inet6 | grep -q '^[4-7c-f]'", 20, "IPv6 addresses of its own")

    def reload(self, arguments=""):
        """The driver out and in again."""
        self.m.sh("rmmod hv_netvsc; modprobe hv_netvsc " + arguments)
        self.up()

    def again(self, limit=20):
        """The host takes the device away and offers it again."""
        self.m.host("rescind net0")
        self.m.wait("! [ -e /sys/class/net/eth0 ]", limit, "no network device")
        self.m.host("offer net0")
        self.up()

    def content(self, mib=1, what="", limit=90, v6=False):
        """MIB both ways over TCP, compared by content."""
        address = HOST6 if v6 else HOST
        if v6:
            self.own6()
        data = random.Random(mib).randbytes(int(mib * (1 << 20)))
        want = hashlib.md5(data).hexdigest()
        s = Server(data, address, v6=v6)
        got = self.m.sh("nc %s %d </dev/null | tee /tmp/content | md5sum" % (address, s.port), limit).split()[0]
        s.close()
        self.m.expect(got == want, "%s: to the guest: content differs" % what)
        s = Server(None, address, v6=v6)
        # in large writes, as nc has none: they are what makes large sends, however quick the NIC is
        self.m.sh("socat -u -b 65536 FILE:/tmp/content TCP%s:%d" % ("6:[%s]" % address if v6 else "4:" + address, s.port), limit)
        sums = s.wait(1)
        s.close()
        self.m.expect(sums == [want], "%s: from the guest: content differs %s" % (what, s.errors))

    def stat(self, name):
        """A counter of ethtool -S, 0 if it is not there."""
        for line in self.m.sh("ethtool -S eth0").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return int(value)
        return 0

    def received(self, what):
        """A counter of both receive queues."""
        return sum(self.stat("rx_queue_%d_%s" % (q, what)) for q in (0, 1))

    def counter(self, name):
        return self.m.host.counters().get("net0." + name, 0)

    def refused(self):
        """What the host has not taken so far."""
        return [self.counter(c) for c in ("tx_bad", "tx_refused", "rx_bad_completion")]

    @contextlib.contextmanager
    def unrefused(self):
        """The host takes all that is sent meanwhile."""
        before = self.refused()
        yield
        self.m.expect(self.refused() == before, "the host refused packets or completions: %s, before: %s" % (self.refused(), before))

    def info(self):
        return dict(f.partition("=")[::2] for f in self.m.host("nic list")[0].split())
