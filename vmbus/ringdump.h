/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HV_RINGDUMP_H
#define _HV_RINGDUMP_H

struct seq_file;
struct vmbus_channel;

void ringdump_show(struct seq_file *s, struct vmbus_channel *ch);

#endif
