# SPDX-License-Identifier: GPL-2.0-only
"""Daemons that come late: what the host asks before is held for them, and stands in nobody's way."""
from registry import ONLY_OURS, scenario
from s_utilsdmn import FAILED, Ask, count
from utilshost import DAEMONS, MACHINE, Services

WAIT = "/sys/module/hv_utils/parameters/kvp_daemon_wait"
# A daemon that does all that takes long before it is told to go on
READY_TO_GO = "rm -f /tmp/go; (until [ -e /tmp/go ]; do sleep 0.1; done; exec hv_{0}_daemon) </dev/null >/dev/null 2>&1 &"
# What a daemon alone can answer, and a word of the answer
QUESTIONS = {"kvp": ("kvp list auto", "FullyQualifiedDomainName="), "vss": ("vss check", "status 0x00000000"),
             "fcopy": ("fcopy /etc/hostname /tmp/late overwrite", "status 0x00000000")}


def without_daemons(m, wait):
    """All services ready for the host, no daemon anywhere; KVP's negotiation waits for one so long."""
    s = Services(m, ())
    m.host("kvp facts off")
    m.sh("echo %d >%s" % (wait, WAIT))
    released = len(m.trace.find("RELID_RELEASED"))
    m.host("rescind kvp")
    m.trace.wait("RELID_RELEASED", 60, released + 1)
    m.host("offer kvp")
    return s


def restore(m):
    m.sh("echo 55 >%s" % WAIT)
    m.host("kvp facts on")


def held(m, name, number):
    """So many messages of a service were held since its device came."""
    m.wait("for f in /sys/kernel/debug/hv_utils-*; do grep -qix 'service.%s' $f && grep -qx '%d.held for a daemon' $f && break; done"
           % (name, number), 30, "%d held of %s" % (number, name))


def answered_when_it_comes(m, name, number):
    """A request without a daemon waits for one, and gets its answer."""
    command, word = QUESTIONS[name]
    m.sh(READY_TO_GO.format(name))
    ask = Ask(m, command)
    held(m, name, number)
    m.expect(ask.result is None, "'%s' has an answer without a daemon: %s" % (command, ask.result))
    m.sh("touch /tmp/go")
    said = ask.wait()
    m.expect(word in said, "'%s' with a late daemon: %s" % (command, said))
    m.note("%s: %.1f s" % (name, ask.took))


