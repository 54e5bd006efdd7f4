// SPDX-License-Identifier: GPL-2.0-only
/*
 * manner.c - the names of manners, and where each can be read about. A host that we wrote
 * agrees with our drivers by birth; a manner is a host that somebody else has met.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manner.h"

#define SLOW_MAX	600000u		/* ms */

static const struct {
	const char *name;
	enum manner bit;
	bool boot;		/* seen by the guest before anything can be changed */
	const char *value;	/* of what it has one, for people */
	const char *what;
	const char *source;
} manners[] = {
	{ "no-direct-timers", MANNER_NO_DIRECT_TIMERS, true, NULL,
	  "synthetic timers tick by messages only: no feature bit for direct mode",
	  "OpenVMM's CPUID leaves; Hyper-V before Windows Server 2019 (TLFS, \"Direct Synthetic Timers\")" },
	{ "isolated", MANNER_ISOLATED, true, NULL,
	  "the guest is told that it is an isolated VM (VBS): it must not share memory as it is",
	  "TLFS, CPUID leaf 0x4000000C" },
	{ "slow", MANNER_SLOW, false, "MS",
	  "each message of the bus, step of the storage handshake and REPORT LUNS is late by MS ms",
	  "Linux b2f966568faa (5 s are not enough, it waits 180); unload in Linux's hv_vmbus waits 100 s" },
	{ "modify-answered", MANNER_MODIFY_ANSWERED, false, NULL,
	  "MODIFYCHANNEL on a channel that is not open is refused in an answer, not ignored",
	  "OpenVMM vmbus_server, handle_modify_channel()" },
	{ "lists-refused", MANNER_LISTS_REFUSED, false, NULL,
	  "a memory list for a rescinded channel is refused, not called created",
	  "OpenVMM vmbus_server, gpadl_updated()" },
	{ "teardowns-dropped", MANNER_TEARDOWNS_DROPPED, false, NULL,
	  "once a channel is rescinded no teardown of a memory list of its own is answered any more",
	  "Linux vmbus_teardown_gpadl(): takes the rescind for the answer, \"so we don't leak memory\"" },
	{ "relids-reused", MANNER_RELIDS_REUSED, false, NULL,
	  "an offer takes the lowest free number: one that was just given back, by whatever device",
	  "OpenVMM vmbus_server, the lowest free number is assigned" },
	{ "resets-idle", MANNER_RESETS_IDLE, false, NULL,
	  "resets of a disk are answered at once and end no command",
	  "OpenVMM storvsp, handle_packet(): \"have always been no-ops\"" },
	{ "lun-invalid", MANNER_LUN_INVALID, false, NULL,
	  "INQUIRY of a LUN that is not there is INVALID_LUN without data, not an answer of type 7Fh",
	  "FreeBSD, hv_storvsc_drv_freebsd.c and its review D7521" },
	{ "subs-unanswered", MANNER_SUBS_UNANSWERED, false, NULL,
	  "a disk controller's request for sub-channels has no answer, and none are offered",
	  "Linux storvsc, handle_multichannel_creation(): \"Failed to create sub-channel: timed out\"" },
	{ "subs-unopened", MANNER_SUBS_UNOPENED, false, NULL,
	  "opening a sub-channel has no result; none is open until the channel is taken back",
	  "Linux 37c2578c0c40: vmbus_open() \"may never get the host's response to the OPEN_CHANNEL message\"" },
	/* NICs; `nic manner` changes those of one NIC while it runs */
	{ "nic-frame-follows", MANNER_NIC_FRAME, false, NULL,
	  "the largest frame is what the guest has configured, not what it could",
	  "OpenVMM, vm/devices/net/netvsp/src/lib.rs, OID_GEN_MAXIMUM_FRAME_SIZE" },
	{ "nic-name-padded", MANNER_NIC_NAME, false, NULL,
	  "the friendly name has 255 units of UTF-16, zeros behind the text",
	  "OpenVMM, vm/devices/net/netvsp, the friendly name" },
	{ "nic-table-last", MANNER_NIC_TABLE, false, NULL,
	  "the send indirection table comes once, when the last sub-channel opens",
	  "OpenVMM, vm/devices/net/netvsp/src/lib.rs, send indirection table" },
	{ "nic-rsc", MANNER_NIC_RSC, false, NULL,
	  "coalesced frames: IPv4 header checksum not renewed and said to be invalid, part ids differ",
	  "MS-documented NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, IpChecksumValueInvalid; Linux bf48648d650d" },
	{ "nic-header-offload", MANNER_NIC_HEADER, false, NULL,
	  "frames of other VMs have no IPv4 header checksum for a guest that has this offload on",
	  "MS-documented NDIS_OFFLOAD_PARAMETERS, IPv4Checksum" },
	{ "nic-vlan-strict", MANNER_NIC_VLAN, false, NULL,
	  "a frame with its VLAN tag inside is not taken, the tag belongs into the packet info",
	  "MS-documented NDIS_NET_BUFFER_LIST_8021Q_INFO" },
	{ "nic-by-pages", MANNER_NIC_BY_PAGES, false, NULL,
	  "sections of the send buffer have one byte: frames come by their pages, or not at all",
	  "QEMU's hv-net of Virtuozzo, handle_snd_buf(); FreeBSD hn_nvs.c goes on with 0" },
	{ "nic-slots", MANNER_NIC_SLOTS, false, NULL,
	  "sections of the receive buffer have 512 bytes, a message takes as many as it needs",
	  "QEMU's hv-net of Virtuozzo, get_rcv_pkt() and its rcvbuf-slot-len" },
	{ "nic-pieces", MANNER_NIC_PIECES, false, NULL,
	  "a packet may have 4 ranges of pages, not 34",
	  "OpenVMM, netvsp, maximum_mdl_chain_length in the answer to INIT" },
};

