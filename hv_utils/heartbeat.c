// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heartbeat: the host counts, and sees by the next number that the guest is
 * alive ("Integration components: heartbeat").
 */
#include "utils.h"

static const int heartbeat_versions[] = { HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0) };

static u64 heartbeat_request(struct ic *ic, void *data, u32 len)
{
	struct hv_heartbeat *beat = data;

	if (len < sizeof(*beat)) {
		ic_bad(ic, "a beat of %u bytes", len);
		return HV_IC_BAD_ARGUMENT;
	}
	beat->sequence = cpu_to_le64(le64_to_cpu(beat->sequence) + 1);
	return HV_IC_OK;
}

const struct ic_service ic_heartbeat = {
	.name = "Heartbeat",
	.type = HV_IC_HEARTBEAT,
	.direct = true,
	.versions = heartbeat_versions,
	.nr_versions = ARRAY_SIZE(heartbeat_versions),
	.frameworks = heartbeat_versions,	/* the same two */
	.nr_frameworks = ARRAY_SIZE(heartbeat_versions),
	.request = heartbeat_request,
};
