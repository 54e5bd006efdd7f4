// SPDX-License-Identifier: GPL-2.0-only
/*
 * A large guest: 240 CPUs on 16 nodes, 1,000 channels of 55 devices. What is counted is looks at
 * elements of lists and at CPUs, not time: each step costs no more with many channels than
 * with few, and what goes through all of them looks at each a few times.
 *
 * Kernel only: it runs offer.c, chans.c, affinity.c and pause.c themselves.
 */
#include <linux/string.h>
#include "fakebus.h"

#define CPUS		240
#define NODES		16
#define CHANNELS	1000
#define WIDE		15	/* devices with 64 channels each: ten NICs, five controllers */
#define QUEUES		64
#define NARROW		(CHANNELS - WIDE * QUEUES)	/* devices with one each, not spread */

/* Looks at list elements that one event may cost: a hash bucket has two, some have eight. */
#define FEW		20
/* Devices that were taken back without having been opened are remembered, so many of them. */
#define STORMS		64

struct cost {
	unsigned int looks, cpus;
};

static struct cost since(struct cost *mark)
{
	struct cost c = { fake.looks - mark->looks, fake.cpu_looks - mark->cpus };

	*mark = (struct cost){ fake.looks, fake.cpu_looks };
	return c;
}

/* Channel @n of all: relid n + 1; the first of each wide device is its primary channel. */
static void offer(struct vmbus *bus, unsigned int n)
{
	unsigned int dev = n / QUEUES;

	if (dev < WIDE)
		fakebus_offer_of(bus, n + 1, dev < 10 ? HV_NIC : HV_SCSI, dev + 1, n % QUEUES);
	else
		fakebus_offer_of(bus, n + 1, HV_KVP, 1 + n - WIDE * QUEUES + WIDE, 0);
}

/* All of them, of which the last costs no more than the first */
static struct vmbus *large(struct kunit *test)
{
	struct vmbus *bus = fakebus_new_on(test, CPUS, NODES);
	struct cost mark = {}, c;
	unsigned int n;

	for (n = 0; n < CHANNELS; n++) {
		offer(bus, n);
		fakebus_flush(bus);
		c = since(&mark);
		if (c.looks > FEW)
			KUNIT_FAIL(test, "offer %u: %u looks", n, c.looks);
		KUNIT_EXPECT_EQ(test, n / QUEUES < WIDE ? CPUS : 0u, c.cpus);
	}
	KUNIT_EXPECT_TRUE(test, fake.looks <= 6 * CHANNELS);
	KUNIT_ASSERT_EQ(test, (unsigned int)CHANNELS, bus->nr_chans);
	KUNIT_ASSERT_EQ(test, (unsigned int)(WIDE + NARROW), fake.devices);
	return bus;
}

