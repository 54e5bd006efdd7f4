// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this kernel's headers offer, found by compiling (probes.mk); part of no module.
 *
 * Each probe is a file of its own for the compiler's messages, named after what it asks for;
 * where there is an error, the kernel has it not, else HV_HAVE_name is defined.  A header that may
 * be missing is asked for first, since the compiler stops there.
 */
#include <linux/acpi.h>
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/ethtool.h>
#include <linux/fs.h>
#include <linux/hyperv.h>
#include <linux/mm_types.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/stringify.h>
#include <linux/sysfb.h>
#include <linux/sysfs.h>
#include <linux/syscore_ops.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <asm/mshyperv.h>
#include <net/xdp.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

/* ---- that probes work: the one succeeds, the other, at the end, fails ---- */

#line 1 "ANYTHING"
static struct device *anything(struct hv_device *d) { return &d->device; }

/* ---- the bus ---- */

#line 1 "ACPI_DRIVER"
static struct acpi_driver acpi_driver_is_there = { .name = "x" };

#line 1 "ACPI_REMOVE_INT"
static int acpi_remove_fn(struct acpi_device *d) { return 0; }
static acpi_op_remove acpi_remove_is_int = acpi_remove_fn;

#line 1 "CONST_MATCH"
static int match_fn(struct device *d, const struct device_driver *v) { return 0; }
static struct bus_type bus_match_is_const = { .match = match_fn };

#line 1 "CONST_UEVENT"
static int uevent_fn(const struct device *d, struct kobj_uevent_env *e) { return 0; }
static struct bus_type bus_uevent_is_const = { .uevent = uevent_fn };

#line 1 "CONST_BUS_ATTR"
static ssize_t bus_show(const struct bus_type *b, char *s) { return 0; }
static struct bus_attribute bus_attr_is_const = { .show = bus_show };

#line 1 "CONST_BUS_TYPE"
extern const struct bus_type const_bus;
static struct device device_has_const_bus = { .bus = &const_bus };

#line 1 "CORE_OVERRIDE"
static int core_override(struct device *d, struct device_driver *v)
{
	return device_match_driver_override(d, v);
}

#line 1 "CONST_BIN_ATTR"
static int bin_mmap(struct file *f, struct kobject *k, const struct bin_attribute *a,
		    struct vm_area_struct *v)
{
	return 0;
}

static struct bin_attribute bin_attr_is_const = { .mmap = bin_mmap };

#line 1 "RING_PREPARE"
static void *ring_prepare(struct vmbus_channel *c) { return c->mmap_prepare_ring_buffer; }

#line 1 "RING_SYSFS"
static bool ring_sysfs(struct vmbus_channel *c) { return c->ring_sysfs_visible; }

#line 1 "ROOT_FUNCTION"
static bool root_function(void) { return hv_root_partition(); }

#line 1 "SYSFB_DISPLAY"
static u32 sysfb_display(void) { return sysfb_primary_display.screen.lfb_base; }

#line 1 "SYSCORE"
static void syscore(struct syscore *s) { register_syscore(s); }

#line 1 "TIMER_DELETE"
static void timer_gone(struct timer_list *t) { timer_delete_sync(t); }

/* ---- all ---- */

#line 1 "PERCPU_WQ"
static struct workqueue_struct *percpu_wq(void) { return system_percpu_wq; }

#line 1 "PERCPU_FLAG"
static unsigned int percpu_flag(void) { return WQ_PERCPU; }

/* ---- services ---- */

/*
 * File copy became a program over uio_hv_generic in Linux 6.10, and hv_utils lost its
 * alias.  No header of Hyper-V's says so; this macro lost its second argument in that release.
 */
#if __has_include(<trace/stages/stage6_event_callback.h>)
#include <trace/stages/stage6_event_callback.h>
#endif
#line 1 "FCOPY"
static const char two_arguments[] = __stringify(__assign_str(dst, src));
#ifndef __assign_str
#error
#endif

#line 1 "SNAPSHOT_ID"
static u64 snapshot_id(struct system_time_snapshot *s)
{
	ktime_get_snapshot_id(CLOCK_REALTIME, s);
	return s->systime + s->monoraw;
}

