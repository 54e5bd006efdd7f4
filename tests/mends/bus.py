# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the bus."""
from table import mend

mend("R3-B3", "vmbus/offer.c", "kunit vmbus_pause", "no device is added while the system sleeps",
     "\tif (pause_put_off(&chan->ch))\n\t\treturn;\n", "")
mend("B4-stale", "vmbus/move.c", "kunit vmbus_moves", "an answer to a move of an earlier opening ends no later one",
     "\treturn atomic_dec_if_positive(&chan->need) <= 0;\n", "\tatomic_dec_if_positive(&chan->need);\n\treturn true;\n")
mend("B4-forget", "vmbus/move.c", "kunit vmbus_moves", "answers that are still owed come first",
     "\tatomic_set(&chan->need, atomic_read(&chan->owed) + 1);\n", "\tatomic_set(&chan->need, 1);\n")
mend("B8", "vmbus/hv.c", "kunit vmbus_cpus", "an isolated VM is refused", "\tif (hv_isolated()) {\n", "\tif (0 && hv_isolated()) {\n")
mend("B8-disk", "storvsc/main.c", "isolated-devices", "the same by the disk driver, on the kernel's own bus too", "\tif (hv_isolated()) {\n", "\tif (0 && hv_isolated()) {\n")
mend("B8-nic", "netvsc/main.c", "isolated-devices", "by the network driver", "\tif (hv_isolated()) {\n", "\tif (0 && hv_isolated()) {\n")
mend("B8-service", "hv_utils/main.c", "isolated-devices", "and by the services", "\tif (hv_isolated()) {\n", "\tif (0 && hv_isolated()) {\n")
mend("B9", "vmbus/power.c", "kunit vmbus_cpus", "the last CPU's controller is programmed in a pause, and no more",
     "static int cpu_suspend(HV_SYSCORE_ARG)\n{\n", "static int cpu_suspend(HV_SYSCORE_ARG)\n{\n\thv_stimer_legacy_cleanup(smp_processor_id());\n")
mend("B10", "vmbus/synic.c", "kunit vmbus_cpus", "timers that tick by messages are not taken",
     "\tsynic_enable_cpu(bus, cpu);\n\treturn 0;\n", "\thv_stimer_legacy_init(cpu, VMBUS_SINT);\n\tsynic_enable_cpu(bus, cpu);\n\treturn 0;\n")
mend("B10-end", "vmbus/power.c", "kunit vmbus_cpus", "nor cleaned up when the kernel ends",
     "\treturn !IS_ENABLED(CONFIG_X86) || ms_hyperv.misc_features & HV_FEATURE_DIRECT_TIMERS;\n", "\treturn true;\n")
mend("B17", "vmbus/hv.c", "style shared", "a message slot is emptied by an operation that is atomic on every kernel",
     "\tif (sync_cmpxchg(&msg->", "\tif (cmpxchg(&msg->")
mend("B1", "vmbus/channel.c", "kunit vmbus_open", "sub-channels of a device whose driver maps its rings have theirs in one block",
     "\tbool block = is_sub_channel(channel) &&\n\t\t     test_bit(CHAN_RING_BLOCK, &to_chan(channel->primary_channel)->flags);\n",
     "\tbool block = false;\n")
mend("B1-asked", "vmbus/channel.c", "kunit vmbus_open", "that is, of one that asked for its own ring in one block",
     "\tif (!ret)\n\t\tset_bit(CHAN_RING_BLOCK, &to_chan(channel)->flags);\n", "")
mend("B1-over", "vmbus/channel.c", "kunit vmbus_open", "and no longer than it has it",
     "\tclear_bit(CHAN_RING_BLOCK, &to_chan(channel)->flags);\n", "")
mend("B1-seen", "vmbus/channel.c", "uio-rings", "so that user space maps them, and nothing else",
     "\tbool block = is_sub_channel(channel) &&\n\t\t     test_bit(CHAN_RING_BLOCK, &to_chan(channel->primary_channel)->flags);\n",
     "\tbool block = false;\n")
mend("B2", "vmbus/chan_send.c", "kunit vmbus_send", "an id is taken when there is room, and not before",
     "\t\tret = ring_room(&io->tx, p->len);\n\tif (likely(!ret))\n\t\tret = give_id(ch, p, value, trans_id, completion);\n",
     "\t\tret = give_id(ch, p, value, trans_id, completion);\n\tif (likely(!ret))\n\t\tret = ring_room(&io->tx, p->len);\n")
mend("B3", "vmbus/pause.c", "kunit vmbus_pause", "a pause does not wait for who holds a socket",
     "\t\tif (!READ_ONCE(ch->rescind) && still_open(ch))\n", "\t\tif (still_open(ch))\n")
mend("B3-missing", "vmbus/pause.c", "kunit vmbus_pause", "a socket that is not there after a pause is not a missing device",
     "\t\tif (!life_paused(to_chan(ch)->life))\n\t\t\tcontinue;\n", "")
