// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in key-value messages from version 5.0 on: binary for the host,
 * lists of words with ';' between for the daemon, those of IPv4 first
 * ("Integration components: KVP").  Pure.
 */
#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "kvp_msg.h"
#include "text.h"

#define WORD_LEN	48	/* more than the longest address */

/* ---- the host's to lists ---- */

/* A list that grows.  One without an address that should be there is another list: @full. */
struct list_out {
	char *text;
	size_t room, at;
	bool full;
};

static void add_word(struct list_out *list, const char *word)
{
	size_t need = strlen(word) + !!list->at;

	if (list->full || need >= list->room - list->at) {
		list->full = true;
		return;
	}
	if (list->at)
		list->text[list->at++] = ';';
	strcpy(list->text + list->at, word);
	list->at += strlen(word);
}

static void add_v4(struct list_out *list, const u8 (*a)[4], u32 count)
{
	char word[WORD_LEN];

	for (u32 i = 0; i < count; i++) {
		snprintf(word, sizeof(word), "%u.%u.%u.%u", a[i][0], a[i][1], a[i][2], a[i][3]);
		add_word(list, word);
	}
}

static u32 v6_group(const u8 *a, u32 i)
{
	return a[2 * i] << 8 | a[2 * i + 1];
}

/* How many groups of zeros begin here */
static u32 zeros_at(const u8 *a, u32 i)
{
	u32 n = 0;

	while (i + n < 8 && !v6_group(a, i + n))
		n++;
	return n;
}

/* As RFC 5952 has it: the longest run of two or more zeros, the first of equals, is "::" */
static void print_v6(char *word, const u8 *a)
{
	u32 from = 8, most = 1, i, at = 0;

	for (i = 0; i < 8; i++) {
		if (zeros_at(a, i) > most) {
			most = zeros_at(a, i);
			from = i;
		}
	}
	word[0] = 0;
	for (i = 0; i < 8; i++) {
		if (i == from) {
			at += snprintf(word + at, WORD_LEN - at, "::");
			i += most - 1;
			continue;
		}
		at += snprintf(word + at, WORD_LEN - at, "%s%x",
			       i && i != from + most ? ":" : "", v6_group(a, i));
	}
}

static void add_v6(struct list_out *list, const u8 (*a)[16], u32 count)
{
	char word[WORD_LEN];

	for (u32 i = 0; i < count; i++) {
		print_v6(word, a[i]);
		add_word(list, word);
	}
}

static bool counts_fit(const struct hv_kvp_ip5 *m)
{
	return le32_to_cpu(m->count4) <= HV_KVP_ADDRESSES &&
	       le32_to_cpu(m->count6) <= HV_KVP_ADDRESSES &&
	       le32_to_cpu(m->dns4) <= HV_KVP_ADDRESSES &&
	       le32_to_cpu(m->dns6) <= HV_KVP_ADDRESSES &&
	       le32_to_cpu(m->gateways4) <= HV_KVP_GATEWAYS &&
	       le32_to_cpu(m->gateways6) <= HV_KVP_GATEWAYS;
}

/* Masks belong to addresses by their order; those of IPv6 are numbers of bits. */
static bool get_masks(struct list_out *list, const struct hv_kvp_ip5 *m)
{
	char word[WORD_LEN];

	add_v4(list, m->mask4, le32_to_cpu(m->count4));
	for (u32 i = 0; i < le32_to_cpu(m->count6); i++) {
		if (le32_to_cpu(m->prefix6[i]) > 128)
			return false;
		snprintf(word, sizeof(word), "%u", le32_to_cpu(m->prefix6[i]));
		add_word(list, word);
	}
	return true;
}

/**
 * kvp_addr_from_host() - the host's addresses for the daemon
 * @to: the daemon's, all zeros
 * @m: the host's, all of it
 *
 * Return: HV_IC_OK, or the status to answer with.
 */
u32 kvp_addr_from_host(struct hv_kvp_ipaddr_value *to, const struct hv_kvp_ip5 *m)
{
	struct list_out addresses = { (char *)&to->ip_addr, sizeof(to->ip_addr) };
	struct list_out masks = { (char *)&to->sub_net, sizeof(to->sub_net) };
	struct list_out gateways = { (char *)&to->gate_way, sizeof(to->gate_way) };
	struct list_out dns = { (char *)&to->dns_addr, sizeof(to->dns_addr) };

	if (!counts_fit(m) || text_from_host(m->adapter, sizeof(m->adapter),
					     (u8 *)&to->adapter_id, sizeof(m->adapter)) < 0)
		return HV_IC_BAD_ARGUMENT;
	to->addr_family = m->family;
	to->dhcp_enabled = m->dhcp;
	if (m->op == HV_KVP_GET_IP)
		return HV_IC_OK;
	add_v4(&addresses, m->address4, le32_to_cpu(m->count4));
	add_v6(&addresses, m->address6, le32_to_cpu(m->count6));
	add_v4(&gateways, m->gateway4, le32_to_cpu(m->gateways4));
	add_v6(&gateways, m->gateway6, le32_to_cpu(m->gateways6));
	add_v4(&dns, m->server4, le32_to_cpu(m->dns4));
	add_v6(&dns, m->server6, le32_to_cpu(m->dns6));
	if (!get_masks(&masks, m) || addresses.full || gateways.full || dns.full || masks.full)
		return HV_IC_BAD_ARGUMENT;
	return HV_IC_OK;
}

