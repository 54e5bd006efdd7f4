// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice of an integration service's versions ("Integration components,
 * negotiation").  Pure.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <hv/ic_wire.h>
#include "versions.h"

/* Two counts, the reserved word, two versions: what an answer says its length is */
#define ANSWER_LEN	0x10

/* Our newest version that the host has as well. */
static int pick(const __le16 (*host)[2], u32 host_count, const struct version_list *ours)
{
	u32 h;
	int i;

	for (i = 0; i < ours->count; i++) {
		for (h = 0; h < host_count; h++) {
			if (le16_to_cpu(host[h][0]) == ours->v[i] >> 16 &&
			    le16_to_cpu(host[h][1]) == (ours->v[i] & 0xffff))
				return i;
		}
	}
	return -ENOENT;
}

static void put_version(__le16 *to, int version)
{
	to[0] = cpu_to_le16(version >> 16);
	to[1] = cpu_to_le16(version & 0xffff);
}

/**
 * versions_answer() - turn a negotiation into its answer
 * @packet: the whole packet, edited in place but for status and flags
 * @len: its length
 * @frameworks: framework versions of ours
 * @messages: message versions of ours
 * @framework: gets the agreed framework version
 * @message: gets the agreed message version
 *
 * Both counts in the answer are 0 if either list has nothing in common.
 *
 * Return: 0; -ENOENT if nothing fits; -EINVAL, with nothing edited, if the
 * host counts more versions than there are.
 */
int versions_answer(void *packet, u32 len, const struct version_list *frameworks,
		    const struct version_list *messages, int *framework, int *message)
{
	struct hv_ic_head *head = packet;
	struct hv_ic_negotiate *n = packet + sizeof(*head);
	u32 host_fw, host_msg;
	int f, m;

	if (len < sizeof(*head) + sizeof(*n))
		return -EINVAL;
	host_fw = le16_to_cpu(n->frameworks);
	host_msg = le16_to_cpu(n->messages);
	if (host_fw > HV_IC_VERSIONS_MAX || host_msg > HV_IC_VERSIONS_MAX ||
	    (host_fw + host_msg) * sizeof(n->version[0]) > len - sizeof(*head) - sizeof(*n))
		return -EINVAL;

	f = pick(n->version, host_fw, frameworks);
	m = pick(n->version + host_fw, host_msg, messages);
	head->len = cpu_to_le16(ANSWER_LEN);
	n->frameworks = cpu_to_le16(f >= 0 && m >= 0);
	n->messages = n->frameworks;
	if (!n->frameworks)
		return -ENOENT;
	/* there is room for two: the host listed at least one of each kind */
	put_version(n->version[0], frameworks->v[f]);
	put_version(n->version[1], messages->v[m]);
	*framework = frameworks->v[f];
	*message = messages->v[m];
	return 0;
}
