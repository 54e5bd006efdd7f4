# SPDX-License-Identifier: GPL-2.0-only
"""Every command of the project, typed wrongly; see run.py."""
import dataclasses


@dataclasses.dataclass
class Row:
    """A command and what it must say."""
    name: str
    command: str            # of a shell, in the tree's top folder
    status: int
    line: str               # a regular expression that one line of it matches
    lines: int = 1          # of output, at most; 0: any number
    who: str = ""           # root or user: who types it; "": whoever runs the rows
    env: tuple = ()
    without: str = ""       # programs that PATH lacks
    hidden: str = ""        # programs by their paths, for those that are looked for in fixed places
    package: str = ""       # one that is not installed
    stub: str = ""          # programs that fail (run.py has them)
    full: str = ""          # a folder on a file system without room
    readonly: str = ""      # a folder on one that cannot be written
    foreign: bool = False   # the tree belongs to root
    kept: bool = False      # with the cache as it is, which has a kernel


# What a user calls: each has a row for its help and one for an option that it has not.
SCRIPTS = """scripts/build-modules scripts/check scripts/check-abi scripts/check-modinfo scripts/compile-commands scripts/demo scripts/deps scripts/dkms
    scripts/features scripts/hvguest-report scripts/install scripts/kernel scripts/kernel-built scripts/kunit scripts/lab scripts/manual scripts/matrix scripts/mutants scripts/package scripts/source scripts/style
    scripts/system scripts/try tests/bench/insn/hvroot_top.py tests/bench/insn/insn.py tests/bench/insn/lines.py tests/bench/insn/report.py
    tests/bench/insn/summary.py tests/bench/ring/run.py tests/bench/run.py tests/failsite/build tests/fuzz/never.py tests/fuzz/proof.py tests/fuzz/run.py tests/fuzz/selftest.py tests/guest/mkinitramfs tests/guest/mktools tests/mends/run.py tests/mistakes/run.py tests/process/intree/build tests/scenarios/measure.py
    tests/scenarios/measure_utils.py tests/scenarios/run.py""".split()
# No scripts for users: what runs in the guest or is called by one of the others, and continuous integration's.
OTHERS = r"^(\.ci/|debian/|tests/guest/(bin/|init$|hv_set_ifconfig$)|tests/demo/|scripts/lib/|scripts/(dkms|package)-|tests/hvroot/liar/)"

NO_KERNEL = r"^scripts/kernel: no kernel '?%s'?; there are: default 6\.1 6\.12 .* debug"
SUDO = r"run:  (sudo )?apt-get install .*%s"
HVROOT = "{hvroot} --kernel {root}/LICENSE "
PROCESS = "{hvroot} --machine process --kernel /bin/true "

ROWS = []


def row(*args, **more):
    ROWS.append(Row(*args, **more))


for path in SCRIPTS:
    row(path + " --help", path + " --help", 0, path.rsplit("/", 1)[1], 0)
    row(path + " --nosuch", path + " --nosuch", 2, r"--nosuch.*\)$|no arguments, please .*help\)$")

# ---- make
row("make nosuch", "make nosuch", 2, r"no target 'nosuch'; 'make help' lists them")
row("make modules KERNEL=9.9", "make modules KERNEL=9.9", 2, NO_KERNEL % "9.9", 2)
row("make modules KERNEL=/nosuch", "make modules KERNEL=/nosuch", 2, "scripts/kernel: /nosuch: no such folder", 2)
row("make modules KDIR=/nosuch", "make modules KDIR=/nosuch", 2, "--kdir /nosuch: no such folder", 2)
row("make modules without gcc", "make modules", 2, "needs gcc, " + SUDO % "gcc", 2, without="gcc")
row("make modules in root's tree", "make modules KDIR=/usr", 2, r"no kernel headers there|cannot (make|write)", 2, who="user", foreign=True)
row("make hvroot without a package", "make hvroot", 2, "missing packages, " + SUDO % "liburing-dev", 2, package="liburing-dev")
row("make kunit COVERAGE=yes", "make kunit COVERAGE=yes", 2, "COVERAGE=yes: want 1 or nothing", 2)
row("make kunit without QEMU", "make kunit", 2, "needs qemu-system-x86_64, " + SUDO % "qemu-system-x86", 2, without="qemu-system-x86_64")
row("make kunit without gcc", "make kunit COVERAGE=1", 2, "needs gcc, " + SUDO % "gcc", 2, without="gcc")
row("make mutants COUNT=x", "make mutants COUNT=x", 2, "--count: x: want a whole number from 1 on", 2)
row("make fuzz CASES=0", "make fuzz CASES=0", 2, "--cases: 0: want a whole number from 1 on", 2)
row("make fuzz FUZZ_SECONDS=x", "make fuzz FUZZ_SECONDS=x", 2, "--seconds: x: want a whole number from 1 on", 2)
row("make mutants SEED=x", "make mutants SEED=x", 2, "--seed: x: want a whole number", 2)
row("make check without a package, user", "make check", 2, "missing packages, run:  sudo apt-get install .* sparse$", 2,
    who="user", package="sparse")
