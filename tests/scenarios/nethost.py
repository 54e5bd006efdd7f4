# SPDX-License-Identifier: GPL-2.0-only
"""The machine's side of a NIC: the TAP, servers for content both ways, and what passes by."""
import hashlib
import random
import socket
import subprocess
import threading
import time

from machine import Failure

HOST, GUEST, MAC = "10.9.0.1", "10.9.0.2", "00:15:5d:01:02:03"
HOST6, GUEST6 = "fd09::1", "fd09::2"


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


class Sniffer:
    """Frames that pass a TAP, its own side's included."""

    def __init__(self, tap):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind((tap, 0))

    def frames(self, seconds=0.5, test=lambda f: True):
        end, found = time.monotonic() + seconds, []
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return found
            self.sock.settimeout(left)
            try:
                frame = self.sock.recv(70000)
            except socket.timeout:
                return found
            if test(frame):
                found.append(frame)

    def close(self):
        self.sock.close()


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
        m.wait("ping -c1 -W1 %s >/dev/null" % HOST, 20, "an answer to ping")

    def content(self, mib=1, what="", limit=90):
        """MIB both ways over TCP, compared by content."""
        data = random.Random(mib).randbytes(int(mib * (1 << 20)))
        want = hashlib.md5(data).hexdigest()
        s = Server(data)
        got = self.m.sh("nc %s %d </dev/null | tee /tmp/content | md5sum" % (HOST, s.port), limit).split()[0]
        s.close()
        self.m.expect(got == want, "%s: to the guest: content differs" % what)
        s = Server()
        self.m.sh("nc %s %d </tmp/content" % (HOST, s.port), limit)
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

    def counter(self, name):
        return self.m.host.counters().get("net0." + name, 0)

    def info(self):
        return dict(f.partition("=")[::2] for f in self.m.host("nic list")[0].split())
