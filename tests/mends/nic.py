# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the NIC driver."""
from table import mend

mend("N1", "netvsc/owner.h", "suites", "one of two takes a request back, and the loser knows",
     "\treturn cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out;\n",
     "\tif (o->word != out)\n\t\treturn false;\n\to->word = nv_owner_word(gen, NV_OWNER_HELD);\n\treturn true;\n")
mend("N1-gen", "netvsc/owner.h", "suites", "an answer to the slot's last use does not end its next one",
     "\treturn (nv_owner_gen(READ_ONCE(o->word)) + 1) % NV_OWNER_GENS;\n", "\treturn nv_owner_gen(READ_ONCE(o->word)) % NV_OWNER_GENS;\n")
mend("N2", "netvsc/free_list.c", "suites", "a list says how many slots it has when they are in it",
     "\tu32 i;\n\n\tfor (i = 0; i < count; i++)\n\t\tslot[i] = first + i;\n\tf->slot = slot;\n",
     "\tu32 i;\n\n\tWRITE_ONCE(f->put, count);\n\tfor (i = 0; i < count; i++)\n\t\tslot[i] = first + i;\n\tf->slot = slot;\n")
mend("N6", "netvsc/name.c", "suites", "the friendly name ends at its zero",
     "\t\tif (!c)\n\t\t\tbreak;\n\t\tif (c < ' '", "\t\tif (c < ' '")
mend("N6-default", "netvsc/name.c", "suites", "the default name is none",
     "\tif (out == sizeof(default_name) - 1 && !memcmp(name, default_name, out))\n\t\treturn 0;\n", "")
mend("N8", "netvsc/life.c", "suites", "no reset begins while a connection is being built",
     "\t\t[NV_TURN_CONNECTED] = GO(UP),\n", "\t\t[NV_TURN_CONNECTED] = GO(UP),\n\t\t[NV_TURN_RESET] = GO(CONNECTING),\n")
mend("N18", "netvsc/vf_state.c", "suites", "the NIC whose serial number is the slot's has the function",
     "\treturn number == serial ? NV_VF_BY_SERIAL : NV_VF_NOT_OURS;\n", "\treturn NV_VF_BY_ADDRESS;\n")
mend("N14", "netvsc/subchan.c", "kunit netvsc_sub", "who opens a sub-channel finds no connection that is about to go",
     "\tif (conn && !kref_get_unless_zero(&conn->ref))\n\t\tconn = NULL;\n", "")
mend("N22-poll", "netvsc/poll.h", "suites", "busy polling of an empty ring loses no wake-up",
     "\tif (!claimed || work) {\n\t\t*empty = 0;\n\t\treturn claimed;\n\t}\n\treturn ++*empty <= NV_EMPTY_POLLS;\n",
     "\tif (work) {\n\t\t*empty = 0;\n\t\treturn claimed;\n\t}\n\treturn ++*empty <= NV_EMPTY_POLLS && claimed;\n")
mend("F01-vf", "netvsc/vf.c", "net-rtnl-vf", "a VF that the host takes back is left without RTNL",
     "\t\tnv_vf_path_end(nv);\n\t\task = next;\n", "\t\tnv_vf_path_back(nv);\n")
mend("N3", "netvsc/vf.c", "net-vf", "nothing of a VF is set out of a notifier, where newer kernels hold its lock",
     "\trcu_assign_pointer(nv->vf, vf);\n\tnetdev_info(", "\trcu_assign_pointer(nv->vf, vf);\n\tnv_vf_mirror(nv, vf);\n\tnetdev_info(")
mend("N4", "netvsc/rebuild.c", "net-manner-frame", "the largest MTU is not the one that is configured",
     "\tndev->max_mtu = conn->host.nvsp > HV_NVSP_V1 ? NV_MTU_MAX : ETH_DATA_LEN;\n", "\tndev->max_mtu = conn->host.max_frame;\n")
