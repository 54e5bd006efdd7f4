# SPDX-License-Identifier: GPL-2.0-only
"""Which code of the modules has run, block by block (tests/process/glue/cover.c)."""
import os
import re
import subprocess

CALLED = "__sanitizer_cov_trace_pc"


def output(*cmd, text=None):
    return subprocess.run(cmd, input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


def layout(path):
    """{section: where it lies from the start of the module} of what is text and stays."""
    found, at = {}, 0
    for line in output("readelf", "-SW", path).splitlines():
        m = re.match(r"\s*\[\s*\d+\] (\S+)\s+PROGBITS\s+\S+ \S+ (\S+) \S+\s+(\S+)\s+\d+\s+\d+\s+(\d+)", line)
        if not m or "X" not in m.group(3) or m.group(1).startswith(".init"):
            continue
        align = max(1, int(m.group(4)))
        at = -(-at // align) * align
        found[m.group(1)] = at
        at += int(m.group(2), 16)
    return found


def calls(path):
    """{section: addresses behind the calls}. Code of this kernel's kind loads a function's address into a
    register, or a place on the stack, and may call it from there again and again."""
    found, section, held, last, behind = {}, None, {}, None, None
    for line in output("objdump", "-dr", "--no-show-raw-insn", path).splitlines():
        m = re.match(r"Disassembly of section (\S+):", line)
        if m:
            section, behind = m.group(1), None
        elif re.match(r"[0-9a-f]+ <", line):
            held = {}
        elif "R_X86_64_64" in line:
            if last:
                held[last] = line.split()[-1].split("+")[0]
        else:
            m = re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)
            if not m:
                continue
            if behind is not None:
                found.setdefault(section, []).append(int(m.group(1), 16))
                behind = None
            what, args = m.group(2), m.group(3).split("#")[0].strip()
            last = args.split(",", 1)[1] if what == "movabs" and "," in args else None
            if what == "mov" and args.split(",", 1)[0] in held:
                held[args.split(",", 1)[1]] = held[args.split(",", 1)[0]]
            if what == "call" and held.get(args.lstrip("*")) == CALLED:
                behind = True
    return found


class Module:
    """Blocks of one module, by their distance from its start: file, line, function."""

    def __init__(self, path):
        self.name = os.path.basename(path)[:-3]
        self.where, self.seen = {}, set()
        places = layout(path)
        for section, offsets in calls(path).items():
            if section not in places:
                continue
            said = output("addr2line", "-f", "-e", path, "-j", section, text="".join("%#x\n" % (o - 1) for o in offsets)).splitlines()
            for offset, function, line in zip(offsets, said[::2], said[1::2]):
                m = re.search(r"\.cover/((?:vmbus|storvsc|netvsc|hv_utils|include)/\S+?):(\d+)", line)
                if m and not re.match(r"_sub_[DI]_\d", function):     # KASAN's own
                    self.where[places[section] + offset] = os.path.normpath(m.group(1)), int(m.group(2)), function


class Coverage:
    def __init__(self, folder):
        self.modules = {}
        for name in sorted(os.listdir(folder)):
            if name.startswith("hv_") and name.endswith(".ko"):
                m = Module(os.path.join(folder, name))
                self.modules[m.name] = m

    def add(self, text):
        """What the guest lists; the number of blocks that are new."""
        new = 0
        for line in text.splitlines():
            name, _, at = line.partition(" ")
            m = self.modules.get(name)
            if m and re.fullmatch("[0-9a-f]+", at) and int(at, 16) in m.where and int(at, 16) not in m.seen:
                m.seen.add(int(at, 16))
                new += 1
        return new

    def report(self, path):
        """Per module, in blocks; each line that has some goes to PATH, with how many there are and how many ran. A line of a
        header has those of all places that it is copied to."""
        lines = {}
        for m in self.modules.values():
            for at, where in m.where.items():
                count, ran = lines.get(where, (0, 0))
                lines[where] = count + 1, ran + (at in m.seen)
        with open(path, "w", encoding="ascii") as f:
            f.write("".join("%s:%d %s %d %d\n" % (w + c) for w, c in sorted(lines.items())))
        for name, m in self.modules.items():
            print("# coverage: %s %.1f %% of %d blocks" % (name, 100.0 * len(m.seen) / max(1, len(m.where)), len(m.where)))
