# SPDX-License-Identifier: GPL-2.0-only
"""Hosts differ: monitor pages, shared interrupts, other tables, late or refused or repeated messages."""
import re
import time

from registry import BOTH, ONLY_OURS, Machine, scenario
from s_storage import MANY

ONE = Machine(cpus=1)
FOUR = Machine(cpus=4, subchannels=3)
READ = "dd if=%s of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null"


def read(m):
    m.sh(READ % m.dev(), 60)


def take_away(m, number=0):
    """Rescind the controller. In-tree storvsc is unloaded first: it would wait for ever in the
    last cache flush of a disk that is gone."""
    if m.drivers[1] == "intree":
        m.sh("unload hv_storvsc", 60)
    m.host("rescind scsi%d" % number)
    m.wait('[ -z "$(controller %d)" ]' % number, 60, "the controller goes")


def give_back(m, number=0):
    """A new offer of the controller."""
    m.host("offer scsi%d" % number)
    if m.drivers[1] == "intree":
        m.sh("modprobe hv_storvsc")
    m.wait('[ -n "$(controller %d)" ]' % number, 60, "the controller comes")


def renew(m, number=0):
    """Both: a new handshake."""
    take_away(m, number)
    give_back(m, number)
    m.settle()


def lists_at_host(m):
    """Guest memory lists that the host holds."""
    return int(re.search(r"gpadls=(\d+)", m.host("list")[0]).group(1))


@scenario(rows="V17", machine=ONE, drivers=BOTH)
def monitor_pages(m):
    "a channel with a monitor bit: signalled through the page, latency in sysfs, hidden without"
    m.host("set scsi0 monitor=1")
    renew(m)
    read(m)
    m.trace.wait("MONITOR_TRIGGER", 10)
    m.expect(int(m.sh("cat $(controller 0)/client_monitor_latency")) > 0, "latency in sysfs")
    m.sh("[ -e $(controller 0)/server_monitor_pending ] && ls $(channels 0)/latency $(channels 0)/pending >/dev/null")
    m.host("set scsi0 monitor=0")
    renew(m)
    m.sh("! cat $(controller 0)/client_monitor_latency 2>/dev/null | grep -qv '^0$'; ! ls $(channels 0)/latency 2>/dev/null")
    read(m)


@scenario(rows="V18", machine=ONE, drivers=BOTH)
def shared_interrupt(m):
    "a channel without a dedicated interrupt"
    m.host("set scsi0 dedicated=0")
    renew(m)
    read(m)
    m.host("set scsi0 dedicated=1")
    renew(m)
    read(m)


@scenario(rows="V04 ~V05", machine=(Machine(cpus=2, options=("--acpi", "gen1")), FOUR), drivers=BOTH,
          needs=("firmware",))
def acpi_tables(m):
    "the bus is found in both kinds of tables, its window is reserved"
    m.sh("ls /sys/bus/acpi/devices | grep -qi vmbus")
    if m.drivers[0] == "ours":          # in-tree, the window is a list of its own
        m.sh("grep -qi 'hyperv' /proc/iomem")
    read(m)


@scenario(rows="~V06", machine=Machine(cpus=2, options=("--auto-eoi",)), drivers=BOTH)
def auto_eoi(m):
    "a host that does not advise against AutoEOI"
    for cpu in (1, 0):
        m.sh("echo %d >$(channels 0)/cpu" % cpu)
        read(m)


@scenario(rows="~V30", machine=Machine(cpus=2, options=("--timer", "synthetic")), drivers=ONLY_OURS)
def synthetic_timers(m):
    "the bus unloads and loads again while the guest lives on the hypervisor's timers"
    for _ in range(5):
        m.sh("unload_all; sleep 0.2; modprobe hv_vmbus; settle", 60)
        m.settle()
        read(m)
    m.sh("grep -q 'HVS: *[1-9]' /proc/interrupts")


@scenario(rows="V29", machine=ONE, drivers=ONLY_OURS)
def late_offers(m):
    "loading returns when all offers came, and waits for them in bounded time"
    bus, stor = m.drivers
    m.sh("unload_all", 60)
    m.drivers = (None, None)
    m.host("fault message ALL_OFFERS_DELIVERED delay=4000 count=1")
    took = m.sh("a=$(cut -d. -f1 /proc/uptime); modprobe hv_vmbus; echo $(($(cut -d. -f1 /proc/uptime) - a))", 60)
    m.expect(3 <= int(took) <= 30, "loading took %s s" % took)
    m.use(bus, stor)
    read(m)


