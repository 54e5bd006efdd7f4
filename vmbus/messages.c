// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host may send ("Message table" in the VMBus protocol): least length, when,
 * since which version, and who handles it. Pure: a table.
 */
#include "dispatch.h"

#define CONTACT	VMBUS_PHASE_CONTACT
#define UP	VMBUS_PHASE_UP
#define UNLOAD	VMBUS_PHASE_UNLOAD
#define MSG(type, size, when, ctx, version, fn)	\
	[CHANNELMSG_##type] = { .min_size = size, .phases = when, .context = ctx,	\
				.min_version = version, .handler = fn }

const struct vmbus_msg_entry vmbus_messages[CHANNELMSG_COUNT] = {
	MSG(OFFERCHANNEL, 196, UP, MSG_WORK, 0, vmbus_on_offer),
	MSG(RESCIND_CHANNELOFFER, 12, UP, MSG_WORK, 0, vmbus_on_rescind),
	MSG(ALLOFFERS_DELIVERED, 8, UP, MSG_WORK, 0, vmbus_on_offers_delivered),
	MSG(OPENCHANNEL_RESULT, 20, UP, MSG_FAST, 0, vmbus_on_open_result),
	MSG(GPADL_CREATED, 20, UP, MSG_FAST, 0, vmbus_on_gpadl_created),
	MSG(GPADL_TORNDOWN, 12, UP, MSG_FAST, 0, vmbus_on_gpadl_torndown),
	MSG(VERSION_RESPONSE, 16, CONTACT | UP, MSG_FAST, 0, vmbus_on_version_response),
	MSG(UNLOAD_RESPONSE, 8, UNLOAD, MSG_FAST, 0, vmbus_on_unload_response),
	MSG(TL_CONNECT_RESULT, 44, UP, MSG_FAST, VERSION_WIN10_V4_1, vmbus_on_tl_result),
	MSG(MODIFYCHANNEL_RESPONSE, 16, UP, MSG_FAST, VERSION_WIN10_V5_3, vmbus_on_modify_response),
};
