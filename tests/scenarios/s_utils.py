# SPDX-License-Identifier: GPL-2.0-only
"""The integration services, with the daemons of Debian's hyperv-daemons as they are."""
import time

from registry import MATRIX, ONLY_OURS, scenario
from utilshost import MACHINE, MACHINE_612, Services, clock_error, near, phc_error

# in-tree's KVP knows no 5.0
NEWEST_INTREE = {"kvp": "4.0"}
NEWEST = {"shutdown": "3.2", "timesync": "4.0", "heartbeat": "3.0", "kvp": "5.0", "vss": "5.0", "fcopy": "1.1"}
AUTO_KEYS = """FullyQualifiedDomainName IntegrationServicesVersion NetworkAddressIPv4 NetworkAddressIPv6 OSBuildNumber
    OSName OSMajorVersion OSMinorVersion OSVersion ProcessorArchitecture""".split()


# instead of the program that ends the machine, for orderly ends
NO_END = r"""printf '#!/bin/sh\necho "${0##*/}" >>/tmp/asked\n' >/tmp/no-end; chmod +x /tmp/no-end; rm -f /tmp/asked
mount --bind /tmp/no-end /bin/poweroff"""


def asked_to_end(m):
    "power-off and restart reach the programs that do it"
    m.sh(NO_END)
    for words, program in (("", "poweroff"), ("force", "poweroff"), ("reboot reason a planned restart", "reboot")):
        m.sh("rm -f /tmp/asked")
        m.host("shutdown " + words)
        m.wait("grep -qsx %s /tmp/asked" % program, 30, "%s is called" % program)
    m.sh("umount /bin/poweroff")


def steps(m, *offsets):
    "the host sets the clock, and sets it right again"
    for offset in offsets + (0,):
        m.host("time sync offset=%d" % offset)
        near(m, offset, 0.02)


def answers(m):
    "all services, with what a host uses them for"
    s = Services(m)
    for name in s.names:
        words = s.state(name)
        newest = {**NEWEST, **({} if m.drivers[1] == "ours" else NEWEST_INTREE)}[name]
        m.expect("framework=3.0" in words and "message=" + newest in words, "agreed on %s" % words)
    m.host("heartbeat")
    m.host("time sync")
    m.host("kvp set external hvguest.test some%20text")
    got = m.host("kvp get external hvguest.test")[0]
    # the kernel's own module answers without the value
    m.expect(got == "hvguest.test=" + ("some text" if m.drivers[1] == "ours" else ""), "kvp get: " + got)
    m.expect("hvguest.test=some text" in m.host("kvp list external"), "the item is listed")
    m.host("kvp delete external hvguest.test")
    s.fails("kvp delete external hvguest.test", "status")
    keys = [l.split("=")[0] for l in m.host("kvp list auto")[:-1]]
    m.expect(keys == AUTO_KEYS, "automatic items: %s" % keys)
    facts = [l.split("=")[0] for l in m.host("kvp list auto-external")[:-1]]
    m.expect(len(facts) >= 11 and "VirtualMachineName" in facts, "facts of the host: %s" % facts)
    m.sh("grep -aq VirtualMachineName /var/lib/hyperv/.kvp_pool_3; [ $(pidof hv_kvp_daemon | wc -w) = 1 ]; [ -c /dev/vmbus/hv_kvp ]")
    for command in ("vss check", "vss freeze", "vss thaw"):
        m.host(command)
    m.note("; ".join(l for c in ("heartbeat", "time sample", "kvp get external x", "vss check") for l in s.ask(c)[0][-1:]))
    steps(m, 3600)
    s.health()
    asked_to_end(m)
    return s


@scenario(rows="~U01 ~U02 ~U03 ~U07 ~U08 ~U10 U11 U11b ~U13 ~U14 ~U17", machine=MACHINE, drivers=MATRIX, timeout=300, judged=True)
def utils_services(m):
    "each service answers with the real daemons, at the newest common version, and does what it is asked"
    answers(m)