mend("N4-back", "netvsc/conn.c", "net-manner-frame", "a host that takes less than is asked for has the old MTU again",
     "\tif (conn->exactly)\n\t\treturn -EINVAL;\n", "")
mend("N7", "netvsc/offload.c", "net-manner-rsc", "the host coalesces without being asked to",
     "\t\tndev->features |= f | vlan;\n\t\tnv->rsc = f & NETIF_F_LRO;\n", "\t\tndev->features |= (f & ~NETIF_F_LRO) | vlan;\n")
mend("N7-header", "netvsc/rx_skb.c", "net-manner-rsc", "the header of a coalesced frame gets a checksum",
     "\tnv_renew_header(skb, m);\n", "\t(void)nv_renew_header;\n")
mend("N7-ids", "netvsc/rx.c", "net-manner-rsc", "parts of a frame have ids of their own",
     "\t} else if (!rx->parts) {", "\t} else if (!rx->parts || m->packet_id != rx->first.packet_id) {")
mend("N10", "netvsc/nvsp.c", "net-manner-table", "the host's table applies to the queues that are there in the end",
     "\tif (conn->has_host_table)\n\t\tnv_map_table(conn);\n", "")
mend("N10-early", "netvsc/nvsp.c", "net-manner-table", "and not to those that are there when it comes",
     "\tconn->queues_known = true;\n\tif (conn->has_host_table)\n\t\tnv_map_table(conn);\n", "\tconn->queues_known = true;\n\tif (conn->has_host_table)\n\t\tWRITE_ONCE(conn->has_send_table, true);\n")
mend("N11", "netvsc/offload.c", "net-manner-header", "nobody else checks the headers of what we receive",
     "\tp.ip4 = HV_PARAM_OFF;\n", "\tp.ip4 = HV_PARAM_RX;\n")
mend("N12", "netvsc/tx.c", "net-manner-vlan", "a tag in the frame goes beside it",
     "\tif (unlikely(!q || (nv_tag_inside(skb) && nv_take_tag(skb))))\n", "\tif (unlikely(!q))\n")
mend("N13", "netvsc/vf_path.c", "net-vf-parity", "netpoll's frames do not go through the VF's queueing",
     "\tif (!READ_ONCE(nv->vf_path) || netpoll_tx_running(nv->ndev))\n", "\tif (!READ_ONCE(nv->vf_path))\n")
mend("N15", "netvsc/tx.c", "net-stamps", "frames are stamped when they leave",
     "\tskb_tx_timestamp(skb);\n\tq->tx.train.bytes += skb->len;\n", "\tq->tx.train.bytes += skb->len;\n")
mend("N15-pages", "netvsc/tx.c", "net-stamps", "those that go as pages too",
     "\tif (!ret)\n\t\tskb_tx_timestamp(skb);\n", "")
mend("N16", "netvsc/queue.c", "net-sub-gone", "a sub-channel that is taken back is heard of at once",
     "\t\tnv_queue_dead(conn->queue[i]);\n\t}\n\trcu_read_unlock();\n", "\t}\n\trcu_read_unlock();\n")
mend("N16-limits", "netvsc/sub_gone.c", "net-sub-gone", "byte queue limits do not wait for what was on its way there",
     "\tnetdev_tx_reset_queue(txq);\n", "")
mend("N16-behind", "netvsc/sub_gone.c", "net-sub-gone", "nor does what waits behind those limits",
     "\t\tnetif_tx_start_queue(txq);\n\t\tnetif_schedule_queue(txq);\t/* those", "\t\tnetif_tx_wake_queue(txq);\t/* those")
mend("N16-held", "netvsc/sub_gone.c", "net-sub-gone", "who sent what the host had there does not wait for it",
     "\tpackets = nv_tx_abandon(q);\n", "\tpackets = 1;\n")
mend("R9-5", "netvsc/sub_gone.c", "kunit netvsc_gone", "what the host had on a sub-channel is given back once that is closed",
     "\tvmbus_close(chan);\n\tnv_gone_sent(q, txq);\n", "\tnv_gone_sent(q, txq);\n\tvmbus_close(chan);\n")
