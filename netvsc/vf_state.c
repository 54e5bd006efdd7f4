// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: which network device is our virtual function, and which path data takes.
 */
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include "vf_state.h"

/**
 * nv_vf_next - what to do about the VF now
 * @v: what is known of it
 * @on_vf: the host sends over it
 *
 * The VF's path is taken when all is ready for it, and left as soon as one part is not.
 * Return: one step; the caller looks again after it.
 */
enum nv_vf_step nv_vf_next(const struct nv_vf_view *v, bool on_vf)
{
	bool ready = v->assoc && v->joined && v->ours_up;

	if (on_vf)
		return ready && v->running && v->carrier ? NV_VF_NOTHING :
							   NV_VF_TO_SYNTHETIC;
	if (!ready)
		return NV_VF_NOTHING;
	if (!v->running)
		return NV_VF_OPEN;
	return v->carrier ? NV_VF_TO_VF : NV_VF_NOTHING;
}

/**
 * nv_vf_match - whether a network device is our VF
 * @ours: our permanent address
 * @theirs: its permanent address
 * @slot: name of its PCI slot, NULL if it has none
 * @assoc: the host named a serial number
 * @serial: that number
 *
 * Several NICs may have one address: the one whose serial number is the slot's has the
 * function, the others only if there is no such one.
 *
 * Return: how well it fits; the best of all NICs wins.
 */
enum nv_vf_fit nv_vf_match(const u8 *ours, const u8 *theirs, const char *slot, bool assoc,
			   u32 serial)
{
	u32 number;

	if (!ether_addr_equal_unaligned(ours, theirs))
		return NV_VF_NOT_OURS;
	if (!slot || !assoc || kstrtou32(slot, 10, &number))
		return NV_VF_BY_ADDRESS;
	return number == serial ? NV_VF_BY_SERIAL : NV_VF_NOT_OURS;
}