row("make fuzz, FUZZ_TIME", "make --no-print-directory -C tests/hvroot fuzz FUZZ_TIME=x", 2, "FUZZ_TIME=x: want a whole number", 2)
row("make check, FUZZ_TIME", "make check", 2, "FUZZ_TIME=x: want a whole number", 2, env=("FUZZ_TIME=x",))

row("make demo, DEMO_MB", "make demo", 2, "demo: DEMO_MB=x: want a whole number", 2, env=("DEMO_MB=x",))
row("make demo, DEMO_MB octal", "make demo", 2, "demo: DEMO_MB=09: want a whole number", 2, env=("DEMO_MB=09",))
row("make demo, DEMO_MB endless", "make demo", 2, "demo: DEMO_MB=9{20}: want a whole number", 2, env=("DEMO_MB=" + 20 * "9",))
row("make demo, DEMO_DELAY", "make demo", 2, "demo: DEMO_DELAY=-1: want a whole number", 2, env=("DEMO_DELAY=-1",))
row("make demo, KERNEL", "make demo", 2, NO_KERNEL % "9.9", 2, env=("KERNEL=9.9",))
row("make demo, DEMO", "make demo DEMO=x", 2, "demo: DEMO=x: want process or nested", 2)
row("make demo, DEMO and KERNEL", "make demo DEMO=process", 2, "demo: KERNEL=6.12: the short demonstration has 6.1; leave DEMO=process away, or KERNEL", 2,
    env=("KERNEL=6.12",))
row("make demo, DEMO_MB that the lab cannot hold", "make demo", 2,
    r"demo: DEMO_MB=999999999 is more than the \d+ MB that the lab's /tmp has room for; ask for less, or give the lab more memory \(LAB_MEM\)", 2,
    env=("DEMO_MB=999999999", "LAB=nested", "LAB_MEM=2G"), kept=True)
row("make demo, DEMO_MB that /tmp cannot hold", "make demo DEMO=process", 2,
    r"demo: /tmp has \d+ MB left, this takes \d+; ask for less \(DEMO_MB\), or set TMPDIR", 2, env=("DEMO_MB=999999999",))
row("make demo, process, without a package, user", "make demo DEMO=process", 2, "missing packages, run:  sudo apt-get install .* bison$", 3,
    who="user", package="bison")
row("make demo without a package, user", "make demo", 2, "missing packages, run:  sudo apt-get install .* fio$", 3, who="user", package="fio")

# ---- scripts/check
row("check nosuch", "scripts/check nosuch", 2, "no step 'nosuch'; the steps are: style modules")
row("check style nosuch", "scripts/check style nosuch", 2, "no step 'nosuch'")
row("check, BUDGET", "scripts/check scenarios", 2, "BUDGET=-1: want a whole number", env=("BUDGET=-1",))
row("check, KUNIT", "scripts/check kunit", 2, "KUNIT=x: want user, or nothing", env=("KUNIT=x",))
row("check, KERNELS", "scripts/check modules", 2, NO_KERNEL % "9.9", env=("KERNELS=9.9",))
row("check, FUZZ_SEED", "scripts/check fuzz", 2, "FUZZ_SEED=-1: want a whole number", env=("FUZZ_SEED=-1",))
row("check, ONLY", "scripts/check sanitized", 2, "no scenario 'nosuch'", env=("ONLY=nosuch",), kept=True)
row("check style without a package, user", "scripts/check style", 1, "missing packages, run:  sudo apt-get install .* perl$",
    who="user", package="perl")
row("check, build not to be written", "scripts/check style", 1, "cannot (make|write).*/build.*; take it away, or make it yours",
    who="user", foreign=True)
row("check, build full", "scripts/check style", 1, r"/build has 0 MB left, this takes 1000; make room \('make clean'", who="root",
    full="{tree}/build")
row("check, build read-only", "scripts/check style", 1, "cannot (make|write).*/build.*; take it away", who="root",
    readonly="{tree}/build")

# ---- packages
row("deps nosuch", "scripts/deps nosuch", 2, "unknown word 'nosuch'")
row("deps --check nosuch", "scripts/deps --check nosuch", 2, "unknown word 'nosuch'")
row("deps --for", "scripts/deps --for", 2, "--for wants a program")
row("deps, user", "scripts/deps style", 1, "missing packages, run:  sudo apt-get install .* perl$", who="user", package="perl")
row("deps --check", "scripts/deps --check style", 1, "missing packages, " + SUDO % "perl$", package="perl")
row("deps, root, no network", "scripts/deps style", 1, "apt-get install .* failed: E: Failed to fetch", 2, who="root",
    package="perl", stub="apt-get")
row("deps, root, no network, no Python yet", "scripts/deps style", 1, "apt-get install .* failed: E: Failed to fetch", 2, who="root",
    package="perl", stub="apt-get", without="python3")
row("deps, style wants no QEMU", "scripts/deps --check style && echo all there", 0, "^all there", package="qemu-system-x86")
row("deps, not Debian", "scripts/deps", 1, "not a Debian system; what is needed is in: scripts/deps --list", without="dpkg-query")

