#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tests/bench/ring/run.py [options] - nanoseconds for a packet through a ring, ours beside the kernel's own

Our ring's files and the functions of drivers/hv/ring_buffer.c (scripts/source has it, out of Debian's
package), compiled with the same stand-ins and flags, run natively in turn; the median of the runs, and
half of the distance between their quartiles. "alone": one thread writes a burst, then reads it. "two":
a writer and a reader on a processor each; another program's work beside it spoils that.

  --runs N      of each, in turn (9)
  --packets N   in each run (2000000)
"""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "scripts/lib"))
sys.dont_write_bytecode = True

import common                                           # noqa: E402

OUT = os.path.join(ROOT, "build/bench/ring")
SOURCE = "drivers/hv/ring_buffer.c"
CUTS = (("#define VMBUS_PKT_TRAILER", "/* Get various debug metrics"), ("/* Write to the ring buffer. */", "int hv_ringbuffer_read("),
        ("/*\n * Determine number of bytes available in ring buffer", None))
SIZES = ((40, 1), (40, 16), (232, 1), (1024, 8))       # bytes, packets in a burst
FLAGS = ["gcc", "-O2", "-march=x86-64", "-fno-strict-aliasing", "-pthread", "-Wno-address-of-packed-member"]


def cut_out():
    """The functions of the kernel's own ring, from its source."""
    r = subprocess.run([os.path.join(ROOT, "scripts/source"), SOURCE], stdout=subprocess.PIPE, text=True, check=False)
    if r.returncode:
        raise common.Trouble("the kernel's own ring was not found, see above")
    with open(os.path.join(r.stdout.strip(), SOURCE)) as f:
        text = f.read()
    parts = []
    for first, last in CUTS:
        if first not in text or (last and last not in text):
            raise common.Trouble("%s is another one than was expected: no '%s'" % (SOURCE, first))
        at = text.index(first)
        parts.append(text[at:text.index(last) if last else len(text)])
    with open(os.path.join(OUT, "intree.h"), "w") as f:
        f.write("\n".join(parts))


def build(name, *more):
    target = os.path.join(OUT, name)
    includes = ["-I" + os.path.join(ROOT, d) for d in ("tests/kunit/shim", "include", "vmbus", "tests/bench/ring")]
    files = [os.path.join(HERE, "main.c"), os.path.join(HERE, name + ".c")] + [os.path.join(ROOT, m) for m in more]
    if subprocess.run(FLAGS + includes + ["-I" + OUT, "-o", target] + files, check=False).returncode:
        raise common.Trouble("%s does not compile, see above" % name)
    return target


def once(program, packets, size, burst):
    r = subprocess.run([program, str(packets), str(size), str(burst)], stdout=subprocess.PIPE, text=True, check=False)
    if r.returncode:
        raise common.Trouble("%s failed with %d" % (os.path.basename(program), r.returncode))
    return [float(w) for w in r.stdout.split()]


def spread(values):
    quarters = statistics.quantiles(values, n=4)
    return (quarters[2] - quarters[0]) / 2


def main():
    p = common.Parser(__doc__)
    p.add_argument("--runs", type=common.whole(2), default=9)
    p.add_argument("--packets", type=common.whole(1000), default=2000000)
    o = p.parse_args()
    common.use_build(50, OUT)
    cut_out()
    programs = [build("theirs"), build("ours", "vmbus/ring.c", "vmbus/ring_send.c", "vmbus/ring_recv.c")]
    print("nanoseconds for a packet          in-tree          ours        ratio")
    for size, burst in SIZES:
        runs = [[once(prog, o.packets, size, burst) for prog in programs] for _ in range(o.runs)]
        for i, what in enumerate(("alone", "two")):
            theirs, ours = ([run[n][i] for run in runs] for n in (0, 1))
            print("%4d bytes, bursts of %2d, %-5s %7.1f +- %4.1f %6.1f +- %4.1f   %.2f" %
                  (size, burst, what, statistics.median(theirs), spread(theirs), statistics.median(ours), spread(ours),
                   statistics.median(ours) / statistics.median(theirs)), flush=True)
    return 0


if __name__ == "__main__":
    common.run(main, "tests/bench/ring/run.py")
