// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network devices of the command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "loop/log.h"
#include "loop/poll.h"
#include "network/net.h"

#define NET_GUID "f8615163-df3e-46c5-913f-f2d2f965ed0e"

static struct nic *nics;

static int number(const char *value, uint64_t min, uint64_t max, uint64_t *to)
{
	char *end;

	*to = strtoull(value, &end, 0);
	return end == value || *end || *to < min || *to > max;
}

static int set_mac(struct nic *n, const char *v)
{
	unsigned int m[6];
	char rest;

	if (sscanf(v, "%2x:%2x:%2x:%2x:%2x:%2x%c", &m[0], &m[1], &m[2], &m[3],
		   &m[4], &m[5], &rest) != 6 || m[0] & 1)
		return -1;
	for (int i = 0; i < 6; i++)
		n->mac[i] = m[i];
	return 0;
}

uint32_t net_version(const char *v)
{
	static const struct {
		const char *name;
		uint32_t version;
	} all[] = {
		{ "1", NVSP_V1 }, { "2", NVSP_V2 }, { "4", NVSP_V4 },
		{ "5", NVSP_V5 }, { "6", NVSP_V6 }, { "6.1", NVSP_V6_1 },
	};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(v, all[i].name))
			return all[i].version;
	return 0;
}

/* off=csum+lso+rsc+rss+v6opt: what this host cannot do */
static int set_off(struct nic *n, const char *v)
{
	n->no_csum = strstr(v, "csum");
	n->no_lso = strstr(v, "lso");
	n->no_rsc = strstr(v, "rsc");
	n->no_rss = strstr(v, "rss");
	n->no_v6opt = strstr(v, "v6opt");
	return !(n->no_csum || n->no_lso || n->no_rsc || n->no_rss || n->no_v6opt);
}

static int set_one(struct nic *n, const char *key, const char *v)
{
	uint64_t x = 0;
	int bad = 0;

	if (!strcmp(key, "tap") && strlen(v) < sizeof(n->tap))
		strcpy(n->tap, v);
	else if (!strcmp(key, "mac"))
		bad = set_mac(n, v);
	else if (!strcmp(key, "nvsp")) {
		n->nvsp_cap = net_version(v);
		bad = !n->nvsp_cap;
	} else if (!strcmp(key, "queues")) {
		bad = number(v, 1, VSP_CHANS, &x);
		n->queues = x;
	} else if (!strcmp(key, "mtu")) {
		bad = number(v, 576, 65521, &x);
		n->mtu_max = x;
	} else if (!strcmp(key, "vlan")) {
		bad = number(v, 0, 4094, &x);
		n->access_vlan = x;
	} else if (!strcmp(key, "speed")) {	/* megabit per second */
		bad = number(v, 1, 400000, &x);
		n->speed = x * 1000000;
	} else if (!strcmp(key, "lso")) {
		bad = number(v, 0, 0xFFFFF, &x);
		n->lso_max = x;
	} else if (!strcmp(key, "section")) {
		bad = number(v, 64, 65536, &x);
		n->send_section = x;
	} else if (!strcmp(key, "packets")) {
		bad = number(v, 1, 64, &x);
		n->max_packets = x;
	} else if (!strcmp(key, "off"))
		bad = set_off(n, v);
	else if (!strcmp(key, "link") && (!strcmp(v, "up") || !strcmp(v, "down")))
		n->link = !strcmp(v, "up");
	else
		bad = -1;
	return bad;
}

static int parse(struct nic *n, const char *spec)
{
	char *text = strdup(spec), *save = NULL, *part;

	for (part = strtok_r(text, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		char *v = strchr(part, '=');

		if (v)
			*v++ = 0;
		if (!v || set_one(n, part, v)) {
			log_usage("--nic %s: %s%s%s makes no sense; tap=NAME[,mac=A:B:C:D:E:F][,queues=N][,mtu=N][,vlan=N][,speed=MBIT][,nvsp=1|2|4|5|6|6.1][,link=up|down][,off=csum+lso+rsc+rss+v6opt][,lso=BYTES][,section=BYTES][,packets=N]",
				spec, part, v ? "=" : "", v ? v : "");
			free(text);
			return -1;
		}
	}
	free(text);
	if (n->tap[0])
		return 0;
	log_usage("--nic %s: tap=NAME is missing", spec);
	return -1;
}

/* A NIC's own for ever: made of its address, and two that share one differ all the same. */
static struct guid instance_of(const struct nic *n)
{
	const struct nic *other;
	unsigned int same = 0;
	char text[40];

	for (other = nics; other != n; other = other->next)
		same += !memcmp(other->mac, n->mac, sizeof(n->mac));
	snprintf(text, sizeof(text), "6e657400-%04x-4000-8000-%02x%02x%02x%02x%02x%02x", same & 0xFFFF,
		 n->mac[0], n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
	return guid_make(text);
}

static int nic_add(struct bus *b, unsigned int number_of, const char *spec)
{
	struct nic *n = calloc(1, sizeof(*n)), **p = &nics;

	if (!n)
		return -1;
	*n = (struct nic){
		.fd = -1, .mac = { 0x00, 0x15, 0x5d, 0x00, 0x00, number_of + 1 },
		.nvsp_cap = NVSP_V6_1, .mtu_max = 9000, .queues = 8,
		.speed = 10000000000ull, .link = true, .lso_max = LSO_MAX,
		.send_section = 6144, .max_packets = 8, .manners = b->opt->manners.bits,
	};
	n->frame = malloc(NET_FRAME_MAX);
	n->message = malloc(NET_MESSAGE_MAX);
	while (*p)
		p = &(*p)->next;
	*p = n;
	if (!n->frame || !n->message || parse(n, spec) || net_tap_open(n))
		return -1;
	snprintf(n->dev.name, sizeof(n->dev.name), "net%u", number_of);
	n->dev.ops = &net_ops;
	n->dev.priv = n;
	n->dev.type = guid_make(NET_GUID);
	n->dev.instance = instance_of(n);
	n->dev.flags = OFFER_ENUMERATE;
	n->dev.plugged = true;
	net_forget(n);
	vsp_register(b, &n->dev);
	return net_rx_init(n);
}

void net_free(struct vsp_dev *d)
{
	struct nic *n = d->priv, **p = &nics;

	while (*p && *p != n)
		p = &(*p)->next;
	if (*p)
		*p = n->next;
	net_fault_clear(n);
	net_forget(n);
	poll_del(n->fd);
	close(n->fd);
	free(n->free_section);
	free(n->xact);
	free(n->frame);
	free(n->message);
}

bool net_first(const uint8_t **mac, const struct guid **instance)
{
	if (!nics)
		return false;
	*mac = nics->cur_mac;
	*instance = &nics->dev.instance;
	return true;
}

int net_init(struct bus *b)
{
	net_commands(b, &nics);
	for (unsigned int i = 0; i < b->opt->nnics; i++)
		if (nic_add(b, i, b->opt->nics[i]))
			return -1;
	return 0;
}
