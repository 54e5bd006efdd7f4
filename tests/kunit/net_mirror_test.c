// SPDX-License-Identifier: GPL-2.0-only
/*
 * The addresses of a VF that has joined and does not have what we have yet: it may leave before.
 *
 * Kernel only: it runs vf_mirror.c itself, with devices that nobody has registered.
 */
#include <kunit/test.h>
#include <linux/etherdevice.h>
#include "netvsc.h"

#include "../../netvsc/vf_mirror.c"

static struct net_device *mirror_device(struct kunit *test)
{
	struct net_device *ndev = alloc_etherdev(0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ndev);
	return ndev;
}

static void mirror_addresses(struct kunit *test)
{
	static const u8 address[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
	struct nv *nv = kunit_kzalloc(test, sizeof(*nv), GFP_KERNEL);
	struct net_device *vf = mirror_device(test);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nv);
	nv->ndev = mirror_device(test);
	/* as registering does; two kinds, as one is taken inside of the other */
	spin_lock_init(&vf->addr_list_lock);
	spin_lock_init(&nv->ndev->addr_list_lock);
	RCU_INIT_POINTER(nv->vf, vf);
	dev_uc_add(nv->ndev, address);
	nv_vf_rx_mode(nv);
	KUNIT_EXPECT_EQ(test, 0, netdev_uc_count(vf));
	nv->vf_mirrored = true;
	nv_vf_rx_mode(nv);
	KUNIT_EXPECT_EQ(test, 1, netdev_uc_count(vf));
	dev_uc_unsync(vf, nv->ndev);
	KUNIT_EXPECT_EQ(test, 0, netdev_uc_count(vf));
	dev_uc_del(nv->ndev, address);
	free_netdev(vf);
	free_netdev(nv->ndev);
}

static struct kunit_case mirror_cases[] = {
	KUNIT_CASE(mirror_addresses),
	{}
};

static struct kunit_suite mirror_suite = {
	.name = "netvsc_mirror",
	.test_cases = mirror_cases,
};

kunit_test_suite(mirror_suite);
