/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: one per control message and event, named and laid out as those of
 * the kernel's own hv_vmbus, so that scripts go on working; and two for the
 * data path, hyperv:ring_send and hyperv:ring_recv.
 *
 * They print ids, lengths and results, never payload or kernel addresses.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hyperv

#if !defined(_HV_VMBUS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HV_VMBUS_TRACE_H

#include <linux/hyperv.h>
#include <linux/tracepoint.h>

/*
 * Events are written as lists: F = a field; A = copy the message's member of
 * that name; N = copy a member under the name that scripts know; V = print.
 */
#define F(type, name)		__field(type, name)
#define A(name)			__entry->name = msg->name;
#define N(name, member)		__entry->name = msg->member;
#define V(name)			__entry->name

/* ---- shape: the type of a message that came in ---- */

DECLARE_EVENT_CLASS(hv_msgtype,
	TP_PROTO(u32 msgtype),
	TP_ARGS(msgtype),
	TP_STRUCT__entry(F(unsigned int, msgtype)),
	TP_fast_assign(V(msgtype) = msgtype;),
	TP_printk("msgtype=%u", V(msgtype))
);

#define HV_MSGTYPE_EVENT(name)						\
	DEFINE_EVENT(hv_msgtype, name, TP_PROTO(u32 msgtype), TP_ARGS(msgtype))

HV_MSGTYPE_EVENT(vmbus_on_msg_dpc);
HV_MSGTYPE_EVENT(vmbus_on_message);

/* ---- shape: something happens on a channel ---- */

DECLARE_EVENT_CLASS(hv_channel,
	TP_PROTO(const struct vmbus_channel *channel),
	TP_ARGS(channel),
	TP_STRUCT__entry(F(u32, relid)),
	TP_fast_assign(V(relid) = channel->offermsg.child_relid;),
	TP_printk("relid 0x%x", V(relid))
);

#define HV_CHANNEL_EVENT(name)						\
	DEFINE_EVENT(hv_channel, name,					\
		     TP_PROTO(const struct vmbus_channel *channel),	\
		     TP_ARGS(channel))

HV_CHANNEL_EVENT(vmbus_chan_sched);
HV_CHANNEL_EVENT(vmbus_on_event);
HV_CHANNEL_EVENT(vmbus_setevent);

/* ---- shape: a message that names a channel, and how sending it went ---- */

DECLARE_EVENT_CLASS(hv_relid_ret,
	TP_PROTO(u32 relid, int ret),
	TP_ARGS(relid, ret),
	TP_STRUCT__entry(F(u32, child_relid) F(int, ret)),
	TP_fast_assign(V(child_relid) = relid; V(ret) = ret;),
	TP_printk("sending child_relid 0x%x, ret %d", V(child_relid), V(ret))
);

#define HV_RELID_RET_EVENT(name)					\
	DEFINE_EVENT(hv_relid_ret, name,				\
		     TP_PROTO(u32 relid, int ret), TP_ARGS(relid, ret))

HV_RELID_RET_EVENT(vmbus_close_internal);
HV_RELID_RET_EVENT(vmbus_release_relid);

