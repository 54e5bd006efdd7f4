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

/* ---- key-value pairs ---- */

#define HV_KVP_GET		0
#define HV_KVP_SET		1
#define HV_KVP_DELETE		2
#define HV_KVP_ENUMERATE	3
#define HV_KVP_GET_IP		4
#define HV_KVP_SET_IP		5
#define HV_KVP_OPS		6
#define HV_KVP_POOLS		5

/* hv_kvp_value.type */
#define HV_KVP_STRING		1
#define HV_KVP_EXPAND_STRING	2
#define HV_KVP_U32		4
#define HV_KVP_U64		8	/* older lists have it here, */
#define HV_KVP_QWORD		11	/* newer ones as in the registry */

#define HV_KVP_KEY_LEN		512
#define HV_KVP_VALUE_LEN	2048

/**
 * struct hv_kvp_value - a pair, as in get and set
 * @type: HV_KVP_STRING ...
 * @key_size: bytes of the key, its zero included
 * @value_size: bytes of the value, for text its zero included
 * @key: text
 * @value: by type
 */
struct hv_kvp_value {
	__le32 type;
	__le32 key_size;
	__le32 value_size;
	__u8 key[HV_KVP_KEY_LEN];
	__u8 value[HV_KVP_VALUE_LEN];
} __packed;
static_assert(sizeof(struct hv_kvp_value) == 2572);

/**
 * struct hv_kvp - all but the operations on addresses
 * @op: HV_KVP_GET ...
 * @pool: below HV_KVP_POOLS
 * @pad: unused
 * @pair: get and set
 * @delete: the key of a pair
 * @delete.key_size: its bytes, its zero included
 * @delete.key: text
 * @item: enumerate
 * @item.index: of the pair, from 0; the host asks until there is none
 * @item.pair: in the answer
 */
struct hv_kvp {
	__u8 op;
	__u8 pool;
	__le16 pad;
	union {
		struct hv_kvp_value pair;
		struct {
			__le32 key_size;
			__u8 key[HV_KVP_KEY_LEN];
		} __packed delete;
		struct {
			__le32 index;
			struct hv_kvp_value pair;
		} __packed item;
	};
} __packed;
static_assert(offsetof(struct hv_kvp, pair) == 4);
static_assert(sizeof(((struct hv_kvp *)0)->delete) == 516);
static_assert(sizeof(struct hv_kvp) == 2580);

/**
 * struct hv_kvp_ip - the two operations on addresses; lists are separated by ';'
 * @op: HV_KVP_GET_IP or HV_KVP_SET_IP
 * @pool: unused
 * @adapter: which NIC
 * @family: 1 IPv4, 2 IPv6, 3 both
 * @dhcp: not 0: addresses come from DHCP
 * @addresses: list
 * @masks: list
 * @gateways: list
 * @dns: list
 */
struct hv_kvp_ip {
	__u8 op;
	__u8 pool;
	__u8 adapter[256];
	__u8 family;
	__u8 dhcp;
	__u8 addresses[2048];
	__u8 masks[2048];
	__u8 gateways[1024];
	__u8 dns[2048];
} __packed;
static_assert(offsetof(struct hv_kvp_ip, addresses) == 260);
static_assert(offsetof(struct hv_kvp_ip, dns) == 5380);
static_assert(sizeof(struct hv_kvp_ip) == 7428);

#define HV_KVP_ADDRESSES	64	/* and masks, and name servers; of each family */
#define HV_KVP_GATEWAYS		5

/**
 * struct hv_kvp_ip5 - the two operations on addresses from 5.0 on: addresses in
 * binary, in the network's byte order
 * @op: HV_KVP_GET_IP or HV_KVP_SET_IP
 * @pool: unused
 * @pad: 0
 * @count4: addresses, each with its mask
 * @count6: the same of IPv6
 * @gateways4: gateways
 * @gateways6: the same of IPv6
 * @dns4: name servers
 * @dns6: the same of IPv6
 * @adapter: which NIC; text
 * @family: 1 IPv4, 2 IPv6, 3 both
 * @dhcp: not 0: addresses come from DHCP
 * @pad2: 0
 * @address4: @count4 of them
 * @address6: @count6 of them
 * @mask4: @count4 of them
 * @prefix6: @count6 of them, in bits
 * @gateway4: @gateways4 of them
 * @gateway6: @gateways6 of them
 * @server4: @dns4 of them
 * @server6: @dns6 of them
 * @origin: of @address4, then of @address6 without a gap: 0 unknown
 */
