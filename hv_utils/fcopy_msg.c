// SPDX-License-Identifier: GPL-2.0-only
/*
 * File copy: the host's messages to the daemon's, which are the same but for
 * names in UTF-8.  Pure.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "fcopy_msg.h"
#include "text.h"

static u32 get_start(struct hv_start_fcopy *to, const struct hv_fcopy_start *m)
{
	if (text_from_host(m->name, sizeof(m->name), (u8 *)&to->file_name,
			   sizeof(to->file_name)) < 0 ||
	    text_from_host(m->path, sizeof(m->path), (u8 *)&to->path_name,
			   sizeof(to->path_name)) < 0)
		return HV_IC_BAD_ARGUMENT;
	to->copy_flags = le32_to_cpu(m->flags);
	to->file_size = le64_to_cpu(m->size);
	return HV_IC_OK;
}

static u32 get_piece(struct hv_do_fcopy *to, const struct hv_fcopy_write *m, u32 len)
{
	u32 size = le32_to_cpu(m->len);

	if (size > sizeof(m->data) || size > len - offsetof(struct hv_fcopy_write, data))
		return HV_IC_BAD_ARGUMENT;
	to->offset = le64_to_cpu(m->offset);
	to->size = size;
	memcpy(to->data, m->data, size);
	memset(to->data + size, 0, sizeof(to->data) - size);
	return HV_IC_OK;
}

/**
 * fcopy_from_host() - a request of the host for the daemon
 * @to: the daemon's message, of which as much is written as
 * @to_len: gets
 * @data: the host's
 * @len: bytes there
 *
 * Return: HV_IC_OK, or the status to answer with.
 */
u32 fcopy_from_host(union fcopy_msg *to, u32 *to_len, const void *data, u32 len)
{
	const struct hv_fcopy_head *head = data;
	u32 op;

	if (len < sizeof(*head))
		return HV_IC_BAD_ARGUMENT;
	op = le32_to_cpu(head->op);
	/* all but a piece's data */
	memset(to, 0, max(sizeof(to->start), offsetof(struct hv_do_fcopy, data)));
	to->head.operation = op;
	*to_len = sizeof(to->head);
	switch (op) {
	case HV_FCOPY_START:
		*to_len = sizeof(to->start);
		if (len < sizeof(struct hv_fcopy_start))
			return HV_IC_BAD_ARGUMENT;
		return get_start(&to->start, data);
	case HV_FCOPY_WRITE:
		*to_len = sizeof(to->piece);
		if (len < offsetof(struct hv_fcopy_write, data))
			return HV_IC_BAD_ARGUMENT;
		return get_piece(&to->piece, data, len);
	case HV_FCOPY_COMPLETE:
	case HV_FCOPY_CANCEL:
		return HV_IC_OK;
	}
	return HV_IC_UNSUPPORTED;
}
