# SPDX-License-Identifier: GPL-2.0-only
"""Lives of channels by the thousand: offered, opened, used, taken back at any moment, offered again.

The guest writes and reads its disks all the time and checks every block (tests/guest/checked.c),
and has datagrams echoed by content. The order of what happens is drawn from a seed, which is in the
notes and in each failure: LIVES_SEED=N draws the same again, LIVES=N makes it longer or shorter.
The short one has the same seed each time.

The bus itself ends where there are several processors: 6.1's User Mode Linux warns of itself when it frees the
first part of a module that was just loaded beside busy disks (tests/process/README.md, vmalloc), once in some
twenty loads, and lockdep is blind from there on.
"""
import dataclasses
import os
import random
import re
import secrets
import socket
import time

import common
from host import PATIENCE, HostError
from machine import Failure
from nethost import GUEST, HOST, MAC, Echo, host
from registry import ONLY_OURS, Disk, Machine, scenario

DISKS = (Disk(size=64 << 20), Disk(size=96 << 20, controller=1))
NIC = ("--nic", "tap=hvt0,mac=%s,queues=2" % MAC)
HERE = Machine(cpus=2, least=1, disks=DISKS, options=NIC)
TWO = Machine(cpus=2, least=2, disks=DISKS, options=NIC)
THERE = Machine(cpus=4, memory=768, subchannels=3, disks=DISKS, options=NIC)
SCSI, ALL = ("scsi0", "scsi1"), ("scsi0", "scsi1", "net0")

# What ends, and how many of a hundred lives
KINDS = (("disk", 52), ("both disks", 8), ("everything", 6), ("sub-channel", 16), ("nic", 17), ("bus", 1))
# What a host that makes no mistake must not be blamed for
BLAME = ("timeout", "quarantine", "relid", "offer_refused", "ring_index", "packet", "request_id", "message_size",
         "message_type", "message_state", "post_failed", "no_memory")
ERRORS = "/sys/kernel/debug/hv_vmbus/errors"


@dataclasses.dataclass(frozen=True)
class Life:
    """One line of the plan: what it is that ends, when, and how it comes back."""
    kind: str
    names: tuple
    moment: str             # at once: perhaps before it is opened; open; or busy: when it has moved data
    requests: int           # of the host's in this life, to be busy
    after: int              # milliseconds from that moment to the rescind
    gone: bool              # offered again only when its number was given back
    pause: int              # milliseconds from the rescind, or from then, to the offer
    relid: str
    sub: int


def plan(seed, count, bus):
    """All that is drawn, before anything happens: what happens must not change it."""
    rng = random.Random(seed)
    kinds, weights = zip(*(k for k in KINDS if bus or k[0] != "bus"))
    for _ in range(count):
        kind = rng.choices(kinds, weights)[0]
        names = {"disk": (rng.choice(SCSI),), "both disks": SCSI, "everything": ALL, "nic": ("net0",), "bus": ALL,
                 "sub-channel": (rng.choice(SCSI),)}[kind]
        yield Life(kind, names, rng.choice(("at once", "open", "busy", "busy", "busy")), rng.choice((1, 10, 40, 100)),
                   rng.choice((0, 0, 1, 3, 10, 30)), rng.random() < 0.5, rng.choice((0, 0, 0, 1, 5, 20)),
                   rng.choice(("same", "fresh")), rng.randint(1, 3))


