// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much at a time: what rings hold and what hosts claim (pure: no device, no
 * locks, no sleeping).
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <hv/stor_wire.h>

#include "limits.h"

/**
 * stor_depth() - commands that the host may own at the same time
 * @ring_size: bytes of each ring, its control page among them
 * @rings: how many there are
 *
 * As many as all rings take in together, counting each command as one of
 * STOR_SMALL_BYTES with its 64 bytes of packet and 8 of trailer.
 *
 * Return: STOR_MIN_DEPTH to STOR_MAX_DEPTH.
 */
unsigned int stor_depth(u32 ring_size, unsigned int rings)
{
	unsigned int room = ring_size - HV_HYP_PAGE_SIZE;
	unsigned int packet = STOR_MPB_LEN(STOR_SMALL_FRAMES) +
			      sizeof(struct hv_stor_packet) + sizeof(u64);

	return clamp_t(u64, (u64)(room / packet) * rings, STOR_MIN_DEPTH,
		       STOR_MAX_DEPTH);
}

/**
 * stor_clamp_transfer() - the largest transfer to be used
 * @claimed: bytes that the host claims to take, from nothing to everything
 * @ring_size: bytes of a ring, its control page among them
 * @most: what this kind of controller takes in truth
 *
 * Fits the ring several times over, and our page lists, so that neither a huge
 * nor an absurdly small claim does any harm.
 *
 * Return: bytes, a multiple of the sector size.
 */
u32 stor_clamp_transfer(u32 claimed, u32 ring_size, u32 most)
{
	u32 ring_frames = (ring_size - HV_HYP_PAGE_SIZE) / 8 / sizeof(u64);
	u32 fits = min_t(u32, most, (ring_frames - 32) * HV_HYP_PAGE_SIZE);

	if (!claimed)
		claimed = 64 * 1024;
	return round_down(clamp_t(u32, claimed, min_t(u32, PAGE_SIZE, fits), fits), 512);
}
