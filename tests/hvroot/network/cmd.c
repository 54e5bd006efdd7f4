// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control commands of the network devices, and their counters.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/counters.h"
#include "control/hex.h"
#include "network/net.h"
#include "vmbus/fault.h"

static struct nic **list;

static struct nic *named(struct reply *r, const char *name)
{
	for (struct nic *n = *list; n; n = n->next)
		if (!name || !strcmp(n->dev.name, name))
			return n;
	reply_error(r, name ? "no NIC %s" : "no NIC here%s", name ? name : "");
	return NULL;
}

static struct nic *find(struct reply *r, int argc, char **argv)
{
	return named(r, control_arg(argc, argv, "nic"));
}

static void set_link(struct nic *n, bool up)
{
	n->link = up;
	net_indicate(n, up ? RNDIS_LINK_UP : RNDIS_LINK_DOWN, NULL, 0);
}

static int cmd_link(struct reply *r, int argc, char **argv, struct nic *n)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (!strcmp(what, "up") || !strcmp(what, "down"))
		set_link(n, !strcmp(what, "up"));
	else if (!strcmp(what, "change"))
		net_indicate(n, RNDIS_NETWORK_CHANGE, NULL, 0);
	else
		return reply_error(r, "nic link up|down|change [nic=NAME]");
	return 0;
}

static int cmd_speed(struct reply *r, int argc, char **argv, struct nic *n)
{
	unsigned long long mbit = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	uint32_t speed[2];

	if (!mbit || mbit > 400000)
		return reply_error(r, "nic speed MBIT [nic=NAME]");
	n->speed = mbit * 1000000;
	speed[0] = n->speed / 100;	/* transmit, receive */
	speed[1] = speed[0];
	net_indicate(n, RNDIS_SPEED_CHANGE, speed, sizeof(speed));
	return 0;
}

/* The newest version that the guest's next connection gets. */
static int cmd_version(struct reply *r, int argc, char **argv, struct nic *n)
{
	uint32_t version = net_version(argc > 2 ? argv[2] : "");

	if (!version)
		return reply_error(r, "nic version 1|2|4|5|6|6.1 [nic=NAME]");
	n->nvsp_cap = version;
	return 0;
}

/* The largest MTU, as the guest's next connection learns it. */
static int cmd_mtu(struct reply *r, int argc, char **argv, struct nic *n)
{
	unsigned long mtu = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

	if (mtu < 576 || mtu > 65521)
		return reply_error(r, "nic mtu 576..65521 [nic=NAME]");
	n->mtu_max = mtu;
	return 0;
}

/* How finely a coalesced frame is cut. */
static int cmd_parts(struct reply *r, int argc, char **argv, struct nic *n)
{
	unsigned long bytes = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;

	if (bytes && bytes < 64)
		return reply_error(r, "nic parts BYTES [nic=NAME], 64 or more, or 0");
	n->rsc_part = bytes;
	return 0;
}

/* Capabilities change while the guest runs, and it is told. */
static int cmd_caps(struct reply *r, int argc, char **argv, struct nic *n)
{
	const char *off = control_arg(argc, argv, "off");
	struct ndis_offload o;

	n->no_csum = off && strstr(off, "csum");
	n->no_lso = off && strstr(off, "lso");
	n->no_rsc = off && strstr(off, "rsc");
	n->no_rss = off && strstr(off, "rss");
	n->no_v6opt = off && strstr(off, "v6opt");
	net_offload_caps(n, &o);
	net_indicate(n, RNDIS_OFFLOAD_CONFIG, &o, o.h.size);
	return 0;
}

/* Those of the command line, for one NIC; what the guest was told so far stays. */
static int cmd_manner(struct reply *r, int argc, char **argv, struct nic *n)
{
	struct manner_problem why;
	struct manners m = { 0 };

	if (argc < 3)
		return reply_error(r, "nic manner none|LIST [nic=NAME], see hvroot --help");
	if (manners_parse(argv[2], true, &m, &why))
		return reply_error(r, "%s", why.text);
	n->manners = m.bits;
	return 0;
}

/* What a host says of checksums that it never looked at. */
static int cmd_sums(struct reply *r, int argc, char **argv, struct nic *n)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (strcmp(what, "true") && strcmp(what, "lie"))
		return reply_error(r, "nic sums true|lie [nic=NAME]");
	n->lie = !strcmp(what, "lie");
	return 0;
}