class Lives:
    """A machine M whose devices come and go."""

    def __init__(self, m, count, seed):
        self.m = m
        self.seed = common.setting("LIVES_SEED", default=seed or secrets.randbelow(1 << 31))
        self.plan = list(plan(self.seed, common.setting("LIVES", default=count), bus=m.spec.kernel not in ("process", "process-6.12")))
        self.lives = dict.fromkeys((k for k, _ in KINDS), 0)
        self.spent = dict(self.lives)
        self.echo = None

    # -- what the host knows -----------------------------------------------------
    def state(self, name, sub=0):
        """open, closed, rescinded, None: not offered, or its number has been given back."""
        for line in self.m.host("list"):
            found = re.match(r"%s relid=\d+ sub=%d (\w+)" % (name, sub), line)
            if found:
                return found[1]
        return None

    def until(self, test, what, limit=60):
        end = time.monotonic() + limit * PATIENCE
        while not test():
            if time.monotonic() > end:
                raise Failure("not within %d s: %s" % (limit, what))
            time.sleep(0.003)

    def requests(self):
        return self.m.host.counters()["requests"]

    def totals(self):
        """What must be as it was when all is over, at the host and in the guest."""
        connection = next(line for line in self.m.host("list") if line.startswith("connection"))
        guest = self.m.sh("grep -E 'quarantine$|channels$' %s" % ERRORS).split("\n")
        return [connection] + [" ".join(line.split()) for line in guest if "bytes" in line or "channels" in line]

    def blame(self):
        """Faults of the host that the guest has counted, and of the guest that the host has."""
        guest = dict(reversed(line.split("\t")) for line in self.m.sh("cat " + ERRORS).splitlines())
        counters = self.m.host.counters()
        return {**{k: int(guest[k]) for k in BLAME},
                **{k: int(counters[k]) for k in ("messages_refused", "packets_refused", "channel_errors")}}

    # -- the guest at work -------------------------------------------------------
    def begin(self):
        host("ip link set hvt0 up mtu 1500; ip addr replace %s/24 dev hvt0" % HOST)
        self.echo = Echo(socket.SOCK_DGRAM)
        # what is lost is not wrong; what is not what was sent is
        self.m.sh("""rm -f /run/checked.* /run/lives.*
for s in %s; do checked $s 2 >/run/lives.disk.$s 2>&1 & echo $! >>/run/lives.pids; done
(while ! [ -e /run/checked.stop ]; do
	if [ -e /sys/class/net/eth0 ]; then
		ip link set eth0 up; ip addr add %s/24 dev eth0
		for size in 64 1400 5000; do net udp %s %d 20 $size; done
	fi
	sleep 0.02
done 2>&1 | grep -E 'differs|bytes of' >/run/lives.net) >/dev/null 2>&1 & echo $! >>/run/lives.pids""" %
                  (" ".join(str(d.size) for d in DISKS), GUEST, HOST, self.echo.port))

    def end(self):
        """The checkers' last look at everything."""
        self.m.sh("touch /run/checked.stop")
        try:
            self.m.wait("! for p in $(cat /run/lives.pids); do kill -0 $p 2>/dev/null && break; done", 100, "the checkers end")
        finally:
            self.echo.close()
        self.m.note("; ".join(self.m.sh("cat /run/lives.disk.*").splitlines()).replace("checked: ", ""))
        self.complain()

    def complain(self):
        """What the checkers or the kernel have to say so far."""
        wrong = self.m.sh("cat /run/lives.net; grep -h generation /run/lives.disk.* || :")
        self.m.expect(not wrong, "content:\n" + wrong)
        bad = self.m.trouble("I/O error")
        if bad:
            raise Failure("the kernel complained:\n%s\n%s" % ("\n".join(bad[:20]), self.m.sh(
                "dmesg | grep -A60 -m1 -F '%s' || :" % bad[0].split("] ", 1)[-1].split("'")[0])))

    # -- one life ----------------------------------------------------------------
    def moment(self, life):
        if life.moment != "at once":
            for name in life.names:
                self.until(lambda n=name: self.state(n) == "open", "%s is open" % name)
        if life.moment == "busy":
            enough = self.requests() + life.requests
            self.until(lambda: self.requests() >= enough, "%d requests" % life.requests)
        time.sleep(life.after / 1000)

    def device(self, life):
        m = self.m
        self.moment(life)
        for name in life.names:
            m.host("rescind " + name)
        if life.gone:
            for name in life.names:
                self.until(lambda n=name: self.state(n) is None, "%s gives its number back" % name)
        time.sleep(life.pause / 1000)
        for name in life.names:
            m.host("offer %s relid=%s" % (name, life.relid))
        return len(life.names)

    def sub_channel(self, life):
        """One that was asked for, or where none was, three that were not."""
        m, name = self.m, life.names[0]
        self.moment(life)
        if self.state(name) not in ("open", "closed"):
            return 0                        # the device is still to come: its former self has not gone
        m.host("subs %s count=3" % name)
        # a guest that closes the primary channel ends them all, those that are just to come too
        self.until(lambda: self.state(name, life.sub) or self.state(name) not in ("open", "closed") or
                   m.host("subs %s count=3" % name), "a sub-channel")
        time.sleep(life.after / 1000)
        if self.state(name, life.sub) in (None, "rescinded"):
            return 0
        try:
            m.host("rescind %s sub=%d" % (name, life.sub))
        except HostError as e:
            if "has no sub-channel" not in str(e):
                raise
            return 0
        if life.gone:
            # a guest that only now asks for sub-channels is offered it again at that moment
            self.until(lambda: self.state(name, life.sub) != "rescinded", "the sub-channel gives its number back")
            m.host("subs %s count=3" % name)
        return 1

    def bus(self, life):
        """Hotplug is through with all devices first: what it loads wants the bus."""
        m = self.m
        self.moment(dataclasses.replace(life, moment="open"))
        m.sh("settle; touch /run/checked.hold; unload_all; modprobe hv_vmbus; rm /run/checked.hold; settle", 100)
        return len(life.names)

    def run(self):
        act = {"sub-channel": self.sub_channel, "bus": self.bus}
        for n, life in enumerate(self.plan):
            start = time.monotonic()
            try:
                self.lives[life.kind] += act.get(life.kind, self.device)(life)
            except (Failure, HostError) as e:
                raise Failure("life %d of seed %d, %s: %s" % (n, self.seed, life, e)) from e
            self.spent[life.kind] += time.monotonic() - start
            if n % 100 == 99:
                self.complain()
                os.truncate(self.m.trace.path, 0)       # nobody reads so much
                print("#> seed %d, %d of %d, %.0f s" % (self.seed, n + 1, len(self.plan), sum(self.spent.values())), flush=True)

    def over(self):
        """As it was: every device taken back once more, so that nothing is left of what nobody had asked for."""
        m = self.m
        for name in ALL:
            self.until(lambda n=name: self.state(n) == "open", "%s is open at the end" % name)
            m.host("rescind " + name)
            self.until(lambda n=name: self.state(n) is None, "%s gives its number back at the end" % name)
            m.host("offer " + name)
        m.settle()


