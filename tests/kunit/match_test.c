// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which driver takes a device, and what it is told of the device's class: its own entry of the
 * class where it has one, whatever the user asked for, and an entry that says nothing otherwise.
 *
 * Kernel only: it runs bus.c and dynid.c themselves; the driver core and the user are played.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

/* the played ones of other suites have these names */
#define __vmbus_driver_register		match_driver_register
#define vmbus_driver_unregister		match_driver_unregister
#define vmbus_device_new		match_device_new
#define vmbus_device_add		match_device_add
#define vmbus_device_unregister		match_device_unregister
#define vmbus_hvsock_device_unregister	match_hvsock_device_unregister
#define bus_start			match_bus_start
#define chan_forget_driver		match_forget_driver
#define bus_stop			match_bus_stop
#define hv_bus				match_hv_bus
#define vmbus_bus			match_bus
#define dynid_known			match_dynid_known
#define dynid_free_all			match_dynid_free_all
#define vmbus_drv_groups		match_drv_groups
#define vmbus_dev_groups		match_dev_groups
#include "override.h"
#include "vmbus_priv.h"

/* What the user wants for the device, as override_of() says it; devices offered to a driver */
static int match_wish;
static unsigned int match_attached;
static int match_error;			/* of the probe */
static struct vmbus_channel *match_forgot;

#define override_of(dev, drv)		((void)(dev), (void)(drv), match_wish)
#define override_free(dev)		((void)(dev))
#define driver_attach(driver)		((void)(driver), match_attached++, 0)
#define driver_register(driver)		((void)(driver), 0)
#define driver_unregister(driver)	((void)(driver))
#define debugfs_add_device(dev)		((void)(dev))
#define debugfs_remove_device(dev)	((void)(dev))
#define hv_is_hibernation_supported()	false
#define hv_setup_dma_ops(dev, coherent)	((void)(dev))

struct vmbus vmbus_bus;

void match_forget_driver(struct vmbus_channel *primary)
{
	match_forgot = primary;
}

const struct attribute_group *vmbus_dev_groups[] = { NULL };

#include "../../vmbus/dynid.c"
#include "../../vmbus/bus.c"

#define IDE_CLASS	"32412632-86cb-44a2-9b5c-50d1417354f5"
#define OTHER_CLASS	"1b2c3d4e-5f60-4718-9a0b-c1d2e3f40516"
#define NOTHING		0
#define NOT_CALLED	99

static const struct hv_vmbus_device_id match_ids[] = {
	{ HV_SCSI_GUID, .driver_data = 1 },
	{ HV_IDE_GUID, .driver_data = 2 },
	{ },
};

/* The driver's and the device's, and what the driver was told when it was probed. */
struct match {
	struct hv_driver drv;
	struct hv_device *dev;
	struct device core;
};

static kernel_ulong_t match_told;

static int match_probe(struct hv_device *dev, const struct hv_vmbus_device_id *id)
{
	match_told = id->driver_data;
	return match_error;
}

static int match_init(struct kunit *test)
{
	struct match *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	m->dev = kunit_kzalloc(test, sizeof(*m->dev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m->dev);
	m->drv.name = "match";
	m->drv.id_table = match_ids;
	m->drv.probe = match_probe;
	m->dev->channel = &chan->ch;
	m->dev->device.driver = &m->drv.driver;
	match_wish = -1;
	match_error = 0;
	match_forgot = NULL;
	match_attached = 0;
	KUNIT_EXPECT_EQ(test, -ENODEV, __vmbus_driver_register(&m->drv, NULL, "match"));
	vmbus_bus.dev = &m->core;
	KUNIT_ASSERT_EQ(test, 0, __vmbus_driver_register(&m->drv, NULL, "match"));
	test->priv = m;
	return 0;
}

static void match_exit(struct kunit *test)
{
	struct match *m = test->priv;

	if (m)
		vmbus_driver_unregister(&m->drv);
	vmbus_bus.dev = NULL;
}

/* What the driver is told of a device of @class, or that it is not asked. */
static kernel_ulong_t match_of(struct match *m, const char *class)
{
	int fits;

	match_told = NOT_CALLED;
	if (guid_parse(class, &m->dev->dev_type))
		return ~0UL;
	fits = bus_match(&m->dev->device, &m->drv.driver);
	if (bus_probe(&m->dev->device) != (fits ? 0 : -ENODEV))
		return ~0UL;
	return match_told;
}

static ssize_t match_write(struct match *m, bool add, const char *class)
{
	return (add ? new_id_store : remove_id_store)(&m->drv.driver, class, strlen(class));
}

/* A driver that gives up may have set callbacks, and be unloaded: nobody calls them any more. */
static void match_probe_fails(struct kunit *test)
{
	struct match *m = test->priv;

	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)2, match_of(m, IDE_CLASS));
	KUNIT_EXPECT_NULL(test, match_forgot);
	match_error = -EIO;
	KUNIT_EXPECT_EQ(test, -EIO, bus_probe(&m->dev->device));
	KUNIT_EXPECT_PTR_EQ(test, m->dev->channel, match_forgot);
}

