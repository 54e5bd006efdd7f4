// SPDX-License-Identifier: GPL-2.0-only
/* What the suites that open channels on a fake bus have in common; see fakebus.h. */
#include "fakebus.h"

static void on_callback(void *context)
{
}

int fakebus_open(struct vmbus_channel *ch)
{
	return vmbus_open(ch, 8192, 8192, NULL, 0, on_callback, ch);
}

static struct vmbus_channel *offered(struct kunit *test, struct vmbus *bus, u32 relid, u16 index)
{
	struct vmbus_channel *ch;

	fakebus_offer(bus, relid, 1, index);
	fakebus_flush(bus);
	ch = fakebus_channel(bus, relid);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	KUNIT_ASSERT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	return ch;
}

/* Device 1 as relid 1 on a new bus, registered, not open. */
struct vmbus_channel *fakebus_device(struct kunit *test, struct vmbus **bus)
{
	*bus = fakebus_new(test);
	return offered(test, *bus, 1, 0);
}

/* Its sub-channel @index as the relid after that, handed over, not open. */
struct vmbus_channel *fakebus_sub(struct kunit *test, struct vmbus *bus, u16 index)
{
	return offered(test, bus, 1 + index, index);
}

void fakebus_nothing_held(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0u, fake.rings);
	KUNIT_EXPECT_EQ(test, 0u, fake.maps);
	KUNIT_EXPECT_EQ(test, 0u, fake.ids);
	KUNIT_EXPECT_EQ(test, 0u, fake.gpadls);
}
