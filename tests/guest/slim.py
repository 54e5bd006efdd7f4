# SPDX-License-Identifier: GPL-2.0-only
"""Programs of this machine with the libraries that they use, for a small initramfs.

Debian's fio is linked with the clients of a dozen network stores, 80 MB of
libraries that a run on a block device never calls. stubs() makes empty ones in
their place: same names, same symbol versions, every function an abort().
"""
import os
import re
import shutil
import subprocess


ASIDE = ""      # one more folder of programs


def out(*cmd):
    return subprocess.run(cmd, stdout=subprocess.PIPE, check=True, text=True).stdout


def find(program):
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin:%s:%s" % (os.environ.get("PATH", ""), ASIDE))
    return path and os.path.abspath(path)


def libraries(program):
    """{name or path as the loader wants it: file}"""
    found = {}
    r = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    for line in r.stdout.splitlines():
        words = line.split()
        if "=>" in words and len(words) > 2 and words[2].startswith("/"):
            found[words[0]] = words[2]
        elif words and words[0].startswith("/"):
            found[words[0]] = words[0]
    return found


def needed(program):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out("readelf", "-dW", program))


def symbols(path, defined):
    """Dynamic symbols as (name, version or None)."""
    found = set()
    for line in out("readelf", "--dyn-syms", "-W", path).splitlines():
        words = line.split()
        if len(words) < 8 or not words[0].endswith(":") or (words[6] == "UND") == defined:
            continue
        if not defined and words[4] == "WEAK":      # __gmon_start__ and the like: absent is fine
            continue
        name, _, version = words[7].partition("@")
        found.add((name, version.lstrip("@") or None))
    return found


def copied(program):
    """Variables of libraries that PROGRAM has a copy of, as (name, version or None)."""
    found = re.findall(r"R_X86_64_COPY\s+\S+\s+(\w+)(?:@(\S+))?", out("readelf", "-rW", program))
    return {(name, version or None) for name, version in found}


def version_needs(program):
    """{library: versions that the program asks of it}"""
    needs, lib = {}, None
    for line in out("readelf", "-VW", program).splitlines():
        m = re.search(r"File: (\S+)", line)
        if m and "Version:" in line:
            lib = m.group(1)
        m = re.search(r"Name: (\S+)", line)
        if m and lib and "Flags:" in line:
            needs.setdefault(lib, set()).add(m.group(1))
    return needs


def stub(folder, lib, wanted, versions, variables):
    """An empty library LIB in FOLDER with the symbols WANTED, {name: version}; VARIABLES are no functions."""
    source, script = os.path.join(folder, "stub.c"), os.path.join(folder, "stub.map")
    with open(source, "w") as f:
        f.write("__attribute__((noreturn)) void abort(void);\n")
        f.writelines(("void *%s;\n" if n in variables else "void %s(void) { abort(); }\n") % n for n in sorted(wanted))
    with open(script, "w") as f:
        for v in sorted(versions):
            names = sorted(n for n in wanted if wanted[n] == v)
            f.write("%s { %s };\n" % (v, "global: %s;" % "; ".join(names) if names else ""))
    path = os.path.join(folder, lib)
    subprocess.run(["gcc", "-shared", "-fPIC", "-fno-builtin", "-w", "-O1", "-Wl,-soname," + lib] +
                   (["-Wl,--version-script," + script] if versions else []) + ["-o", path, source], check=True)
    return path


def stubs(program, keep, folder):
    """libraries() of PROGRAM, those whose names do not match KEEP replaced by stubs in FOLDER."""
    os.makedirs(folder, exist_ok=True)
    real = libraries(program)
    kept, pending = {}, [program]
    dropped = [n for n in needed(program) if not re.match(keep, n)]
    while pending:  # what the kept libraries need themselves
        for name in needed(pending.pop()):
            if name not in dropped and name not in kept and name in real:
                kept[name] = real[name]
                pending.append(real[name])
    kept.update({n: p for n, p in real.items() if n.startswith("/")})
    there = {n for p in kept.values() for n, _ in symbols(p, True)}
    variables = {n: v for n, v in copied(program) if n not in there}
    missing = {n: v for n, v in symbols(program, False) if n not in there} | variables
    needs = version_needs(program)
    for i, lib in enumerate(dropped):
        versions = needs.get(lib, set())
        mine = {n: v for n, v in missing.items() if v in versions or (v is None and i == 0)}
        kept[lib] = stub(folder, lib, mine, versions, variables)
    return kept