static int cmd_vf(struct reply *r, int argc, char **argv, struct nic *n)
{
	const char *port = control_arg(argc, argv, "port");
	struct nic *wire = port ? named(r, port) : NULL;
	unsigned long long serial;

	if ((port && !wire) || control_num(r, argc, argv, "serial", 1, &serial))
		return -1;
	if (wire == n)
		return reply_error(r, "a NIC is not the wire of its own VF");
	if (wire)
		wire->behind = n;
	if (argc > 2 && !strcmp(argv[2], "fallback")) {
		net_fall_back(n);
		return 0;
	}
	n->vf_on = argc > 2 && !strcmp(argv[2], "on");
	n->vf_serial = serial;
	if (n->rndis_up)
		net_tell_vf(n);
	return 0;
}

/* count and offset may lie */
static int cmd_table(struct reply *r, int argc, char **argv, struct nic *n)
{
	unsigned long long count, offset;
	uint32_t queue[16];
	const char *queues = control_arg(argc, argv, "queues");
	char *end = (char *)queues;

	if (control_num(r, argc, argv, "count", 16, &count) ||
	    control_num(r, argc, argv, "offset", 12, &offset))
		return -1;
	for (unsigned int i = 0; i < 16; i++) {
		queue[i] = end ? strtoul(end, &end, 0) : i % n->queues;

		if (end && *end == ',')
			end++;
		else if (end)
			end = (char *)queues;	/* again from the start */
	}
	net_send_table(n, count, offset, queue);
	return 0;
}

static int cmd_keepalive(struct reply *r, int argc, char **argv, struct nic *n)
{
	struct {
		struct rndis_head h;
		uint32_t id;
	} WIRE m = { { RNDIS_KEEPALIVE, sizeof(m) }, 77 };

	return net_send_control(n, &m, sizeof(m)) ? 0 :
		reply_error(r, "the guest has no receive buffer");
}

static int cmd_indicate(struct reply *r, int argc, char **argv, struct nic *n)
{
	unsigned long long status;

	if (control_num(r, argc, argv, "status", RNDIS_NETWORK_CHANGE, &status))
		return -1;
	net_indicate(n, status, NULL, 0);
	return 0;
}

/* Any bytes as an RNDIS message in a section: whatever a host may get wrong. */
static int cmd_inject(struct reply *r, int argc, char **argv, struct nic *n)
{
	const char *text = control_arg(argc, argv, "hex");
	uint8_t bytes[1024];
	long len = text ? hex_bytes(text, bytes, sizeof(bytes)) : -1;
	unsigned long long count, sub;

	if (len < 1 || control_num(r, argc, argv, "count", 1, &count) ||
	    control_num(r, argc, argv, "sub", 0, &sub) || sub >= VSP_CHANS)
		return reply_error(r, "nic inject hex=BYTES [count=N] [sub=N] [nic=NAME]");
	while (count--)
		if (!net_send_on(n, sub, bytes, len))
			return reply_error(r, "no such channel, or no section of the receive buffer is free");
	return 0;
}

static int cmd_list(struct reply *r, struct nic *n)
{
	for (; n; n = n->next)
		reply_printf(r, "%s tap=%s mac=%02x:%02x:%02x:%02x:%02x:%02x nvsp=%#x ndis=%u.%u mtu=%u caps=%#llx link=%s speed=%llu filter=%#x subs=%u rss=%d hash=%#x recv=%ux%u free=%u send=%ux%u path=%s rsc=%d multicast=%u\n",
			     n->dev.name, n->tap, n->cur_mac[0], n->cur_mac[1],
			     n->cur_mac[2], n->cur_mac[3], n->cur_mac[4],
			     n->cur_mac[5], n->nvsp, n->ndis >> 16,
			     n->ndis & 0xFFFF, n->mtu,
			     (unsigned long long)n->caps, n->link ? "up" : "down",
			     (unsigned long long)n->speed, n->filter, n->subs,
			     n->rss.on, n->rss.hash, n->recv.sections,
			     n->recv.section, n->nfree, n->send.sections,
			     n->send.section, n->vf_path ? "vf" : "synthetic",
			     net_rsc_on(n), n->nmulticast);
	return 0;
}

