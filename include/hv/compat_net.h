/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ in what the network driver uses; see compat.h.
 */
#ifndef _HV_COMPAT_NET_H
#define _HV_COMPAT_NET_H

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <net/xdp.h>

#ifdef HV_HAVE_POOL_HELPERS
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

#ifdef HV_HAVE_LOCK_OPS
#include <net/netdev_lock.h>
#endif

/* Which XDP actions a device has is announced in newer kernels. */
static inline void hv_xdp_announce(struct net_device *ndev)
{
#ifdef HV_HAVE_XDP_FEATURES
	ndev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			     NETDEV_XDP_ACT_NDO_XMIT | NETDEV_XDP_ACT_RX_SG |
			     NETDEV_XDP_ACT_NDO_XMIT_SG;
#endif
}

/* A slave gets no IPv6 address; older kernels know it by IFF_SLAVE. */
static inline void hv_no_addrconf(struct net_device *ndev, bool on)
{
#ifdef HV_HAVE_NO_ADDRCONF
	if (on)
		ndev->priv_flags |= IFF_NO_ADDRCONF;
	else
		ndev->priv_flags &= ~IFF_NO_ADDRCONF;
#endif
}

/* Newer kernels want a device's own lock around changes of its features. */
#ifdef HV_HAVE_LOCK_OPS
#define hv_lock_ops(ndev)	netdev_lock_ops(ndev)
#define hv_unlock_ops(ndev)	netdev_unlock_ops(ndev)
#else
#define hv_lock_ops(ndev)	((void)(ndev))
#define hv_unlock_ops(ndev)	((void)(ndev))
#endif

/* PREEMPT_RT's headers tell sparse of what a trylock took, and not of any unlock. */
#ifdef CONFIG_PREEMPT_RT
#define hv_spin_trylock(lock)	rt_spin_trylock(lock)
#else
#define hv_spin_trylock(lock)	spin_trylock(lock)
#endif

/* Another device's program; newer kernels have its lock taken around that. */
static inline int hv_xdp_propagate(struct net_device *ndev, struct netdev_bpf *bpf)
{
#ifdef HV_HAVE_XDP_PROPAGATE
	return dev_xdp_propagate(ndev, bpf);
#else
	return ndev->netdev_ops->ndo_bpf(ndev, bpf);
#endif
}

/* Newer kernels' NAPIs have what the device said when they were added. */
static inline void hv_napi_defer(struct napi_struct *napi, unsigned long ns, u32 irqs)
{
#ifdef HV_HAVE_NAPI_DEFER
	WRITE_ONCE(napi->gro_flush_timeout, ns);
	WRITE_ONCE(napi->defer_hard_irqs, irqs);
#endif
}

/* An address in the form that the kernel's own callers give it: a longer one in newer kernels. */
static inline int hv_set_mac(struct net_device *ndev, const struct sockaddr *address)
{
#ifdef HV_HAVE_MAC_STORAGE
	struct sockaddr_storage to = { .ss_family = address->sa_family };

	memcpy((char *)&to + offsetof(struct sockaddr, sa_data), address->sa_data, ETH_ALEN);
#else
	struct sockaddr to = *address;
#endif
	return dev_set_mac_address(ndev, &to, NULL);
}

/* The pages of a frame that a program has seen become the packet's. */
static inline void hv_xdp_skb_frags(struct sk_buff *skb, u8 frags, unsigned int size,
				    unsigned int truesize)
{
#ifdef HV_HAVE_XDP_FRAGS_INFO
	xdp_update_skb_frags_info(skb, frags, size, truesize, 0);
#else
	xdp_update_skb_shared_info(skb, frags, size, truesize, false);
#endif
}

static inline void hv_frag_fill(skb_frag_t *f, struct page *page, unsigned int len)
{
#ifdef HV_HAVE_FRAG_FILL
	skb_frag_fill_page_desc(f, page, 0, len);
#else
	__skb_frag_set_page(f, page);
	skb_frag_off_set(f, 0);
	skb_frag_size_set(f, len);
#endif
}

/* Which NAPI serves a queue can be told in newer kernels. */
static inline void hv_queue_napi(struct net_device *ndev, unsigned int queue,
				 struct napi_struct *napi)
{
#ifdef HV_HAVE_QUEUE_NAPI
	netif_queue_set_napi(ndev, queue, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(ndev, queue, NETDEV_QUEUE_TYPE_TX, napi);
#endif
}

/* What flows are spread by is asked for with get_rxnfc, or by an operation of its own. */
#ifdef HV_HAVE_RXFH_FIELDS
#define hv_flow_hash	ethtool_rxfh_fields
#else
#define hv_flow_hash	ethtool_rxnfc
#endif

#ifdef HV_HAVE_RXFH_PARAM
#define HV_RXFH_ARGS	struct ethtool_rxfh_param *rxfh
#define HV_RXFH_SET_ARGS	struct ethtool_rxfh_param *rxfh, struct netlink_ext_ack *extack
#define hv_rxfh_table	(rxfh->indir)
#define hv_rxfh_key	(rxfh->key)
#define hv_rxfh_func	(rxfh->hfunc)
#define hv_rxfh_set_func(v)	(rxfh->hfunc = (v))
#else
#define HV_RXFH_ARGS	u32 *indir, u8 *key, u8 *hfunc
#define HV_RXFH_SET_ARGS	const u32 *indir, const u8 *key, const u8 hfunc
#define hv_rxfh_table	indir
#define hv_rxfh_key	key
#define hv_rxfh_func	hfunc
#define hv_rxfh_set_func(v)	do { if (hfunc) *hfunc = (v); } while (0)
#endif

/* Since 6.6 every pool gives parts of pages. */
#ifndef PP_FLAG_PAGE_FRAG
#define PP_FLAG_PAGE_FRAG 0
#endif

#endif
