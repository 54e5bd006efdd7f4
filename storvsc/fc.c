// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tools for Fibre Channel look for: the adapter under /sys/class/fc_host with its
 * world wide names, and one remote port.
 *
 * The host passes LUNs through and says nothing of the ports that they are behind, so the
 * targets hang below the SCSI host, as on any other controller, and are scanned like that.
 * The remote port stands for the host; it has the role that tells tools that it is no target.
 */
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport.h>
#include <scsi/scsi_transport_fc.h>

#include "storvsc.h"

#if IS_ENABLED(CONFIG_SCSI_FC_ATTRS)

static struct fc_function_template stor_fc_functions = {
	.show_host_node_name	= 1,
	.show_host_port_name	= 1,
	.show_host_port_type	= 1,
};

static struct scsi_transport_template *stor_fc_transport;

/**
 * stor_fc_start() - make the class known, once for the module
 *
 * Return: 0 or -ENOMEM.
 */
int stor_fc_start(void)
{
	stor_fc_transport = fc_attach_transport(&stor_fc_functions);
	if (!stor_fc_transport)
		return -ENOMEM;
	/* would look below remote ports only, where there is nothing */
	stor_fc_transport->user_scan = NULL;
	return 0;
}

void stor_fc_stop(void)
{
	fc_release_transport(stor_fc_transport);
}

/**
 * stor_fc_prepare() - before the SCSI host is added
 * @ctl: controller, of whatever kind
 */
void stor_fc_prepare(struct stor_ctl *ctl)
{
	if (ctl->kind->fc)
		ctl->shost->transportt = stor_fc_transport;
}

/**
 * stor_fc_names() - the host has told the adapter's names, for the first time or anew
 * @ctl: controller, of whatever kind, whose SCSI host has been added
 *
 * A machine that was moved comes back with the adapter's other pair of names.
 */
void stor_fc_names(struct stor_ctl *ctl)
{
	if (!ctl->kind->fc)
		return;
	fc_host_port_name(ctl->shost) = wwn_to_u64(ctl->wwn);
	fc_host_node_name(ctl->shost) = wwn_to_u64(ctl->wwn + 8);
	fc_host_port_type(ctl->shost) = FC_PORTTYPE_NPIV;
}

/**
 * stor_fc_arrive() - after the SCSI host has been added
 * @ctl: controller, of whatever kind
 *
 * Context: process.
 */
void stor_fc_arrive(struct stor_ctl *ctl)
{
	struct fc_rport_identifiers ids = {
		.port_name = wwn_to_u64(ctl->wwn),
		.node_name = wwn_to_u64(ctl->wwn + 8),
		.roles = FC_PORT_ROLE_FCP_DUMMY_INITIATOR,
	};

	if (!ctl->kind->fc)
		return;
	stor_fc_names(ctl);
	/* nothing depends on it */
	if (!fc_remote_port_add(ctl->shost, 0, &ids))
		dev_warn(&ctl->dev->device, "no remote port\n");
}

/**
 * stor_fc_leave() - before the SCSI host is removed
 * @ctl: controller, of whatever kind
 */
void stor_fc_leave(struct stor_ctl *ctl)
{
	if (ctl->kind->fc)
		fc_remove_host(ctl->shost);
}

#else

int stor_fc_start(void)
{
	return 0;
}

void stor_fc_stop(void)
{
}

void stor_fc_prepare(struct stor_ctl *ctl)
{
}

void stor_fc_names(struct stor_ctl *ctl)
{
}

void stor_fc_arrive(struct stor_ctl *ctl)
{
}

void stor_fc_leave(struct stor_ctl *ctl)
{
}

#endif
