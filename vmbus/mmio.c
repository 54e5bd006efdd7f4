// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address space that the host set aside for VMBus devices: finds the windows
 * in the firmware's tables and hands out ranges of them to drivers.
 *
 * Who owns what inside a window is known to the kernel's own resource tree.
 * Here is only what that does not know: the windows, and where the firmware's
 * frame buffer lies, which must not be given to anybody but its driver.
 */
#include <linux/acpi.h>
#include <linux/efi.h>
#include <linux/hyperv.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include "vmbus_priv.h"

/* A virtual TPM sits inside the range that the firmware names. */
#define TPM_BASE	0xfed40000ull
/* What lies below is legacy space of others. */
#define LEGACY_END	0x100000ull
/* Firmware often names less than the device decodes. */
#define FB_LEAST	0x800000ull

struct mmio_window {
	struct list_head entry;		/* in mmio.windows, by address */
	struct resource res;
	bool shown;			/* in the kernel's tree */
};

static struct {
	struct mutex lock;		/* protects: all of this */
	struct list_head windows;
	struct resource fb;		/* frame buffer; flags 0 = none */
} mmio = {
	.lock = __MUTEX_INITIALIZER(mmio.lock),
	.windows = LIST_HEAD_INIT(mmio.windows),
};

/* ------------------------------ the windows --------------------------------- */

/* Join @res with a window that it touches. */
static bool window_merge(const struct resource *res)
{
	struct mmio_window *w;

	list_for_each_entry(w, &mmio.windows, entry) {
		if (res->start > w->res.end + 1 || w->res.start > res->end + 1)
			continue;
		w->res.start = min(w->res.start, res->start);
		w->res.end = max(w->res.end, res->end);
		return true;
	}
	return false;
}

static int window_add(struct resource *res)
{
	struct mmio_window *w, *after;

	if (res->start < TPM_BASE && res->end >= TPM_BASE && res->end <= U32_MAX)
		res->end = TPM_BASE - 1;
	if (res->end < LEGACY_END || window_merge(res))
		return 0;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	w->res.name = "hyperv mmio";
	w->res.flags = IORESOURCE_MEM;
	w->res.start = res->start;
	w->res.end = res->end;
	list_for_each_entry(after, &mmio.windows, entry)
		if (after->res.start > w->res.start)
			break;
	list_add_tail(&w->entry, &after->entry);
	return 0;
}

static acpi_status add_resource(struct acpi_resource *ares, void *error)
{
	struct resource_win win = {};
	struct resource *res = &win.res;

	if (!acpi_dev_resource_memory(ares, res) &&
	    !acpi_dev_resource_address_space(ares, &win) &&
	    !acpi_dev_resource_ext_address_space(ares, &win))
		return AE_OK;
	if (resource_type(res) != IORESOURCE_MEM || res->end <= res->start ||
	    res->flags & (IORESOURCE_DISABLED | IORESOURCE_UNSET))
		return AE_OK;
	*(int *)error = window_add(res);
	return *(int *)error ? AE_NO_MEMORY : AE_OK;
}

/*
 * The windows belong to the VMBus node, or to the closest node above it. The
 * root of the tree is no node that methods can be looked up in.
 */
static int find_windows(struct acpi_device *dev)
{
	int error = 0;

	for (; dev && dev->handle != ACPI_ROOT_OBJECT && list_empty(&mmio.windows);
	     dev = acpi_dev_parent(dev)) {
		acpi_walk_resources(dev->handle, METHOD_NAME__CRS, add_resource,
				    &error);
		if (error)
			return error;
	}
	return 0;
}

/* For /proc/iomem. Others may have claimed across a window's border. */
static void show_windows(void)
{
	struct mmio_window *w;

	list_for_each_entry(w, &mmio.windows, entry)
		w->shown = !insert_resource(&iomem_resource, &w->res);
}

/* ------------------------------ the frame buffer ---------------------------- */

static void set_fb(u64 start, u64 size)
{
	mmio.fb.start = start;
	mmio.fb.end = start + size - 1;
	mmio.fb.flags = IORESOURCE_MEM;
}

static void fb_from_firmware(void)
{
	const struct screen_info *screen = hv_screen_info();
	u64 base = screen->lfb_base;

	if (screen->orig_video_isVGA != VIDEO_TYPE_EFI &&
	    screen->orig_video_isVGA != VIDEO_TYPE_VLFB)
		return;
	if (screen->capabilities & VIDEO_CAPABILITY_64BIT_BASE)
		base |= (u64)screen->ext_lfb_base << 32;
	if (!base || !screen->lfb_size)
		return;
	set_fb(base, screen->lfb_size);
}

/* A generation 1 machine has its video memory on PCI. */
static void fb_from_pci(void)
{
	struct pci_dev *dev = pci_get_device(PCI_VENDOR_ID_MICROSOFT,
					     PCI_DEVICE_ID_HYPERV_VIDEO, NULL);

	if (!dev)
		return;
	if (pci_resource_flags(dev, 0) & IORESOURCE_MEM && pci_resource_len(dev, 0))
		set_fb(pci_resource_start(dev, 0), pci_resource_len(dev, 0));
	pci_dev_put(dev);
}

