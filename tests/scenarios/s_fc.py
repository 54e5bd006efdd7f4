# SPDX-License-Identifier: GPL-2.0-only
"""Virtual Fibre Channel."""
from registry import ONLY_OURS, Disk, Machine, scenario

# fc: its device; fc_host, fc_disk LUN: what the kernel made of it
SHELL = """
fc() { of_class '{2f9bcc4a-0069-4af3-b76b-6fd0be528cda}'; }
no_fc() { [ -z "$(fc)$(find /sys/class/fc_host/ /sys/class/fc_remote_ports/ -mindepth 1)" ]; }
fc_host() { basename "$(ls -d "$(fc)"/host[0-9]* 2>/dev/null)"; }
fc_disk() { d=$(ls "$(fc)"/host*/target*:0:3/*:0:3:"$1"/block 2>/dev/null) && [ -n "$d" ] && [ -b "/dev/$d" ] && echo "/dev/$d"; }
"""


@scenario(rows="S03 ~S11 ~S13", machine=Machine(), drivers=ONLY_OURS, timeout=300)
def fibre_channel(m):
    "a virtual Fibre Channel adapter: names as tools look for them, LUNs that come and go, 512 KiB at a time, cut answers that are no errors"
    def sh(script, timeout=60):
        return m.sh(SHELL + script, timeout)

    def wait(test, what):
        m.sh("cat >/tmp/fc.sh <<'EOF'\n%s\nEOF" % SHELL)
        m.wait(". /tmp/fc.sh; " + test, 60, what)

    def disk(what, lun):
        path = m.backing(Disk(controller=7, lun=lun))
        m.host("disk %s fc lun=%d,controller=7%s" % (what, lun, ",file=%s,size=%d" % (path, 16 << 20) if what == "add" else ""))

    def names(port, node):
        got = sh("h=/sys/class/fc_host/$(fc_host); echo $(cat $h/port_name $h/node_name)")
        m.expect(got == "0xc003ff11223307%s 0xc003ff11223307%s" % (port, node), "names " + got)

    disk("add", 0)
    wait('[ -n "$(fc_disk 0)" ]', "the disk")
    names("01", "f1")
    m.host("rescind fc7")
    wait("no_fc", "the adapter goes")
    m.host("storage fc7 max-transfer=0x100000 names=second")    # it was moved, and claims more than it takes
    m.host("offer fc7")
    wait('[ -n "$(fc_disk 0)" ]', "the disk")
    names("02", "f2")
    sh("grep -q NPIV /sys/class/fc_host/$(fc_host)/port_type; h=$(fc_host); grep -q Initiator /sys/class/fc_remote_ports/rport-${h#host}:0-0/roles")

    most = sh("cat /sys/class/scsi_host/$(fc_host)/max_transfer_bytes; d=$(fc_disk 0); cat /sys/block/${d#/dev/}/queue/max_hw_sectors_kb")
    m.expect(most.split() == ["524288", "512"], "transfers of " + most)
    sh("dd if=/dev/urandom of=/tmp/fc.x bs=1M count=4 2>/dev/null; dd if=/tmp/fc.x of=$(fc_disk 0) bs=1M oflag=direct 2>/dev/null;"
       "dd if=$(fc_disk 0) bs=1M count=4 iflag=direct 2>/dev/null | cmp - /tmp/fc.x", 100)

    # by the host's word, and by the user's
    disk("add", 5)
    wait('[ -n "$(fc_disk 5)" ]', "another LUN")
    sh("echo 1 >$(ls -d $(fc)/host*/target*/*:0:3:5)/delete; [ -z \"$(fc_disk 5)\" ]; echo '0 3 5' >/sys/class/scsi_host/$(fc_host)/scan", 100)
    wait('[ -n "$(fc_disk 5)" ]', "the LUN that was scanned for")
    disk("remove", 5)
    wait('[ -z "$(fc_disk 5)" ]', "the LUN goes")
    sh("dd if=$(fc_disk 0) of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null")

    # it was moved back, which is heard when the channel is opened again: here for a command that the host loses
    m.host("storage fc7 names=first")
    m.host("fault storage controller=7 lun=0 op=0x28 drop count=1")
    sh("p=/sys/module/hv_storvsc/parameters/storvsc_lost_after; old=$(cat $p); echo 1 >$p; d=$(fc_disk 0); echo 2 >/sys/block/${d#/dev/}/device/timeout;"
       "dd if=$d of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; echo $old >$p", 100)
    names("01", "f1")

    # hosts say DATA OVERRUN when they cut what an adapter answers
    for cdb in ("5e 00 00 00 00 00 00 00 08 00", "a3 0a 00 00 00 00 00 00 00 08 00 00"):
        m.host("fault storage controller=7 op=0x%s srb=0x12%s count=1" % (cdb[:2], " performed" if cdb[:2] == "5e" else ""))
        sh("sg_raw -r 8 $(fc_disk 0) %s >/tmp/fc.out 2>&1 || { cat /tmp/fc.out; exit 1; }" % cdb)
        m.host("fault clear")

    m.host("rescind fc7")
    wait("no_fc", "the adapter goes")
