// SPDX-License-Identifier: GPL-2.0-only
/* Addresses in key-value messages: as text up to 4.0, binary in 5.0. Pure. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/kvp_msg.h"
#include "services/utf.h"

#define WORD 64			/* the longest address as text */

static const char *put_text(void *to, size_t bytes, const char *text)
{
	return utf16_put(to, bytes, text) < 0 ? "a list of addresses is too long or no UTF-8" : NULL;
}

static const char *put_ip_text(struct kvp_message *m, const struct kvp_addresses *a)
{
	struct kvp_ip ip = { .family = a->family, .dhcp = a->dhcp };
	const char *why = put_text(ip.adapter, sizeof(ip.adapter), a->adapter);

	if (!why)
		why = put_text(ip.address, sizeof(ip.address), a->address);
	if (!why)
		why = put_text(ip.subnet, sizeof(ip.subnet), a->subnet);
	if (!why)
		why = put_text(ip.gateway, sizeof(ip.gateway), a->gateway);
	if (!why)
		why = put_text(ip.dns, sizeof(ip.dns), a->dns);
	memcpy(m->bytes + KVP_IP_BODY, &ip, sizeof(ip));
	return why;
}

/* Copies the next word of a list; false at its end. */
static bool next_word(const char **list, char word[WORD])
{
	size_t n;

	while (**list == ';')
		(*list)++;
	n = strcspn(*list, ";");
	snprintf(word, WORD, "%.*s", (int)n, *list);
	*list += n;
	return n;
}

/* The addresses of a list, each family to its own place. */
static const char *put_list(const char *list, uint8_t (*v4)[4], uint32_t *n4, uint8_t (*v6)[16],
			    uint32_t *n6, uint32_t max)
{
	char word[WORD];

	while (next_word(&list, word)) {
		uint8_t bytes[16];

		if (inet_pton(AF_INET, word, bytes) == 1) {
			if (*n4 == max)
				return "too many IPv4 addresses";
			memcpy(v4[(*n4)++], bytes, 4);
		} else if (inet_pton(AF_INET6, word, bytes) == 1) {
			if (*n6 == max)
				return "too many IPv6 addresses";
			memcpy(v6[(*n6)++], bytes, 16);
		} else {
			return "an address that is none";
		}
	}
	return NULL;
}

/* Masks belong to the addresses in their order; those of IPv6 are prefix lengths. */
static const char *put_masks(struct kvp_ip5 *ip, const char *list)
{
	uint32_t n4 = 0, n6 = 0;
	char word[WORD];

	while (next_word(&list, word)) {
		uint8_t mask[4];
		char *end;
		unsigned long prefix;

		if (inet_pton(AF_INET, word, mask) == 1) {
			if (n4 == KVP_ADDRESSES)
				return "too many masks";
			memcpy(ip->mask4[n4++], mask, 4);
			continue;
		}
		prefix = strtoul(word, &end, 10);
		if (*end || prefix > 128 || n6 == KVP_ADDRESSES)
			return "a mask that is none";
		ip->prefix6[n6++] = prefix;
	}
	return NULL;
}

static const char *put_ip_binary(struct kvp_message *m, const struct kvp_addresses *a)
{
	struct kvp_ip5 ip = { .family = a->family, .dhcp = a->dhcp };
	uint32_t a4 = 0, a6 = 0, g4 = 0, g6 = 0, d4 = 0, d6 = 0;
	const char *why = put_text(ip.adapter, sizeof(ip.adapter), a->adapter);

	if (!why)
		why = put_list(a->address, ip.address4, &a4, ip.address6, &a6, KVP_ADDRESSES);
	if (!why)
		why = put_list(a->gateway, ip.gateway4, &g4, ip.gateway6, &g6, KVP_GATEWAYS);
	if (!why)
		why = put_list(a->dns, ip.server4, &d4, ip.server6, &d6, KVP_ADDRESSES);
	if (!why)
		why = put_masks(&ip, a->subnet);
	ip.addresses4 = a4;
	ip.addresses6 = a6;
	ip.gateways4 = g4;
	ip.gateways6 = g6;
	ip.dns4 = d4;
	ip.dns6 = d6;
	memcpy(m->bytes + KVP_BODY, &ip, sizeof(ip));
	return why;
}

