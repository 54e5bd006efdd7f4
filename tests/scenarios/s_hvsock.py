# SPDX-License-Identifier: GPL-2.0-only
"""Sockets between guest and host over VMBus: the kernel's hv_sock, on a bus of ours or its own."""
import hashlib
import os
import socket
import threading

from registry import INTREE, ONLY_OURS, OURS, Machine, scenario

TO_HOST, TO_GUEST, NOBODY, LATE = 5000, 5001, 5002, 5003
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


@scenario(rows="V31", machine=Machine(cpus=2), drivers=(OURS, INTREE), timeout=300, needs=("sockets",))
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
    m.wait("! ls -d $DEVS/*/ | grep -vq \"$(basename $(controller 0))\"", 60, "the socket devices go")
    m.sh("rmmod hv_sock")


CONNECT = "socat - VSOCK-CONNECT:2:%d </dev/null 2>&1"
PORT = "00000000cbfa e611 bd58 64006a7986d3".replace(" ", "")
RESULT = "581b0000" + PORT[8:] + "8a130000" + PORT[8:] + "360200c0"     # ports 7000 and NOBODY, connection refused
REFUSED = "dmesg | grep -c 'refused a socket to service'"


@scenario(rows="F06 ~V31", machine=Machine(cpus=2), drivers=ONLY_OURS, timeout=200, needs=("sockets",))
def hvsock_refused(m):
    "nobody listens at the host: connect() says so as soon as the host does; a host that does not say it ends it by its own limit"
    m.sh("modprobe hv_sock")
    before = int(m.sh(REFUSED + " || :"))
    for _ in range(3):
        out, status = m.run(CONNECT % NOBODY, 60)
        m.expect(status and "Connection refused" in out, "connect() says: " + out)
    # a port of its own, so that the second comes to where the first has been refused
    out, status = m.run("for i in 1 2; do socat - VSOCK-CONNECT:2:%d,bind=4294967295:7000 </dev/null 2>&1; done" % NOBODY, 60)
    m.expect(out.count("Connection refused") == 2, "from one port: " + out)
    m.expect(int(m.sh(REFUSED + " || :")) == before, "a line about what connect() has said already")

    m.host("fault message TL_CONNECT_RESULT drop count=1")
    out, status = m.run(CONNECT % NOBODY, 60)
    m.expect(status and "Connection timed out" in out, "a host that says nothing: " + out)
    m.host("fault clear")
    m.host("send message type=23 payload=" + RESULT)
    m.wait("[ $(%s) = %d ]" % (REFUSED, before + 1), 20, "a line about a refusal that comes when nobody waits for it")

    echo = Echo(m.path("late-" + m.drivers[0]))
    m.host("vsock to-host port=%d path=%s" % (LATE, m.path("late-" + m.drivers[0])))
    m.sh("echo here | socat -t 60 - VSOCK-CONNECT:2:%d >/tmp/back; grep -q here /tmp/back" % LATE, 60)
    m.expect(echo.seen == b"here\n", "the host saw %r" % echo.seen)
    m.wait("! ls -d $DEVS/*/ | grep -vq \"$(basename $(controller 0))\"", 60, "the socket devices go")
    m.sh("rmmod hv_sock")