# ---- kernels
row("kernel 9.9", "scripts/kernel 9.9", 2, NO_KERNEL % "9.9")
row("kernel, a version that there is not", "scripts/kernel 6.1.0-999-amd64", 2, NO_KERNEL % "6.1.0-999-amd64", 0, kept=True)
row("kernel, a flavour that there is not", "scripts/kernel trixie-gpu", 2, NO_KERNEL % "trixie-gpu")
row("kernel, two", "scripts/kernel 6.1 6.12", 2, "one kernel at a time")
row("kernel, no such folder", "scripts/kernel ./nosuch", 2, "./nosuch: no such folder")
row("kernel, a folder without one", "scripts/kernel scripts", 1, "want vmlinuz and exactly one folder in lib/modules")
row("kernel, no network", "scripts/kernel 6.12", 1, "cannot read Debian's package lists .*: E: Failed to fetch", 2, stub="apt-get",
    env=("HVGUEST_CACHE={top}/new",))
row("kernel, cache not to be written", "scripts/kernel", 1, "cannot (make|write).*/closed.*; set HVGUEST_CACHE to a folder",
    who="user", env=("HVGUEST_CACHE={top}/closed",))
row("kernel, cache is a file", "scripts/kernel", 1, "cannot make the folder .*LICENSE; set HVGUEST_CACHE",
    env=("HVGUEST_CACHE={tree}/LICENSE",))
row("kernel, cache read-only", "scripts/kernel", 1, "cannot write to .*/ro; set HVGUEST_CACHE", who="root",
    env=("HVGUEST_CACHE={top}/ro",), readonly="{top}/ro")
row("kernel, cache full", "scripts/kernel", 1, "/full has 0 MB left, this takes 1; make room, or set HVGUEST_CACHE", who="root",
    env=("HVGUEST_CACHE={top}/full",), full="{top}/full")
row("kernel, no home", "HOME= scripts/kernel", 1, "cannot make the folder /nonexistent/.cache/hvguest; set HVGUEST_CACHE", who="user",
    env=("HVGUEST_CACHE=none",))
row("kernel without flock", "scripts/kernel", 1, "needs flock, " + SUDO % "util-linux", without="flock")
row("kernel-built x", "scripts/kernel-built x", 2, r"which kernel, debug, process, process-6.12 or smp\? \(got 'x'\)")
row("kernel-built, two", "scripts/kernel-built debug process", 2, "takes one argument, got 'process' too")
row("kernel-built without flex", "scripts/kernel debug", 1, "needs flex, " + SUDO % "flex", without="flex")
row("kernel-built, cache full", "scripts/kernel process", 1, "/full2 has 0 MB left", who="root", env=("HVGUEST_CACHE={top}/full2",),
    full="{top}/full2")
row("source, no path", "scripts/source", 2, "want the path of a file")
row("source nosuch", "scripts/source nosuch", 2, "no nosuch in linux-source-6.1")
row("source, cache read-only", "scripts/source scripts/checkpatch.pl", 1, "cannot write to .*/ro2; set HVGUEST_CACHE", who="root",
    env=("HVGUEST_CACHE={top}/ro2",), readonly="{top}/ro2")

row("compile-commands, two kernels", "scripts/compile-commands 6.1 6.12", 2, "one kernel at a time")
row("system, a word", "scripts/system trixie", 2, "takes no argument, got 'trixie'")
row("system without mmdebstrap", "scripts/system", 1, "needs mmdebstrap, " + SUDO % "mmdebstrap", without="mmdebstrap")
row("system, cache full", "scripts/system", 1, "/full4 has 0 MB left", who="root", env=("HVGUEST_CACHE={top}/full4",), full="{top}/full4")
row("system, cache not to be written", "scripts/system", 1, "/closed.*; set HVGUEST_CACHE to a folder", who="user",
    env=("HVGUEST_CACHE={top}/closed",))

row("matrix, a kernel that is none", "scripts/matrix 9.9", 2, NO_KERNEL % "9.9")
row("matrix without sparse", "scripts/matrix 6.1", 1, "needs sparse, " + SUDO % "sparse", without="sparse")
row("matrix, BOOT", "BOOT=yes scripts/matrix 6.1", 2, "BOOT=yes: want no, or nothing")

row("kernel for arm64, none", "scripts/kernel --arm64", 2, "--arm64 wants one kernel")
row("build-modules for arm64, none", "scripts/build-modules --arm64", 2, "--arm64 wants a kernel")

# ---- building
row("build-modules --kdir", "scripts/build-modules --kdir", 2, "--kdir wants a folder")
row("build-modules --kdir, no headers", "scripts/build-modules --kdir docs", 1, "no kernel headers there")
row("build-modules nosuch", "scripts/build-modules nosuch", 2, NO_KERNEL % "nosuch")
row("build-modules, two kernels", "scripts/build-modules 6.1 6.12", 2, "'6.12': want NAME=VALUE")
row("build-modules, build full", "scripts/build-modules", 1, "/build has 0 MB left, this takes 100; make room", who="root",
    full="{tree}/build", kept=True)