mend("R9-5-close", "netvsc/sub_gone.c", "net-sub-gone", "which it is at once, and the host has its number back",
     "\tvmbus_close(chan);\n", "\t(void)chan;\n")
mend("R9-6", "netvsc/poll.h", "suites", "netpoll, which reads completions alone, has not read a ring empty",
     "\treturn budget && work < budget;\n", "\treturn !budget || work < budget;\n")
mend("R9-7", "netvsc/poll.h", "suites", "nor has a poll that its budget ended",
     "\treturn budget && work < budget;\n", "\treturn budget;\n")
mend("R9-7-late", "netvsc/sub_gone.c", "kunit netvsc_gone", "completions that an honest host had written before are read before the channel is closed",
     "\twait_for_completion_timeout(&q->drained, msecs_to_jiffies(NV_DRAIN_MS));\n", "")
mend("R9-7-count", "netvsc/sub_gone.c", "net-sub-gone", "what a host never completed is counted",
     "\tu64_stats_add(&q->tx_stats->abandoned, packets);\n", "\t(void)packets;\n")
mend("N9", "netvsc/rebuild.c", "net-rtnl-hold", "RTNL is free while the host lets go of a connection that it has lost",
     "\tconn = nv_unpublish(nv);\n\trtnl_unlock();\n\tif (conn)\n\t\tnv_detach(nv, conn, false);\n",
     "\tconn = nv_unpublish(nv);\n\tif (conn)\n\t\tnv_detach(nv, conn, true);\n\trtnl_unlock();\n")
mend("N9-build", "netvsc/rebuild.c", "net-rtnl-hold", "and while the next one is built",
     "\tnv_drop(nv);\n\tret = nv_build(nv, &nv->cfg, NV_AS_IT_GOES);\n\tif (ret)\n\t\tnv_give_up(nv, ret);\n",
     "\tnv_drop(nv);\n\tnv_take_rtnl(nv);\n\tret = nv_build(nv, &nv->cfg, NV_UNDER_RTNL);\n\trtnl_unlock();\n\tif (ret)\n\t\tnv_give_up(nv, ret);\n")
mend("N9-change", "netvsc/rebuild.c", "net-rtnl-hold", "also when a setting wants it",
     "\tif (how != NV_UNDER_RTNL)\n\t\trtnl_unlock();\n\tret = nv_replace(nv, conn, cfg, how);\n", "\tret = nv_replace(nv, conn, cfg, NV_UNDER_RTNL);\n")
mend("N17", "netvsc/netdev.c", "net-vf-parity", "what the user turns off, the VF does not do either",
     "\tnv_vf_set_features(nv, f);\n", "")
mend("N17-queue", "netvsc/vf_path.c", "net-vf-parity", "the VF chooses among its own queues",
     "\t\tskb_set_queue_mapping(skb, 0);\t/* ours would pass for a queue that it came on */\n", "")
mend("N17-down", "netvsc/netdev.c", "net-vf-parity", "the VF goes down with its NIC",
     "\tnv_vf_close(nv);\n", "")
mend("N17-speed", "netvsc/ethtool.c", "net-vf-parity", "the speed is that of what data goes over",
     "\tif (!nv->speed && nv_vf_link_settings(nv, k))", "\tif (0 && nv_vf_link_settings(nv, k))")
mend("N17-redirect", "netvsc/xdp.c", "net-vf-redirect", "frames that are redirected to the NIC go over its VF",
     "\tret = nv_vf_xdp_xmit(nv, n, frames, flags);\n", "\tret = -EOPNOTSUPP;\n")
mend("N19", "netvsc/rebuild.c", "net-host-less", "a new connection's host may offer less: the features follow",
     "\tnetdev_update_features(ndev);\t/* the host may be another one, with less to offer */\n", "")
