#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/mistakes/run.py [--table] [PATTERN...] - type every command wrongly and read what it says.

The rows are in table.py: what is prepared, a command, its exit status and the line
that it must say, and nothing beside it. Each script of the project has a row for its help
and one for an unknown option. The commands run in a copy of the tree, several at a
time; rows that want root, or an ordinary user, are skipped where that cannot be had.
Prints KTAP. PATTERNs choose rows by their names.

  --table   print the table instead, with the lines as they were said
"""
import concurrent.futures
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts/lib")]
sys.dont_write_bytecode = True

import common                                           # noqa: E402
from progress import Progress                           # noqa: E402
from table import OTHERS, ROWS, SCRIPTS                                  # noqa: E402

LIMIT = 60              # seconds for a command, which needs one or two
LONGEST = 400           # characters of a line
NOBODY = 65534
FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STUBS = {
    "unshare": "#!/bin/sh\necho \"unshare: unshare failed: Operation not permitted\" >&2; exit 1\n",
    "apt-get": "#!/bin/sh\n[ \"$1\" != indextargets ] || exit 0\nfor i in 1 2 3; do echo \"E: Failed to fetch http://mirror/$i  "
               "Temporary failure resolving 'mirror'\" >&2; done; exit 100\n",
    "qemu-system-x86_64": "#!/bin/sh\necho \"qemu-system-x86_64: warning: something\" >&2\n"
                          "echo \"qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\" >&2; exit 1\n",
}


class Skip(Exception):
    """Cannot be tried here."""


class Bench:
    """The folders that the rows want."""

    def __init__(self, top):
        self.top = top
        self.making = threading.Lock()  # protects: the folders of path_without()
        os.chmod(top, 0o755)
        self.root = os.geteuid() == 0
        self.tree = self.copy("tree")
        self.theirs = self.copy("theirs", NOBODY) if self.root else self.tree
        self.folder("closed", 0o555)
        self.kept = self.kernel_is_kept()
        self.hvroot = os.path.join(ROOT, "build/hvroot/hvroot")
        self.mounts = self.root and subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0

    def copy(self, name, owner=None):
        """The files of the project, and nothing that was built."""
        to = os.path.join(self.top, name)
        for path in common.tracked():
            if os.path.exists(os.path.join(ROOT, path)):
                os.makedirs(os.path.dirname(os.path.join(to, path)), exist_ok=True)
                shutil.copy2(os.path.join(ROOT, path), os.path.join(to, path))
        for folder, _, names in os.walk(to):
            for path in [folder] + [os.path.join(folder, n) for n in names] if owner else []:
                os.chown(path, owner, owner)
        return to

    @staticmethod
    def kernel_is_kept():
        """Whether the lab can be entered without fetching anything."""
        try:
            with open(os.path.join(common.CACHE, "series/6.1")) as f:
                return os.path.exists(os.path.join(common.CACHE, "kernels", f.read().strip(), "version"))
        except OSError:
            return False

    def folder(self, name, mode=0o755):
        path = os.path.join(self.top, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    def path_without(self, tools):
        """PATH with all programs but these, as links in one folder. Its scripts look in sbin too."""
        folder = os.path.join(self.top, "without-" + "-".join(tools))
        with self.making:
            return self.make_path(folder, tools)

    def make_path(self, folder, tools):
        if not os.path.isdir(folder):
            new = tempfile.mkdtemp(dir=self.top)
            os.chmod(new, 0o755)
            for d in reversed(FOLDERS.split(":")):
                for name in os.listdir(d) if os.path.isdir(d) else ():
                    link = os.path.join(new, name)
                    if name not in tools:
                        if os.path.lexists(link):
                            os.unlink(link)
                        os.symlink(os.path.join(d, name), link)
            os.rename(new, folder)
        return folder

    def stubs(self, row):
        folder = tempfile.mkdtemp(dir=self.top)
        os.chmod(folder, 0o755)
        texts = {name: STUBS[name] for name in row.stub.split()}
        if row.package:
            texts["dpkg-query"] = "#!/bin/sh\n/usr/bin/dpkg-query \"$@\" | grep -v '^%s '\n" % row.package
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w", opener=lambda p, f: os.open(p, f, 0o755)) as f:
                f.write(text)
        return folder

    def fill(self, text):
        return text.format(tree=self.tree, top=self.top, hvroot=self.hvroot, root=ROOT)

    def refuse(self, row):
        """Raise Skip for a row that says nothing here."""
        if row.who == "root" and not self.root:
            raise Skip("wants root")
        if row.foreign and not self.root:
            raise Skip("wants root, for a tree that is another's")
        if (row.full or row.readonly or row.hidden) and not self.mounts:
            raise Skip("wants a file system of its own")
        if row.kept and not self.kept:
            raise Skip("no kernel in the cache yet (make modules)")
        if "{hvroot}" in row.command and not os.access(self.hvroot, os.X_OK):
            raise Skip("make hvroot first")
        if row.who == "user" and self.root and not shutil.which("setpriv"):
            raise Skip("no setpriv")

    def command(self, row):
        """(words, environment, folder) of a row."""
        tree = self.theirs if row.who == "user" and not row.foreign else self.tree
        cache = common.CACHE if row.kept else self.folder("cache-" + (row.who or "any"))
        if self.root and not row.kept and row.who == "user":
            os.chown(cache, NOBODY, NOBODY)
        path = self.stubs(row) + ":" + (self.path_without(row.without.split()) if row.without else FOLDERS)
        env = {"PATH": path, "HOME": self.folder("home"), "HVGUEST_CACHE": cache, "LANG": "C", "TMPDIR": "/tmp"}
        if "HVGUEST_CACHE=none" in row.env:
            del env["HVGUEST_CACHE"]
        env.update(word.split("=", 1) for word in map(self.fill, row.env) if word != "HVGUEST_CACHE=none")
        words = ["sh", "-c", self.fill(row.command)]
        if row.who == "user" and self.root:
            words = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"] + words
        if row.hidden:
            words = ["unshare", "-m", "sh", "-c", "for f in %s; do mount --bind /dev/null $f || exit; done; exec \"$@\"" % row.hidden,
                     "sh"] + words
        for folder, options in ((row.full, "size=64k"), (row.readonly, "ro")):
            if folder:
                where = self.fill(folder)
                os.makedirs(where, exist_ok=True)
                fill = "dd if=/dev/zero of=%s/full bs=4k 2>/dev/null; " % where if row.full else ""
                words = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o mode=777,%s none %s && { %s exec \"$@\"; }" %
                         (options, where, fill), "sh"] + words
        return words, env, tree


def attempt(bench, row):
    """(status, lines) of the command."""
    bench.refuse(row)
    words, env, tree = bench.command(row)
    p = subprocess.Popen(words, cwd=tree, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", start_new_session=True)
    try:
        out = p.communicate(timeout=LIMIT)[0]
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        out = p.communicate()[0] + "\n... and it was not done after %d s" % LIMIT
    return p.returncode, [l for l in out.splitlines() if l.strip()]


def wrong(row, status, lines):
    """What is not as the row says."""
    if status != row.status:
        yield "status %d, not %d" % (status, row.status)
    if row.lines and len(lines) > row.lines:
        yield "%d lines, not %d" % (len(lines), row.lines)
    if not any(re.search(row.line, l) for l in lines):
        yield "no line with /%s/" % row.line
    if row.status and any(len(l) > LONGEST for l in lines):
        yield "a line of %d characters" % max(map(len, lines))


def judge(bench, row):
    """(verdict, what was wrong, the lines)"""
    try:
        status, lines = attempt(bench, row)
    except Skip as e:
        return "skipped", [str(e)], []
    bad = list(wrong(row, status, lines))
    return ("failed" if bad else "passed"), bad, lines


def prepared(row):
    """What was prepared, in words."""
    words = [row.who] if row.who else []
    words += [w for w in row.env]
    words += ["without %s" % row.without] * bool(row.without) + ["without %s" % row.hidden] * bool(row.hidden) + ["package %s missing" % row.package] * bool(row.package)
    words += ["%s full" % row.full] * bool(row.full) + ["%s read-only" % row.readonly] * bool(row.readonly)
    words += ["fake %s" % row.stub] * bool(row.stub) + ["root's tree"] * bool(row.foreign)
    return ", ".join(words)


def print_table(rows, results, hide):
    print("| Command | Prepared | Status | What it says |\n|---|---|---|---|")
    for row, (verdict, bad, lines) in zip(rows, results):
        said = "(%s)" % bad[0] if verdict == "skipped" else lines[0] if row.status == 0 else " / ".join(lines[:3])
        cells = (row.command, prepared(row), str(row.status), said)
        print("| %s |" % " | ".join(hide(c).replace("|", "\\|") for c in cells))


def print_ktap(rows, results, missing):
    print("KTAP version 1\n1..%d" % (len(rows) + 1))
    for name in missing:
        print("#   no row for %s: write one in tests/mistakes/table.py" % name)
    print("%s 1 - mistakes: each script and each option of hvroot has a row" % ("not ok" if missing else "ok"))
    for n, (row, (verdict, bad, lines)) in enumerate(zip(rows, results), 2):
        if verdict == "failed":
            print("\n".join("#   " + l[:300] for l in ["$ " + row.command] + lines[:10] + ["-- " + b for b in bad]))
        print("%s %d - mistakes: %s%s" % ("not ok" if verdict == "failed" else "ok", n, row.name,
                                         " # SKIP " + bad[0] if verdict == "skipped" else ""))


def without_row():
    """Scripts, and options of hvroot, that no row tries."""
    for path in common.tracked():
        full = os.path.join(ROOT, path)
        if os.path.isfile(full) and os.access(full, os.X_OK) and path not in SCRIPTS and not re.search(OTHERS, path):
            yield path
    with open(os.path.join(ROOT, "tests/hvroot/options.c")) as f:
        for option in re.findall(r'^\t\{ "([a-z-]+)", ', f.read(), re.M):
            if not any(re.search(r"hvroot}.* --%s\b" % option, r.command) for r in ROWS):
                yield "hvroot --" + option


def main():
    p = common.Parser(__doc__)
    p.add_argument("--table", action="store_true")
    p.add_argument("patterns", nargs="*")
    o = p.parse_args()
    common.need("unshare")
    rows = [r for r in ROWS if not o.patterns or any(fnmatch.fnmatch(r.name, "*%s*" % x) for x in o.patterns)]
    if not rows:
        raise common.Misuse("no row with %s in its name" % " or ".join(o.patterns))
    names = [r.name for r in ROWS]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise common.Trouble("two rows are called %s" % ", ".join(sorted(twice)))
    with tempfile.TemporaryDirectory(prefix="mistakes-") as top:
        bench = Bench(top)
        with Progress("mistakes", len(rows), "commands") as progress, \
                concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
            results = []
            for result in pool.map(lambda row: judge(bench, row), rows):
                results.append(result)
                progress.at += 1
        if o.table:
            print_table(rows, results, lambda t: t.replace(top, "/tmp").replace(ROOT, ".").replace(common.CACHE, "CACHE"))
        else:
            print_ktap(rows, results, [] if o.patterns else list(without_row()))
    return 1 if any(v == "failed" for v, *_ in results) or (not o.patterns and any(without_row())) else 0


if __name__ == "__main__":
    common.run(main, "tests/mistakes/run.py")