BLANK = "/a blank.*: make cannot build in a folder with a blank or a colon in its name; "
row("build-modules, a blank in the path", "ln -s {tree} '{top}/a blank' && '{top}/a blank/scripts/build-modules'", 1, BLANK + "move", kept=True)
row("build-modules, a blank in the cache's path", "scripts/build-modules", 1, BLANK + "set HVGUEST_CACHE", 1,
    env=("HVGUEST_CACHE={top}/a blanked cache",))
row("hvroot, a blank in the path", "mkdir '{top}/a blank one' && cp -r tests/hvroot '{top}/a blank one' && "
    "make --no-print-directory -C '{top}/a blank one/hvroot'", 2, BLANK + "move")
row("run.py, a blank in the path", "ln -s {tree} '{top}/a blank too' && python3 '{top}/a blank too/tests/scenarios/run.py' job", 1,
    BLANK + "move", kept=True)
row("build-modules, no TMPDIR", "scripts/build-modules", 1, "no folder /nosuch that can be written; set TMPDIR", env=("TMPDIR=/nosuch",),
    kept=True)
row("failsite, nothing", "tests/failsite/build", 2, "want the folder of one kernel")
row("failsite, no kernel", "tests/failsite/build docs", 2, "docs: no folder of scripts/kernel")
row("mkinitramfs nosuch", "tests/guest/mkinitramfs nosuch", 2, NO_KERNEL % "nosuch")
row("mkinitramfs --modules", "tests/guest/mkinitramfs --modules /nosuch", 2, "--modules /nosuch: no such folder")
row("mkinitramfs, no modules there", "tests/guest/mkinitramfs --modules docs", 2, "--modules docs: no modules there", kept=True)
row("mkinitramfs --intree", "tests/guest/mkinitramfs --intree /nosuch", 2, "--intree /nosuch: no such folder")
row("mkinitramfs, none of the kernel's there", "tests/guest/mkinitramfs --intree docs", 2, "--intree docs: no modules there", kept=True)
row("mkinitramfs without cpio", "tests/guest/mkinitramfs", 1, "needs cpio, " + SUDO % "cpio", without="cpio")
row("mkinitramfs without fio", "tests/guest/mkinitramfs", 1, "needs fio, " + SUDO % "fio", 2, hidden="/usr/bin/fio", kept=True)
row("mkinitramfs, build full", "tests/guest/mkinitramfs", 1, "/build has 0 MB left", who="root", full="{tree}/build")
row("mkinitramfs in root's tree", "tests/guest/mkinitramfs", 1, "/build.*; take it away, or make it yours", who="user", foreign=True)
row("mktools x", "tests/guest/mktools x", 2, "unrecognized arguments: x")
row("mktools without mkfs.ext4", "tests/guest/mktools", 1, "needs mkfs.ext4, " + SUDO % "e2fsprogs", hidden="/sbin/mkfs.ext4")

