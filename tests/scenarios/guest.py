# SPDX-License-Identifier: GPL-2.0-only
"""The guest's side of a machine: commands through the agent on its second serial port."""
import re
import socket
import time

from host import HostError, connect

# Kernel messages that no scenario may leave behind, unless it says so (noise=). The last line:
# a check of the kernel that switched itself off and would say nothing from then on.
TROUBLE = re.compile(
    r"BUG:|\] BUG |WARNING:|Oops|general protection|Call Trace:|KASAN|UBSAN|ODEBUG|kmemleak: [1-9]|"
    r"INFO: (possible|inconsistent|task|trying)|blocked for more than|soft lockup|"
    r"refcount_t|list_(add|del) corruption|rcu.*(\bstalls?\b|detected)|Unable to handle|"
    r"disagrees about version|Unknown symbol|bad (page|unlock)|cannot create duplicate|"
    r"leak detector disabled|turning off the locking correctness validator")


class GuestError(Exception):
    """A command in the guest failed, or the guest does not answer."""


class Agent:
    """Sends a shell script, receives its output and exit status."""

    def __init__(self, path, timeout):
        self.sock = connect(path, timeout)
        self.buffer = b""
        self.serial = 0

    def _until(self, pattern, deadline):
        """Bytes up to a line that matches PATTERN, and the match."""
        regex = re.compile(pattern, re.M)
        while True:
            found = regex.search(self.buffer)
            if found:
                before = self.buffer[:found.start()]
                self.buffer = self.buffer[found.end():]
                return before, found
            left = deadline - time.monotonic()
            if left <= 0:
                raise GuestError("no answer from the guest's agent")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except socket.timeout:
                continue
            except OSError as e:
                raise GuestError("agent: %s" % e) from e
            if not data:
                raise GuestError("the agent's connection was closed")
            self.buffer += data

    def ready(self, timeout):
        """Wait for the guest's init to announce its agent."""
        self._until(rb"^agent ready\r?\n", time.monotonic() + timeout)

    def begin(self, script, timeout=60):
        """Start SCRIPT; finish() waits for its end."""
        self.serial += 1
        end = "E%d" % self.serial
        text = "run %s\n%s\n.%s\n" % (end, script.rstrip("\n"), end)
        try:
            self.sock.settimeout(timeout)
            self.sock.sendall(text.encode())
        except OSError as e:
            raise GuestError("agent: %s" % e) from e
        return end

    def finish(self, end, timeout):
        """(output, exit status) of the script that begin() started."""
        out, found = self._until(rb"^(?:.*\0)?=%s (\d+)\r?\n" % end.encode(),
                                 time.monotonic() + timeout)
        return out.decode(errors="replace").replace("\r\n", "\n"), int(found.group(1))

    def run(self, script, timeout):
        """(output, exit status) of SCRIPT."""
        return self.finish(self.begin(script, timeout), timeout)

    def start(self, script):
        """Run SCRIPT, which will not come back."""
        self.sock.sendall(("run X\n%s\n.X\n" % script).encode())

    def close(self):
        self.sock.close()


__all__ = ["Agent", "GuestError", "HostError", "TROUBLE"]