static void reserve_fb(void)
{
	struct mmio_window *w;

	fb_from_pci();
	if (!mmio.fb.flags)
		fb_from_firmware();
	if (!mmio.fb.flags)
		return;
	if (resource_size(&mmio.fb) < FB_LEAST)
		mmio.fb.end = mmio.fb.start + FB_LEAST - 1;
	list_for_each_entry(w, &mmio.windows, entry)
		if (mmio.fb.start >= w->res.start && mmio.fb.start <= w->res.end) {
			mmio.fb.end = min(mmio.fb.end, w->res.end);
			return;
		}
	mmio.fb.flags = 0;	/* not in our space, so not ours to guard */
}

/* ------------------------------ handing out --------------------------------- */

struct mmio_request {
	resource_size_t min, max;	/* first and last address allowed */
	resource_size_t size, align;
	const char *name;
};

static bool overlaps_fb(resource_size_t at, resource_size_t size)
{
	return mmio.fb.flags && at <= mmio.fb.end && at + size - 1 >= mmio.fb.start;
}

/* Claim the first free range in @area that suits. */
static struct resource *claim(const struct resource *area,
			      const struct mmio_request *want, bool in_fb)
{
	resource_size_t first = max(area->start, want->min);
	resource_size_t last = min(area->end, want->max);
	resource_size_t at = ALIGN(first, want->align);
	struct resource *res;

	for (; at >= first && at <= last && last - at >= want->size - 1;
	     at += want->align) {
		if (!in_fb && overlaps_fb(at, want->size))
			continue;
		res = request_mem_region_exclusive(at, want->size, want->name);
		if (res)
			return res;
	}
	return NULL;
}

static struct resource *claim_anywhere(const struct mmio_request *want)
{
	struct mmio_window *w;
	struct resource *res;

	list_for_each_entry(w, &mmio.windows, entry) {
		res = claim(&w->res, want, false);
		if (res)
			return res;
	}
	return NULL;
}

/**
 * vmbus_allocate_mmio - claim address space for a device
 * @new: gets the claimed range
 * @device_obj: the device, which gives the range its name
 * @min: lowest address wanted
 * @max: highest address wanted
 * @size: bytes
 * @align: alignment, a power of two
 * @fb_overlap_ok: the range may lie in the firmware's frame buffer, and is
 *	looked for there first
 *
 * The caller gives it back with vmbus_free_mmio().
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL for an impossible request, -ENXIO if nothing suits.
 */
int vmbus_allocate_mmio(struct resource **new, struct hv_device *device_obj,
			resource_size_t min, resource_size_t max,
			resource_size_t size, resource_size_t align,
			bool fb_overlap_ok)
{
	const struct mmio_request want = {
		.min = min, .max = max, .size = size, .align = align,
		.name = dev_name(&device_obj->device),
	};
	struct resource *res = NULL;

	if (!size || !is_power_of_2(align) || max < min)
		return -EINVAL;
	mutex_lock(&mmio.lock);
	if (fb_overlap_ok && mmio.fb.flags)
		res = claim(&mmio.fb, &want, true);
	if (!res)
		res = claim_anywhere(&want);
	mutex_unlock(&mmio.lock);
	if (!res)
		return -ENXIO;
	*new = res;
	return 0;
}

/**
 * vmbus_free_mmio - give back what vmbus_allocate_mmio() claimed
 * @start: first address
 * @size: bytes
 *
 * Context: process, may sleep.
 */
void vmbus_free_mmio(resource_size_t start, resource_size_t size)
{
	mutex_lock(&mmio.lock);
	release_mem_region(start, size);
	mutex_unlock(&mmio.lock);
}

/* ------------------------------ start and stop ------------------------------ */

/**
 * mmio_start - find the windows of this machine
 * @dev: ACPI node of VMBus
 *
 * A machine without any is all right as long as no driver asks.
 *
 * Return: 0 or -ENOMEM.
 */
int mmio_start(struct acpi_device *dev)
{
	int ret;

	mutex_lock(&mmio.lock);
	ret = find_windows(dev);
	if (!ret) {
		reserve_fb();
		show_windows();
	}
	mutex_unlock(&mmio.lock);
	if (ret)
		mmio_stop();
	return ret;
}

/** mmio_stop - forget the windows; all ranges were given back */
void mmio_stop(void)
{
	struct mmio_window *w, *next;

	mutex_lock(&mmio.lock);
	list_for_each_entry_safe(w, next, &mmio.windows, entry) {
		list_del(&w->entry);
		if (w->shown)
			remove_resource(&w->res);
		kfree(w);
	}
	mmio.fb.flags = 0;
	mutex_unlock(&mmio.lock);
}