#define NMANNERS	(sizeof(manners) / sizeof(manners[0]))

/* Hosts by name: what each of them does of the above. */
static const struct {
	const char *name;
	const char *of;
	const char *what;
	const char *source;
} groups[] = {
	{ "openvmm",
	  "no-direct-timers,modify-answered,lists-refused,relids-reused,resets-idle,nic-frame-follows,nic-name-padded,nic-table-last",
	  "a host whose devices are OpenVMM's", "OpenVMM, as each of them says" },
	{ "vmswitch", "nic-rsc,nic-header-offload,nic-vlan-strict",
	  "a host whose NICs are on Hyper-V's own switch", "Microsoft's documentation of NDIS, as each of them says" },
	{ "slow", "slow=5000", "a host that is late with everything by more than some drivers waited",
	  "Linux b2f966568faa" },
	{ "strict",
	  "modify-answered,lists-refused,relids-reused,nic-frame-follows,nic-name-padded,nic-table-last,nic-rsc,nic-header-offload,nic-vlan-strict",
	  "both of the first at once, but for timers and resets: what a driver has to cope with", "as theirs" },
};

#define NGROUPS		(sizeof(groups) / sizeof(groups[0]))

static int fail(struct manner_problem *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct manner_problem *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -1;
}

static uint32_t boot_bits(void)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < NMANNERS; i++)
		if (manners[i].boot)
			bits |= manners[i].bit;
	return bits;
}

/* The number behind "slow=", up to a comma or the end. */
static int slow_value(const char *text, struct manners *m, struct manner_problem *why)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *text == '-' || (*end && *end != ',') || !v || v > SLOW_MAX)
		return fail(why, "slow wants milliseconds, slow=1 to slow=%u", SLOW_MAX);
	m->slow = v;
	return 0;
}

/* The manners of a group, as a list; NULL: that is no group. */
static const char *group(const char *name, size_t n)
{
	for (unsigned int i = 0; i < NGROUPS; i++)
		if (strlen(groups[i].name) == n && !strncmp(groups[i].name, name, n))
			return groups[i].of;
	return NULL;
}

static int add(const char *name, bool running, struct manners *m, struct manner_problem *why)
{
	size_t n = strcspn(name, ",="), whole = strcspn(name, ",");
	const char *value = name[n] == '=' ? name + n + 1 : "";
	unsigned int i = 0;

	while (i < NMANNERS && (strlen(manners[i].name) != n || strncmp(manners[i].name, name, n)))
		i++;
	if (i == NMANNERS)
		return fail(why, "no manner is called '%.*s' (see --help)", (int)(whole < 60 ? whole : 60), name);
	if (running && manners[i].boot)
		return fail(why, "%s: only from the start, by --manner", manners[i].name);
	if (!manners[i].value && name[n] == '=')
		return fail(why, "%s takes no value", manners[i].name);
	m->bits |= manners[i].bit;
	return manners[i].bit == MANNER_SLOW ? slow_value(value, m, why) : 0;
}

/* Of a group, what a running machine cannot have any more is left out. */
static int add_group(const char *of, bool running, struct manners *m, struct manner_problem *why)
{
	struct manners all = { 0 };

	for (const char *p = of; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
		if (add(p, false, &all, why))
			return -1;
	m->bits |= running ? all.bits & ~boot_bits() : all.bits;
	m->slow = all.slow ? all.slow : m->slow;
	return 0;
}

int manners_parse(const char *names, bool running, struct manners *m,
		  struct manner_problem *why)
{
	for (const char *p = names; *p;) {
		size_t n = strcspn(p, ",");
		const char *of = group(p, n);

		if (n == 4 && !strncmp(p, "none", 4))
			m->bits &= boot_bits();
		else if (of ? add_group(of, running, m, why) : add(p, running, m, why))
			return -1;
		p += n + (p[n] == ',');
	}
	return 0;
}

/* All of "strict": who agrees with that gets on with each of the hosts it was made of. */
uint32_t manners_usual(void)
{
	struct manners m = { 0 };
	struct manner_problem why;

	manners_parse("strict", false, &m, &why);
	return m.bits;
}

void manners_help(void)
{
	puts("\nmanners (the command `manner` changes most of them in a running machine):");
	for (unsigned int i = 0; i < NMANNERS; i++) {
		char name[40];

		snprintf(name, sizeof(name), "%s%s%s", manners[i].name, manners[i].value ? "=" : "",
			 manners[i].value ? manners[i].value : "");
		printf("  %-26s %s\n  %-26s source: %s\n", name, manners[i].what, "",
		       manners[i].source);
	}
	puts("\nhosts, each a group of manners; strict unless something else is said (none takes that back):");
	for (unsigned int i = 0; i < NGROUPS; i++)
		printf("  %-26s %s\n  %-26s is: %s\n  %-26s source: %s\n", groups[i].name, groups[i].what,
		       "", groups[i].of, "", groups[i].source);
}
