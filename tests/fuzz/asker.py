# SPDX-License-Identifier: GPL-2.0-only
"""What the host's user asks of the guest's services while the host lies."""
import random
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