# ---- the checks' own
row("check-abi, one file", "scripts/check-abi x", 2, "want two Module.symvers files")
row("check-abi, no such files", "scripts/check-abi /nosuch /nosuch", 1, "/nosuch: No such file or directory")
row("check-abi, nothing built", "scripts/check-abi", 1, "no modules in build/modules, run 'make modules' first")
row("check-modinfo x", "scripts/check-modinfo x", 2, "takes no arguments, got 'x'")
row("check-modinfo, nothing built", "scripts/check-modinfo", 1, "no modules in build/modules, run 'make modules' first")
row("features, no results", "scripts/features", 1, "run 'make check' first")
row("features, no such file", "scripts/features --check /nosuch", 1, "/nosuch: no such file; run 'make check' first")
row("style x", "scripts/style x", 2, "no check 'x' .there are SPDX, syntax, .*")
row("style, no checkout", "scripts/style", 1, "git cannot tell the project's files: fatal: ", env=("GIT_DIR=/nosuch",))
row("style without perl", "scripts/style", 1, "needs perl, " + SUDO % "perl", without="perl")
row("fuzz --case --seed", "tests/fuzz/run.py --case 1 --seed 2", 2, "--case and --seed: a case's number is its seed")
row("fuzz --drivers", "tests/fuzz/run.py --drivers ours", 2, "--drivers ours: want A/B of ours and intree")
row("fuzz --ignore", "tests/fuzz/run.py --ignore '('", 2, "--ignore [(]: ")
row("fuzz --limit", "tests/fuzz/run.py --limit 5", 2, "--limit: 5: want a whole number from 60 on")
row("fuzz --cpu", "tests/fuzz/run.py --cpu 5", 2, "--cpu: 5: want a whole number from 30 on")
row("never nosuch", "tests/fuzz/never.py nosuch", 2, "nosuch/lines: no such file; tests/fuzz/run.py makes it")
row("fuzz --count", "tests/fuzz/run.py --count '('", 2, "--count [(]: ")
row("proof --cpu", "tests/fuzz/proof.py --cpu x", 2, "--cpu: x: want a whole number")
row("proof nosuch", "tests/fuzz/proof.py nosuch", 2, "no fault 'nosuch'; --list names them")
row("fuzz --seeds", "tests/fuzz/run.py --seeds /nosuch", 2, "--seeds /nosuch: no such file")
row("fuzz --seeds, another file", "tests/fuzz/run.py --seeds README.md", 2, "--seeds README.md: no session, which begins with \"# hvroot session 1\"")
row("fuzz --play", "tests/fuzz/run.py --play /nosuch", 2, "--play /nosuch: no such file")
row("fuzz --play, another file", "tests/fuzz/run.py --play README.md", 2, "--play README.md: no record of a case, which begins with \"# seed N\"")
row("build-modules --cover x", "scripts/build-modules --cover x", 2, "--cover goes with no other word")
row("mutants --count 0", "scripts/mutants --count 0", 2, "--count: 0: want a whole number from 1 on")
row("mutants --jobs x", "scripts/mutants --jobs x", 2, "--jobs: x: want a whole number from 1 on")
row("mutants --file x", "scripts/mutants --file x.c", 2, "--file x.c: none of the pure files, which tests/kunit/Kbuild lists")
row("mutants --file", "scripts/mutants --file", 2, "--file: expected one argument")
row("mutants without gcc", "scripts/mutants", 1, "needs gcc, " + SUDO % "gcc", without="gcc")
row("kunit --user x", "scripts/kunit --user x", 2, "no suite 'x'")
row("kunit --user, a kernel's suite", "scripts/kunit --user vmbus_open", 2, "the suite 'vmbus_open' needs a kernel: --process")
row("kunit, KERNEL", "scripts/kunit", 2, NO_KERNEL % "9.9", env=("KERNEL=9.9",))
row("kunit, a kernel without", "scripts/kunit", 2, "KERNEL=6.1: the kernel 6.1.* has no KUnit", env=("KERNEL=6.1",), kept=True)
row("kunit, build full", "scripts/kunit --user", 1, "/build has 0 MB left", who="root", full="{tree}/build")
row("mistakes, no such row", "tests/mistakes/run.py xyz", 2, "no row with xyz in its name")
row("kunit --process --user", "scripts/kunit --process --user", 2, "--user is no machine")
row("try --drivers", "scripts/try --drivers x job", 2, "--drivers x: want bus/drivers, each ours or intree")
row("try --drivers, drivers that it has not", "scripts/try --drivers intree/intree net-bad-messages", 2,
    "nothing to run with --lab process --drivers intree/intree net-bad-messages")
row("try --cpus 9", "scripts/try --cpus 9 job", 2, "--cpus 9: want 1 to 8")
row("try --cpus, the kernel's own", "scripts/try --cpus 2 --drivers ours/intree job", 2, "the kernel's own drivers are not built for that kernel")
row("try --kernel 5", "scripts/try --kernel 5 job", 2, r"--kernel 5: want 6.1 or 6.12 \(or --cpus N, for a newer one\)")
row("try --kernel --cpus", "scripts/try --kernel 6.12 --cpus 2 job", 2, "--kernel does not go with --cpus, which has a kernel of its own")
row("try --kernel, the kernel's own", "scripts/try --kernel 6.12 --drivers ours/intree job", 2, "the kernel's own drivers are not built for that kernel")
row("try kunit with drivers", "scripts/try --drivers ours/intree kunit", 2, "kunit goes with no other word")
row("intree, cache full", "tests/process/intree/build", 1, "/full3 has 0 MB left", who="root", env=("HVGUEST_CACHE={top}/full3",),
    full="{top}/full3")
row("try kunit x", "scripts/try kunit x", 2, "kunit goes with no other word")
row("try nosuch", "scripts/try nosuch", 2, "no scenario 'nosuch'")
row("try, build full", "scripts/try", 1, "/build has 0 MB left", who="root", full="{tree}/build")
row("check everything else", "scripts/check everything style", 2, "everything goes with no other step")
row("dkms", "scripts/dkms", 2, "want install, remove, status or check")
row("dkms nosuch", "scripts/dkms nosuch", 2, "want install, remove, status or check, not 'nosuch'")
row("dkms install 9.9", "scripts/dkms install 9.9", 2, "no kernel 9.9 here")
row("dkms install, two", "scripts/dkms install a b", 2, "install takes one kernel")
row("dkms remove x", "scripts/dkms remove x", 2, "remove takes no arguments")
row("dkms remove, user", "scripts/dkms remove", 1, "must be root, run:  sudo scripts/dkms remove", who="user")
row("dkms status x", "scripts/dkms status x", 2, "status takes no arguments")
row("dkms check 9.9", "scripts/dkms check 9.9", 2, NO_KERNEL % "9.9")
row("make rpm x", "scripts/package rpm x", 2, "rpm goes with no other word")
row("make install, user", "make install", 2, "must be root, run:  sudo scripts/install, or set DESTDIR", 2, who="user")
row("make uninstall, user", "make uninstall", 2, "must be root, run:  sudo scripts/install remove, or set DESTDIR", 2, who="user")
row("make install, no kernel", "make install KERNEL=9.9 DESTDIR={tree}/dest", 2, NO_KERNEL % "9.9", 2)
row("make install, PREFIX", "make install PREFIX=x", 2, "PREFIX=x: want a folder from /", 2)
row("make uninstall, nothing", "make uninstall DESTDIR={tree}/dest", 2, "not installed in .*/dest, nothing to remove", 2)
row("install, two", "scripts/install a b", 2, "want one kernel, or remove")
row("manual", "scripts/manual", 2, "want a folder for the pages")
row("manual, two", "scripts/manual a b", 2, "want one folder")
row("manual without it", "scripts/manual {tree}/man", 1, "needs help2man, " + SUDO % "help2man", without="help2man")
row("package --put", "scripts/package --put", 2, "--put takes a folder")
row("package check x", "scripts/package check x", 2, "want no arguments, got 'x'")
row("package check, user", "scripts/package check", 1, r"must be root .*run:  sudo scripts/package check", who="user")
row("dkms without it", "scripts/dkms check", 1, "needs DKMS, " + SUDO % "dkms", hidden="/usr/sbin/dkms")

