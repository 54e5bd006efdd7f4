# SPDX-License-Identifier: GPL-2.0-only
"""Sockets between guest and host over VMBus: the kernel's hv_sock, on a bus of ours or its own."""
import hashlib
import os
import socket
import threading

from registry import INTREE, OURS, Machine, scenario

TO_HOST, TO_GUEST, NOBODY = 5000, 5001, 5002
SIZE = 1 << 20


class Echo(threading.Thread):
    """Sends back what one client of a unix socket sent, once all of it is there."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()
        self.seen = b""
        self.start()

    def run(self):
        conn = self.server.accept()[0]
        self.seen = read_all(conn)
        conn.sendall(self.seen)
        conn.close()
        self.server.close()


def read_all(sock):
    parts = []
    while True:
        data = sock.recv(65536)
        if not data:
            return b"".join(parts)
        parts.append(data)


def md5(data):
    return hashlib.md5(data).hexdigest()


def listen(m, program):
    m.sh("socat -d -d -t 60 VSOCK-LISTEN:%d %s >/dev/null 2>/tmp/socat & "
         "until grep -q listening /tmp/socat; do sleep .1; done" % (TO_GUEST, program), 60)


def swap(m, path, data):
    """Sends to the guest and reads from it at the same time, as a socket allows."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(m.left(60))
        s.connect(path)
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        back = read_all(s)
        sender.join()
    return back


@scenario(rows="V31", machine=Machine(cpus=2), drivers=(OURS, INTREE), timeout=300, needs=("clients",))
def hvsock(m):
    "sockets to the host and from it carry data both ways; one that nobody takes fails; the bus unloads after"
    m.sh("modprobe hv_sock")
    to_host, to_guest = m.path("to-host-" + m.drivers[0]), m.path("to-guest-" + m.drivers[0])
    echo = Echo(to_host)
    m.host("vsock to-host port=%d path=%s" % (TO_HOST, to_host))
    m.sh("head -c %d /dev/urandom >/tmp/out; socat -t 60 - VSOCK-CONNECT:2:%d </tmp/out >/tmp/back; cmp /tmp/out /tmp/back"
         % (SIZE, TO_HOST), 100)
    m.expect(md5(echo.seen) == m.sh("md5sum </tmp/out").split()[0], "the host saw other bytes")
    m.trace.wait("TL_CONNECT_REQUEST", 10)

    m.host("vsock to-guest port=%d path=%s" % (TO_GUEST, to_guest))
    listen(m, "EXEC:cat")
    data = os.urandom(SIZE)
    back = swap(m, to_guest, data)
    m.expect(md5(back) == md5(data), "%d of %d bytes came back" % (len(back), SIZE))

    # Neither end reads before it has sent more than the rings hold: each direction runs on its own.
    listen(m, "SYSTEM:'cat /tmp/out; cat >/tmp/in; touch /tmp/all-in',nofork")
    back = swap(m, to_guest, data)
    m.expect(md5(back) == md5(echo.seen), "%d of %d bytes came while the host sent" % (len(back), SIZE))
    m.wait("test -e /tmp/all-in", 60, "the guest has read to the end")
    m.expect(m.sh("md5sum </tmp/in").split()[0] == md5(data), "the guest read other bytes")

    m.sh("! socat - VSOCK-CONNECT:2:%d </dev/null >/dev/null 2>&1" % NOBODY, 60)
    if m.ours:
        m.sh("dmesg | grep -q 'refused a socket to service'")
    m.wait("! ls -d $DEVS/*/ | grep -vq \"$(basename $(controller 0))\"", 60, "the socket devices go")
    m.sh("rmmod hv_sock")
