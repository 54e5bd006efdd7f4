/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storage packets of VMBus as the root partition sees them, written from the
 * protocol description apart from the guest driver's own definitions.
 */
#ifndef HVROOT_STORVSP_WIRE_H
#define HVROOT_STORVSP_WIRE_H

#include "vmbus/wire.h"

enum stor_op {
	STOR_COMPLETE_IO = 1,
	STOR_REMOVE_DEVICE,
	STOR_EXECUTE_SRB,
	STOR_RESET_LUN,
	STOR_RESET_ADAPTER,
	STOR_RESET_BUS,
	STOR_BEGIN_INIT,
	STOR_END_INIT,
	STOR_QUERY_VERSION,
	STOR_QUERY_PROPERTIES,
	STOR_ENUMERATE_BUS,
	STOR_FC_HBA_DATA,
	STOR_CREATE_SUBS,
	STOR_EVENT,
};

#define STOR_V2_0 0x0200u
#define STOR_V4_2 0x0402u
#define STOR_V5_1 0x0501u
#define STOR_V6_0 0x0600u
#define STOR_V6_2 0x0602u

#define STOR_PACKET_OLD	48u
#define STOR_PACKET	64u
#define STOR_SENSE_OLD	18u
#define STOR_SENSE	20u

enum { STOR_OUT, STOR_IN, STOR_NONE };

struct stor_version {
	uint16_t version;
	uint16_t revision;
} WIRE;
WIRE_SIZE(struct stor_version, 4);

#define STOR_MULTI_CHANNEL 1u
struct stor_properties {
	uint32_t reserved;
	uint16_t max_subs;
	uint16_t reserved2;
	uint32_t flags;
	uint32_t max_transfer;
	uint64_t reserved3;
} WIRE;
WIRE_SIZE(struct stor_properties, 24);

struct stor_fc {
	uint8_t primary_active;
	uint8_t reserved[3];
	uint8_t primary_port[8], primary_node[8];
	uint8_t secondary_port[8], secondary_node[8];
} WIRE;
WIRE_SIZE(struct stor_fc, 36);

struct stor_srb {
	uint16_t length;
	uint8_t srb_status;
	uint8_t scsi_status;
	uint8_t port, path, target, lun;
	uint8_t cdb_len;
	uint8_t sense_len;
	uint8_t direction;
	uint8_t reserved;
	uint32_t data_len;
	union {
		uint8_t cdb[16];
		uint8_t sense[20];
	};
	/* from here only since 5.1 */
	uint16_t reserved2;
	uint8_t queue_tag;
	uint8_t queue_action;
	uint32_t flags;
	uint32_t timeout;
	uint32_t sort_key;
} WIRE;
WIRE_SIZE(struct stor_srb, 52);
WIRE_OFF(struct stor_srb, cdb, 16);
WIRE_OFF(struct stor_srb, reserved2, 36);

struct stor_packet {
	uint32_t op;
	uint32_t flags;
	uint32_t status;
	union {
		struct stor_version version;
		struct stor_properties properties;
		struct stor_fc fc;
		struct stor_srb srb;
		uint16_t subs;
		uint8_t raw[52];
	};
} WIRE;
WIRE_SIZE(struct stor_packet, STOR_PACKET);
WIRE_OFF(struct stor_packet, srb, 12);

enum srb_status {
	SRB_SUCCESS = 0x01,
	SRB_ABORTED = 0x02,
	SRB_ERROR = 0x04,
	SRB_BUSY = 0x05,
	SRB_INVALID_REQUEST = 0x06,
	SRB_NO_DEVICE = 0x08,
	SRB_TIMEOUT = 0x09,
	SRB_SELECTION_TIMEOUT = 0x0A,
	SRB_COMMAND_TIMEOUT = 0x0B,
	SRB_BUS_RESET = 0x0E,
	SRB_DATA_OVERRUN = 0x12,
	SRB_FLUSHED = 0x16,
	SRB_INVALID_LUN = 0x20,
	SRB_INVALID_TARGET = 0x21,
	SRB_BAD_FUNCTION = 0x22,
	SRB_QUEUE_FROZEN = 0x40,
	SRB_SENSE_VALID = 0x80,
};

#endif
