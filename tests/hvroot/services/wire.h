/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the integration components, as the root partition sees them:
 * what follows the pipe header of a packet. Written from the protocol
 * description alone, as vmbus/wire.h is.
 */
#ifndef HVROOT_IC_WIRE_H
#define HVROOT_IC_WIRE_H

#include "vmbus/wire.h"

enum ic_type {
	IC_TYPE_NEGOTIATE, IC_TYPE_HEARTBEAT, IC_TYPE_KVP, IC_TYPE_SHUTDOWN,
	IC_TYPE_TIME, IC_TYPE_VSS, IC_TYPE_RDV, IC_TYPE_FCOPY, IC_TYPE_SESSION,
};

#define IC_FLAG_TRANSACTION	1u
#define IC_FLAG_REQUEST		2u
#define IC_FLAG_RESPONSE	4u

enum ic_status {
	IC_OK			= 0,
	IC_FAILURE		= 0x80004005,
	IC_NO_MORE_ITEMS	= 0x80070103,
	IC_NOT_SUPPORTED	= 0x80070032,
	IC_BAD_ARGUMENT		= 0x80070057,
	IC_NOT_FOUND		= 0x80041002,
	IC_EXISTS		= 0x80070050,
	IC_DISK_FULL		= 0x80070070,
	IC_LOCKED		= 0x800704F7,
	IC_NOT_CONNECTED	= 0x8007048F,
};

struct ic_version {
	uint16_t major, minor;
} WIRE;
WIRE_SIZE(struct ic_version, 4);

struct ic_header {
	struct ic_version framework;
	uint16_t type;
	struct ic_version message;
	uint16_t size;			/* of the data behind */
	uint32_t status;
	uint8_t transaction;
	uint8_t flags;
	uint16_t reserved;
} WIRE;
WIRE_SIZE(struct ic_header, 20);
WIRE_OFF(struct ic_header, size, 10);
WIRE_OFF(struct ic_header, status, 12);
WIRE_OFF(struct ic_header, transaction, 16);

#define IC_MESSAGE_MAX	13312u		/* header and data */
#define IC_DATA_MAX	(IC_MESSAGE_MAX - sizeof(struct ic_header))
#define IC_VERSIONS_MAX	8u

struct ic_negotiate {
	uint16_t frameworks, messages;	/* how many of each follow */
	uint32_t reserved;
	struct ic_version version[2 * IC_VERSIONS_MAX];
} WIRE;
WIRE_OFF(struct ic_negotiate, version, 8);

/* ---- shutdown ---- */

#define SHUTDOWN_REASON_PLANNED	0x80000000u
#define SHUTDOWN_FORCE		1u
#define SHUTDOWN_RESTART	2u
#define SHUTDOWN_HIBERNATE	4u
#define SHUTDOWN_TEXT		2048u

struct ic_shutdown {
	uint32_t reason;
	uint32_t timeout;		/* seconds */
	uint32_t flags;
	char text[SHUTDOWN_TEXT];
} WIRE;
WIRE_SIZE(struct ic_shutdown, 2060);

/* ---- heartbeat ---- */

struct ic_heartbeat {
	uint64_t sequence;		/* the guest answers with the next */
	uint32_t application;		/* of the guest: unknown, healthy, critical, stopped */
	uint32_t reserved;
	uint8_t tail[24];
} WIRE;
WIRE_SIZE(struct ic_heartbeat, 40);
#define HEARTBEAT_MIN 8u		/* of an answer */

/* ---- time ---- */

#define TIME_SYNC	1u
#define TIME_SAMPLE	2u
#define TIME_UNIX_EPOCH	116444736000000000ull	/* 1970 in 100 ns since 1601 */

struct ic_time {			/* up to 3.0 */
	uint64_t host;			/* 100 ns since 1601, UTC */
	uint64_t guest;
	uint64_t round_trip;
	uint8_t flags;
	uint8_t reserved[3];
} WIRE;
WIRE_SIZE(struct ic_time, 28);

struct ic_time4 {			/* 4.0 */
	uint64_t host;
	uint64_t reference;		/* the guest's reference time, 100 ns, at that moment */
	uint8_t flags;
	uint8_t leap;
	uint8_t stratum;
	uint8_t reserved[5];
} WIRE;
WIRE_SIZE(struct ic_time4, 24);

/* ---- key-value pairs ---- */

enum kvp_op { KVP_GET, KVP_SET, KVP_DELETE, KVP_ENUMERATE, KVP_GET_IP, KVP_SET_IP, KVP_OPS };
enum kvp_pool { KVP_EXTERNAL, KVP_GUEST, KVP_AUTO, KVP_AUTO_EXTERNAL, KVP_INTERNAL, KVP_POOLS };
enum kvp_type { KVP_STRING = 1, KVP_EXPAND = 2, KVP_U32 = 4, KVP_U64_LINUX = 8, KVP_U64 = 11 };

