// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frame of the integration services' messages ("Integration components:
 * framing, negotiation").  Pure: works on the private copy of a packet.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "ic_msg.h"

/**
 * ic_check_head() - may the header of a message be believed?
 * @packet: the packet's payload
 * @len: its length, which may be padded
 *
 * Hosts fill in the two lengths differently for one and the same message, so
 * all that is asked of them is that they stay inside the packet.
 */
enum ic_flaw ic_check_head(const void *packet, u32 len)
{
	const struct hv_ic_head *h = packet;

	if (len < sizeof(*h))
		return IC_SHORT;
	if (le32_to_cpu(h->pipe_len) > len - HV_IC_PIPE_LEN ||
	    le16_to_cpu(h->len) > len - sizeof(*h))
		return IC_LENGTH;
	if (h->flags & HV_IC_RESPONSE)
		return IC_ANSWER;
	return IC_GOOD;
}

/**
 * ic_check_negotiation() - are all versions that a negotiation counts there?
 * @packet: a packet that ic_check_head() took
 * @len: its length
 */
enum ic_flaw ic_check_negotiation(const void *packet, u32 len)
{
	const struct hv_ic_negotiate *n;
	u32 room = len - sizeof(struct hv_ic_head);
	u32 frameworks, messages;

	if (room < sizeof(*n))
		return IC_SHORT;
	n = packet + sizeof(struct hv_ic_head);
	frameworks = le16_to_cpu(n->frameworks);
	messages = le16_to_cpu(n->messages);
	if (frameworks > HV_IC_VERSIONS_MAX || messages > HV_IC_VERSIONS_MAX)
		return IC_COUNTS;
	if ((frameworks + messages) * sizeof(n->version[0]) > room - sizeof(*n))
		return IC_COUNTS;
	return IC_GOOD;
}

/**
 * ic_make_answer() - turn a request into its answer
 * @packet: a packet that ic_check_head() took
 * @status: HV_IC_OK ...
 */
void ic_make_answer(void *packet, u32 status)
{
	struct hv_ic_head *h = packet;

	h->status = cpu_to_le32(status);
	h->flags = HV_IC_TRANSACTION | HV_IC_RESPONSE;
}

/**
 * ic_only_told() - does the host wait for no answer?
 * @packet: a packet that ic_check_head() took
 */
bool ic_only_told(const void *packet)
{
	const struct hv_ic_head *h = packet;

	return !(h->flags & (HV_IC_TRANSACTION | HV_IC_REQUEST));
}

/**
 * ic_make_no_version() - say in a negotiation that nothing fits
 * @packet: a packet that ic_check_head() took
 * @len: its length
 */
void ic_make_no_version(void *packet, u32 len)
{
	struct hv_ic_negotiate *n = packet + sizeof(struct hv_ic_head);

	if (len < sizeof(struct hv_ic_head) + sizeof(*n))
		return;
	n->frameworks = 0;
	n->messages = 0;
}

/**
 * ic_flaw_name() - a flaw in words, for the log
 * @flaw: what ic_check_head() or ic_check_negotiation() said
 */
const char *ic_flaw_name(enum ic_flaw flaw)
{
	static const char * const names[IC_NR_FLAWS] = {
		[IC_GOOD] = "nothing wrong",
		[IC_SHORT] = "too short",
		[IC_LENGTH] = "a length past its end",
		[IC_ANSWER] = "not a request",
		[IC_COUNTS] = "impossible version counts",
	};

	return names[flaw];
}
