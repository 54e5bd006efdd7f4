// SPDX-License-Identifier: GPL-2.0-only
/*
 * manner.c - the names of manners, and where each can be read about. A host that we wrote
 * agrees with our drivers by birth; a manner is a host that somebody else has met.
 */
#include <stdio.h>
#include <string.h>

#include "loop/log.h"
#include "manner.h"

static const struct {
	const char *name;
	enum manner bit;
	const char *what;
	const char *source;
} manners[] = {
	{ "no-direct-timers", MANNER_NO_DIRECT_TIMERS,
	  "synthetic timers tick by messages only: no feature bit for direct mode",
	  "OpenVMM's CPUID leaves; Hyper-V before Windows Server 2019 (TLFS, \"Direct Synthetic Timers\")" },
	{ "isolated", MANNER_ISOLATED,
	  "the guest is told that it is an isolated VM (VBS): it must not share memory as it is",
	  "TLFS, CPUID leaf 0x4000000C" },
	/* NICs; `nic manner` changes those of one NIC while it runs */
	{ "nic-frame-follows", MANNER_NIC_FRAME,
	  "the largest frame is what the guest has configured, not what it could",
	  "OpenVMM, vm/devices/net/netvsp/src/lib.rs, OID_GEN_MAXIMUM_FRAME_SIZE" },
	{ "nic-name-padded", MANNER_NIC_NAME,
	  "the friendly name has 255 units of UTF-16, zeros behind the text",
	  "OpenVMM, vm/devices/net/netvsp, the friendly name" },
	{ "nic-table-last", MANNER_NIC_TABLE,
	  "the send indirection table comes once, when the last sub-channel opens",
	  "OpenVMM, vm/devices/net/netvsp/src/lib.rs, send indirection table" },
	{ "nic-rsc", MANNER_NIC_RSC,
	  "coalesced frames: IPv4 header checksum not renewed and said to be invalid, part ids differ",
	  "MS-documented NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, IpChecksumValueInvalid; Linux bf48648d650d" },
	{ "nic-header-offload", MANNER_NIC_HEADER,
	  "frames of other VMs have no IPv4 header checksum for a guest that has this offload on",
	  "MS-documented NDIS_OFFLOAD_PARAMETERS, IPv4Checksum" },
	{ "nic-vlan-strict", MANNER_NIC_VLAN,
	  "a frame with its VLAN tag inside is not taken, the tag belongs into the packet info",
	  "MS-documented NDIS_NET_BUFFER_LIST_8021Q_INFO" },
};

#define NMANNERS	(sizeof(manners) / sizeof(manners[0]))

static bool find(const char *name, size_t n, uint32_t *bits)
{
	for (unsigned int i = 0; i < NMANNERS; i++)
		if (strlen(manners[i].name) == n && !strncmp(manners[i].name, name, n)) {
			*bits |= manners[i].bit;
			return true;
		}
	return false;
}

int manners_parse(const char *names, uint32_t *bits)
{
	for (const char *p = names; *p;) {
		size_t n = strcspn(p, ",");

		if (!find(p, n, bits)) {
			log_err("--manner: no manner is called '%.*s' (see --help)", (int)n, p);
			return -1;
		}
		p += n + (p[n] == ',');
	}
	return 0;
}

void manners_help(void)
{
	puts("\nmanners:");
	for (unsigned int i = 0; i < NMANNERS; i++)
		printf("  %-26s %s\n  %-26s source: %s\n", manners[i].name, manners[i].what, "",
		       manners[i].source);
}
