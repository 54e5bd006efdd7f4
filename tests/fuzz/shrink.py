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


def shrink(bench, folder, number):
    with open(os.path.join(folder, "record"), encoding="ascii") as f:
        lines = f.read().splitlines()
    script = os.path.join(folder, "short")

    def holds(part):
        with open(script, "w", encoding="ascii") as f:
            f.write("".join(l + "\n" for l in part))
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
    with open(script, "w", encoding="ascii") as f:
        f.write("".join(l + "\n" for l in lines))
    print("#   %d lies are enough: tests/fuzz/run.py --case %d --play %s" % (len(lines), number, script), flush=True)
