/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM netvsc

#if !defined(_NETVSC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _NETVSC_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(nv_rndis,
	TP_PROTO(const struct net_device *ndev, u16 queue, u32 type),
	TP_ARGS(ndev, queue, type),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(u16, queue)
		__field(u32, type)
	),
	TP_fast_assign(
		memcpy(__entry->name, ndev->name, IFNAMSIZ);
		__entry->queue = queue;
		__entry->type = type;
	),
	TP_printk("dev=%s q=%u type=%#x", __entry->name, __entry->queue,
		  __entry->type)
);

DEFINE_EVENT(nv_rndis, rndis_send,
	TP_PROTO(const struct net_device *ndev, u16 queue, u32 type),
	TP_ARGS(ndev, queue, type));
DEFINE_EVENT(nv_rndis, rndis_recv,
	TP_PROTO(const struct net_device *ndev, u16 queue, u32 type),
	TP_ARGS(ndev, queue, type));

DECLARE_EVENT_CLASS(nv_nvsp,
	TP_PROTO(const struct net_device *ndev, u32 type),
	TP_ARGS(ndev, type),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(u32, type)
	),
	TP_fast_assign(
		memcpy(__entry->name, ndev->name, IFNAMSIZ);
		__entry->type = type;
	),
	TP_printk("dev=%s type=%u", __entry->name, __entry->type)
);

DEFINE_EVENT(nv_nvsp, nvsp_send,
	TP_PROTO(const struct net_device *ndev, u32 type),
	TP_ARGS(ndev, type));
DEFINE_EVENT(nv_nvsp, nvsp_recv,
	TP_PROTO(const struct net_device *ndev, u32 type),
	TP_ARGS(ndev, type));

TRACE_EVENT(nvsp_send_pkt,
	TP_PROTO(const struct net_device *ndev, u16 queue, u32 section, u32 len,
		 u32 packets),
	TP_ARGS(ndev, queue, section, len, packets),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(u16, queue)
		__field(u32, section)
		__field(u32, len)
		__field(u32, packets)
	),
	TP_fast_assign(
		memcpy(__entry->name, ndev->name, IFNAMSIZ);
		__entry->queue = queue;
		__entry->section = section;
		__entry->len = len;
		__entry->packets = packets;
	),
	TP_printk("dev=%s q=%u section=%d len=%u packets=%u", __entry->name,
		  __entry->queue, (int)__entry->section, __entry->len,
		  __entry->packets)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
