#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""liar/run.py HVROOT LIAR - hvroot's process machine under guests that lie, die and hang; KTAP.

Needs no kernel and no KVM: LIAR (liar.c) stands in for User Mode Linux.
"""
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

LIMIT = 60              # seconds until a run counts as hanging
RUNS = []


class Failed(Exception):
    pass


class Run:
    """One hvroot with the liar in one mode."""

    def __init__(self, mode, *options, kernel=None, pass_fds=()):
        self.dir = tempfile.mkdtemp(prefix="liar-")
        self.console = os.path.join(self.dir, "console")
        self.control = os.path.join(self.dir, "control")
        self.trace = os.path.join(self.dir, "trace")
        self.proc = subprocess.Popen(
            [HVROOT, "--machine", "process", "--kernel", kernel or LIAR, "--memory", "64M", "--append",
             "mode=" + mode, "--console", self.console, "--control", self.control, "--trace", self.trace,
             *options], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            pass_fds=pass_fds, env=dict(os.environ, TMPDIR=self.dir, LIAR_RUN=self.dir))
        RUNS.append(self)

    def text(self, path):
        with open(path, errors="replace") as f:
            return f.read()

    def end(self, status, *said):
        """It ends by itself with @status, and says all of @said on stderr."""
        try:
            _, err = self.proc.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            raise Failed("hvroot hangs")
        if self.proc.returncode != status:
            raise Failed("status %d, not %d; it said:\n%s%s" %
                         (self.proc.returncode, status, err, self.text(self.console)))
        for what in said:
            if not re.search(what, err):
                raise Failed("it did not say '%s' but:\n%s" % (what, err))
        self.nothing_left()
        return err

    def until(self, path, what):
        """Waits for text in a file that grows."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if os.path.exists(path) and re.search(what, self.text(path)):
                return
            if self.proc.poll() is not None:
                raise Failed("hvroot ended with %d" % self.proc.returncode)
            time.sleep(0.01)
        raise Failed("no '%s' in %s" % (what, path))

    def clear_away(self):
        if self.proc.poll() is None:
            self.proc.kill()
            self.proc.communicate()
        shutil.rmtree(self.dir)

    def ctl(self, *words):
        r = subprocess.run([HVROOT, "ctl", self.control, *words], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
        return r.returncode, r.stdout

    def liars(self):
        """Processes of this run's guest: by the program and an environment that they inherit."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as f:
                    ours = ("LIAR_RUN=%s\0" % self.dir).encode() in f.read()
                if ours and os.readlink("/proc/%s/exe" % pid) == LIAR:
                    found.append(int(pid))
            except OSError:
                continue
        return found

    def nothing_left(self):
        left = self.liars()
        if left:
            raise Failed("processes of the guest are left: %s" % left)
        if self.folders():
            raise Failed("folders are left: %s" % self.folders())

    def folders(self):
        return [d for d in os.listdir(self.dir) if d.startswith("hvroot-")]


def wait_for(state, what):
    end = time.monotonic() + LIMIT
    while not state():
        if time.monotonic() > end:
            raise Failed("waited in vain for " + what)
        time.sleep(0.01)


# ---- the cases ----

def case_off():
    Run("off").end(0)


def case_status():
    Run("status").end(3, "ended with status 7 before it said hello.*ARCH=um")


def case_signal():
    Run("abort").end(3, "ended with signal 6")


def case_crash_report():
    Run("crash").end(3, "guest crash: P0=0xa P1=0xb P2=0xc P3=0xd P4=0xe")


def case_crash_and_hang():
    Run("crash-hang").end(3, "guest crash: P0=0xa")


def case_crash_flood():
    err = Run("crash-flood").end(3)
    if err.count("guest crash") != 1:
        raise Failed("not one line of the crash:\n" + err)


def case_bad_calls():
    Run("bad-calls").end(0, "guest: call 99|guest: call")


def case_bad_hellos():
    Run("bad-hellos").end(0, "its memory of")


def case_descriptors_do_not_leak():
    r = Run("descriptors")
    r.until(r.console, "sent")
    n = len(os.listdir("/proc/%d/fd" % r.proc.pid))
    if n > 64:
        raise Failed("hvroot has %d descriptors" % n)
    r.ctl("quit")
    r.end(0)


def case_memory_taken_away():
    Run("truncate").end(0)


def case_flood():
    Run("flood").end(0)


def case_closed_call_socket():
    Run("deaf").end(0)


def case_orphans():
    r = Run("orphans")
    r.end(0)
    pids = re.findall(r"child=(\d+)", r.text(r.console))
    if len(pids) != 4:
        raise Failed("4 children were to be made: %s" % pids)
    for pid in pids:
        if os.path.exists("/proc/" + pid) and int(pid) in r.liars():
            raise Failed("process %s is left" % pid)


def case_starts_anew():
    r = Run("again")
    r.end(0)
    if r.text(r.trace).count("MACHINE_RESET") != 1:
        raise Failed("not one reset in the trace")


def case_starts_anew_no_reboot():
    Run("again-hang", "--no-reboot").end(4)


def case_same_memory_is_no_reset():
    r = Run("same", "--no-reboot")
    r.end(0)
    if "MACHINE_RESET" in r.text(r.trace):
        raise Failed("a reset in the trace")


def case_killed_hvroot():
    r = Run("hang")
    r.until(r.console, "hanging")
    r.proc.send_signal(signal.SIGKILL)
    r.proc.communicate()
    wait_for(lambda: not r.liars() and not r.folders(), "the guest's end")


def case_terminated_hvroot():
    r = Run("hang")
    r.until(r.console, "hanging")
    r.proc.send_signal(signal.SIGTERM)
    r.end(0)


def case_killed_keeper():
    r = Run("hang")
    r.until(r.console, "hanging")
    children = r.text("/proc/%d/task/%d/children" % (r.proc.pid, r.proc.pid)).split()
    os.kill(int(children[0]), signal.SIGKILL)
    r.end(3, "ended with signal 9")


def after_the_guest(mode, *options):
    """The guest stops hvroot, says what it has to, and ends; only then hvroot goes on."""
    r = Run(mode, *options)
    wait_for(lambda: state_of(r.proc.pid) == "T" and not r.liars(), "the guest's end")
    r.proc.send_signal(signal.SIGCONT)
    return r


def case_last_words():
    after_the_guest("last-words").end(3, "guest crash: P0=0xa P1=0xb P2=0xc P3=0xd P4=0xe")


def case_console_of_a_crash_is_whole():
    r = after_the_guest("talk")
    r.end(3)
    text = r.text(r.console)
    want = "".join("line %05u\n" % i for i in range(12000)) + "the end\n"
    if text != want:
        raise Failed("%d bytes of %d on the console" % (len(text), len(want)))


def case_agent_line():
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "agent")
        r = Run("echo", "--agent", path)
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(LIMIT)
        wait_for(lambda: not s.connect_ex(path), "the agent's socket")
        end = time.monotonic() + LIMIT
        data, got = os.urandom(50000).replace(b".", b",").replace(b"\x01", b"_"), b""
        sent = 0
        s.setblocking(False)
        while len(got) < len(data) and time.monotonic() < end:
            try:
                sent += s.send(data[sent:sent + 4096])
            except BlockingIOError:
                pass
            try:
                got += s.recv(65536)
            except BlockingIOError:
                time.sleep(0.001)
        s.setblocking(True)
        s.send(b".")
        r.end(0)
        s.close()
        if got != data:
            raise Failed("%d bytes of %d came back" % (len(got), len(data)))


def case_keeper_holds_nothing():
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(1 << 20)
        r = Run("hang", "--disk", "file=" + disk.name)
        r.until(r.console, "hanging")
        keeper = r.text("/proc/%d/task/%d/children" % (r.proc.pid, r.proc.pid)).split()[0]
        wait_for(lambda: len(os.listdir("/proc/%s/fd" % keeper)) == 2, "the keeper to close all but two descriptors")
        r.ctl("quit")
        r.end(0)


def case_inherits_its_own_alone():
    other = os.dup2(1, 50)
    try:
        r = Run("descriptor-list", pass_fds=[other])
    finally:
        os.close(other)
    r.end(0)
    fds = [int(n) for n in re.findall(r"fd (\d+)", r.text(r.console))]
    if fds != [0, 1, 2, 3, 4, 8]:
        raise Failed("the guest has %s" % fds)


def state_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()[0]


def case_pause_and_resume():
    r = Run("hang")
    r.until(r.console, "hanging")
    pid = r.liars()[0]
    if r.ctl("pause")[0] or state_of(pid) != "T":
        raise Failed("not stopped")
    code, text = r.ctl("regs")
    if code or not re.search("rip=0x.*paused", text):
        raise Failed("regs of a paused guest: %s" % text)
    wait_for(lambda: state_of(pid) == "T", "the stop that regs leaves as it was")
    if r.ctl("resume")[0]:
        raise Failed("refused")
    wait_for(lambda: state_of(pid) != "T", "the guest to go on")
    if r.ctl("nmi")[0] == 0:
        raise Failed("an NMI was taken")
    if r.ctl("sysrq", "w")[0] == 0:
        raise Failed("a sysrq was taken, without a console that could")
    r.ctl("quit")
    r.end(0)


def case_reset_by_command():
    r = Run("hang")
    r.until(r.console, "hanging")
    first = r.liars()
    if r.ctl("reset")[0]:
        raise Failed("refused")
    r.until(r.console, "hanging\nhanging")
    if len(r.liars()) != 1 or r.liars() == first:
        raise Failed("processes %s, then %s" % (first, r.liars()))
    r.ctl("pause")
    r.ctl("reset")
    r.until(r.trace, "(?s)MACHINE_RESET.*MACHINE_RESET")
    if r.liars():
        raise Failed("a guest runs, though paused")
    r.ctl("resume")
    r.until(r.console, "hanging\nhanging\nhanging")
    r.ctl("quit")
    r.end(0)


def case_starts_paused():
    r = Run("off", "--paused")
    wait_for(lambda: "no guest" in r.ctl("regs")[1], "hvroot")
    if r.liars():
        raise Failed("a guest runs, though paused")
    r.ctl("resume")
    r.end(0)


def case_no_program():
    with tempfile.NamedTemporaryFile(delete=False) as f:
        f.write(b"\x7fELF and nothing more")
    os.chmod(f.name, stat.S_IRWXU)
    try:
        Run("off", kernel=f.name).end(1, "Exec format error")
    finally:
        os.unlink(f.name)
    Run("off", kernel="/dev/null").end(2, "ARCH=um")


def case_other_processors():
    Run("off", "--cpus", "2").end(3, "kernel has 1 of 2 processors")


def case_refused_options():
    for words in (["--cpus", "65"], ["--numa", "1"], ["--acpi", "gen1"], ["--cpu-mask", "none"], ["--auto-eoi"],
                  ["--timer", "apic"], ["--on-crash", "exit"], ["--hibernation"]):
        err = Run("off", *words).end(2, words[0])
        if err.count("\n") != 1:
            raise Failed("more than a line: %s" % err)


def main():
    cases = [(name[5:], fn) for name, fn in globals().items() if name.startswith("case_")]
    bad = 0
    print("KTAP version 1\n1..%d" % len(cases))
    for n, (name, fn) in enumerate(cases, 1):
        try:
            fn()
            print("ok %d liar.%s" % (n, name))
        except (Failed, OSError, subprocess.TimeoutExpired) as e:
            bad += 1
            print("".join("# %s\n" % line for line in str(e).splitlines()[:20]), end="")
            print("not ok %d liar.%s" % (n, name))
        while RUNS:
            RUNS.pop().clear_away()
    print("%d passed, %d failed" % (len(cases) - bad, bad))
    return bad != 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: " + __doc__.splitlines()[0])
    HVROOT, LIAR = map(os.path.abspath, sys.argv[1:])
    sys.exit(main())