def lives(m, count, seed=None):
    """SEED: the one of each time."""
    x = Lives(m, count, seed)
    m.wait("[ -e /sys/class/net/eth0 ]", 60, "a network device")
    before, blame = x.totals(), x.blame()
    m.expect("gpadls=0" not in before[0], "nothing is open: " + before[0])
    m.note("seed %d, %d lines of the plan" % (x.seed, len(x.plan)))
    x.begin()
    x.run()
    x.over()
    x.end()
    x.until(lambda: x.totals() == before, "what was there before: %s; now there is %s" % (before, x.totals()))
    grown = {k: v - blame[k] for k, v in x.blame().items() if v != blame[k]}
    m.expect(not grown, "seed %d: counted, and nobody made a mistake: %s" % (x.seed, grown))
    m.note("%d lives: %s" % (sum(x.lives.values()), ", ".join(
        "%s %d in %.0f s" % (k, n, x.spent[k]) for k, n in x.lives.items() if n)))


@scenario(rows="~V09 ~V10 ~S06 ~N33", machine=HERE, drivers=ONLY_OURS, timeout=300, noise="I/O error")
def lives_60(m):
    "sixty times, disks, sub-channels and a NIC end at random moments and come back: content right, nothing left"
    lives(m, 60, seed=4)


@scenario(rows="~V09 ~V10 ~S06 ~N33", machine=(TWO, THERE), drivers=ONLY_OURS, timeout=400, noise="I/O error", long=True)
def lives_100(m):
    "a hundred times, on two and on four processors, which also meet each other"
    lives(m, 100, seed=12)


@scenario(rows="V09 V10", machine=HERE, drivers=ONLY_OURS, timeout=5400, noise="I/O error", long=True)
def lives_10000(m):
    "the same ten thousand times"
    lives(m, 10000)


@scenario(rows="V09 V10", machine=THERE, drivers=ONLY_OURS, timeout=1800, noise="I/O error", long=True)
def lives_500(m):
    "the same 500 times, with sub-channels that were asked for, on four processors; now and then the bus is unloaded and loaded"
    lives(m, 500)
