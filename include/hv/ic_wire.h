/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the integration services ("Integration components" of the VMBus
 * protocol).  Wire format only: no state, no code.  All fields are little-
 * endian, and text is UTF-16LE that ends with a zero.
 */
#ifndef _HV_IC_WIRE_H
#define _HV_IC_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define HV_IC_VERSION(major, minor)	((major) << 16 | (minor))

/* Message types */
#define HV_IC_NEGOTIATE		0
#define HV_IC_HEARTBEAT		1
#define HV_IC_KVP		2
#define HV_IC_SHUTDOWN		3
#define HV_IC_TIMESYNC		4
#define HV_IC_VSS		5
#define HV_IC_FCOPY		7

/* hv_ic_head.flags: requests carry the first two, answers the first and the last */
#define HV_IC_TRANSACTION	1
#define HV_IC_REQUEST		2
#define HV_IC_RESPONSE		4

/* hv_ic_head.status */
#define HV_IC_OK		0
#define HV_IC_FAIL		0x80004005
#define HV_IC_NO_MORE		0x80070103	/* enumeration: no item with this index */
#define HV_IC_UNSUPPORTED	0x80070032
#define HV_IC_BAD_ARGUMENT	0x80070057

#define HV_IC_VERSIONS_MAX	100	/* of each kind in a negotiation */

/**
 * struct hv_ic_head - the beginning of every message, pipe header included
 * @pipe_type: 1, a message
 * @pipe_len: bytes behind this field
 * @framework: version of this header; major, minor
 * @type: HV_IC_NEGOTIATE ...
 * @version: version of the data; major, minor
 * @len: bytes of data
 * @status: HV_IC_OK ..., in answers
 * @transaction: the answer has that of its request
 * @flags: HV_IC_TRANSACTION ...
 * @reserved: 0
 */
struct hv_ic_head {
	__le32 pipe_type;
	__le32 pipe_len;
	__le16 framework[2];
	__le16 type;
	__le16 version[2];
	__le16 len;
	__le32 status;
	__u8 transaction;
	__u8 flags;
	__le16 reserved;
} __packed;
static_assert(sizeof(struct hv_ic_head) == 28);

#define HV_IC_PIPE_LEN		8	/* of the pipe header, at the front of hv_ic_head */

/**
 * struct hv_ic_negotiate - which versions the host knows, or which are taken
 * @frameworks: number of framework versions
 * @messages: number of message versions
 * @reserved: 0
 * @version: all framework versions, then all message versions; major, minor
 */
struct hv_ic_negotiate {
	__le16 frameworks;
	__le16 messages;
	__le32 reserved;
	__le16 version[][2];
} __packed;
static_assert(sizeof(struct hv_ic_negotiate) == 8);

/* ---- shutdown ---- */

#define HV_SHUTDOWN_POWER_OFF	0
#define HV_SHUTDOWN_RESTART	2
#define HV_SHUTDOWN_HIBERNATE	4
#define HV_SHUTDOWN_FORCE	1	/* or'ed to one of those */

/**
 * struct hv_shutdown - what to do; a text of up to 2048 bytes follows
 * @reason: 0x80000000 if planned
 * @timeout: seconds that the host will wait
 * @flags: HV_SHUTDOWN_POWER_OFF ...
 */
struct hv_shutdown {
	__le32 reason;
	__le32 timeout;
	__le32 flags;
} __packed;
static_assert(sizeof(struct hv_shutdown) == 12);

/* ---- heartbeat ---- */

/**
 * struct hv_heartbeat - reserved bytes follow, in some hosts the guest's state
 * @sequence: the answer has the next one
 */
struct hv_heartbeat {
	__le64 sequence;
} __packed;
static_assert(sizeof(struct hv_heartbeat) == 8);

/* ---- time ---- */

#define HV_TIME_SYNC		1	/* the host wants the clock set */
#define HV_TIME_SAMPLE		2	/* the host says what time it is */

/**
 * struct hv_time_v1 - versions 1 and 3
 * @host: time in units of 100 ns since 1601-01-01 UTC
 * @guest: not used by the host
 * @round_trip: not used by the host
 * @flags: HV_TIME_SYNC ...
 */
struct hv_time_v1 {
	__le64 host;
	__le64 guest;
	__le64 round_trip;
	__u8 flags;
} __packed;
static_assert(sizeof(struct hv_time_v1) == 25);

/**
 * struct hv_time_v4 - version 4; two or four reserved bytes may follow
 * @host: as in struct hv_time_v1
 * @reference: the partition's reference time when the host read @host, in 100 ns
 * @flags: HV_TIME_SYNC ...
 * @leap: leap indicator of the host's clock
 * @stratum: and its stratum
 */
struct hv_time_v4 {
	__le64 host;
	__le64 reference;
	__u8 flags;
	__u8 leap;
	__u8 stratum;
} __packed;
static_assert(sizeof(struct hv_time_v4) == 19);

#define HV_TIME_UNIX_EPOCH	116444736000000000ULL	/* 1970-01-01 in these units */

#endif