/* A message that came in. */
#define HV_CAME(event, kind, fields, copy, fmt, ...)			\
	TRACE_EVENT(event,						\
		    TP_PROTO(const struct vmbus_channel_##kind *msg),	\
		    TP_ARGS(msg),					\
		    TP_STRUCT__entry(fields),				\
		    TP_fast_assign(copy),				\
		    TP_printk(fmt, __VA_ARGS__))

/* A message that went out, and the result of posting it. */
#define HV_SENT(event, kind, fields, copy, fmt, ...)			\
	TRACE_EVENT(event,						\
		    TP_PROTO(const struct vmbus_channel_##kind *msg, int ret), \
		    TP_ARGS(msg, ret),					\
		    TP_STRUCT__entry(fields F(int, ret)),		\
		    TP_fast_assign(copy __entry->ret = ret;),		\
		    TP_printk(fmt ", ret %d", __VA_ARGS__, __entry->ret))

/* ---- what the host sends ---- */

#define OFFER_FORMAT							\
	"child_relid 0x%x, monitorid 0x%x, is_dedicated %d, connection_id 0x%x, " \
	"if_type %pUl, if_instance %pUl, chn_flags 0x%x, mmio_megabytes %d, " \
	"sub_channel_index %d"

HV_CAME(vmbus_onoffer, offer_channel,
	F(u32, child_relid) F(u8, monitorid) F(u16, is_ddc_int)
	F(u32, connection_id) __array(char, if_type, 16)
	__array(char, if_instance, 16) F(u16, chn_flags) F(u16, mmio_mb)
	F(u16, sub_idx),
	A(child_relid) A(monitorid) N(is_ddc_int, is_dedicated_interrupt)
	A(connection_id) N(chn_flags, offer.chn_flags)
	N(mmio_mb, offer.mmio_megabytes) N(sub_idx, offer.sub_channel_index)
	export_guid(__entry->if_type, &msg->offer.if_type);
	export_guid(__entry->if_instance, &msg->offer.if_instance);,
	OFFER_FORMAT, V(child_relid), V(monitorid), V(is_ddc_int),
	V(connection_id), V(if_type), V(if_instance), V(chn_flags), V(mmio_mb),
	V(sub_idx));

TRACE_EVENT(vmbus_onoffer_rescind,
	TP_PROTO(u32 child_relid),
	TP_ARGS(child_relid),
	TP_STRUCT__entry(F(u32, child_relid)),
	TP_fast_assign(V(child_relid) = child_relid;),
	TP_printk("child_relid 0x%x", V(child_relid))
);

HV_CAME(vmbus_onopen_result, open_result,
	F(u32, child_relid) F(u32, openid) F(u32, status),
	A(status) A(openid) A(child_relid),
	"child_relid 0x%x, openid %d, status %d",
	V(child_relid), V(openid), V(status));

HV_CAME(vmbus_ongpadl_created, gpadl_created,
	F(u32, child_relid) F(u32, gpadl) F(u32, status),
	N(status, creation_status) A(gpadl) A(child_relid),
	"child_relid 0x%x, gpadl 0x%x, creation_status %d",
	V(child_relid), V(gpadl), V(status));

HV_CAME(vmbus_ongpadl_torndown, gpadl_torndown,
	F(u32, gpadl), A(gpadl), "gpadl 0x%x", V(gpadl));

HV_CAME(vmbus_onmodifychannel_response, modifychannel_response,
	F(u32, child_relid) F(u32, status), A(status) A(child_relid),
	"child_relid 0x%x, status %d", V(child_relid), V(status));

HV_CAME(vmbus_onversion_response, version_response,
	F(u8, ver), N(ver, version_supported), "version_supported %d", V(ver));

/* ---- what the guest sends ---- */

TRACE_EVENT(vmbus_request_offers,
	TP_PROTO(int ret),
	TP_ARGS(ret),
	TP_STRUCT__entry(F(int, ret)),
	TP_fast_assign(__entry->ret = ret;),
	TP_printk("sending ret %d", V(ret))
);

HV_SENT(vmbus_open, open_channel,
	F(u32, child_relid) F(u32, openid) F(u32, gpadlhandle)
	F(u32, target_vp) F(u32, offset),
	A(child_relid) A(openid) N(gpadlhandle, ringbuffer_gpadlhandle)
	A(target_vp) N(offset, downstream_ringbuffer_pageoffset),
	"sending child_relid 0x%x, openid %d, gpadlhandle 0x%x, target_vp 0x%x, offset 0x%x",
	V(child_relid), V(openid), V(gpadlhandle), V(target_vp), V(offset));

HV_SENT(vmbus_establish_gpadl_header, gpadl_header,
	F(u32, child_relid) F(u32, gpadl) F(u16, range_buflen)
	F(u16, rangecount),
	A(child_relid) A(gpadl) A(range_buflen) A(rangecount),
	"sending child_relid 0x%x, gpadl 0x%x, range_buflen %d rangecount %d",
	V(child_relid), V(gpadl), V(range_buflen), V(rangecount));

HV_SENT(vmbus_establish_gpadl_body, gpadl_body,
	F(u32, msgnumber) F(u32, gpadl), A(msgnumber) A(gpadl),
	"sending msgnumber %d, gpadl 0x%x", V(msgnumber), V(gpadl));

HV_SENT(vmbus_teardown_gpadl, gpadl_teardown,
	F(u32, child_relid) F(u32, gpadl), A(child_relid) A(gpadl),
	"sending child_relid 0x%x, gpadl 0x%x", V(child_relid), V(gpadl));

HV_SENT(vmbus_negotiate_version, initiate_contact,
	F(u32, ver) F(u32, target_vcpu) F(u64, int_page) F(u64, mon_page1)
	F(u64, mon_page2),
	N(ver, vmbus_version_requested) A(target_vcpu)
	N(int_page, interrupt_page) N(mon_page1, monitor_page1)
	N(mon_page2, monitor_page2),
	"sending vmbus_version_requested %d, target_vcpu 0x%x, pages %llx:%llx:%llx",
	V(ver), V(target_vcpu), V(int_page), V(mon_page1), V(mon_page2));

HV_SENT(vmbus_send_tl_connect_request, tl_connect_request,
	__array(char, guest_id, 16) __array(char, host_id, 16),
	export_guid(__entry->guest_id, &msg->guest_endpoint_id);
	export_guid(__entry->host_id, &msg->host_service_id);,
	"sending guest_endpoint_id %pUl, host_service_id %pUl",
	V(guest_id), V(host_id));

HV_SENT(vmbus_send_modifychannel, modifychannel,
	F(u32, child_relid) F(u32, target_vp), A(child_relid) A(target_vp),
	"binding child_relid 0x%x to target_vp 0x%x",
	V(child_relid), V(target_vp));

/* ---- the data path ---- */

DECLARE_EVENT_CLASS(hv_packet,
	TP_PROTO(u32 relid, const struct vmpacket_descriptor *msg, int ret),
	TP_ARGS(relid, msg, ret),
	TP_STRUCT__entry(F(u32, relid) F(u16, type) F(u16, flags) F(u32, len)
			 F(u64, trans_id) F(int, ret)),
	TP_fast_assign(V(relid) = relid; A(type) A(flags) A(trans_id)
		       V(len) = hv_pkt_len(msg); V(ret) = ret;),
	TP_printk("relid 0x%x, type %u, flags 0x%x, len %u, trans_id 0x%llx, ret %d",
		  V(relid), V(type), V(flags), V(len), V(trans_id), V(ret))
);

#define HV_PACKET_EVENT(name)						\
	DEFINE_EVENT(hv_packet, name,					\
		     TP_PROTO(u32 relid,				\
			      const struct vmpacket_descriptor *msg,	\
			      int ret),					\
		     TP_ARGS(relid, msg, ret))

HV_PACKET_EVENT(ring_send);
HV_PACKET_EVENT(ring_recv);

#undef F
#undef A
#undef N
#undef V

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