# ---- the lab
row("lab", "scripts/lab", 2, "want a command")
row("lab nosuch", "scripts/lab nosuch", 2, "nosuch: no such command")
row("lab, LAB", "scripts/lab true", 2, "LAB=x: want direct or nested", env=("LAB=x",))
row("lab, LAB_MEM=1M", "scripts/lab true", 2, "LAB_MEM=1M: want a size as 2G or 1024M, 512M at least", env=("LAB_MEM=1M",))
row("lab, LAB_MEM", "scripts/lab true", 2, "LAB_MEM=much: want a size as", env=("LAB_MEM=much",))
row("lab --room", "scripts/lab --room x", 2, "--room x: want the guest's memory in MB")
for setting in ("LAB_CPUS", "LAB_SLOTS", "LAB_TIMEOUT"):
    row("lab, " + setting, "scripts/lab true", 2, setting + "=x: want a number", env=(setting + "=x",))
row("lab, LAB_CPUS=0", "scripts/lab true", 2, "LAB_CPUS=0: want 1 at least", env=("LAB_CPUS=0",))
row("lab, LAB_PLUGIN not there", "scripts/lab true", 2, "LAB_PLUGIN=nothing.so: no such file", env=("LAB_PLUGIN=nothing.so",))
row("lab, LAB_KERNEL", "scripts/lab true", 2, NO_KERNEL % "9.9", env=("LAB_KERNEL=9.9", "LAB=nested"))
row("lab, LAB_OUT", "scripts/lab true", 125, "/proc/nosuch: .*set LAB_OUT to a folder that you can write", env=("LAB_OUT=/proc/nosuch",))
row("lab without QEMU", "scripts/lab true", 125, "needs qemu-system-x86_64, " + SUDO % "qemu-system-x86", without="qemu-system-x86_64",
    env=("LAB=nested",), kept=True)
row("lab, QEMU gets no memory", "scripts/lab true", 125,
    r"the outer VM did not start \(qemu-system-x86_64: cannot set up guest memory .*; LAB_MEM sets its memory\)", 0,
    stub="qemu-system-x86_64", env=("LAB=nested", "LAB_SLOTS=0"), kept=True)
row("lab, cache not to be written", "scripts/lab true", 125, "/closed.*; set HVGUEST_CACHE to a folder that you can write", who="user",
    env=("HVGUEST_CACHE={top}/closed", "LAB=nested"))
row("lab in root's tree", "scripts/lab true", 125, "/build.*; take it away, or make it yours", who="user", foreign=True)

# ---- scenarios and measurements
row("run.py, a kernel that none has", "tests/scenarios/run.py --kernel 9.9 job", 2,
    "nothing to run with --kernel 9.9 job; the kernels of these are .*default")
row("run.py --drivers", "tests/scenarios/run.py --drivers nosuch", 2, "--drivers nosuch: want one of intree/intree,")
row("run.py, drivers that it has not", "tests/scenarios/run.py --drivers intree/intree net-bad-messages", 2,
    "nothing to run with --drivers intree/intree net-bad-messages")
row("run.py nosuch", "tests/scenarios/run.py nosuch", 2, r"no scenario 'nosuch' \(see --list\)")
row("run.py --boot", "tests/scenarios/run.py --boot 9.9 job", 2, NO_KERNEL % "9.9")
row("run.py --lab", "tests/scenarios/run.py --lab x", 2, "--lab: invalid choice: 'x'")
row("run.py, what a lab cannot show", "tests/scenarios/run.py --lab process acpi-tables", 2, "nothing to run with --lab process acpi-tables; it lacks")
row("run.py --boot --lab process", "tests/scenarios/run.py --lab process --boot debug job", 2, "--boot debug is for the nested lab; the process lab has process-6.12")
row("run.py --boot, drivers that it has not", "tests/scenarios/run.py --boot process-6.12 --drivers ours/intree job", 2,
    "nothing to run with --drivers ours/intree --boot process-6.12 job")
