// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out which bus this is: ours can do more, and the driver works on the kernel's own.
 */
#include <linux/module.h>
#include <hv/ring_hold.h>
#include "bus.h"

/* Written before the first device is there and after the last, else constant. */
struct nv_bus nv_bus __ro_after_init;

/**
 * nv_bus_find - look for what this bus can do
 *
 * Context: the module is loaded, and has no devices yet.
 */
void __init nv_bus_find(void)
{
	nv_bus.placed = symbol_get(hv_ring_placed);
	nv_bus.forget = symbol_get(hv_ring_forget);
	if (nv_bus.placed && nv_bus.forget)
		nv_bus.place = symbol_get(hv_ring_place);
	nv_bus.answer = symbol_get(hv_ring_answer);
}

/**
 * nv_bus_put - the calls are not used any more
 *
 * Context: there are no devices any more.
 */
void nv_bus_put(void)
{
	if (nv_bus.place)
		symbol_put(hv_ring_place);
	if (nv_bus.placed)
		symbol_put(hv_ring_placed);
	if (nv_bus.forget)
		symbol_put(hv_ring_forget);
	if (nv_bus.answer)
		symbol_put(hv_ring_answer);
}