@scenario(rows="~U01 ~U10 ~U13", machine=MACHINE_612, drivers=ONLY_OURS, timeout=300)
def utils_other_kernel(m):
    "all of that on 6.12 with the daemons of its package; each service taken away and offered again"
    s = answers(m)
    for name in s.names:
        s.again(name)
    s.start()
    s.health()


@scenario(rows="U01 ~U19", machine=MACHINE, drivers=ONLY_OURS, timeout=600)
def utils_versions(m):
    "every version alone, none in common, counts that lie"
    s = Services(m)
    m.host("kvp facts off")
    for name, messages in (("shutdown", "1.0 3.0 3.1 3.2"), ("timesync", "1.0 3.0 4.0"), ("heartbeat", "1.0 3.0"),
                           ("kvp", "3.0 4.0 5.0")):
        for version in messages.split():
            m.host("ic set %s framework=%s message=%s" % (name, "1.0" if version == "1.0" else "3.0", version))
            s.again(name)
            m.expect("message=" + version in s.state(name), "%s %s: %s" % (name, version, s.state(name)))
    s.health()
    for name in ("shutdown", "heartbeat"):
        for lists in ("framework=1.0+3.0 message=77.0", "framework=77.0 message=1.0", "framework=none message=none"):
            m.host("ic set %s %s" % (name, lists))
            m.host("ic negotiate " + name)
            s.fails("ic wait %s limit=20000" % name, "none of the versions|not answered")
        for counts in ("frameworks=65535", "messages=65535 frameworks=65535", "messages=101", "frameworks=0 messages=0"):
            m.host("ic set %s framework=1.0+3.0 message=1.0+3.0" % name)
            m.host("ic negotiate %s %s" % (name, counts))
            s.ask("ic wait %s limit=3000" % name)
        m.host("ic negotiate " + name)
        s.ready(name)
    for name, messages in (("shutdown", "1.0+3.0+3.1+3.2"), ("timesync", "1.0+3.0+4.0"), ("heartbeat", "1.0+3.0"),
                           ("kvp", "1.0+3.0+4.0+5.0")):
        m.host("ic set %s framework=1.0+3.0 message=%s" % (name, messages))
        m.host("ic negotiate " + name)
        s.ready(name)
    s.health()
    m.host("kvp facts on")


