/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What our bus can do and the kernel's own cannot: calls of hv/ring_hold.h.  They are patched
 * into the code that makes them, so that a packet costs no indirect call; where there is none
 * they give 0, or NULL.
 */
#ifndef _NETVSC_BUS_H
#define _NETVSC_BUS_H

#include <linux/static_call.h>
#include <hv/ring_hold.h>

DECLARE_STATIC_CALL(nv_bus_place, hv_ring_place);
/* only after nv_bus_place has given something: */
DECLARE_STATIC_CALL(nv_bus_placed, hv_ring_placed);
DECLARE_STATIC_CALL(nv_bus_forget, hv_ring_forget);
/* 0: there is no such call */
DECLARE_STATIC_CALL(nv_bus_answer, hv_ring_answer);

/* nothing, where there is no such call: */
DECLARE_STATIC_CALL(nv_bus_hold, hv_ring_hold);
DECLARE_STATIC_CALL(nv_bus_let_go, hv_ring_let_go);

void nv_bus_find(void);
void nv_bus_put(void);

#endif
