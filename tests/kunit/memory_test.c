// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a disk controller and a NIC cost in memory, by the number of their channels: nothing that
 * a channel has grows with the number of CPUs. Prints a table; sizes of the kernel's own structs
 * are those of the kernel that the suite runs on.
 *
 * The kernel's own modules beside ours as far as their parameters' defaults tell (modinfo: rings of
 * 128 KiB for disks, of 128 pages for NICs, four CPUs to a sub-channel of a disk) and the structs
 * of <linux/hyperv.h>: each of their hardware queues, one for each CPU, has all tags of the
 * controller for itself; ours share them.
 *
 * Kernel only: sizes are the kernel's.
 */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/rtnetlink.h>
#include "vmbus_priv.h"

/* prototypes do not matter here */
#define _HV_COMPAT_SCSI_H
#define _HV_COMPAT_NET_H
#define hv_queue_status_t int
#include "../../storvsc/storvsc.h"
#include "../../netvsc/netvsc.h"

#define RING_BYTES	(128 * 1024)	/* storvsc_ringbuffer_size, both modules' default */
#define MOST_CHANNELS	64		/* of a controller, that hosts offer */
#define NIC_RING	(128 * PAGE_SIZE)	/* ring_size */

/* A command in the block layer: with the two entries of a list that every one has room for. */
#define COMMAND		(sizeof(struct request) + sizeof(struct scsi_cmnd) +		\
			 2 * sizeof(struct scatterlist))
/* What the kernel's module adds to each: a page list and a packet. */
#define THEIR_COMMAND	(COMMAND + sizeof(struct vmbus_channel_packet_multipage_buffer) +	\
			 sizeof(struct hv_stor_packet) + sizeof(struct completion))
/* Bytes of its ring that the kernel's module counts for each command. */
#define THEIR_PACKET	(sizeof(struct vmbus_channel_packet_multipage_buffer) +		\
			 sizeof(struct hv_stor_packet) + sizeof(u64))

/* What is shared with the host; what describes it; and for each command or packet in flight. */
struct share {
	u64 rings, objects, commands;
};

static const unsigned int machines[] = { 1, 4, 16, 64, 240 };

static struct share our_controller(unsigned int cpus)
{
	unsigned int queues = min_t(unsigned int, cpus, MOST_CHANNELS);
	unsigned int depth = stor_depth(VMBUS_RING_SIZE(RING_BYTES), queues);

	return (struct share){
		.rings = 2ULL * queues * VMBUS_RING_SIZE(RING_BYTES),
		.objects = queues * (sizeof(struct vmbus_chan) + sizeof(struct stor_queue) +
				     STOR_MPB_LEN(STOR_MAX_TRANSFER / HV_HYP_PAGE_SIZE + 1)) +
			   cpus * (sizeof(struct stor_chan) + sizeof(u16)) +
			   sizeof(struct stor_ctl),
		.commands = depth * (COMMAND + sizeof(struct stor_slot)),
	};
}

static struct share their_controller(unsigned int cpus)
{
	unsigned int channels = min_t(unsigned int, (cpus - 1) / 4, MOST_CHANNELS - 1) + 1;
	unsigned int each = (RING_BYTES - PAGE_SIZE) / THEIR_PACKET;
	unsigned int depth = each * ((cpus - 1) / 4 + 1) * 9 / 10;

	return (struct share){
		.rings = 2ULL * channels * VMBUS_RING_SIZE(RING_BYTES),
		.objects = channels * sizeof(struct vmbus_channel),
		.commands = (u64)cpus * min(depth, 10240u) * THEIR_COMMAND,
	};
}

static void print(struct kunit *test, const char *who, unsigned int cpus, struct share s)
{
	kunit_info(test, "%s, %u CPUs: shared %llu KiB, objects %llu KiB, in flight %llu KiB\n",
		   who, cpus, s.rings >> 10, s.objects >> 10, s.commands >> 10);
}

static void memory_of_controllers(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		print(test, "controller, ours", machines[i], our_controller(machines[i]));
		print(test, "controller, in-tree", machines[i], their_controller(machines[i]));
	}
	/* once there is no channel for each CPU, a CPU more costs a few bytes */
	KUNIT_EXPECT_TRUE(test, our_controller(240).objects - our_controller(64).objects <=
			  176 * (sizeof(struct stor_chan) + sizeof(u16)));
	KUNIT_EXPECT_EQ(test, our_controller(64).rings, our_controller(240).rings);
	KUNIT_EXPECT_EQ(test, our_controller(64).commands, our_controller(240).commands);
}

/* The same rings and buffers with either module. */
static struct share our_nic(unsigned int cpus)
{
	unsigned int queues = min_t(unsigned int, cpus, NV_QUEUES_MAX);
	unsigned int slots = queues * NV_TX_SLOTS + NV_SEND_BYTES / 6144;

	return (struct share){
		.rings = 2ULL * queues * NIC_RING + NV_RECV_BYTES + NV_SEND_BYTES,
		.objects = queues * (sizeof(struct vmbus_chan) + sizeof(struct nv_queue)) +
			   NV_QUEUES_MAX * (sizeof(struct nv_rx_stats) +
					    sizeof(struct nv_tx_stats)) +
			   sizeof(struct nv) + sizeof(struct nv_conn) +
			   NV_QUEUES_MAX * sizeof(struct nv_queue *) + cpus * sizeof(u16),
		.commands = slots * (sizeof(struct nv_slot) + sizeof(u16)) +
			    queues * (NV_TX_SLOTS * NV_TX_HEAD + NV_COMPLETIONS * sizeof(u64)),
	};
}

static void memory_of_nics(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machines); i++)
		print(test, "NIC, ours", machines[i], our_nic(machines[i]));
	KUNIT_EXPECT_TRUE(test, our_nic(240).objects - our_nic(64).objects <= 176 * sizeof(u16));
	KUNIT_EXPECT_EQ(test, our_nic(64).rings, our_nic(240).rings);
}

/* A channel has a ring, and nothing for each CPU; a device two bytes for each. */
static void memory_of_channels(struct kunit *test)
{
	size_t own = sizeof(struct vmbus_chan) - sizeof(struct vmbus_channel);

	kunit_info(test, "channel: %zu bytes, %zu of them beside the public %zu\n",
		   sizeof(struct vmbus_chan), own, sizeof(struct vmbus_channel));
	kunit_info(test, "bus: %zu bytes, %zu for the relids, %zu for each CPU\n",
		   sizeof(struct vmbus), VMBUS_RELIDS * sizeof(void *), sizeof(struct spread_cpu));
	KUNIT_EXPECT_TRUE(test, own <= 4096);
	KUNIT_EXPECT_EQ(test, sizeof(u16), sizeof(*((struct vmbus_chan *)NULL)->on_cpu));
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_of_controllers),
	KUNIT_CASE(memory_of_nics),
	KUNIT_CASE(memory_of_channels),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "memory",
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