mend("B4", "vmbus/channel.c", "kunit vmbus_open", "a close ends the move that waits for the host, and no driver hears of it afterwards",
     "\t\tchan_forget_move(ch);\n\t}\n", "\t}\n")
mend("B4-closed", "vmbus/life.c", "suites", "only an open channel is moved: a host does not answer for others",
     "\t[LIFE_CLOSING] = {\n", "\t[LIFE_CLOSING] = {\n\t\t[EV_MODIFY] = GO(CLOSING, 0),\n")
mend("B5", "vmbus/offer.c", "kunit vmbus_offers", "a rescind takes the callback away",
     "\tchan_mute(ch);\n\tif (!test_bit(CHAN_LEAVING", "\tif (!test_bit(CHAN_LEAVING")
mend("B5-order", "vmbus/offer.c", "kunit vmbus_offers", "and before anybody can see that the channel was taken back",
     "\tchan_mute(ch);\n\tif (!test_bit(CHAN_LEAVING, &to_chan(ch)->flags))\n\t\tWRITE_ONCE(to_chan(ch)->back_since, jiffies);\n\tactions = chan_step(ch, EV_RESCIND);\n",
     "\tif (!test_bit(CHAN_LEAVING, &to_chan(ch)->flags))\n\t\tWRITE_ONCE(to_chan(ch)->back_since, jiffies);\n\tactions = chan_step(ch, EV_RESCIND);\n\tchan_mute(ch);\n")
mend("B6", "vmbus/main.c", "offers-before-asked", "devices that were offered early go when the bus fails to load",
     "\tvmbus_remove_all(bus);\n\tconnection_stop(bus);\nstop_bus:\n", "\tconnection_stop(bus);\nstop_bus:\n")
mend("B7", "vmbus/connect.c", "kunit vmbus_connection", "a proposal that nobody answered is taken back, for the host may still accept it",
     "\tif (err == -EAGAIN || err == -EIO)\n\t\tset_ended(bus);", "\tif (err)\n\t\tset_ended(bus);")
mend("B7-lost", "vmbus/connect.c", "kunit vmbus_connection", "a host that never confirmed keeps the pages",
     "\tif (bus->unconfirmed)\n\t\tvmbus_bad(", "\tif (0)\n\t\tvmbus_bad(")
mend("B11", "vmbus/quarantine.c", "kunit vmbus_connection", "a host that lets go of nothing gets no more at some time",
     "\treturn READ_ONCE(bus->quarantine_bytes) >= most;\n", "\treturn READ_ONCE(bus->quarantine_bytes) >= most && !most;\n")
mend("B12-twice", "vmbus/offer.c", "kunit vmbus_offers", "a second rescind of a channel keeps no reference",
     "\t\tstorm_note_rescind(bus, ch);\n\telse\n\t\tchan_bad(ch, VERR_MSG_STATE, \"rescinded again\");\n\tchan_put(ch);\n",
     "\t\tstorm_note_rescind(bus, ch);\n\telse\n\t\tchan_get(ch);\n\tchan_put(ch);\n")
mend("B12-failed", "vmbus/channel.c", "kunit vmbus_open", "an open that fails may be the end of a channel that was taken back",
     "failed:\n\tchan_finish(ch, EV_FAILED);\n", "failed:\n\tchan_step(ch, EV_FAILED);\n")
mend("B13-softirqs", "vmbus/intr.c", "kunit vmbus_interrupts_rt", "on PREEMPT_RT the thread calls with softirqs off",
     "\tlocal_bh_disable();\n\tintr_service(per_cpu_ptr(vmbus_bus.cpu, cpu));\n\tlocal_bh_enable();\n",
     "\tintr_service(per_cpu_ptr(vmbus_bus.cpu, cpu));\n")
mend("B13-late", "vmbus/intr.c", "kunit vmbus_interrupts_rt", "nor does who looks for late signals have interrupts off there",
     "\tif (!IS_ENABLED(CONFIG_PREEMPT_RT))\n\t\tlocal_irq_save(flags);\n\tintr_scan_events(bus, cpu);\n\tif (!IS_ENABLED(CONFIG_PREEMPT_RT))\n\t\tlocal_irq_restore(flags);\n",
     "\tlocal_irq_save(flags);\n\tintr_scan_events(bus, cpu);\n\tlocal_irq_restore(flags);\n")
mend("B13-interrupt", "vmbus/intr.c", "kunit vmbus_interrupts_rt", "the interrupt itself calls nobody there",
     "\t\tif (IS_ENABLED(CONFIG_PREEMPT_RT)) {\n\t\t\tif (vc->thread)\n\t\t\t\twake_up_process(vc->thread);\n",
     "\t\tif (IS_ENABLED(CONFIG_PREEMPT_RT)) {\n\t\t\tintr_service(vc);\n")
mend("B14", "vmbus/offer.c", "kunit vmbus_offers", "a device whose host is silent delays itself only",
     "\twait_for_completion(&chan->listed);\t/*", "\tflush_work(&chan->probe_work);\t/*")
