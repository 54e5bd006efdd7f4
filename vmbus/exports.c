// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of open channels.  exports_bus.c, exports_chan.c, exports_conn.c
 * and exports_ring.c have the rest.
 *
 * With CONFIG_MODVERSIONS a symbol's CRC is computed from its declaration and
 * from every type that is complete in the file with the EXPORT_SYMBOL.  A
 * driver that was built against the kernel's own hv_vmbus loads on this one
 * only if each CRC is the same, so the includes of these five files are not a
 * matter of taste: they make exactly those types complete that are complete
 * where the kernel exports the symbol.  scripts/check-abi compares all CRCs
 * with the kernel's Module.symvers; "make exports.symtypes" shows what differs.
 */
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include <linux/uio.h>
#include "vmbus_priv.h"

EXPORT_SYMBOL_GPL(vmbus_alloc_ring);
EXPORT_SYMBOL_GPL(vmbus_free_ring);
EXPORT_SYMBOL_GPL(vmbus_connect_ring);
EXPORT_SYMBOL_GPL(vmbus_disconnect_ring);
EXPORT_SYMBOL_GPL(vmbus_open);
EXPORT_SYMBOL_GPL(vmbus_close);
EXPORT_SYMBOL_GPL(vmbus_establish_gpadl);
EXPORT_SYMBOL_GPL(vmbus_teardown_gpadl);
EXPORT_SYMBOL_GPL(vmbus_send_modifychannel);
EXPORT_SYMBOL_GPL(vmbus_send_tl_connect_request);
EXPORT_SYMBOL(vmbus_sendpacket);
EXPORT_SYMBOL(vmbus_sendpacket_getid);
EXPORT_SYMBOL_GPL(vmbus_sendpacket_mpb_desc);
EXPORT_SYMBOL(vmbus_recvpacket);
EXPORT_SYMBOL_GPL(vmbus_recvpacket_raw);
EXPORT_SYMBOL_GPL(vmbus_next_request_id);
EXPORT_SYMBOL_GPL(vmbus_request_addr);
EXPORT_SYMBOL_GPL(vmbus_request_addr_match);
EXPORT_SYMBOL_GPL(__vmbus_request_addr_match);
EXPORT_SYMBOL_GPL(vmbus_setevent);
