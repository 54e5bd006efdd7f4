# SPDX-License-Identifier: GPL-2.0-only
"""A finding cut down: which of the lies it takes."""
import os

from bench import Finding, Worn

TRIES = 24


def again(bench, number, script):
    """The finding that a case makes on a fresh guest, or None."""
    try:
        bench.case(number, script)
        return None
    except Worn:
        return None
    except Finding as e:
        return e
    finally:
        bench.stop()


def read(path):
    """A record: (lines that say what it is, lies)"""
    with open(path, encoding="ascii", errors="replace") as f:
        lines = f.read().splitlines()
    return [l for l in lines if l.startswith("#")], [l for l in lines if not l.startswith("#")]


def case_of(path):
    """The number of the case that a record is of, or None."""
    for line in read(path)[0]:
        words = line.split()
        if words[:2] == ["#", "seed"] and len(words) == 3 and words[2].isdigit():
            return int(words[2])
    return None


def shrink(bench, folder, number):
    head, lines = read(os.path.join(folder, "record"))
    script = os.path.join(folder, "short")

    def write(part):
        with open(script, "w", encoding="ascii") as f:
            f.write("".join(l + "\n" for l in head + part))

    def holds(part):
        write(part)
        return again(bench, number, script) is not None

    if not holds(lines):
        print("#   not again on a fresh guest by its record (%d lies)" % len(lines), flush=True)
        return
    pieces, tries = 2, 0
    while tries < TRIES and len(lines) > 1:
        size = -(-len(lines) // pieces)
        for at in range(0, len(lines), size):
            rest = lines[:at] + lines[at + size:]
            tries += 1
            if rest and holds(rest):
                lines, pieces = rest, max(2, pieces - 1)
                break
            if tries >= TRIES:
                break
        else:
            if size == 1:
                break
            pieces = min(len(lines), pieces * 2)
    write(lines)
    print("#   %d lies are enough: tests/fuzz/run.py --play %s" % (len(lines), script), flush=True)