@scenario(rows="V13", machine=FOUR, drivers=BOTH, timeout=200)
def late_sub_channels(m):
    "sub-channels offered late and out of order, while I/O runs"
    for order in ("down", "rotated"):
        m.host("set scsi0 subs-delay=2000 subs-order=" + order)
        renew(m)
        read(m)
        m.wait("[ $(channels 0 | wc -l) = 4 ]", 60, "all channels")
        read(m)
    m.host("set scsi0 subs-delay=0 subs-order=up")
    renew(m)


@scenario(rows="V11", machine=ONE, drivers=BOTH, timeout=200)
def refused_open(m):
    "the host refuses an open: an error, no memory list left behind, the next offer works"
    for status in ("0xc000000d", "1"):
        take_away(m)
        m.host("set scsi0 refuse-open=" + status)
        give_back(m)
        m.sh("settle; sleep 1; [ ! -e $(controller 0)/driver ]")
        m.expect(lists_at_host(m) == 0, "%d memory lists left" % lists_at_host(m))
    renew(m)
    read(m)


@scenario(rows="V11", machine=ONE, drivers=BOTH, timeout=200)
def refused_memory_list(m):
    "the host refuses a memory list: an error, the next offer works"
    take_away(m)
    m.host("fault message GPADL_CREATED corrupt=16:01000000 count=1")
    give_back(m)
    m.sh("settle; sleep 1; [ ! -e $(controller 0)/driver ]")
    m.host("fault clear")
    renew(m)
    read(m)


# Ours only: in-tree storvsc waits for ever in a cache flush, see take_away().
@scenario(rows="V09", machine=FOUR, drivers=ONLY_OURS, timeout=400, noise="I/O error")
def offer_rescind_back_to_back(m):
    "offers and rescinds without a pause: nothing is left, each relid released once, the last offer works"
    released = m.host.counters()["relids_released"]
    times = 200
    for _ in range(times):
        m.host("rescind scsi0")
        m.host("offer scsi0")
    m.settle()
    read(m)
    m.expect(m.sh("ls $DEVS | wc -l") == "1", "one device: " + m.sh("ls $DEVS"))
    m.wait("[ $(channels 0 | wc -l) = 4 ]", 60, "all channels")
    m.note("%d relids released in %d rounds" % (m.host.counters()["relids_released"] - released, times))


@scenario(rows="~V10 ~V15", machine=ONE, drivers=ONLY_OURS, timeout=200)
def repeated_messages(m):
    "each message of the host delivered twice: the second is dropped"
    for message in ("OFFER_CHANNEL", "OPEN_RESULT", "GPADL_CREATED", "GPADL_TORNDOWN", "RESCIND_CHANNEL",
                    "ALL_OFFERS_DELIVERED", "VERSION_RESPONSE", "UNLOAD_RESPONSE"):
        m.host("fault message %s duplicate count=all" % message)
        m.sh("unload_all; modprobe hv_vmbus; settle", 60)
        m.settle()
        renew(m)
        read(m)
        m.host("fault clear")
    m.expect(m.sh("ls $DEVS | wc -l") == "1", "one device")


@scenario(rows="V20", machine=Machine(cpus=4, subchannels=3, options=("--numa", "2"),
                                      append="isolcpus=managed_irq,domain,3"), drivers=BOTH)
def initial_cpus(m):
    "channels of a disk controller are spread over the CPUs, isolated ones left out"
    text = m.sh("cat $(controller 0)/channel_vp_mapping")
    cpus = [int(l.split(":")[1]) for l in text.split()]
    m.expect(len(cpus) == 4 and 3 not in cpus, "channels on CPUs %s" % cpus)
    m.expect(len(set(cpus)) >= 2, "all channels on CPUs %s" % cpus)
    read(m)