@scenario(rows="~U09 ~U11 ~U13 ~U17", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_daemon_late(m):
    "a daemon that registers when the negotiation was answered without it gets what the host has asked meanwhile"
    s = without_daemons(m, 1)
    s.ready("kvp")                              # versions agreed, and nobody there
    names = [n for n in DAEMONS if n in s.names]
    for name in names:
        before = count(m, name, "held for a daemon")
        answered_when_it_comes(m, name, before + 1)
        s.daemon(name)
    m.note("%s s after the guest's start" % m.sh("cut -d. -f1 /proc/uptime"))
    m.sh("undaemon " + " ".join(names))
    # a daemon went away: the same for the next, and a second message ends the hold of the first
    before = count(m, "vss", "held for a daemon")
    s.fails("vss check limit=500", "no answer")
    held(m, "vss", before + 1)
    late = m.host.counters()["ic.vss.late"]
    answered_when_it_comes(m, "vss", before + 2)
    m.expect(m.host.counters()["ic.vss.late"] == late + 1, "the first got no answer when the second came")
    # what only a daemon of before could do is not held
    m.sh("undaemon vss")
    before = count(m, "vss", "held for a daemon")
    s.fails("vss thaw", FAILED)
    m.expect(count(m, "vss", "held for a daemon") == before, "a thaw waits for a daemon")
    restore(m)
    s.start()
    s.health()


@scenario(rows="~U09 ~U11", machine=MACHINE, drivers=ONLY_OURS, timeout=400, long=True)
def utils_daemon_two_minutes(m):
    "two minutes after the module, KVP's daemon comes; the host, which gives up in 75 s, has its answer"
    s = without_daemons(m, 55)
    began = int(m.sh("cut -d. -f1 /proc/uptime"))
    s.ready("kvp")
    m.wait("[ $(cut -d. -f1 /proc/uptime) -gt %d ]" % (max(began, 0) + 120), 140, "two minutes pass")
    answered_when_it_comes(m, "kvp", 2)
    s.daemon("kvp")
    m.note("%d s after KVP came, %s s after the guest's start" %
           (int(m.sh("cut -d. -f1 /proc/uptime")) - began, m.sh("cut -d. -f1 /proc/uptime")))
    restore(m)


@scenario(rows="~U09 ~U19", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_unload_held(m):
    "hv_utils unloaded with a negotiation and two requests on hold: that is not delayed, nor refused as an unknown version"
    s = without_daemons(m, 55)
    held(m, "kvp", 1)
    asked = {n: Ask(m, QUESTIONS[n][0]) for n in ("vss", "fcopy") if n in s.names}
    for name in asked:
        m.wait("cat /sys/kernel/debug/hv_utils-* | grep -A13 -ix 'service.%s' | grep -qx '[1-9].*held for a daemon'" % name, 30)
    begun = len(m.trace.find(r"IC_NEGOTIATE +> kvp"))
    m.sh("rmmod hv_utils", 20)
    for ask in asked.values():
        said = ask.wait()
        m.expect(FAILED in said, "'%s' ended otherwise: %s" % (ask.command, said))
    m.expect(s.state("kvp")[1] == "closed", "kvp is " + s.state("kvp")[1])
    answers = m.trace.find(r"IC_NEGOTIATE +< kvp|PACKET_REFUSED +kvp")
    asks = m.trace.find(r"IC_NEGOTIATE +> kvp")
    m.expect(len(asks) == begun and m.trace.find("IC_NEGOTIATE +. kvp")[-1] == asks[-1],
             "the negotiation on hold was answered: %s" % answers[-1:])
    m.sh("modprobe hv_utils")
    s.start()
    s.health()
    restore(m)


@scenario(rows="~U01", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_negotiation_limits(m):
    "a host that waits no longer for KVP's negotiation, and one that asks without end: few lines in the log, and it goes on"
    s = without_daemons(m, 0)
    s.ready("kvp")                              # at once
    m.sh("echo 55 >%s" % WAIT)
    m.host("ic negotiate kvp limit=300")
    s.fails("ic wait kvp daemon", "not answered the negotiation in time")
    s.fails("kvp list auto", "not answered the negotiation in time")
    s.fails("ic wait kvp deamon", "what is 'deamon'")
    s.fails("ic wait heartbeat daemon", "has no daemon")
    m.host("ic negotiate kvp")
    s.start()
    s.daemon("kvp")
    times = 300
    for _ in range(times):
        m.host("ic negotiate heartbeat")
        m.host("ic negotiate shutdown")
    for name in ("heartbeat", "shutdown"):
        s.ready(name)
        lines = len(m.dmesg("%s IC version" % name.capitalize()).splitlines())
        m.expect(0 < lines < times, "%d lines about %d negotiations of %s" % (lines, times, name))
        m.note("%s: %d lines about %d negotiations" % (name, lines, times))
    s.health()
    restore(m)


@scenario(rows="~U09 ~U19", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_open_fails(m):
    "a host that asks and then does not say that the channel is open: nothing of that question outlives the failure"
    hold = 8                                    # longer than the channel's answer is waited for
    s = without_daemons(m, hold)
    m.sh("echo 2 >/sys/module/hv_vmbus/parameters/host_timeout")
    released = len(m.trace.find("RELID_RELEASED"))
    m.host("rescind kvp")
    m.trace.wait("RELID_RELEASED", 60, released + 1)
    m.host("fault message OPEN_RESULT drop")
    m.host("offer kvp")
    m.wait("dmesg | grep -q 'KVP not usable'", 30, "the channel does not open")
    began = int(m.sh("cut -d. -f1 /proc/uptime"))
    m.wait("[ $(cut -d. -f1 /proc/uptime) -gt %d ]" % (began + hold), 30, "a hold would be over")
    m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout")
    m.host("fault clear")
    s.again("kvp")
    restore(m)
    s.start()
    s.health()


# A daemon that registers, takes one message, and keeps it
KEEPS = r"""
undaemon fcopy; rm -f /tmp/order /tmp/ready
(exec 3<>/dev/vmbus/hv_fcopy
printf '\1\0\0\0' | dd bs=4 count=1 iflag=fullblock >&3; dd bs=64 count=1 <&3; touch /tmp/ready
dd bs=8192 count=1 <&3 >/tmp/order; exec sleep 1000 <&3) >/dev/null 2>&1 & echo $! >/tmp/pid"""


@scenario(rows="~U17", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_daemon_dies_copying(m):
    "a daemon that dies with the order to begin a file in its hands: the next one gets nothing of that file"
    s = Services(m, ())
    m.sh(KEEPS)
    m.wait("[ -e /tmp/ready ]", 20, "a daemon registers")
    begin = Ask(m, "fcopy /etc/hostname /tmp/dies overwrite")
    m.wait("[ -s /tmp/order ]", 20, "it has the order")
    m.sh("kill -9 $(cat /tmp/pid)")
    said = begin.wait()
    m.expect(FAILED in said, "it ended otherwise: " + said)
    m.sh(KEEPS)
    m.wait("[ -e /tmp/ready ]", 20, "another registers")
    answers = count(m, "fcopy", "answers")
    m.host("ic send fcopy data=02000000" + "00" * 32)       # the file is complete
    m.wait("[ -s /tmp/order ] || cat /sys/kernel/debug/hv_utils-* | grep -A3 -ix 'service.fcopy' | grep -qx '%d.answers'" % (answers + 1), 20)
    m.expect(m.sh("wc -c </tmp/order").strip() == "0", "the new daemon is to complete a file that it has not begun")
    begin = Ask(m, "fcopy /etc/hostname /tmp/dies overwrite")
    m.wait("[ -s /tmp/order ]", 20, "but it begins one")
    m.sh("kill -9 $(cat /tmp/pid)")
    begin.wait()
    s.start()
    s.health()


# A daemon that registers, and answers each message when it is told to
WAITS = r"""
undaemon vss; rm -f /tmp/msg.* /tmp/go.* /tmp/hooks /tmp/hookgo
(exec 3<>/dev/vmbus/hv_vss
put() { { printf "$1"; printf '\0\0\0\0\0\0\0\0\0\0\0'; } | dd bs=12 count=1 iflag=fullblock >&3; }
put '\201'; dd bs=64 count=1 <&3
for n in 1 2 3 4; do
	dd bs=64 count=1 <&3 >/tmp/msg.$n
	until [ -e /tmp/go.$n ]; do sleep 0.1; done
	put '\0'
done) >/dev/null 2>&1 &"""
SLOW_HOOK = r"""
cat >/tmp/hook <<'X'
#!/bin/sh
echo "$1" >>/tmp/hooks
[ "$1" = thaw ] || until [ -e /tmp/hookgo ]; do sleep 0.1; done
X
chmod +x /tmp/hook; echo /tmp/hook >/sys/module/hv_utils/parameters/vss_hook"""
REQUESTS = """awk '$1 == "service" { s = $2 } s == "VSS" && $2 == "requests" { print $1 }' /sys/kernel/debug/hv_utils-*"""


def owed(m):
    """A freeze that took longer than its limit: the daemon that waits for /tmp/go.1 has it, and owes the answer."""
    limit = "echo %d >/sys/module/hv_utils/parameters/vss_freeze_limit"
    m.sh(limit % 1)
    m.sh(WAITS)
    said = Ask(m, "vss freeze").wait()
    m.expect(FAILED in said, "a freeze over its limit ended otherwise: " + said)
    m.wait("[ -s /tmp/msg.1 ]", 20, "the daemon has it")
    m.sh(limit % 900)


@scenario(rows="U16", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_hook_of_two(m):
    "a daemon that froze too late while the program of the next freeze runs: that fails, and the one after it runs its own"
    s = Services(m, ())
    s.ready("vss")
    owed(m)
    m.sh(SLOW_HOOK)
    second = Ask(m, "vss freeze")
    m.wait("grep -q freeze /tmp/hooks", 20, "the program runs")
    m.sh("touch /tmp/go.1")
    m.wait("[ -s /tmp/msg.2 ]", 20, "the daemon is to thaw what it froze too late")
    said = second.wait(20)
    m.expect(FAILED in said, "a freeze ended otherwise while the daemon thaws: " + said)
    m.expect(not m.dmesg("program before freezing takes too long"), "it had to wait for the program's limit")
    requests = int(m.sh(REQUESTS))
    third = Ask(m, "vss freeze")
    m.sh("touch /tmp/go.2")
    m.wait("[ $(%s) -gt %d ]" % (REQUESTS, requests), 20, "the next freeze is read")
    m.sh("touch /tmp/hookgo")
    m.wait("[ -s /tmp/msg.3 ]", 20, "the daemon is to freeze")
    ran = m.sh("cat /tmp/hooks").split()
    m.expect(ran == ["freeze", "thaw", "freeze"], "the program was run for: " + " ".join(ran))
    m.sh("touch /tmp/go.3 /tmp/go.4")
    said = third.wait()
    m.expect("status 0x00000000" in said, "the third freeze: " + said)
    m.host("vss thaw")
    m.sh("echo '' >/sys/module/hv_utils/parameters/vss_hook")
    s.start()
    s.health()


# A program around freezing that never ends by itself
HANGING_HOOK = r"""
rm -f /tmp/hooks /tmp/hookpid
cat >/tmp/hook <<'X'
#!/bin/sh
echo "$1" >>/tmp/hooks
echo $$ >/tmp/hookpid
[ "$1" != "$(cat /tmp/hangs)" ] || exec sleep 1000
X
chmod +x /tmp/hook; echo %s >/tmp/hangs; echo /tmp/hook >/sys/module/hv_utils/parameters/vss_hook"""
HANGING = "grep -q sleep /proc/$(cat /tmp/hookpid)/cmdline"
NO_HANGING = "! " + HANGING


@scenario(rows="~U16 ~U19", machine=MACHINE, drivers=ONLY_OURS, timeout=200)
def utils_hook_hangs(m):
    "a program around freezing that never ends: the service goes while it runs, a freeze is owed too; else it is killed at its limit, and the host has its answer"
    s = Services(m, ())
    s.ready("vss")
    hook_limit = "echo %d >/sys/module/hv_utils/parameters/vss_hook_limit"
    owed(m)
    m.sh(hook_limit % 3600)             # a service that goes does not wait for that
    m.sh(HANGING_HOOK % "freeze")
    second = Ask(m, "vss freeze")
    m.wait(HANGING, 20, "the program runs")
    released = len(m.trace.find("RELID_RELEASED"))
    m.host("rescind vss")
    m.trace.wait("RELID_RELEASED", 20, released + 1)
    second.wait()
    m.sh("touch /tmp/go.1 /tmp/go.2 /tmp/go.3 /tmp/go.4")       # the daemon ends, and lets go of its device
    m.wait("[ \"$(cat /tmp/hooks | tr '\\n' ' ')\" = 'freeze thaw ' ]", 20, "it may undo what it did")
    m.sh(NO_HANGING)
    # a daemon that does what it is told, and the program's limit, before and after
    for hangs in ("freeze", "thaw"):
        m.sh(hook_limit % 60)
        m.sh("echo '' >/sys/module/hv_utils/parameters/vss_hook")
        m.host("offer vss") if hangs == "freeze" else None
        m.sh("undaemon vss; daemon vss")
        s.daemon("vss")
        m.sh(HANGING_HOOK % hangs)
        m.sh(hook_limit % 1)
        said = Ask(m, "vss freeze").wait()
        if hangs == "freeze":
            m.expect(FAILED in said, "a freeze whose program hangs ended otherwise: " + said)
        else:
            m.expect("status 0x00000000" in said, "a freeze: " + said)
            m.host("vss thaw")
        m.wait("[ \"$(cat /tmp/hooks | tr '\\n' ' ')\" = 'freeze thaw ' ]", 20, "the program is run before and after")
        m.wait(NO_HANGING, 20, "the program is killed")
    m.sh("echo '' >/sys/module/hv_utils/parameters/vss_hook; " + hook_limit % 60)
    s.start()
    s.health()
