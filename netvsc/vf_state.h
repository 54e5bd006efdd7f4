/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: which network device is our virtual function, and which path data takes.
 */
#ifndef _NETVSC_VF_STATE_H
#define _NETVSC_VF_STATE_H

#include <linux/types.h>

/* What is known of the VF at one moment. */
struct nv_vf_view {
	bool assoc;	/* the host has one for us */
	bool joined;	/* and its network device is our slave */
	bool running;	/* that is up */
	bool carrier;
	bool ours_up;	/* we are up ourselves */
};

enum nv_vf_step {
	NV_VF_NOTHING,
	NV_VF_OPEN,		/* bring the VF up, then look again */
	NV_VF_TO_VF,		/* ask the host for the VF's path */
	NV_VF_TO_SYNTHETIC,
};

enum nv_vf_step nv_vf_next(const struct nv_vf_view *v, bool on_vf);
/* How sure it is that a network device is our VF, worst first. */
enum nv_vf_fit {
	NV_VF_NOT_OURS,
	NV_VF_BY_ADDRESS,	/* one of the two has no number to compare */
	NV_VF_BY_SERIAL,
};

enum nv_vf_fit nv_vf_match(const u8 *ours, const u8 *theirs, const char *slot, bool assoc,
			   u32 serial);

#endif
