// SPDX-License-Identifier: GPL-2.0-only
/*
 * Link state and what else the host indicates.  Changes are told to the stack
 * at least NV_LINK_MS apart: a host that flaps faster is averaged out.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

#define NV_ANNOUNCE_MS	300

/* Whether frames could come: up, and the host has a filter, which it gets from a work item. */
static bool nv_link_usable(const struct nv *nv, const struct nv_conn *conn)
{
	return netif_running(nv->ndev) && conn && nv_filter_there(conn);
}

static void nv_link_carrier(struct nv *nv, bool up)
{
	struct nv_conn *conn = nv_conn_rtnl(nv);

	if (!nv_link_usable(nv, conn) || up == netif_carrier_ok(nv->ndev))
		return;
	if (up) {
		netif_carrier_on(nv->ndev);
		schedule_delayed_work(&nv->announce_work,
				      msecs_to_jiffies(NV_ANNOUNCE_MS));
	} else {
		netif_carrier_off(nv->ndev);
	}
}

/* Not at once: until the stack has seen the carrier, it sends nothing. */
static void nv_announce_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, announce_work);

	if (!nv->gone && netif_carrier_ok(nv->ndev))
		netdev_notify_peers(nv->ndev);
}

/* What to do now; a new network shows as a link that goes and comes back. */
static void nv_link_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, link_work);
	unsigned long next = nv->link_last + msecs_to_jiffies(NV_LINK_MS);
	bool up, flap;

	if (nv->gone)
		return;
	if (nv->link_last && time_before(jiffies, next)) {
		schedule_delayed_work(&nv->link_work, next - jiffies);
		return;
	}
	nv->link_last = jiffies;
	spin_lock_bh(&nv->link_lock);
	flap = nv->link_flap && nv->link;
	nv->link_flap = false;
	up = nv->link && !flap;
	spin_unlock_bh(&nv->link_lock);
	rtnl_lock();
	nv_link_carrier(nv, up);
	rtnl_unlock();
	if (flap)
		schedule_delayed_work(&nv->link_work, msecs_to_jiffies(NV_LINK_MS));
}

void nv_link_init(struct nv *nv)
{
	spin_lock_init(&nv->link_lock);
	INIT_DELAYED_WORK(&nv->link_work, nv_link_work);
	INIT_DELAYED_WORK(&nv->announce_work, nv_announce_work);
}

static void nv_link_note(struct nv *nv, u32 status)
{
	spin_lock_bh(&nv->link_lock);
	if (status == HV_RNDIS_IND_NETWORK_CHANGE) {
		nv->link_flap = true;	/* the cable may be out all the same */
	} else {
		nv->link = status == HV_RNDIS_IND_LINK_UP;
		nv->link_told = true;
	}
	spin_unlock_bh(&nv->link_lock);
	if (!nv->gone)
		schedule_delayed_work(&nv->link_work, 0);
}

/**
 * nv_link_event - the host indicates a status
 * @nv: the device
 * @status: HV_RNDIS_IND_*; unknown ones are ignored
 * @data: private copy of what comes with it, or NULL
 * @len: its length
 *
 * Context: NAPI.
 */
void nv_link_event(struct nv *nv, u32 status, const void *data, u32 len)
{
	__le32 speed;

	switch (status) {
	case HV_RNDIS_IND_LINK_UP:
	case HV_RNDIS_IND_LINK_DOWN:
	case HV_RNDIS_IND_NETWORK_CHANGE:
		nv_link_note(nv, status);
		break;
	case HV_RNDIS_IND_SPEED:
		if (len < sizeof(speed))
			break;
		memcpy(&speed, data, sizeof(speed));
		spin_lock_bh(&nv->link_lock);
		nv->speed_told = true;
		WRITE_ONCE(nv->link_speed, le32_to_cpu(speed));
		spin_unlock_bh(&nv->link_lock);
		break;
	case HV_RNDIS_IND_OFFLOAD:
		WRITE_ONCE(nv->offload_asked, true);
		nv_offload_soon(nv, 0);
		break;
	default:
		netdev_dbg(nv->ndev, "status %#x\n", status);
	}
}

/*
 * A new connection is about to ask for link and speed: what the host indicates from here
 * on is not older than its answers, what it indicated before was another connection's.
 */
void nv_link_asked(struct nv *nv)
{
	spin_lock_bh(&nv->link_lock);
	nv->link_told = false;
	nv->speed_told = false;
	nv->link_flap = false;
	spin_unlock_bh(&nv->link_lock);
}

/* The answers of a connection that gets published, once; indications are newer. */
void nv_link_take(struct nv *nv, const struct nv_host *host)
{
	spin_lock_bh(&nv->link_lock);
	if (!nv->link_told)
		nv->link = host->link;
	if (!nv->speed_told)
		WRITE_ONCE(nv->link_speed, host->speed);
	spin_unlock_bh(&nv->link_lock);
}

/* The stack gets to see the link as it is.  Context: RTNL. */
void nv_link_show(struct nv *nv)
{
	bool up;

	spin_lock_bh(&nv->link_lock);
	up = nv->link;
	spin_unlock_bh(&nv->link_lock);
	if (up && nv_link_usable(nv, nv_conn_rtnl(nv)))
		netif_carrier_on(nv->ndev);
	else
		netif_carrier_off(nv->ndev);
}

/* The host has a filter now.  Context: may sleep, without RTNL. */
void nv_link_ready(struct nv *nv)
{
	rtnl_lock();
	nv_link_show(nv);
	rtnl_unlock();
}
