/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the ethtool files: counters, spreading and self-test. */
#ifndef _NETVSC_ETHTOOL_H
#define _NETVSC_ETHTOOL_H

#define NV_TESTS	2

u32 nv_get_rx_ring_count(struct net_device *ndev);
int nv_get_rxnfc(struct net_device *ndev, struct ethtool_rxnfc *c, u32 *rules);
int nv_set_rxnfc(struct net_device *ndev, struct ethtool_rxnfc *c);
int nv_get_flow_hash(struct net_device *ndev, struct hv_flow_hash *c);
int nv_set_flow_hash(struct net_device *ndev, const struct hv_flow_hash *c,
		     struct netlink_ext_ack *extack);
u32 nv_get_rxfh_key_size(struct net_device *ndev);
u32 nv_get_rxfh_indir_size(struct net_device *ndev);
int nv_get_rxfh(struct net_device *ndev, HV_RXFH_ARGS);
int nv_set_rxfh(struct net_device *ndev, HV_RXFH_SET_ARGS);
int nv_get_sset_count(struct net_device *ndev, int set);
void nv_get_strings(struct net_device *ndev, u32 set, u8 *p);
void nv_get_stats(struct net_device *ndev, struct ethtool_stats *stats, u64 *d);
void nv_self_test(struct net_device *ndev, struct ethtool_test *t, u64 *data);
void nv_test_strings(u8 **p);

#endif