static void match_by_table(struct kunit *test)
{
	struct match *m = test->priv;

	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)2, match_of(m, IDE_CLASS));
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, OTHER_CLASS));
	/* the null class ends the table, and is no entry of it */
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED,
			match_of(m, "00000000-0000-0000-0000-000000000000"));
	m->drv.id_table = NULL;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, IDE_CLASS));
}

/* A class that the user gives the driver: it knows nothing of it, and is told nothing. */
static void match_by_new_id(struct kunit *test)
{
	struct match *m = test->priv;

	KUNIT_EXPECT_EQ(test, (ssize_t)strlen(OTHER_CLASS), match_write(m, true, OTHER_CLASS));
	KUNIT_EXPECT_EQ(test, 1u, match_attached);
	KUNIT_EXPECT_EQ(test, (ssize_t)-EEXIST, match_write(m, true, OTHER_CLASS));
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOTHING, match_of(m, OTHER_CLASS));
	/* until it is taken back */
	KUNIT_EXPECT_EQ(test, (ssize_t)strlen(OTHER_CLASS), match_write(m, false, OTHER_CLASS));
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, OTHER_CLASS));
	KUNIT_EXPECT_EQ(test, (ssize_t)-ENODEV, match_write(m, false, OTHER_CLASS));
	KUNIT_EXPECT_EQ(test, (ssize_t)-EINVAL, match_write(m, true, "no class"));
}

/* One that it knows: that the user names it too must not hide what it knows. */
static void match_own_entry_first(struct kunit *test)
{
	struct match *m = test->priv;

	KUNIT_EXPECT_EQ(test, (ssize_t)strlen(IDE_CLASS), match_write(m, true, IDE_CLASS));
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)2, match_of(m, IDE_CLASS));
	match_wish = 1;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)2, match_of(m, IDE_CLASS));
}

static void match_by_override(struct kunit *test)
{
	struct match *m = test->priv;

	match_wish = 1;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOTHING, match_of(m, OTHER_CLASS));
	match_wish = 0;		/* another driver is wanted */
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, IDE_CLASS));
}

/* A socket's class is a port, which may be anything: only the driver of sockets takes it. */
static void match_sockets(struct kunit *test)
{
	struct match *m = test->priv;

	m->dev->channel->offermsg.offer.chn_flags = VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, IDE_CLASS));
	m->drv.hvsock = true;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOTHING, match_of(m, IDE_CLASS));
	m->dev->channel->offermsg.offer.chn_flags = 0;
	KUNIT_EXPECT_EQ(test, (kernel_ulong_t)NOT_CALLED, match_of(m, IDE_CLASS));
}

static struct kunit_case match_cases[] = {
	KUNIT_CASE(match_by_table),
	KUNIT_CASE(match_probe_fails),
	KUNIT_CASE(match_by_new_id),
	KUNIT_CASE(match_own_entry_first),
	KUNIT_CASE(match_by_override),
	KUNIT_CASE(match_sockets),
	{}
};

static struct kunit_suite match_suite = {
	.name = "vmbus_match",
	.init = match_init,
	.exit = match_exit,
	.test_cases = match_cases,
};

kunit_test_suite(match_suite);
