# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of a machine: hvroot or QEMU as a process, and hvroot's control socket."""
import glob
import os
import re
import socket
import subprocess
import time


# Limits are written for a machine of its own; everything is emulated, and others may be busy.
try:
    PATIENCE = float(os.environ.get("PATIENCE", "4"))
except ValueError:      # run.py says so
    PATIENCE = 4.0


class HostError(Exception):
    """The host refused a command or went away."""


def connect(path, timeout):
    """A unix stream connection to PATH, which may not be there yet."""
    end = time.monotonic() + timeout
    while True:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            s.connect(path)
            return s
        except (FileNotFoundError, ConnectionRefusedError) as e:
            s.close()
            if time.monotonic() > end:
                raise HostError("%s: no one listens after %d s" % (path, timeout)) from e
            time.sleep(0.1)


class Control:
    """hvroot's control socket: one command a line, reply lines, then ok or error."""

    def __init__(self, path, timeout=20):
        self.sock = connect(path, timeout)
        self.file = self.sock.makefile("r", errors="replace")

    def __call__(self, command, timeout=60):
        self.sock.settimeout(timeout * PATIENCE)
        try:
            self.sock.sendall(command.encode() + b"\n")
            lines = []
            while True:
                line = self.file.readline()
                if not line:
                    raise HostError("hvroot closed the control socket at '%s'" % command)
                line = line.rstrip("\n")
                if line == "ok":
                    return lines
                if line.startswith("error:"):
                    raise HostError("%s: %s" % (command, line))
                lines.append(line)
        except socket.timeout as e:
            raise HostError("%s: no answer in %d s" % (command, timeout)) from e
        except OSError as e:
            raise HostError("%s: %s" % (command, e)) from e

    def counters(self):
        found = {}
        for line in self("counters"):
            key, _, value = line.partition("=")
            try:
                found[key.strip()] = float(value) if "." in value else int(value, 0)
            except ValueError:
                found[key.strip()] = value
        return found

    def close(self):
        self.file.close()
        self.sock.close()


class Trace:
    """hvroot's protocol trace, read from where a scenario began."""

    def __init__(self, path):
        self.path = path
        self.start = 0

    def mark(self):
        self.start = os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def text(self):
        with open(self.path, "rb") as f:
            f.seek(self.start)
            return f.read().decode(errors="replace")

    def find(self, pattern):
        return [l for l in self.text().splitlines() if re.search(pattern, l)]

    def wait(self, pattern, timeout=30, count=1):
        end = time.monotonic() + timeout * PATIENCE
        while True:
            found = self.find(pattern)
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                raise HostError("trace: %d of %d lines with /%s/ in %d s" %
                                (len(found), count, pattern, timeout))
            time.sleep(0.2)


def tail(path, lines):
    try:
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 65536))
            return f.read().decode(errors="replace").splitlines()[-lines:]
    except OSError as e:
        return [str(e)]


class Process:
    """The VMM of one machine; knows its files, stops it for certain."""

    def __init__(self, argv, folder):
        self.argv = argv
        self.folder = folder
        with open(os.path.join(folder, "vmm.log"), "wb") as log:
            self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def seconds(self):
        """Of processors, that it and all it started have used; the guest's too, which is in there."""
        children, used = {}, {}
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as f:
                    pid, _, rest = f.read().partition(" (")
            except OSError:
                continue
            fields = rest.rpartition(") ")[2].split()
            children.setdefault(fields[1], []).append(pid)
            used[pid] = sum(map(int, fields[11:15]))
        ticks, left = 0, [str(self.proc.pid)]
        while left:
            pid = left.pop()
            ticks += used.get(pid, 0)
            left += children.get(pid, [])
        return ticks / os.sysconf("SC_CLK_TCK")

    def running(self):
        return self.proc.poll() is None

    def wait(self, timeout):
        try:
            return self.proc.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired as e:
            raise HostError("still running after %d s" % timeout) from e

    def stop(self):
        if self.running():
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
        return self.proc.wait()
