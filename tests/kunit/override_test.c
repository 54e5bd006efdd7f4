// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that a user wants for a device: what is written, read and compared, and that
 * nobody looks at the name while another one changes it.
 *
 * Kernel only: it runs override.c itself, where the driver core does not do all that.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include "override.h"

#ifndef HV_HAVE_CORE_OVERRIDE

/* Looks at the name, and among them those without the lock; nobody frees under it. */
static unsigned int override_looks, override_bare;
static bool override_locked(void);

#define strcmp(a, b)		(override_look(), (strcmp)(a, b))
#define sysfs_emit(...)		(override_look(), (sysfs_emit)(__VA_ARGS__))

static void override_look(void)
{
	override_looks++;
	override_bare += !override_locked();
}

#include "../../vmbus/override.c"
#undef strcmp		/* the suite's own macros compare, too */

static bool override_locked(void)
{
#ifdef CONFIG_LOCKDEP
	return lockdep_is_held(&override_lock);
#else
	return true;
#endif
}

static const struct hv_driver this_one = { .name = "this" };
static const struct hv_driver that_one = { .name = "that" };

struct override_case {
	const char *written;
	const char *shown;
	int this, that;		/* is it wanted: 1 yes, 0 another one is, -1 none is */
};

static const struct override_case overrides[] = {
	{ "", "(null)\n", -1, -1 },
	{ "this", "this\n", 1, 0 },
	{ "that\n", "that\n", 0, 1 },
	{ "this\nthat\n", "this\n", 1, 0 },
	{ "other", "other\n", 0, 0 },
	{ "\n", "(null)\n", -1, -1 },
};

static void override_is_what_was_written(struct kunit *test)
{
	struct hv_device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	char *page = (char *)__get_free_page(GFP_KERNEL);
	unsigned int i;
	ssize_t len;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	for (i = 0; i < ARRAY_SIZE(overrides); i++) {
		const struct override_case *c = &overrides[i];

		len = strlen(c->written);
		KUNIT_EXPECT_EQ(test, len,
				driver_override_store(&dev->device, NULL, c->written, len));
		driver_override_show(&dev->device, NULL, page);
		KUNIT_EXPECT_STREQ(test, c->shown, page);
		KUNIT_EXPECT_EQ(test, c->this, override_of(dev, &this_one));
		KUNIT_EXPECT_EQ(test, c->that, override_of(dev, &that_one));
	}
	override_free(dev);
	free_page((unsigned long)page);
}

/* As much as one page of sysfs can show; more is refused, and what there was stays. */
static void override_has_a_longest(struct kunit *test)
{
	struct hv_device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	char *text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, text);
	memset(text, 'x', PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, 4, (int)driver_override_store(&dev->device, NULL, "this", 4));
	KUNIT_EXPECT_EQ(test, -EINVAL, (int)driver_override_store(&dev->device, NULL, text,
								  PAGE_SIZE - 1));
	KUNIT_EXPECT_EQ(test, 1, override_of(dev, &this_one));
	text[PAGE_SIZE - 2] = 0;
	KUNIT_EXPECT_EQ(test, (int)PAGE_SIZE - 2,
			(int)driver_override_store(&dev->device, NULL, text, PAGE_SIZE - 2));
	KUNIT_EXPECT_EQ(test, 0, override_of(dev, &this_one));
	override_free(dev);
}

static void override_is_looked_at_under_its_lock(struct kunit *test)
{
	override_looks = 0;
	override_bare = 0;
	override_is_what_was_written(test);
	/* each is shown, and compared with both drivers if there is a wish */
	KUNIT_EXPECT_EQ(test, 6u + 4 * 2, override_looks);
	KUNIT_EXPECT_EQ(test, 0u, override_bare);
}

#endif

static struct kunit_case override_cases[] = {
#ifndef HV_HAVE_CORE_OVERRIDE
	KUNIT_CASE(override_is_what_was_written),
	KUNIT_CASE(override_has_a_longest),
	KUNIT_CASE(override_is_looked_at_under_its_lock),
#endif
	{}
};

static struct kunit_suite override_suite = {
	.name = "vmbus_override",
	.test_cases = override_cases,
};

kunit_test_suite(override_suite);
