// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out which bus this is: ours can do more, and the driver works on the kernel's own.
 */
#include <linux/module.h>
#include "bus.h"

DEFINE_STATIC_CALL_RET0(nv_bus_place, hv_ring_place);
DEFINE_STATIC_CALL_NULL(nv_bus_placed, hv_ring_placed);
DEFINE_STATIC_CALL_NULL(nv_bus_forget, hv_ring_forget);
DEFINE_STATIC_CALL_RET0(nv_bus_answer, hv_ring_answer);
DEFINE_STATIC_CALL_NULL(nv_bus_hold, hv_ring_hold);
DEFINE_STATIC_CALL_NULL(nv_bus_let_go, hv_ring_let_go);

/* What symbol_get() has found, to be given back. */
static typeof(hv_ring_place) *place;
static typeof(hv_ring_placed) *placed;
static typeof(hv_ring_forget) *forget;
static typeof(hv_ring_answer) *answer;
static typeof(hv_ring_hold) *hold;
static typeof(hv_ring_let_go) *let_go;

/**
 * nv_bus_find - look for what this bus can do
 *
 * Context: the module is loaded, and has no devices yet.
 */
void __init nv_bus_find(void)
{
	placed = symbol_get(hv_ring_placed);
	forget = symbol_get(hv_ring_forget);
	if (placed && forget)
		place = symbol_get(hv_ring_place);
	answer = symbol_get(hv_ring_answer);
	if (place) {
		static_call_update(nv_bus_placed, placed);
		static_call_update(nv_bus_forget, forget);
		static_call_update(nv_bus_place, place);
	}
	if (answer)
		static_call_update(nv_bus_answer, answer);
	hold = symbol_get(hv_ring_hold);
	let_go = symbol_get(hv_ring_let_go);
	if (hold && let_go) {
		static_call_update(nv_bus_hold, hold);
		static_call_update(nv_bus_let_go, let_go);
	}
}

/**
 * nv_bus_put - the calls are not used any more
 *
 * Context: there are no devices any more.
 */
void nv_bus_put(void)
{
	if (place)
		symbol_put(hv_ring_place);
	if (placed)
		symbol_put(hv_ring_placed);
	if (forget)
		symbol_put(hv_ring_forget);
	if (answer)
		symbol_put(hv_ring_answer);
	if (hold)
		symbol_put(hv_ring_hold);
	if (let_go)
		symbol_put(hv_ring_let_go);
}