mend("B15", "storvsc/kind.c", "suites", "a disk driver that is told nothing of a class takes it for SCSI",
     "\treturn driver_data ? (const struct stor_kind *)driver_data : &stor_scsi;\n", "\treturn (const struct stor_kind *)driver_data;\n")
mend("B15-service", "hv_utils/main.c", "forced-match", "a service driver that is told nothing of a class refuses it",
     "\tif (!svc) {\t", "\tif (0 && !svc) {\t")
mend("R10-4", "vmbus/bus.c", "kunit vmbus_match", "what a driver has set that gave up is not called any more",
     "\t\tchan_forget_driver(dev->channel);\n\t}\n", "\t}\n")
mend("R10-6", "vmbus/channel.c", "kunit vmbus_open", "who closes a device does not wait for the opening of its sub-channels",
     "\tvmbus_req_end_opens(to_chan(primary)->bus);\n", "")
mend("B15-first", "vmbus/bus.c", "kunit vmbus_match", "a driver's own entry comes before what the user added",
     "\tid = id_in_table(drv->id_table, &dev->dev_type);\n\tif (!id && (wanted > 0 || dynid_known(drv, &dev->dev_type)))\n\t\tid = &forced_id;\n\treturn id;\n",
     "\tid = &forced_id;\n\tif (wanted <= 0 && !dynid_known(drv, &dev->dev_type))\n\t\tid = id_in_table(drv->id_table, &dev->dev_type);\n\treturn id;\n")
mend("B15-null", "vmbus/bus.c", "kunit vmbus_match", "a device of the null class is no driver's",
     "\tfor (; !guid_is_null(&table->guid); table++) {\n\t\tif (guid_equal(&table->guid, class))\n\t\t\treturn table;\n\t}\n\treturn NULL;\n",
     "\twhile (!guid_equal(&table->guid, class)) {\n\t\tif (guid_is_null(&table->guid))\n\t\t\treturn NULL;\n\t\ttable++;\n\t}\n\treturn table;\n")
mend("B16-count", "vmbus/chan_enter.h", "kunit vmbus_send", "what senders count is not beside what interrupts count",
     "\tchan_io_of(ch)->out_empty++;\n", "\tch->intr_out_empty++;\n")
mend("B16-lock", "vmbus/chan_enter.h", "kunit vmbus_send", "the host is signalled when other senders may go on",
     "\tif (IS_ENABLED(CONFIG_PREEMPT_RT) && shown) {\n", "\tif (shown) {\n")
mend("B18", "vmbus/chans.c", "kunit vmbus_offers", "two living devices cannot have one name",
     "\t\tif (device)\t/* whatever its class: two cannot have one name */\n\t\t\treturn VERR_OFFER;\n", "")
mend("B18-former", "vmbus/chans.c", "kunit vmbus_offers", "a device that is offered again comes when its former self is gone",
     "\treturn old && old != ch;\n}\n\n/* ---- life", "\treturn false;\n}\n\n/* ---- life")
mend("F06", "vmbus/hvsock.c", "hvsock-refused", "a request for a socket waits for the host's refusal",
     "\tif (!ret)\n\t\treturn wait_for_host(&req);\n", "")
mend("F06-offer", "vmbus/tl.c", "suites", "an offer to a listener in the guest answers no request",
     " &&\n\t       !o->u.pipe.user_def[USER_FROM_HOST];\n", ";\n")
mend("F06-status", "vmbus/tl.c", "suites", "a result without a failure says nothing yet", "\t\treturn r->status;\n", "\t\treturn true;\n")
mend("R4-S1", "vmbus/quarantine.c", "kunit vmbus_connection", "a ring of a channel that is taken back after its close does not count for ever",
     "\t\tif (q->taken_back && time_after(jiffies, q->since + RESCINDED_TEARDOWN))\n\t\t\tq->serial = 0;\n\t\telse\n\t\t\tkept = true;\n", "\t\tkept = true;\n")
mend("R4-S1-wait", "vmbus/gpadl.c", "kunit vmbus_connection", "a rescind cuts the wait for a ring's answer short", "\tasked->req.chan = to_chan(ch);\n", "")
mend("R4-S1-first", "vmbus/channel.c", "kunit vmbus_open", "all channels are told before an answer is waited for",
     "\twhile (primary && tell_subs_closed(channel, &closing))\n\t\t;\n",
     "\twhile (primary && tell_subs_closed(channel, &closing))\n\t\tend_closing(channel, &closing);\n")
mend("R4-S2", "vmbus/channel.c", "kunit vmbus_open", "a ring counts only if its channel was open with it", "\tclear_bit(CHAN_RING_USED, &to_chan(ch)->flags);\n", "")
mend("R5-B1", "vmbus/move.c", "kunit vmbus_moves", "a late answer that may be a stale one is followed by another question",
     "\t\tatomic_cmpxchg(&chan->moving, MOVE_ASKED, MOVE_UNSURE);\n\telse if", "\t\t;\n\telse if")
mend("R6-B1", "vmbus/channel.c", "kunit vmbus_open", "a channel that the host opens after we gave up is closed", "\t\tchan->gave_up = openid;\n", "\t\t;\n")