#define KVP_KEY_BYTES	512u
#define KVP_VALUE_BYTES	2048u
#define KVP_BYTES	7428u		/* of every message */
#define KVP_BODY	4u		/* where most bodies begin */
#define KVP_IP_BODY	2u		/* and those with addresses as text */

struct kvp_head {
	uint8_t op;
	uint8_t pool;
} WIRE;
WIRE_SIZE(struct kvp_head, 2);

struct kvp_value {
	uint32_t type;
	uint32_t key_size, value_size;	/* in bytes, with the NUL of a string */
	uint8_t key[KVP_KEY_BYTES];	/* UTF-16 */
	uint8_t value[KVP_VALUE_BYTES];
} WIRE;
WIRE_SIZE(struct kvp_value, 2572);

struct kvp_delete {
	uint32_t key_size;
	uint8_t key[KVP_KEY_BYTES];
} WIRE;
WIRE_SIZE(struct kvp_delete, 516);

struct kvp_enumerate {
	uint32_t index;
	struct kvp_value v;
} WIRE;
WIRE_SIZE(struct kvp_enumerate, 2576);

#define KVP_IPV4 1u
#define KVP_IPV6 2u

struct kvp_ip {				/* text: lists with ';' between, UTF-16 */
	uint16_t adapter[128];
	uint8_t family;
	uint8_t dhcp;
	uint16_t address[1024];
	uint16_t subnet[1024];
	uint16_t gateway[512];
	uint16_t dns[1024];
} WIRE;
WIRE_SIZE(struct kvp_ip, 7426);
WIRE_OFF(struct kvp_ip, address, 258);
WIRE_OFF(struct kvp_ip, gateway, 4354);
WIRE_OFF(struct kvp_ip, dns, 5378);

#define KVP_ADDRESSES	64u
#define KVP_GATEWAYS	5u

struct kvp_ip5 {			/* 5.0: binary, at the ordinary place */
	uint32_t addresses4, addresses6, gateways4, gateways6, dns4, dns6;
	uint16_t adapter[128];
	uint8_t family;
	uint8_t dhcp;
	uint16_t reserved;
	uint8_t address4[KVP_ADDRESSES][4];
	uint8_t address6[KVP_ADDRESSES][16];
	uint8_t mask4[KVP_ADDRESSES][4];
	uint32_t prefix6[KVP_ADDRESSES];
	uint8_t gateway4[KVP_GATEWAYS][4];
	uint8_t gateway6[KVP_GATEWAYS][16];
	uint8_t server4[KVP_ADDRESSES][4];
	uint8_t server6[KVP_ADDRESSES][16];
	uint16_t origin[2 * KVP_ADDRESSES];
} WIRE;
WIRE_OFF(struct kvp_ip5, family, 280);
WIRE_OFF(struct kvp_ip5, address4, 284);
WIRE_SIZE(struct kvp_ip5, 3712);

/* ---- snapshots ---- */

enum vss_op {
	VSS_CREATE, VSS_DELETE, VSS_CHECK, VSS_DM_INFO, VSS_COMPLETE, VSS_FREEZE, VSS_THAW,
	VSS_AUTO_RECOVER, VSS_CLUSTER, VSS_OPS,
};

#define VSS_HEAD	8u
#define VSS_LUNS	260u
#define VSS_NO_AUTO_RECOVERY 5u		/* flags of the answer to VSS_CHECK */

struct vss_message {
	uint8_t op;
	uint8_t reserved[7];
	uint32_t flags;
	uint8_t data[28];
} WIRE;
WIRE_SIZE(struct vss_message, 40);
#define VSS_ANSWER_MIN 12u

struct vss_luns {			/* freeze; auto-recover has the list twice */
	uint8_t op;
	uint8_t reserved[7];
	uint32_t backup_type;
	uint32_t flags;
	uint32_t luns;
	uint8_t lun[VSS_LUNS][24];
} WIRE;
WIRE_SIZE(struct vss_luns, 6260);
#define VSS_RECOVER_BYTES 12500u

/* ---- file copy ---- */

enum fcopy_op { FCOPY_START, FCOPY_WRITE, FCOPY_COMPLETE, FCOPY_CANCEL };

#define FCOPY_NAME	260u
#define FCOPY_CHUNK	6144u
#define FCOPY_OVERWRITE	1u
#define FCOPY_CREATE	2u

struct fcopy_head {
	uint32_t op;
	struct guid service[2];
} WIRE;
WIRE_SIZE(struct fcopy_head, 36);

struct fcopy_start {
	struct fcopy_head h;
	uint16_t name[FCOPY_NAME];
	uint16_t path[FCOPY_NAME];
	uint32_t flags;
	uint64_t size;
} WIRE;
WIRE_SIZE(struct fcopy_start, 1088);

struct fcopy_write {
	struct fcopy_head h;
	uint32_t reserved;
	uint64_t offset;
	uint32_t length;
	uint8_t data[FCOPY_CHUNK];
} WIRE;
WIRE_OFF(struct fcopy_write, offset, 40);
WIRE_SIZE(struct fcopy_write, 6196);

#endif