static int cmd_nic(struct reply *r, int argc, char **argv, void *ctx)
{
	static const struct {
		const char *word;
		int (*fn)(struct reply *r, int argc, char **argv, struct nic *n);
	} verbs[] = {
		{ "link", cmd_link }, { "speed", cmd_speed }, { "caps", cmd_caps },
		{ "version", cmd_version }, { "mtu", cmd_mtu }, { "parts", cmd_parts },
		{ "sums", cmd_sums }, { "manner", cmd_manner }, { "vf", cmd_vf }, { "table", cmd_table },
		{ "keepalive", cmd_keepalive }, { "indicate", cmd_indicate },
		{ "inject", cmd_inject }, { "fault", net_fault_command },
	};
	const char *what = argc > 1 ? argv[1] : "";
	struct nic *n = find(r, argc, argv);

	if (!n)
		return -1;
	if (!strcmp(what, "list"))
		return cmd_list(r, *list);
	if (!strcmp(what, "release"))
		return net_release_held(n), 0;
	if (!strcmp(what, "clear"))
		return net_fault_clear(n), 0;
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(what, verbs[i].word))
			return verbs[i].fn(r, argc, argv, n);
	return reply_error(r, "nic list|link|speed|version|mtu|parts|caps|sums|manner|vf|table|keepalive|indicate|inject|fault|release|clear");
}

static void print_counters(struct reply *r, bool reset, void *ctx)
{
	for (struct nic *n = *list; n; n = n->next) {
		const struct net_stats *s = &n->stat;
		const struct {
			const char *name;
			uint64_t value;
		} all[] = {
			{ "tx_packets", s->tx_packets }, { "tx_bytes", s->tx_bytes },
			{ "tx_messages", s->tx_messages }, { "tx_lso", s->tx_lso },
			{ "tx_csum", s->tx_csum }, { "tx_vlan", s->tx_vlan },
			{ "tx_section", s->tx_section }, { "tx_direct", s->tx_direct },
			{ "tx_trains", s->tx_trains }, { "tx_bad", s->tx_bad },
			{ "tx_refused", s->tx_refused },
			{ "rx_packets", s->rx_packets }, { "rx_bytes", s->rx_bytes },
			{ "rx_messages", s->rx_messages }, { "rx_rsc", s->rx_rsc },
			{ "rx_vlan", s->rx_vlan }, { "rx_filtered", s->rx_filtered },
			{ "rx_no_section", s->rx_no_section },
			{ "rx_too_long", s->rx_too_long },
			{ "rx_bad_completion", s->rx_bad_completion },
			{ "control", s->control }, { "control_bad", s->control_bad },
		};

		if (reset) {
			memset(&n->stat, 0, sizeof(n->stat));
			continue;
		}
		for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			reply_printf(r, "%s.%s=%llu\n", n->dev.name, all[i].name,
				     (unsigned long long)all[i].value);
	}
}

void net_commands(struct bus *b, struct nic **nics)
{
	list = nics;
	counters_provider(print_counters, b);
	control_register("nic",
		"list  the network devices and what their guest agreed to\n"
		"link up|down|change [nic=NAME]  media state, or as after a migration\n"
		"speed MBIT [nic=NAME]  change the link speed\n"
		"version 1|2|4|5|6|6.1 [nic=NAME]  newest NVSP version, from the next connection on\n"
		"mtu N [nic=NAME]  largest MTU, from the next connection on\n"
		"parts BYTES [nic=NAME]  of coalesced frames, 0 = as large as a section\n"
		"caps [off=csum+lso+rsc+rss+v6opt] [nic=NAME]  change the offloads and say so\n"
		"sums true|lie [nic=NAME]  lie: every received checksum is called right\n"
		"manner none|LIST [nic=NAME]  behave as these hosts do, see hvroot --help\n"
		"vf on|off [serial=N] [port=NAME] [nic=NAME]  VF association; NIC port is the VF's wire\n"
		"vf fallback [nic=NAME]               synthetic path again, as OpenVMM may decide\n"
		"table [queues=A,B,..] [count=N] [offset=N] [nic=NAME]  send indirection table\n"
		"keepalive [nic=NAME]\n"
		"indicate status=N [nic=NAME]  any status\n"
		"inject hex=BYTES [count=N] [sub=N] [nic=NAME]  any RNDIS message\n"
		"fault [on=NAME] [oid=N] drop|hold|duplicate|delay=MS|status=N|short=LEN|id=N|corrupt=OFF:HEX [count=N|all] [nic=NAME]  spoil answers\n"
		"release [nic=NAME]  send the held answers\n"
		"clear [nic=NAME]  forget the faults",
		cmd_nic, b);
}
