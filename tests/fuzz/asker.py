# SPDX-License-Identifier: GPL-2.0-only
"""What goes on in the host while it lies: its user asks the guest's services, and its network speaks."""
import random
import socket
import threading

from host import Control, HostError

# What the host asks of the guest meanwhile. Nothing that a guest obeys for good.
ASKS = ("heartbeat burst=3", "time sample", "time sync offset=0", "kvp list auto", "kvp set external key value",
        "kvp get external key", "kvp list external", "kvp delete external key", "kvp ip-get", "vss check",
        "fcopy %s /tmp/copied overwrite", "shutdown flags=0x40")


class Asker(threading.Thread):
    """Asks services all the time, on a connection of its own."""

    def __init__(self, path, file, seed):
        super().__init__(daemon=True)
        self.path, self.file, self.random = path, file, random.Random(seed)
        self.over = threading.Event()

    def run(self):
        try:
            host = Control(self.path)
            while not self.over.is_set():
                ask = self.random.choice(ASKS)
                try:
                    host((ask % self.file if "%s" in ask else ask) + " limit=300", 10)
                except HostError as e:
                    if "error:" not in str(e):
                        return
                self.over.wait(0.02)
            host.close()
        except (HostError, OSError):
            pass


class Speaker(threading.Thread):
    """Frames for the guest's NIC, whether or not the guest can ask for any: datagrams to everybody, in bursts."""

    LENGTHS = (1, 18, 64, 200, 500, 1000, 1400, 3000)

    def __init__(self, address, seed):
        super().__init__(daemon=True)
        self.address, self.random = address, random.Random(seed)
        self.over = threading.Event()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            while not self.over.wait(0.004):
                for _ in range(self.random.randrange(1, 16)):
                    try:
                        s.sendto(b"y" * self.random.choice(self.LENGTHS), self.address)
                    except OSError:     # the queue of a NIC that takes nothing is full
                        break