row("kernel --source", "scripts/kernel --source", 2, "--source wants 6.12 or 7.x")
row("run.py --boot smp", "tests/scenarios/run.py --boot smp job", 2, "--boot smp: --lab process --cpus N")
row("run.py --cpus", "tests/scenarios/run.py --cpus 0 job", 2, "--cpus: 0: want a whole number from 1 on")
row("run.py --labs", "tests/scenarios/run.py --labs 0", 2, "--labs: 0: want a whole number from 1 on")
row("run.py --tries", "tests/scenarios/run.py --tries x", 2, "--tries: x: want a whole number")
row("run.py --budget", "tests/scenarios/run.py --budget -1", 2, "--budget -1: want minutes")
row("run.py, PATIENCE", "tests/scenarios/run.py job", 2, "PATIENCE=x: want a number", env=("PATIENCE=x",))
row("run.py, HVGUEST_SMP", "tests/scenarios/run.py job", 2, "HVGUEST_SMP=x: want yes or no", env=("HVGUEST_SMP=x",))
row("run.py, LIVES", "tests/scenarios/run.py job", 2, "LIVES=x: want a number", env=("LIVES=x",))
row("run.py, no network of its own", "tests/scenarios/run.py --lab process net-content", 1,
    r"net-content: a NIC needs a network of its own, which is refused \(unshare: .*\); run it as root", stub="unshare")
row("run.py in root's tree", "tests/scenarios/run.py job", 1, "/build.*; take it away, or make it yours", who="user", foreign=True)
row("run.py, cache not to be written", "tests/scenarios/run.py job", 1, "/closed.*; set HVGUEST_CACHE", who="user",
    env=("HVGUEST_CACHE={top}/closed",))
row("run.py without gcc", "tests/scenarios/run.py job", 1, "needs gcc, " + SUDO % "gcc", without="gcc")
row("measure.py --only", "tests/scenarios/measure.py --only nosuch", 2, "--only nosuch: no such job; they are: 4 KiB random read")
row("measure.py --only (", "tests/scenarios/measure.py --only '('", 2, "no regular expression")
row("measure.py --rounds", "tests/scenarios/measure.py --rounds 0", 2, "--rounds: 0: want a whole number from 1 on")
row("measure.py --cpus", "tests/scenarios/measure.py --cpus x", 2, "--cpus: x: want a whole number")
row("measure.py --subchannels", "tests/scenarios/measure.py --subchannels -1", 2, "--subchannels: .*")
row("measure.py --kernel", "tests/scenarios/measure.py --kernel 9.9", 2, NO_KERNEL % "9.9")
row("measure_utils.py, nothing", "tests/scenarios/measure_utils.py --rounds 0", 2, "nothing to measure")
row("measure_utils.py --requests", "tests/scenarios/measure_utils.py --requests 0", 2, "--requests: 0: want a whole number")
row("measure_utils.py --clock", "tests/scenarios/measure_utils.py --clock x", 2, "--clock: x: want a whole number")
row("hvguest-report, two files", "scripts/hvguest-report a b", 2, "hvguest-report: takes one argument, got also 'b'")
row("hvguest-report, no folder", "scripts/hvguest-report /nosuch/file", 1, "cannot write /nosuch/file; name a file in a folder that you can write to")
row("insn.py --only", "tests/bench/insn/insn.py nic --only nosuch", 2, "--only nosuch: no such job; they are: default-tcp-in-1500 udp64-out")
row("insn.py --only (", "tests/bench/insn/insn.py --only '('", 2, "no regular expression")
row("insn.py KIND", "tests/bench/insn/insn.py disc", 2, "'disc': want one of disk, nic, bus")
row("insn.py --pairs", "tests/bench/insn/insn.py --pairs ox", 2, "--pairs ox: want some of ii, oo, oi, io")
row("insn.py --rep", "tests/bench/insn/insn.py --rep 0", 2, "--rep: 0: want a whole number from 1 on")
row("make bench BENCH=", "make bench BENCH=disc", 2, "--kinds: 'disc': want some of disk, nic, bus", 2)
row("make bench ROWS=", "make bench ROWS=nosuch", 2, "--rows nosuch: no such row; --list prints them", 2)
row("bench --rows (", "tests/bench/run.py --rows '('", 2, "--rows \\(: no regular expression")
row("bench --show, not measured", "tests/bench/run.py --show", 2, "--show: nothing was measured yet; leave it out")
row("report.py, not measured", "tests/bench/insn/report.py nosuch job", 2, "nosuch/ii.0.job.1.json: no such file: insn.py --out nosuch has not")
row("summary.py, no job", "tests/bench/insn/summary.py nosuch", 2, "'nosuch': want DIR:JOB")