const char *kvp_put_ip(struct kvp_message *m, struct ic_version version,
		       const struct kvp_addresses *a)
{
	return version.major >= 5 ? put_ip_binary(m, a) : put_ip_text(m, a);
}

/* ---- answers ---- */

static void add_word(char *list, size_t size, const char *word)
{
	size_t at = strlen(list);

	snprintf(list + at, size - at, "%s%s", at ? ";" : "", word);
}

static void add_address(char *list, size_t size, int family, const void *bytes)
{
	char word[INET6_ADDRSTRLEN];

	add_word(list, size, inet_ntop(family, bytes, word, sizeof(word)));
}

static void add_list(char *list, size_t size, uint8_t (*v4)[4], uint32_t n4, uint8_t (*v6)[16],
		     uint32_t n6)
{
	for (uint32_t i = 0; i < n4; i++)
		add_address(list, size, AF_INET, v4[i]);
	for (uint32_t i = 0; i < n6; i++)
		add_address(list, size, AF_INET6, v6[i]);
}

static const char *get_ip_binary(const uint8_t *data, size_t len, struct kvp_addresses *a)
{
	struct kvp_ip5 ip;
	char word[16];

	if (len < KVP_BODY + sizeof(ip))
		return "an answer that is too short for addresses";
	memcpy(&ip, data + KVP_BODY, sizeof(ip));
	if (ip.addresses4 > KVP_ADDRESSES || ip.addresses6 > KVP_ADDRESSES ||
	    ip.dns4 > KVP_ADDRESSES || ip.dns6 > KVP_ADDRESSES ||
	    ip.gateways4 > KVP_GATEWAYS || ip.gateways6 > KVP_GATEWAYS)
		return "more addresses than there is room for";
	utf16_get(a->adapter, sizeof(a->adapter), ip.adapter, sizeof(ip.adapter));
	a->family = ip.family;
	a->dhcp = ip.dhcp;
	add_list(a->address, sizeof(a->address), ip.address4, ip.addresses4, ip.address6, ip.addresses6);
	add_list(a->gateway, sizeof(a->gateway), ip.gateway4, ip.gateways4, ip.gateway6, ip.gateways6);
	add_list(a->dns, sizeof(a->dns), ip.server4, ip.dns4, ip.server6, ip.dns6);
	add_list(a->subnet, sizeof(a->subnet), ip.mask4, ip.addresses4, NULL, 0);
	for (uint32_t i = 0; i < ip.addresses6; i++) {
		snprintf(word, sizeof(word), "%u", ip.prefix6[i]);
		add_word(a->subnet, sizeof(a->subnet), word);
	}
	return NULL;
}

static const char *get_ip_text(const uint8_t *data, size_t len, struct kvp_addresses *a)
{
	struct kvp_ip ip;

	if (len < KVP_IP_BODY + sizeof(ip))
		return "an answer that is too short for addresses";
	memcpy(&ip, data + KVP_IP_BODY, sizeof(ip));
	utf16_get(a->adapter, sizeof(a->adapter), ip.adapter, sizeof(ip.adapter));
	utf16_get(a->address, sizeof(a->address), ip.address, sizeof(ip.address));
	utf16_get(a->subnet, sizeof(a->subnet), ip.subnet, sizeof(ip.subnet));
	utf16_get(a->gateway, sizeof(a->gateway), ip.gateway, sizeof(ip.gateway));
	utf16_get(a->dns, sizeof(a->dns), ip.dns, sizeof(ip.dns));
	a->family = ip.family;
	a->dhcp = ip.dhcp;
	return NULL;
}

const char *kvp_get_ip(const uint8_t *data, size_t len, struct ic_version version,
		       struct kvp_addresses *a)
{
	memset(a, 0, sizeof(*a));
	return version.major >= 5 ? get_ip_binary(data, len, a) : get_ip_text(data, len, a);
}
