# SPDX-License-Identifier: GPL-2.0-only
"""What the Python scripts share.

A mistake gets one line that says what is wrong and what to do next: status 2 for
wrong usage, 1 for the rest. run() sees to that; Misuse and Trouble say it.
"""
import argparse
import errno
import os
import pwd
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Trouble(Exception):
    """Something the user should know, in one line."""
    status = 1


class Misuse(Trouble):
    """A command that cannot be meant."""
    status = 2


class Said(Trouble):
    """Somebody else has said it already."""

    def __init__(self, status):
        super().__init__()
        self.status = status


class Parser(argparse.ArgumentParser):
    """Takes options only as they are written in the script's own description, which is the help."""

    def __init__(self, text):
        super().__init__(add_help=False, allow_abbrev=False)
        self.text = text.strip()
        self.add_argument("-h", "--help", action="store_true")

    def error(self, message):
        raise Misuse(message + " (see --help)")

    def parse_args(self, args=None, namespace=None):
        args = sys.argv[1:] if args is None else args
        if "-h" in args or "--help" in args:
            print(self.text)
            sys.exit(0)
        return super().parse_args(args, namespace)


def whole(least):
    """A type of argument: a whole number that is not below LEAST."""
    def convert(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError("%s: want a whole number%s" % (text, " from %d on" % least if least else ""))
        return value
    return convert


def setting(name, kind=int, default=None):
    """The number in an environment variable."""
    text = os.environ.get(name)
    if not text:
        return default
    try:
        value = kind(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise Misuse("%s=%s: want a number" % (name, text))
    return value


def need(*tools):
    """They are there, or a line with the command that installs them."""
    for tool in tools:
        if not shutil.which(tool, path=os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"):
            r = subprocess.run([os.path.join(ROOT, "scripts/deps"), "--for", tool], stdout=subprocess.PIPE,
                               text=True, check=False)
            raise Trouble("needs %s, run:  %s" % (tool, r.stdout.strip()))


def writable(folder, hint):
    try:
        os.makedirs(folder, exist_ok=True)
        paths = [folder] + [e.path for e in os.scandir(folder) if not e.is_symlink()]
    except OSError as e:
        raise Trouble("%s: %s; %s" % (folder, e.strerror, hint)) from None
    for path in paths:
        if not os.access(path, os.W_OK):
            raise Trouble("cannot write to %s; %s" % (path, hint))


def room(folder, megabytes, hint):
    """So much is free there."""
    free = shutil.disk_usage(folder).free >> 20
    if free < megabytes:
        raise Trouble("%s has %d MB left, this takes %d; %s" % (folder, free, megabytes, hint))


# In front of a command: with a network of its own, in which it may make TAP devices
OWN_NETWORK = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--map-root-user"])


def no_network():
    """Why that is refused, in a line; nothing if it is not."""
    r = subprocess.run(OWN_NETWORK + ["true"], stderr=subprocess.PIPE, text=True, check=False)
    return r.stderr.strip().split("\n")[-1] if r.returncode else ""


def free_mb():
    """Memory that programs can have without harm to others."""
    with open("/proc/meminfo", encoding="ascii") as f:
        return next(int(line.split()[1]) // 1024 for line in f if line.startswith("MemAvailable"))


def plain(folder, hint):
    """Where make, and so every kernel's build, takes a blank or a colon for the end of a path."""
    if ":" in folder or folder.split() != [folder]:
        raise Trouble("%s: make cannot build in a folder with a blank or a colon in its name; %s" % (folder, hint))


def home():
    try:
        return os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


CACHE = os.environ.get("HVGUEST_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.join(home(), ".cache"), "hvguest")


def use_cache(megabytes=1):
    """What is fetched and kept for long goes to CACHE."""
    plain(CACHE, "set HVGUEST_CACHE to another")
    writable(CACHE, "set HVGUEST_CACHE to a folder that you can write")
    room(CACHE, megabytes, "make room, or set HVGUEST_CACHE to a folder with more")


def use_build(megabytes=1, folder=""):
    """What is built goes to build/, or to FOLDER in it; compilers want some room of their own."""
    plain(ROOT, "move the project to another")
    build = os.path.join(ROOT, "build")
    hint = "take it away, or make it yours: sudo chown -R %d %s" % (os.getuid(), build)
    writable(build, hint)
    if folder:
        writable(folder, hint)
    room(build, megabytes, "make room ('make clean' frees what was built)")
    scratch = os.environ.get("TMPDIR") or "/tmp"
    if not os.path.isdir(scratch) or not os.access(scratch, os.W_OK):
        raise Trouble("no folder %s that can be written; set TMPDIR to one" % scratch)
    room(scratch, 20, "make room, or set TMPDIR to a folder with more")


def tracked():
    """The project's files, by git."""
    need("git")
    r = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if r.returncode:
        raise Trouble("git cannot tell the project's files: %s" % r.stderr.decode(errors="replace").strip().split("\n")[0])
    return [os.fsdecode(p) for p in r.stdout.split(b"\0") if p]


def kernel(name):
    """The folder of a kernel, by scripts/kernel, which has said itself what is wrong."""
    r = subprocess.run([os.path.join(ROOT, "scripts/kernel"), name], stdout=subprocess.PIPE, text=True,
                       stdin=subprocess.DEVNULL, check=False)
    if r.returncode:
        raise Said(r.returncode)
    return r.stdout.strip()


def check_kernels(names):
    """There are such; fetches none."""
    r = subprocess.run([os.path.join(ROOT, "scripts/kernel"), "--check"] + sorted(names), stdin=subprocess.DEVNULL, check=False)
    if r.returncode:
        raise Said(r.returncode)


def has_kernel(name):
    """Whether there is such, here or at the mirror; fetches none, says nothing."""
    return subprocess.run([os.path.join(ROOT, "scripts/kernel"), "--check", name], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def run(main, me, trouble=1):
    """Ends the program with main()'s status, or with one line; TROUBLE is the status of what is no misuse."""
    try:
        sys.exit(main())
    except Trouble as e:
        line, status = str(e), e.status if e.status != 1 else trouble
        if isinstance(e, Said):
            sys.exit(status)
    except subprocess.CalledProcessError as e:
        words = e.cmd if isinstance(e.cmd, str) else " ".join(str(w) for w in e.cmd[:4])
        line, status = "'%s' ended with status %d" % (words, e.returncode), trouble
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(141)
    except OSError as e:
        line, status = "%s%s" % ("%s: " % e.filename if e.filename else "", e.strerror or e), trouble
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            line += "; make room there"
    except KeyboardInterrupt:
        sys.exit(130)
    print("%s: %s" % (me, line), file=sys.stderr)
    sys.exit(status)