/* ---- the daemon's lists to the host's ---- */

struct list_in {
	const char *text;
	size_t left;
};

static struct list_in list_of(const void *text, size_t size)
{
	return (struct list_in){ text, strnlen(text, size) };
}

/* The next word, which is empty if it is too long for an address.  False: there is none. */
static bool next_word(struct list_in *list, char *word)
{
	size_t n = 0;

	while (list->left && *list->text == ';') {
		list->text++;
		list->left--;
	}
	if (!list->left)
		return false;
	while (n < list->left && list->text[n] != ';')
		n++;
	word[0] = 0;
	if (n < WORD_LEN) {
		memcpy(word, list->text, n);
		word[n] = 0;
	}
	list->text += n;
	list->left -= n;
	return true;
}

static bool parse_v4(const char *word, u8 *to)
{
	return in4_pton(word, -1, to, -1, NULL) == 1;
}

static bool parse_v6(const char *word, u8 *to)
{
	return in6_pton(word, -1, to, -1, NULL) == 1;
}

/* Each address of a list to those of its family, as many as there is room for. */
static void put_list(struct list_in list, u8 (*v4)[4], __le32 *count4, u8 (*v6)[16],
		     __le32 *count6, u32 most)
{
	u32 n4 = 0, n6 = 0;
	char word[WORD_LEN];
	u8 a[16];

	while (next_word(&list, word)) {
		if (n4 < most && parse_v4(word, a))
			memcpy(v4[n4++], a, 4);
		else if (n6 < most && parse_v6(word, a))
			memcpy(v6[n6++], a, 16);
	}
	*count4 = cpu_to_le32(n4);
	*count6 = cpu_to_le32(n6);
}

/* "/64", as the daemon has it, or "64" */
static bool parse_prefix(const char *word, u32 *bits)
{
	return !kstrtou32(word + (word[0] == '/'), 10, bits) && *bits <= 128;
}

static void put_masks(struct hv_kvp_ip5 *m, struct list_in list)
{
	u32 n4 = 0, n6 = 0, bits;
	char word[WORD_LEN];
	u8 mask[4];

	while (next_word(&list, word)) {
		if (n4 < HV_KVP_ADDRESSES && parse_v4(word, mask))
			memcpy(m->mask4[n4++], mask, 4);
		else if (n6 < HV_KVP_ADDRESSES && parse_prefix(word, &bits))
			m->prefix6[n6++] = cpu_to_le32(bits);
	}
}

/**
 * kvp_addr_to_host() - the daemon's addresses for the host
 * @m: the host's request, which kvp_addr_from_host() took; becomes the answer
 * @from: the daemon's
 *
 * Words that are no addresses are left out, and what is more than there is room
 * for.  Where addresses come from the daemon does not say.
 */
void kvp_addr_to_host(struct hv_kvp_ip5 *m, const struct hv_kvp_ipaddr_value *from)
{
	const size_t behind_adapter = offsetof(struct hv_kvp_ip5, family);

	memset((u8 *)m + behind_adapter, 0, sizeof(*m) - behind_adapter);
	m->family = from->addr_family;
	m->dhcp = from->dhcp_enabled;
	text_fit_to_host((const u8 *)&from->adapter_id, sizeof(from->adapter_id),
			 m->adapter, sizeof(m->adapter));
	put_list(list_of(&from->ip_addr, sizeof(from->ip_addr)), m->address4, &m->count4,
		 m->address6, &m->count6, HV_KVP_ADDRESSES);
	put_masks(m, list_of(&from->sub_net, sizeof(from->sub_net)));
	put_list(list_of(&from->gate_way, sizeof(from->gate_way)), m->gateway4, &m->gateways4,
		 m->gateway6, &m->gateways6, HV_KVP_GATEWAYS);
	put_list(list_of(&from->dns_addr, sizeof(from->dns_addr)), m->server4, &m->dns4,
		 m->server6, &m->dns6, HV_KVP_ADDRESSES);
}
