/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one type that is private to the kernel's own hv_vmbus and still part
 * of its binary interface: uio_hv_generic reads the exported variable
 * vmbus_connection, and with CONFIG_MODVERSIONS the symbol's CRC covers every
 * member of this structure.  The layout below was read from the type
 * information (BTF) of the distributed module.  Names, order and types are
 * interface and must not change; the values that matter to others are
 * int_page and monitor_pages, the state that we ourselves work with is struct
 * vmbus in vmbus_priv.h.
 */
#ifndef _HV_VMBUS_CONNECTION_ABI_H
#define _HV_VMBUS_CONNECTION_ABI_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/hyperv.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

/* Monitor page, VMBus protocol "contact and version response" */
union hv_monitor_trigger_group {
	u64 as_uint64;
	struct {
		u32 pending;
		u32 armed;
	};
};

struct hv_monitor_parameter {
	union hv_connection_id connectionid;
	u16 flagnumber;
	u16 rsvdz;
};
static_assert(sizeof(struct hv_monitor_parameter) == 8);

union hv_monitor_trigger_state {
	u32 asu32;

	struct {
		u32 group_enable:4;
		u32 rsvdz:28;
	};
};

struct hv_monitor_page {
	union hv_monitor_trigger_state trigger_state;
	u32 rsvdz1;

	union hv_monitor_trigger_group trigger_group[4];
	u64 rsvdz2[3];

	s32 next_checktime[4][32];

	u16 latency[4][32];
	u64 rsvdz3[32];

	struct hv_monitor_parameter parameter[4][32];

	u8 rsvdz4[1984];
};
static_assert(sizeof(struct hv_monitor_page) == HV_HYP_PAGE_SIZE);

enum vmbus_connect_state {
	DISCONNECTED,
	CONNECTING,
	CONNECTED,
	DISCONNECTING
};

struct vmbus_connection {
	u32 msg_conn_id;
	atomic_t offer_in_progress;
	enum vmbus_connect_state conn_state;
	atomic_t next_gpadl_handle;
	struct completion  unload_event;
	void *int_page;
	void *send_int_page;
	void *recv_int_page;
	struct hv_monitor_page *monitor_pages[2];
	struct list_head chn_msg_list;
	spinlock_t channelmsg_lock;		/* protects: chn_msg_list; unused here */
	struct list_head chn_list;
	struct mutex channel_mutex;		/* protects: chn_list; unused here */
	struct vmbus_channel **channels;
	struct workqueue_struct *work_queue;
	struct workqueue_struct *handle_primary_chan_wq;
	struct workqueue_struct *handle_sub_chan_wq;
	struct workqueue_struct *rescind_work_queue;
	bool ignore_any_offer_msg;
	atomic_t nr_chan_close_on_suspend;
	struct completion ready_for_suspend_event;
	atomic_t nr_chan_fixup_on_resume;
	struct completion ready_for_resume_event;
};

extern struct vmbus_connection vmbus_connection;

#endif