mend("N20", "netvsc/conn.c", "net-reset-early", "NAPIs come and go under RTNL",
     "\tnv_conn_lock(conn);\n\tconn->queue[0] = nv_queue_alloc(conn, 0);\n\tnv_conn_unlock(conn);\n", "\tconn->queue[0] = nv_queue_alloc(conn, 0);\n")
mend("N20-free", "netvsc/conn.c", "net-reset-early", "also when a connection is undone",
     "\tnv_conn_lock(conn);\n\tfor (i = 0; i < conn->nalloc; i++)\n\t\tnv_queue_free(conn->queue[i]);\n\tnv_orphans_free(nv);\n\tnv_conn_unlock(conn);\n",
     "\tfor (i = 0; i < conn->nalloc; i++)\n\t\tnv_queue_free(conn->queue[i]);\n\tnv_orphans_free(nv);\n")
mend("N21", "netvsc/link.c", "net-link-out", "another network does not put the cable in",
     "\t\tnv->link_flap = true;\t/* the cable may be out all the same */\n", "\t\tnv->link_flap = true;\n\t\tnv->link = true;\n")
mend("N22-pieces", "netvsc/tx.c", "net-manner-pieces", "a frame in more pieces than the host takes is made one piece",
     "\tif (ret == -EMSGSIZE && !skb_linearize(skb))\n\t\tret = nv_send_stamped(q, skb, head, len);\n", "")
mend("N22-mark", "netvsc/rx.c", "net-room-wanted", "completions that wait for room do not take back that a queue waits for more",
     "\t\t\tif (READ_ONCE(q->chan->outbound.ring_buffer->pending_send_sz) < 2048)\n\t\t\t\tset_channel", "\t\t\tset_channel")
mend("R10-N4", "netvsc/tx_uso.c", "kunit netvsc_uso", "a large UDP buffer that waits for a queue whose channel is closed is cut by the stack",
     "\treturn chan && sections &&", "\treturn sections &&")
mend("R10-N2-nic", "vmbus/channel.c", "net-sub-never-confirmed", "so a NIC can be set, built anew and removed",
     "\t\treturn;\n\tno_subs(primary_channel);\n", "\t\treturn;\n")
mend("R10-N3", "netvsc/subchan.c", "kunit netvsc_sub", "a device stays while somebody opens a sub-channel of it, whom the kernel's own bus does not wait for",
     "\t\tatomic_inc(&conn->nv->openers);\n", "\t\t(void)conn->nv->openers;\n",
     more=(("\tif (atomic_dec_and_test(&nv->openers))\n", "\tif (0)\n"),))
mend("R10-N5", "netvsc/tx_done.c", "kunit netvsc_done", "netpoll gives no frame of a program back to its page pool, whose locks are not for that",
     "\tif (unlikely(!q->budget && s->xdp && s->data))\n", "\tif (0)\n")
mend("R10-N9", "netvsc/tx_done.c", "kunit netvsc_done", "a queue that waits for room asks again, as receive completions may have asked for less in the same moment",
     "\t\tset_channel_pending_send_size(q->chan, room);\n", "\t\t(void)room;\n")
mend("R10-N6", "netvsc/rebuild.c", "net-reset-storm", "a host that wants a new connection again and again gets one a second",
     "clamp_t(long, left, 0, NV_RESET_EACH)", "clamp_t(long, left, 0, 0)")
mend("R10-N10", "netvsc/wait.c", "kunit netvsc_wait", "nothing is asked for whose answer there is no time",
     "\telse if (!nv_wait_limit(conn))\n\t\tret = -ETIMEDOUT;\n", "")
mend("R10-N10-blame", "netvsc/wait.c", "kunit netvsc_wait", "nor is the host blamed for it",
     "\tif (!limit)\t\t/* the time was over while it was sent */\n\t\treturn -ETIMEDOUT;\n", "")
mend("R10-N8", "netvsc/vf_mirror.c", "kunit netvsc_mirror", "a VF has none of our addresses before it has all that we have, and gives none back after it left",
     "\tif (vf && nv->vf_mirrored) {\n", "\tif (vf) {\n")
