/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the storage driver: ids and lengths, never data.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hv_storvsc

#if !defined(_STOR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _STOR_TRACE_H

#include <linux/tracepoint.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <hv/stor_wire.h>

TRACE_EVENT(storvsc_submit,
	TP_PROTO(const struct scsi_cmnd *cmd, u16 chan, u64 id),
	TP_ARGS(cmd, chan, id),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, host)
		__field(u32, len)
		__field(u16, chan)
		__field(u8, target)
		__field(u8, lun)
		__field(u8, op)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->host = cmd->device->host->host_no;
		__entry->len = cmd->sdb.length;
		__entry->chan = chan;
		__entry->target = cmd->device->id;
		__entry->lun = cmd->device->lun;
		__entry->op = cmd->cmnd[0];
	),
	TP_printk("host=%u target=%u lun=%u op=0x%02x len=%u channel=%u id=0x%llx",
		  __entry->host, __entry->target, __entry->lun, __entry->op,
		  __entry->len, __entry->chan, __entry->id)
);

TRACE_EVENT(storvsc_complete,
	TP_PROTO(const struct scsi_cmnd *cmd, u16 chan,
		 const struct hv_stor_packet *pkt),
	TP_ARGS(cmd, chan, pkt),
	TP_STRUCT__entry(
		__field(u32, host)
		__field(u32, len)
		__field(u16, chan)
		__field(u8, target)
		__field(u8, lun)
		__field(u8, op)
		__field(u8, srb_status)
		__field(u8, scsi_status)
		__field(u8, sense_len)
	),
	TP_fast_assign(
		__entry->host = cmd->device->host->host_no;
		__entry->len = le32_to_cpu(pkt->srb.data_len);
		__entry->chan = chan;
		__entry->target = cmd->device->id;
		__entry->lun = cmd->device->lun;
		__entry->op = cmd->cmnd[0];
		__entry->srb_status = pkt->srb.srb_status;
		__entry->scsi_status = pkt->srb.scsi_status;
		__entry->sense_len = pkt->srb.sense_len;
	),
	TP_printk("host=%u target=%u lun=%u op=0x%02x len=%u channel=%u srb=0x%02x scsi=0x%02x sense_len=%u",
		  __entry->host, __entry->target, __entry->lun, __entry->op,
		  __entry->len, __entry->chan, __entry->srb_status,
		  __entry->scsi_status, __entry->sense_len)
);

TRACE_EVENT(storvsc_event,
	TP_PROTO(u32 host, u32 op),
	TP_ARGS(host, op),
	TP_STRUCT__entry(
		__field(u32, host)
		__field(u32, op)
	),
	TP_fast_assign(
		__entry->host = host;
		__entry->op = op;
	),
	TP_printk("host=%u operation=%u", __entry->host, __entry->op)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