# ---- hvroot
row("hvroot", "{hvroot}", 2, r"--kernel is needed \(see --help\)")
row("hvroot --nosuch", "{hvroot} --nosuch", 2, r"unknown option --nosuch \(see --help\)")
row("hvroot --kernel", "{hvroot} --kernel", 2, "--kernel needs a value")
row("hvroot --kernel, no such file", "{hvroot} --kernel /nosuch", 2, "--kernel /nosuch: No such file")
row("hvroot --initrd", HVROOT + "--initrd /nosuch", 2, "--initrd /nosuch: No such file")
for option, value, line in (
        ("cpus", "0", "want a number from 1 to"), ("cpus", "x", "want a number from 1 to"),
        ("memory", "1M", "want megabytes, or a size as 512M or 2G"), ("memory", "1T", "want megabytes"),
        ("numa", "9", "want a number from 1 to 8"), ("subchannels", "-1", "want a number from 0 to"),
        ("vmbus-version", "x", "want MAJOR.MINOR"), ("vmbus-version", "7.0", "the newest version is 6.0"),
        ("io", "x", "want uring or threads"), ("trace-level", "3", "want a number from 1 to 2"),
        ("acpi", "gen3", "want gen1 or gen2"), ("cpu-mask", "x", "unknown feature 'x'"), ("timer", "x", "want synthetic or apic"),
        ("on-crash", "x", "want exit or continue")):
    row("hvroot --%s %s" % (option, value), HVROOT + "--%s %s" % (option, value), 2, "--%s.*%s" % (option, line))
for option in ("auto-eoi", "hibernation", "no-reboot", "paused"):
    row("hvroot --%s=x" % option, HVROOT + "--%s=x" % option, 2, "--%s takes no value" % option)
row("hvroot --numa without processors", HVROOT + "--numa 2", 2, "--numa 2: more nodes than processors")
row("hvroot --append, nothing", HVROOT + "--append", 2, "--append needs a value")
row("hvroot --trace", HVROOT + "--trace /nosuch/t", 2, "--trace /nosuch/t: No such file")
row("hvroot --record", PROCESS + "--record /nosuch/s", 2, "--record /nosuch/s: No such file")
row("hvroot --replay", HVROOT + "--replay /nosuch", 2, "--replay /nosuch: No such file")
row("hvroot --replay, another file", PROCESS + "--replay {root}/LICENSE", 2, "--replay .*LICENSE: line 1: no session, which begins with \"# hvroot session 1\"")
row("hvroot --replay, a wrong line", "printf '# hvroot session 1\\nsay 1 x\\n' >{top}/wrong-line; " + PROCESS + "--replay {top}/wrong-line", 2,
    "--replay .*: line 2: want say MS NAME N HEX")
row("hvroot --replay, a newer session", "echo '# hvroot session 2' >{top}/newer; " + PROCESS + "--replay {top}/newer", 2, "--replay .*: line 1: of another version than 1")
row("hvroot --record what is replayed", "echo '# hvroot session 1' >{top}/both; " + PROCESS + "--replay {top}/both --record {top}/both", 2, "--record .*: --replay reads it")
row("hvroot ctl", "{hvroot} ctl", 2, "usage: hvroot ctl SOCKET COMMAND")
row("hvroot ctl, nobody", "{hvroot} ctl /nosuch list", 1, "/nosuch: cannot connect: No such file or directory; is a hvroot running with --control")
row("hvroot ctl, a long path", "{hvroot} ctl /%s list" % ("x" * 120), 1, "socket path longer than")
for option, value, line in (
        ("machine", "x", "want kvm or process"), ("manner", "x", "no manner is called 'x'"),
        ("manner", "slow=", "slow wants milliseconds, slow=1 to slow=600000"), ("manner", "isolated=1", "isolated takes no value"),
        ("disk", "nosuch=x", "unknown word 'nosuch'"), ("disk", "file=/nosuch", "cannot open /nosuch: No such file"),
        ("ide", "lun=x", "lun=x: want a number"), ("nic", "nosuch=x", "nosuch=x makes no sense; tap=NAME"),
        ("nic", "queues=2", "tap=NAME is missing"), ("offers", "nosuch", "no class nosuch"), ("ic", "nosuch", "want NAME=VERSIONS")):
    row("hvroot --%s %s" % (option, value), PROCESS + "--%s %s" % (option, value), 2, "--%s.*%s" % (option, line))
for option, value, line in (("control", "/nosuch/s", "/nosuch/s: cannot listen"), ("console", "/nosuch/c", "/nosuch/c: No such file"),
                            ("agent", "/nosuch/a", "/nosuch/a: cannot listen")):
    row("hvroot --%s %s" % (option, value), PROCESS + "--%s %s" % (option, value), 1, line)
row("hvroot, no program", "{hvroot} --machine process --kernel {root}/LICENSE", 2, "--kernel .*LICENSE: Permission denied; --machine process runs")
# A command of the control socket that gets a word it does not know answers with one line.
CTL = PROCESS + """--paused --console /dev/null --control {top}/ctl & until {hvroot} ctl {top}/ctl list >/dev/null 2>&1; do sleep 0.1; done
for c in nosuch %s; do {hvroot} ctl {top}/ctl $c nosuch=x 2>&1 | grep -q '^error: .' || echo "$c: no error"; done
{hvroot} ctl {top}/ctl nosuch; s=$?; {hvroot} ctl {top}/ctl quit; exit $s"""
row("hvroot ctl, each command", CTL % "counters disk fault fcopy freeze heartbeat ic kvp manner nic offer rescind ring send session set shutdown storage sysrq "
    "thaw vmbus-version vsock vss", 1, "^error: unknown command nosuch, try help")
