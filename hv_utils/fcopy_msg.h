/* SPDX-License-Identifier: GPL-2.0-only */
/* File copy: the host's messages to the daemon's.  Pure. */
#ifndef _HVU_FCOPY_MSG_H
#define _HVU_FCOPY_MSG_H

#include <uapi/linux/hyperv.h>
#include <hv/ic_wire.h>

/* A message to the daemon */
union fcopy_msg {
	struct hv_fcopy_hdr head;
	struct hv_start_fcopy start;
	struct hv_do_fcopy piece;
};

u32 fcopy_from_host(union fcopy_msg *to, u32 *to_len, const void *data, u32 len);

#endif