@scenario(rows="V12 ~V25", machine=MANY, drivers=BOTH, needs=("clients",))
def uio_client(m):
    "uio_hv_generic takes a device by driver_override: rings allocated, mapped and given back"
    m.host("set scsi1 monitor=1")               # the driver asks for it
    renew(m, 1)
    m.sh("""
modprobe uio_hv_generic
d=$(controller 1); id=$(basename $d)
echo $id >/sys/bus/vmbus/drivers/hv_storvsc/unbind
echo uio_hv_generic >$d/driver_override
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/bind
[ -e /sys/class/uio/uio0/maps/map0/size ]
ls $d/channels/*/ring >/dev/null
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/unbind
echo >$d/driver_override
echo $id >/sys/bus/vmbus/drivers/hv_storvsc/bind
rmmod uio_hv_generic
""")
    m.settle()
    m.sh(READ % m.dev(m.spec.disks[3]))


@scenario(rows="~V12", machine=Machine(cpus=4, least=1, memory=768, disks=(), options=("--nic", "tap=hvt0,queues=4")), drivers=BOTH,
          timeout=300, needs=("peers",))
def uio_rings(m):
    "uio_hv_generic on a NIC with four channels: what user space maps of each is what the host has of it"
    m.host("set net0 monitor=1")                # the driver asks for it
    m.host("rescind net0")
    m.wait("[ -z \"$(of_class '{f8615163-df3e-46c5-913f-f2d2f965ed0e}')\" ]")
    m.host("offer net0")
    m.wait("[ -n \"$(of_class '{f8615163-df3e-46c5-913f-f2d2f965ed0e}')\" ]")
    m.sh("""
modprobe uio_hv_generic
d=$(of_class '{f8615163-df3e-46c5-913f-f2d2f965ed0e}'); id=$(basename $d)
echo uio_hv_generic >$d/driver_override
[ ! -e $d/driver ] || echo $id >$d/driver/unbind
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/bind
n=0; until [ -e /dev/uio0 ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done
sleep 1000 </dev/uio0 >/dev/null 2>&1 & echo $! >/tmp/uio.pid
ln -s $d /tmp/nic
""")
    m.trace.wait("OPEN_CHANNEL", 30)
    m.host("subs net0 count=3")
    m.wait("[ $(ls -d /tmp/nic/channels/*/ring | wc -l) = 4 ]", 60)
    m.trace.wait("OPEN_RESULT", 30, 4)
    for n in range(4):
        want = "%#x %#x" % (0xa100 + n, 0xb200 + n)
        m.host("ring net0 sub=%d dir=out pending=%d" % (n, 0xa100 + n))
        m.host("ring net0 sub=%d dir=in pending=%d" % (n, 0xb200 + n))
        got = m.sh("mapring $(dirname $(grep -lx %d /tmp/nic/channels/*/subchannel_id))/ring" % n)
        m.expect(got == want, "channel %d: user space sees %s, the host %s" % (n, got, want))
        m.host("ring net0 sub=%d dir=in pending=0" % n)
        m.host("ring net0 sub=%d dir=out pending=0" % n)
    m.sh("""
kill $(cat /tmp/uio.pid); wait 2>/dev/null || :
d=$(readlink -f /tmp/nic); id=$(basename $d); rm /tmp/nic
echo $id >/sys/bus/vmbus/drivers/uio_hv_generic/unbind
echo >$d/driver_override
rmmod uio_hv_generic
""")


@scenario(rows="V14 ~V24", machine=ONE, drivers=BOTH)
def ring_counters(m):
    "signals, interrupts and full rings are counted where users look"
    names = ("interrupts", "events", "intr_in_full", "intr_out_empty", "out_full_first", "out_full_total")
    before = [int(m.sh("cat $(channels 0)/" + n)) for n in names]
    m.host("freeze scsi0")
    m.sh("fio --name=v --filename=%s --rw=randread --bs=4k --iodepth=1024 --ioengine=libaio --direct=1 --numjobs=2 "
         "--time_based --runtime=4 >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid" % m.dev())
    time.sleep(4)
    m.host("thaw scsi0")
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 60, "fio ends")
    after = [int(m.sh("cat $(channels 0)/" + n)) for n in names]
    grown = {n: a - b for n, b, a in zip(names, before, after)}
    m.note(str(grown))
    m.expect(grown["interrupts"] > 0, "no interrupts counted: %s" % grown)
    m.expect(grown["intr_out_empty"] > 0, "no signals of an empty ring counted: %s" % grown)