@scenario(rows="U07", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_heartbeat(m):
    "heartbeats one by one, in a burst, lost, late; none is answered wrong"
    s = Services(m, ())
    wrong = m.host("heartbeat")[-2].split(" in all, ")[1]
    out = m.host("heartbeat burst=40")
    m.expect(len(out) == 42, "answers of a burst: %d" % (len(out) - 2))
    m.host("heartbeat sequence=18446744073709551615")
    m.host("heartbeat sequence=1 interval=50")
    m.host("fault ic heartbeat drop count=3")
    m.host("fault ic heartbeat delay=700 count=3")
    m.host("fault ic heartbeat duplicate count=3")
    s.more("ic.heartbeat.sent", 12)             # more than all faults take
    s.more("ic.heartbeat.answered", 1)          # they go on
    m.host("fault clear")
    m.host("heartbeat interval=2000")
    m.expect(" in all, " + wrong in " ".join(m.host("heartbeat")), "a wrong answer")
    m.note(" ".join(s.state("heartbeat")[-14:]))


@scenario(rows="~U03", machine=MACHINE, drivers=ONLY_OURS, timeout=400)
def utils_time_sync(m):
    "a sync steps the clock: off by a second, an hour, a day, either way, in all message forms"
    s = Services(m, ())
    m.host("time interval=0")
    for version in ("4.0", "3.0", "1.0"):
        m.host("ic set timesync message=%s framework=%s" % (version, "1.0" if version == "1.0" else "3.0"))
        m.host("ic negotiate timesync")
        s.ready("timesync")
        for offset in (1, -1, 3600, -3600, 86400, -86400) if version == "4.0" else (3600,):
            m.host("time sync offset=%d" % offset)
            m.note("%s: %+d s: PTP clock %+.6f s from the system's" % (version, offset, near(m, offset, 0.02)))
        m.host("time sync offset=0")
        near(m, 0, 0.02)
    m.host("ic set timesync message=1.0+3.0+4.0 framework=1.0+3.0")
    m.host("ic negotiate timesync")
    s.ready("timesync")
    m.host("time sync age=120")                 # taken two minutes ago
    m.note("a sync two minutes old: PTP clock %+.6f s from the system's" % near(m, 0, 0.02))


COUNTED = "sed -n 's/^\\([0-9]*\\)\\t%s$/\\1/p' $(grep -l TimeSync /sys/kernel/debug/hv_utils-*)"


@scenario(rows="~U03", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_time_told(m):
    "time that the host tells and wants no answer to is kept to, and the ring has no answer that nobody reads"
    Services(m, ())
    m.host("time sync offset=0")
    answers = int(m.sh(COUNTED % "answers"))
    m.host("time told=1 interval=50 offset=3600")
    m.wait("[ $(%s) -ge %d ]" % (COUNTED % "requests", answers + 40), 60, "messages that are told")
    m.note("an hour ahead: PTP clock %+.6f s from the system's" % near(m, 3600, 0.02))
    m.expect(int(m.sh(COUNTED % "answers")) - answers < 3, "answers to what asked for none")
    m.host("time told=0 interval=0")
    m.host("time sync offset=0")
    near(m, 0, 0.02)


CLOCKSOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource"


@scenario(rows="~U03 U04 ~F18", machine=MACHINE, drivers=ONLY_OURS, timeout=400)
def utils_ptp(m):
    "samples feed the PTP clock alone, phc2sys steers the system's clock by it, a stale one is refused"
    s = Services(m, ())
    m.expect(m.sh("cat /sys/class/ptp/ptp0/clock_name") == "hyperv", "the name of the clock")
    m.host("time sync offset=0 interval=0")
    near(m, 0, 0.02)
    m.host("time sample offset=-7")
    if "hyperv" not in m.sh("cat " + CLOCKSOURCE):
        # on a counter of its own, which the two clocks do not share: those who ask take two looks instead
        m.expect("not supported" in m.run("crosstime /dev/ptp0 2>&1")[0], "a moment that nobody can know")
    m.expect(abs(clock_error(m)[0]) < 1, "a sample moved the clock back: %s" % (clock_error(m),))
    m.expect(abs(phc_error(m)) > 6.9 and abs(phc_error(m)) < 7.1, "PTP clock off by %f s" % phc_error(m))
    m.host("time sample offset=0 leap=3 stratum=255")
    m.expect(abs(phc_error(m)) < 0.1, "PTP clock off by %f s" % phc_error(m))
    m.host("time offset=-0.3 interval=1000")
    out = m.sh("timeout 12 phc2sys -s /dev/ptp0 -c CLOCK_REALTIME -O 0 -m -S 0.1 2>&1 || :", 60)
    m.note(out.splitlines()[-1])
    error, doubt = clock_error(m)
    m.expect(abs(error + 0.3) < 0.05 + doubt, "phc2sys: the clock is %f s ahead" % error)
    m.host("time offset=0 interval=0")
    m.host("time sync")
    s.ask("time sample age=700")
    out, status = m.run("phc_ctl /dev/ptp0 get 2>&1")
    m.note("700 s old: %s" % out.strip())
    m.host("time sample")
    m.expect(abs(phc_error(m)) < 0.1, "PTP clock off by %f s" % phc_error(m))


@scenario(rows="F18", machine=MACHINE, drivers=ONLY_OURS, timeout=200, needs=("reference page",))
def utils_ptp_cross(m):
    "the PTP clock and the system's out of one reading of the counter that both run on: they differ by the same each time"
    Services(m, ())
    m.host("time sync offset=0 interval=0")
    m.expect(m.sh("cat " + CLOCKSOURCE) == "hyperv_clocksource_tsc_page", "the system's clock is " + m.sh("cat " + CLOCKSOURCE))
    for offset in (-7, 0):
        m.host("time sample offset=%d" % offset)
        both = [[int(x) for x in line.split()] for line in m.sh("crosstime /dev/ptp0 50").splitlines()]
        ahead = [clock - system for clock, system, _ in both]
        m.note("ahead by %.6f s, each time but for %d ns" % (ahead[0] / 1e9, max(ahead) - min(ahead)))
        m.expect(len(both) == 50 and both == sorted(both), "moments: %s" % both)
        # two readings of two clocks would be apart by what the guest was put off between them; the system's is slewed a little
        m.expect(max(ahead) - min(ahead) < 50000, "the clocks drift apart by %d ns" % (max(ahead) - min(ahead)))
        m.expect(abs(ahead[0] / 1e9 - phc_error(m)) < 0.1, "ahead by %.6f s, but by %.6f s in two readings" % (ahead[0] / 1e9, phc_error(m)))


CHRONY = """refclock PHC /dev/ptp0 poll 0 dpoll -2
makestep 0.05 -1
cmdport 0
pidfile /run/chronyd.pid
"""


@scenario(rows="~U04", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_chrony(m):
    "Debian's chrony with the PTP clock as its only source sets the system's clock by it"
    Services(m, ())
    m.sh("adjtimex -f 0 >/dev/null")
    m.host("time sync offset=0 interval=0")
    near(m, 0, 0.02)
    m.sh("cat >/tmp/chrony.conf <<'END'\n%sEND" % CHRONY)
    m.host("time offset=-0.3 interval=500")
    m.host("time sample")
    m.expect(abs(phc_error(m) + 0.3) < 0.05, "PTP clock off by %f s, not by -0.3" % phc_error(m))
    m.sh("(chronyd -d -u root -f /tmp/chrony.conf >/tmp/chrony.log 2>&1 &) >/dev/null 2>&1")
    try:
        m.wait("grep -q 'was stepped by' /tmp/chrony.log", 60, "chronyd steps the clock")
        near(m, -0.3, 0.05)
    finally:
        log = m.sh("kill $(cat /run/chronyd.pid); cat /tmp/chrony.log")
        m.host("time offset=0 interval=0")
    m.expect("Selected source PHC0" in log, "chronyd:\n" + log)
    m.note(log.splitlines()[-2])
    m.sh("adjtimex -f 0 >/dev/null")
    m.host("time sync")
    near(m, 0, 0.02)


@scenario(rows="U05 ~U06", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_samples_only(m):
    "a host that sends only samples: a guest that stood still catches up, and never goes back"
    s = Services(m, ())
    m.host("time sync offset=0 interval=1000")
    near(m, 0, 0.02)
    m.host("time offset=60")                     # as if the guest had stood still for a minute
    m.note("a minute behind: then PTP clock %+.6f s from the system's" % near(m, 60, 0.05, 20))
    m.host("time offset=0")
    s.more("ic.timesync.answered", 3)
    error = clock_error(m)[0]
    m.expect(error > 59, "a sample moved the clock back to %+.3f s" % error)
    m.host("time sync offset=0 interval=500")
    near(m, 0, 0.02)
    slews(m, s)
    m.host("time sync offset=0")
    m.host("pause")
    time.sleep(6)
    m.host("resume")
    m.note("stood still for 6 s: then PTP clock %+.6f s from the system's" % near(m, 0, 0.05))
    m.host("time sync offset=0 interval=5000")
    near(m, 0, 0.02)


def slews(m, s):
    "a small error is worked off slowly, half a millisecond a second"
    m.sh("adjtimex -f 0 >/dev/null")            # what phc2sys left: nobody else steers the clock
    m.host("time offset=0.05")
    s.more("ic.timesync.answered", 3)
    began, first = time.monotonic(), abs(phc_error(m))
    m.expect(0.02 < first < 0.06, "slow by %.6f s, not by 0.05 or a little less" % first)
    for pause in (6, 6, 12):        # one look may be wrong by milliseconds where the machine is slow
        time.sleep(pause)
        gone = first - abs(phc_error(m))
        took = time.monotonic() - began
        # samples come late there, and looking takes time as well
        right = 0.0003 * took < gone < 0.0006 * (took + 2)
        if right:
            break
    m.note("50 ms slow: %.3f ms less after %.1f s" % (1000 * gone, took))
    m.expect(right, "worked off %.6f s in %.1f s" % (gone, took))


def param(m, name, value):
    m.sh("echo %d >/sys/module/hv_utils/parameters/timesync_%s" % (value, name))


def stays(m, why):
    m.sh("sleep 1")
    m.expect(abs(clock_error(m)[0]) < 2, "%s: the clock was moved: %s" % (why, clock_error(m)))


@scenario(rows="U21 ~U03", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_time_settings(m):
    "what a sample or a sync may do is chosen by parameters; what it said is in sysfs"
    Services(m, ())
    sysfs = "/sys/bus/vmbus/devices/*/time_%s"
    m.host("time sync offset=0 interval=0")
    near(m, 0, 0.02)
    param(m, "ignore_sync", 1)
    param(m, "verbose", 1)
    param(m, "sample_thresh", 200000)
    m.host("time sync offset=-3600 leap=1 stratum=7")
    stays(m, "timesync_ignore_sync")
    offset = int(m.sh("cat " + sysfs % "offset_ns"))
    m.expect(abs(offset + 3600e9) < 1e9, "time_offset_ns: %d" % offset)
    m.expect(m.sh("cat %s %s" % (sysfs % "leap", sysfs % "stratum")) == "1\n7", "leap indicator and stratum")
    param(m, "ignore_sync", 0)
    m.host("time sync offset=0 leap=0 stratum=0")
    near(m, 0, 0.02)
    param(m, "implicit", 0)
    m.host("time sample offset=60")
    stays(m, "timesync_implicit")
    param(m, "implicit", 1)
    m.host("time sample offset=60.05")          # no new gap, and less than the limit
    stays(m, "timesync_sample_thresh")
    param(m, "sample_thresh", 5000)
    m.host("time sample offset=61")
    near(m, 61, 0.05)
    m.expect(m.dmesg("clock moved by"), "timesync_verbose: no line of a correction")
    param(m, "verbose", 0)
    m.host("time sync offset=0 interval=5000")
    near(m, 0, 0.02)


@scenario(rows="~U14 ~U15", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_freeze(m):
    "writers wait while frozen; read-only, vfat and loop mounts are left alone"
    Services(m, ("vss",))
    for told in ("create", "delete", "complete", "recover"):    # a backup's other steps ask nothing of a guest
        m.host("vss " + told)
    dev = m.dev()
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt/b /mnt/l /mnt/r /mnt/v; mount %s /mnt/b" % (dev, dev), 100)
    m.sh("""modprobe loop; for n in l r v; do truncate -s 40M /mnt/b/$n.img; done
        mkfs.ext4 -q -F /mnt/b/l.img; mkfs.ext4 -q -F /mnt/b/r.img; modprobe vfat; mkdosfs /mnt/b/v.img >/dev/null
        mount -o loop /mnt/b/l.img /mnt/l; mount -o loop,ro /mnt/b/r.img /mnt/r
        mount -o loop /mnt/b/v.img /mnt/v; mkdir -p /mnt/c; mount --bind /mnt/b /mnt/c""", 100)
    m.host("vss freeze")
    m.sh("rm -f /tmp/written; (echo x >/mnt/b/x; touch /tmp/written) >/dev/null 2>&1 & sleep 3")
    m.expect(m.run("[ -e /tmp/written ]")[1], "a write went through while frozen")
    m.host("vss thaw")
    m.wait("[ -e /tmp/written ]", 20, "the write goes on")
    m.sh("umount /mnt/c /mnt/v /mnt/r /mnt/l /mnt/b")


@scenario(rows="U19", machine=MACHINE, drivers=ONLY_OURS, timeout=600)
def utils_rescind(m):
    "each service taken away alone, the others at work, and offered again, its daemon at work"
    s = Services(m)
    for name in s.names:
        s.again(name, s.others_answer)
    for name in s.names:
        s.again(name)
    s.start()
    s.health()