struct hv_kvp_ip5 {
	__u8 op;
	__u8 pool;
	__le16 pad;
	__le32 count4, count6;
	__le32 gateways4, gateways6;
	__le32 dns4, dns6;
	__u8 adapter[256];
	__u8 family;
	__u8 dhcp;
	__le16 pad2;
	__u8 address4[HV_KVP_ADDRESSES][4];
	__u8 address6[HV_KVP_ADDRESSES][16];
	__u8 mask4[HV_KVP_ADDRESSES][4];
	__le32 prefix6[HV_KVP_ADDRESSES];
	__u8 gateway4[HV_KVP_GATEWAYS][4];
	__u8 gateway6[HV_KVP_GATEWAYS][16];
	__u8 server4[HV_KVP_ADDRESSES][4];
	__u8 server6[HV_KVP_ADDRESSES][16];
	__le16 origin[2 * HV_KVP_ADDRESSES];
} __packed;
static_assert(offsetof(struct hv_kvp_ip5, family) == 284);
static_assert(offsetof(struct hv_kvp_ip5, address4) == 288);
static_assert(sizeof(struct hv_kvp_ip5) == 3716);

/* ---- freeze for a backup ---- */

#define HV_VSS_CREATE		0
#define HV_VSS_DELETE		1
#define HV_VSS_HOT_BACKUP	2	/* can you? */
#define HV_VSS_MAPPED_DISKS	3	/* direct-mapped ones */
#define HV_VSS_COMPLETE		4
#define HV_VSS_FREEZE		5
#define HV_VSS_THAW		6
#define HV_VSS_RECOVER		7	/* after a checkpoint was made */

#define HV_VSS_NO_RECOVERY	5	/* flags of HV_VSS_HOT_BACKUP's answer */

/**
 * struct hv_vss - what we look at; some operations are longer
 * @op: HV_VSS_HOT_BACKUP ...
 * @reserved: 0
 * @flags: in the answers to HV_VSS_HOT_BACKUP and HV_VSS_MAPPED_DISKS
 */
struct hv_vss {
	__u8 op;
	__u8 reserved[7];
	__le32 flags;
} __packed;
static_assert(sizeof(struct hv_vss) == 12);

/* ---- file copy ---- */

#define HV_FCOPY_START		0
#define HV_FCOPY_WRITE		1
#define HV_FCOPY_COMPLETE	2
#define HV_FCOPY_CANCEL		3

#define HV_FCOPY_DATA		6144	/* bytes in a write */

/**
 * struct hv_fcopy_head - begins every request
 * @op: HV_FCOPY_START ...
 * @ids: two GUIDs, unused
 */
struct hv_fcopy_head {
	__le32 op;
	__u8 ids[32];
} __packed;
static_assert(sizeof(struct hv_fcopy_head) == 36);

/**
 * struct hv_fcopy_start - a file begins
 * @head: the operation
 * @name: of the file
 * @path: of the folder
 * @flags: 1 overwrite, 2 create the path
 * @size: bytes to come
 */
struct hv_fcopy_start {
	struct hv_fcopy_head head;
	__u8 name[520];
	__u8 path[520];
	__le32 flags;
	__le64 size;
} __packed;
static_assert(sizeof(struct hv_fcopy_start) == 1088);

/**
 * struct hv_fcopy_write - a piece of it
 * @head: the operation
 * @pad: unused
 * @offset: in the file
 * @len: bytes of @data that count
 * @data: may be cut behind @len
 */
struct hv_fcopy_write {
	struct hv_fcopy_head head;
	__le32 pad;
	__le64 offset;
	__le32 len;
	__u8 data[HV_FCOPY_DATA];
} __packed;
static_assert(offsetof(struct hv_fcopy_write, data) == 52);

#endif