static void large_end(struct kunit *test, struct vmbus *bus)
{
	unsigned int cpu, node;

	fakebus_flush(bus);
	for (cpu = 0; cpu < CPUS; cpu++)
		KUNIT_EXPECT_EQ(test, 0u, bus->spread.cpus[cpu].channels);
	for (node = 0; node < NODES; node++)
		KUNIT_EXPECT_EQ(test, 0u, bus->spread.nodes[node]);
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

static void rescind_all(struct kunit *test, struct vmbus *bus)
{
	struct cost mark = { fake.looks, fake.cpu_looks }, c;
	unsigned int n;

	for (n = CHANNELS; n-- > 0;) {
		fakebus_rescind(bus, n + 1);
		fakebus_flush(bus);
		c = since(&mark);
		if (c.looks > FEW + (n % QUEUES && n < WIDE * QUEUES ? 0 : STORMS))
			KUNIT_FAIL(test, "rescind %u: %u looks", n, c.looks);
		KUNIT_EXPECT_EQ(test, 0u, c.cpus);
	}
	KUNIT_EXPECT_EQ(test, 0u, bus->nr_chans);
}

/* No CPU has two channels of a device, and none has two more than another. */
static void large_offers(struct kunit *test)
{
	struct vmbus *bus = large(test);
	unsigned int cpu, dev, least = CHANNELS, most = 0;

	for (cpu = 0; cpu < CPUS; cpu++) {
		least = min(least, bus->spread.cpus[cpu].channels);
		most = max(most, bus->spread.cpus[cpu].channels);
		for (dev = 0; dev < WIDE; dev++) {
			struct vmbus_channel *ch = fakebus_channel(bus, dev * QUEUES + 1);

			KUNIT_EXPECT_TRUE(test, to_chan(ch)->on_cpu[cpu] <= 1);
		}
	}
	KUNIT_EXPECT_TRUE(test, most - least <= 1);
	rescind_all(test, bus);
	large_end(test, bus);
}

/* A relid finds its channel without a look at another. */
static void large_relids(struct kunit *test)
{
	struct vmbus *bus = large(test);
	struct cost mark = { fake.looks, fake.cpu_looks }, c;
	unsigned int n;

	for (n = 0; n < CHANNELS; n++)
		KUNIT_EXPECT_EQ(test, n + 1, chan_relid(fakebus_channel(bus, n + 1)));
	KUNIT_EXPECT_TRUE(test, !fakebus_channel(bus, CHANNELS + 1));
	c = since(&mark);
	KUNIT_EXPECT_EQ(test, 0u, c.looks);
	rescind_all(test, bus);
	large_end(test, bus);
}

/* Each device opens all its channels, and closes them when it goes. */
static void large_opens(struct kunit *test)
{
	struct vmbus *bus = fakebus_new_on(test, CPUS, NODES);
	struct cost mark = {}, c;
	unsigned int n;

	fake.driver = true;
	for (n = 0; n < CHANNELS; n++) {
		offer(bus, n);
		fakebus_flush(bus);
	}
	KUNIT_EXPECT_EQ(test, (unsigned int)CHANNELS, fake.opens);
	c = since(&mark);
	KUNIT_EXPECT_TRUE(test, c.looks <= FEW * CHANNELS);
	for (n = 0; n < WIDE; n++)
		fakebus_rescind(bus, n * QUEUES + 1);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, (unsigned int)(WIDE * QUEUES), fake.closes + WIDE);
	c = since(&mark);
	KUNIT_EXPECT_TRUE(test, c.looks <= FEW * CHANNELS);
	vmbus_remove_all(bus);
	large_end(test, bus);
}

/* A CPU goes: a look at each channel, for each of its own at each CPU, and twice at itself. */
static void large_vacates(struct kunit *test)
{
	struct vmbus *bus = large(test);
	struct cost mark = { fake.looks, fake.cpu_looks }, c;
	unsigned int moved = bus->spread.cpus[7].channels;

	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(bus, 7));
	c = since(&mark);
	KUNIT_EXPECT_EQ(test, CHANNELS + 2 * moved, c.looks);
	KUNIT_EXPECT_EQ(test, moved * CPUS, c.cpus);
	KUNIT_EXPECT_EQ(test, 0u, bus->spread.cpus[7].channels);
	rescind_all(test, bus);
	large_end(test, bus);
}

/* Hibernation and the way back */
static void large_pauses(struct kunit *test)
{
	struct vmbus *bus = large(test);
	struct cost mark = { fake.looks, fake.cpu_looks }, c;
	unsigned int n;

	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, fake.unloads);
	KUNIT_EXPECT_EQ(test, 0u, bus->nr_chans);
	c = since(&mark);
	KUNIT_EXPECT_TRUE(test, c.looks <= FEW * CHANNELS);
	bus->suspended = true;
	bus->ignore_offers = false;
	for (n = 0; n < CHANNELS; n++) {
		if (n % QUEUES && n < WIDE * QUEUES)
			continue;
		offer(bus, n);
		c = since(&mark);
		if (c.looks > FEW)
			KUNIT_FAIL(test, "offer %u again: %u looks", n, c.looks);
	}
	fakebus_pause(bus, true);
	c = since(&mark);
	KUNIT_EXPECT_TRUE(test, c.looks <= 2 * (WIDE + NARROW));
	KUNIT_EXPECT_EQ(test, (unsigned int)(WIDE + NARROW), bus->nr_chans);
	vmbus_remove_all(bus);
	large_end(test, bus);
}

static struct kunit_case large_cases[] = {
	KUNIT_CASE(large_offers),
	KUNIT_CASE(large_relids),
	KUNIT_CASE(large_opens),
	KUNIT_CASE(large_vacates),
	KUNIT_CASE(large_pauses),
	{}
};

static struct kunit_suite large_suite = {
	.name = "vmbus_large",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = large_cases,
};

kunit_test_suite(large_suite);