#line 1 "FREEZE_OWNER"
static int freeze_owner(struct super_block *s)
{
	return thaw_super(s, FREEZE_HOLDER_USERSPACE, NULL);
}

#line 1 "FREEZE_HOLDER"
static int freeze_holder(struct super_block *s) { return thaw_super(s, FREEZE_HOLDER_USERSPACE); }

/* ---- the network ---- */

#line 1 "XDP_FEATURES"
static u64 xdp_features(struct net_device *d) { return d->xdp_features; }

#line 1 "FRAG_FILL"
static void frag_fill(skb_frag_t *f, struct page *p) { skb_frag_fill_page_desc(f, p, 0, 1); }

#line 1 "QUEUE_NAPI"
static void queue_napi(struct net_device *d, struct napi_struct *n)
{
	netif_queue_set_napi(d, 0, NETDEV_QUEUE_TYPE_RX, n);
}

#line 1 "RXFH_PARAM"
static size_t rxfh_param(void) { return sizeof(struct ethtool_rxfh_param); }

#line 1 "RXFH_FIELDS"
static size_t rxfh_fields(void) { return sizeof(struct ethtool_rxfh_fields); }

#line 1 "RX_RING_COUNT"
static const struct ethtool_ops ethtool_has_ring_count = { .get_rx_ring_count = NULL };

#if __has_include(<net/netdev_queues.h>)
#include <net/netdev_queues.h>
#endif
#line 1 "STAT_OPS"
static size_t stat_ops(void) { return sizeof(struct netdev_stat_ops); }

#line 1 "POOL_HELPERS"
#if __has_include(<net/page_pool/helpers.h>)
#include <net/page_pool/helpers.h>
#else
#error
#include <net/page_pool.h>
#endif

#line 1 "POOL_NAPI"
static void *pool_napi(struct page_pool_params *p) { return p->napi; }

#line 1 "NO_ADDRCONF"
static u64 no_addrconf(void) { return IFF_NO_ADDRCONF; }

#line 1 "XDP_PROPAGATE"
static int xdp_propagate(struct net_device *d, struct netdev_bpf *b)
{
	return dev_xdp_propagate(d, b);
}

#line 1 "NAPI_DEFER"
static u32 napi_defer(struct napi_struct *n) { return n->defer_hard_irqs; }

#line 1 "LOCK_OPS"
#if __has_include(<net/netdev_lock.h>)
#include <net/netdev_lock.h>
#else
#error
#endif
static void lock_ops(struct net_device *d) { netdev_lock_ops(d); }

#line 1 "MAC_STORAGE"
static int (*mac_storage)(struct net_device *d, struct sockaddr_storage *s,
			  struct netlink_ext_ack *e) = dev_set_mac_address;

#line 1 "XDP_FRAGS_INFO"
static void xdp_frags_info(struct sk_buff *s) { xdp_update_skb_frags_info(s, 1, 1, 1, 0); }

/* ---- disks ---- */

#line 1 "SCSI_TIMEOUT_ACTION"
static enum scsi_timeout_action timed_out(struct scsi_cmnd *c) { return SCSI_EH_RESET_TIMER; }
static struct scsi_host_template has_timeout_action = { .eh_timed_out = timed_out };

#line 1 "SDEV_INIT"
static int sdev_init(struct scsi_device *d) { return 0; }
static struct scsi_host_template has_sdev_init = { .sdev_init = sdev_init };

#line 1 "BIOS_PARAM_GENDISK"
static int bios_param(struct scsi_device *d, struct gendisk *g, sector_t s, int *p) { return 0; }
static struct scsi_host_template has_bios_param = { .bios_param = bios_param };

#line 1 "RESCAN_DEVICE_DEV"
static void rescan_device(struct device *d) { scsi_rescan_device(d); }

#line 1 "BLK_QUEUE_MAX_HW_SECTORS"
static void max_hw_sectors(struct request_queue *q) { blk_queue_max_hw_sectors(q, 1); }

#line 1 "LINUX_UNALIGNED"
#if !__has_include(<linux/unaligned.h>)
#error
#endif

#line 1 "LINUX_HEX"
#if !__has_include(<linux/hex.h>)
#error
#endif

#line 1 "NOTHING"
static int nothing(void) { return hv_no_kernel_has_this(); }
