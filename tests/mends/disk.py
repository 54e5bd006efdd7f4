# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the disk driver."""
from table import mend

mend("S1", "storvsc/tend.c", "silent-in-recovery", "what the error handler asked a host that keeps everything is abandoned",
     "\tif (stor_life_held(life))\n\t\tstor_abandon_probes(ctl);\n", "")
mend("S3", "storvsc/slot.c", "suites", "who evicts changes exactly the word that he read",
     "\treturn cmpxchg(&slot->word, word, word & ~1U) == word ? cmd : NULL;\n",
     "\tslot->word = word & ~1U;\n\treturn cmd;\n")
mend("S3-once", "storvsc/slot.c", "suites", "the same, by a store that is one",
     "\treturn cmpxchg(&slot->word, word, word & ~1U) == word ? cmd : NULL;\n",
     "\tWRITE_ONCE(slot->word, word & ~1U);\n\treturn cmd;\n")
mend("S3-claim", "storvsc/slot.c", "suites", "who claims changes exactly the word that he read",
     "\t\tseen = cmpxchg(&slot->word, armed, armed & ~1U);\n", "\t\tslot->word = armed & ~1U;\n")
mend("S3-order", "storvsc/slot.c", "suites", "the word is read before what belongs to it",
     "\tu32 word = smp_load_acquire(&slot->word);\n\n\t*cmd = READ_ONCE(slot->cmd);\n\t*chan = READ_ONCE(slot->chan);\n\treturn word;\n",
     "\n\t*cmd = READ_ONCE(slot->cmd);\n\t*chan = READ_ONCE(slot->chan);\n\treturn smp_load_acquire(&slot->word);\n")
mend("S8-parts", "storvsc/slot.c", "suites", "a command is lost after periods of its disk's timer, not of its own",
     "\tif (part >= parts || part == 0xffff) {\n", "\tif (parts) {\n")
mend("S9-overrun", "storvsc/srb.c", "suites", "DATA OVERRUN of an answer that was cut is none",
     "\tcase HV_SRB_SUCCESS:\n\tcase HV_SRB_DATA_OVERRUN:\n", "\tcase HV_SRB_SUCCESS:\n")
mend("S10", "storvsc/srb.c", "suites", "RECOVERED ERROR: the data is there",
     "\t{ RECOVERED_ERROR,\tSTOR_ANY, STOR_ANY, .done = true },\n", "\t{ RECOVERED_ERROR,\tSTOR_ANY, STOR_ANY },\n")
mend("S10-stalled", "storvsc/srb.c", "suites", "what is said to be done has moved a block, or it is an error",
     "\tif (done)\n\t\tstor_judge_stalled(asked, v);\n", "")
mend("S11", "storvsc/scan.c", "slow-report-luns", "a host that is late with its lists is asked again",
     "\tif (!stor_unanswered(stor_bus_changed(ctl))) {\n", "\tif (stor_bus_changed(ctl) || true) {\n")
mend("S11-longer", "storvsc/ask.c", "slow-report-luns", "and has longer each time",
     "\t\t\tctl->probe_timeout = min(2 * ctl->probe_timeout,\n\t\t\t\t\t\t stor_step_timeout());\n", "\t\t\t;\n")
mend("S12", "storvsc/main.c", "slow-handshake", "a controller whose handshake is late is tried again",
     "\tif (ret == -ETIMEDOUT && stor_life_tries(ctl->life)) {\n", "\tif (0 && ret == -ETIMEDOUT) {\n")
mend("S14-unsure", "storvsc/tend.c", "exchanged-meanwhile", "commands wait until the host was asked which disk it has now",
     "\tif (ctl->added)\n\t\tstor_be_unsure(ctl);\n", "")
mend("S14-limits", "storvsc/tend.c", "smaller-after-start-over", "disks follow a host that takes less than before",
     "\t\tset_bit(STOR_LIMITS, &ctl->state);\n", "")
mend("S14-moved", "storvsc/subchan.c", "moved-channels", "queues follow channels that are moved to other CPUs",
     "\tif (ctl)\n\t\tstor_tend_kick(ctl, STOR_CHAN_MOVED);\n", "\t(void)ctl;\n")
mend("S14-name", "storvsc/ident.c", "suites", "another unit is told by its best name",
     "\t\t\tfound = 0;\n", "")
mend("S15", "storvsc/tend.c", "no-scheduler", "a disk starts without an I/O scheduler",
     "\tctl->shost->tag_set.flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;\n", "")
mend("R4-S4", "storvsc/io.c", "retries-after-an-outage", "the time that a command waited for its host is not counted against it",
     "\tif (unlikely(time_before(cmd->jiffies_at_alloc, READ_ONCE(ctl->up_since))))\n\t\tcmd->jiffies_at_alloc = jiffies;\n", "")
mend("S5", "storvsc/subchan.c", "kunit storvsc_reap", "a sub-channel that was taken back is closed, and what was on it goes again",
     "\t\t\tstor_reap(&ctl->chans[i], channel);\n", "\t\t\tif (0)\n\t\t\t\tstor_reap(&ctl->chans[i], channel);\n")
mend("S5-kept", "storvsc/subchan.c", "kunit storvsc_reap", "but not before the host let go of it",
     "\tchan->kept = ctl->gpadl_kept && stor_chan_busy(chan) &&\n\t\t     ctl->gpadl_kept(ctl->dev->channel, chan->gpadl);\n",
     "\tchan->kept = false;\n")
mend("S5-early", "storvsc/tend.c", "kunit storvsc_reap", "nor forgotten, if it was taken back before the controller was up",
     "\t\tWRITE_ONCE(ctl->up_since, jiffies);\n", "\t\tclear_bit(STOR_CHAN_LOST, &ctl->state);\n\t\tWRITE_ONCE(ctl->up_since, jiffies);\n")
mend("S6", "storvsc/limits.c", "suites", "a disk may use all rings",
     "(u64)(room / packet) * rings", "(u64)(room / packet) + 0 * rings")
mend("S8-held", "storvsc/tend.c", "kunit storvsc_reap", "but not while the host has not said that it let go",
     "\tif (ret && !gone) {\n", "\tif (0 && ret && !gone) {\n")
mend("R4-S1-limit", "storvsc/tend.c", "kunit storvsc_reap", "what the host took back and never confirms is waited for with an end",
     "\tif (stor_kept_channels(ctl) && !stor_back_too_long(ctl))\n", "\tif (stor_kept_channels(ctl) && (!stor_back_too_long(ctl) || true))\n")
mend("R5-S10", "storvsc/subchan.c", "kunit storvsc_reap", "a sub-channel that is offered while its place is kept is opened later", "\t\tWRITE_ONCE(chan->waiting, channel);\n", "")
mend("R5-S10-taken", "storvsc/subchan.c", "kunit storvsc_reap", "what waits for its place and is taken back is not looked at any more",
     "\tif (ctl->chans[index].waiting == channel)\n\t\tctl->chans[index].waiting = NULL;\n", "")
mend("R7-1", "storvsc/subchan.c", "kunit storvsc_reap", "what waits for its place waits until it is open",
     "\tret = stor_take_sub(chan, channel);\n\tWRITE_ONCE(chan->waiting, NULL);\n", "\tWRITE_ONCE(chan->waiting, NULL);\n\tret = stor_take_sub(chan, channel);\n")
mend("R7-1-theirs", "storvsc/subchan.c", "kunit storvsc_reap", "on the kernel's own bus nothing waits for its place",
     "\tif (chan && ctl->gpadl_kept && test_bit(", "\tif (chan && test_bit(")
mend("R5-S9-sleep", "storvsc/tend.c", "kunit storvsc_reap", "who waits before a pause clears lost sub-channels away",
     "\t\tif (ctl->life == STOR_UP)\n\t\t\tstor_reap_channels(ctl);\n\t\tif (stor_drain(", "\t\tif (stor_drain(")
mend("S4", "storvsc/tend.c", "kunit storvsc_reap", "who waits for commands under the device's lock sees a rescind",
     "\tqueue_delayed_work(system_long_wq, &ctl->watch, STOR_WATCH);\n}\n\nvoid stor_unwatch", "}\n\nvoid stor_unwatch")
mend("S13", "storvsc/send.c", "kunit storvsc_guess", "a packet is built before the host may answer it",
     "\tstor_build(cmd, (void *)mpb + header);\n\ttrace_storvsc_submit(cmd, way->chan->index, way->id);\n\tstor_slot_arm(way->slot, way->gen, cmd, way->chan);\n\tctl->placed(",
     "\tstor_slot_arm(way->slot, way->gen, cmd, way->chan);\n\tstor_build(cmd, (void *)mpb + header);\n\ttrace_storvsc_submit(cmd, way->chan->index, way->id);\n\tctl->placed(")
mend("S2-blocked", "storvsc/lun.c", "kunit storvsc_doubt", "no device is blocked that the scan was through with before",
     "\tif (!stor_lun_doubted(before))\n\t\tscsi_internal_device_unblock_nowait(sdev, before == STOR_LUN_GONE ?\n\t\t\t\t\t\t    SDEV_TRANSPORT_OFFLINE : SDEV_RUNNING);\n", "")
mend("S2", "storvsc/lun.c", "delete-in-doubt", "our side of a disk lives as long as somebody looks at it",
     "\tcancel_delayed_work_sync(&lun->rescan);\n\tstor_lun_put(lun);\n", "\tcancel_delayed_work_sync(&lun->rescan);\n\tkfree(lun);\n")
mend("S7", "storvsc/io.c", "full-ring-holds-its-disk", "a full ring makes its disk wait, not the controller",
     "\t\treturn SCSI_MLQUEUE_TARGET_BUSY;\n\t}\n\tstor_refuse(ctl, cmd, ret);\n", "\t\treturn SCSI_MLQUEUE_HOST_BUSY;\n\t}\n\tstor_refuse(ctl, cmd, ret);\n")
mend("S7-alone", "storvsc/send.c", "depth-of-all-rings", "nor is a queue alone with its own channel, when that is nearly full",
     "\t       (ctl->nr_queues == 1 || (int)stor_room(channel) > ring_avail_percent_lowater);\n", "\t       ctl;\n")
mend("S8", "storvsc/eh.c", "lost-commands", "commands that the host lost go again",
     "\tif (stor_lost_after() && late >= stor_lost_after())\n\t\tstor_tend_kick(ctl, STOR_CMD_LOST);\n", "")
mend("S9", "storvsc/fc.c", "fibre-channel", "an adapter is where tools look for it",
     "\tif (ctl->kind->fc)\n\t\tctl->shost->transportt = stor_fc_transport;\n", "")
mend("S9-names", "storvsc/fc.c", "fibre-channel", "with the names that the host gives it",
     "\tfc_host_port_name(ctl->shost) = wwn_to_u64(ctl->wwn);\n\tfc_host_node_name(ctl->shost) = wwn_to_u64(ctl->wwn + 8);\n", "")
mend("S9-moved", "storvsc/tend.c", "fibre-channel", "the others too that it has when the channel is opened again",
     "\t\tstor_fc_names(ctl);\n", "")
mend("S9-port", "storvsc/fc.c", "fibre-channel", "and one remote port, which stands for the host",
     "\tif (!fc_remote_port_add(ctl->shost, 0, &ids))\n\t\tdev_warn(&ctl->dev->device, \"no remote port\\n\");\n", "\t(void)ids;\n")
mend("S9-gone", "storvsc/scan.c", "fibre-channel", "a LUN that the host no longer lists goes",
     "\t\tret = stor_compare_known(ctl);\n", "")
mend("S9-transfer", "storvsc/kind.c", "fibre-channel", "no transfer over Fibre Channel is longer than 512 KiB",
     "\t.max_transfer = 512 * 1024,\n", "\t.max_transfer = STOR_MAX_TRANSFER,\n")
mend("S6-asked", "storvsc/proto.c", "sub-channel-never-confirmed", "disks do not wait for who answers no request for sub-channels",
     "\t\t\t\tmin_t(unsigned long, stor_step_timeout(), STOR_SUBCHAN_TIMEOUT));\n", "\t\t\t\tstor_step_timeout());\n")
mend("S6-opened", "storvsc/subchan.c", "sub-channel-never-confirmed", "nor for who opens none",
     "\tif (!stor_chan_trylock(ctl))\n\t\treturn;\n\tstor_assign_homes(ctl);\n", "\tmutex_lock(&ctl->chan_mutex);\n\tstor_assign_homes(ctl);\n")
mend("R9-3", "storvsc/subchan.c", "kunit storvsc_reap", "who looks after a controller does not wait for who opens a sub-channel",
     "\tif (mutex_trylock(&ctl->chan_mutex))\n\t\treturn true;\n", "\tmutex_lock(&ctl->chan_mutex);\n\tif (ctl)\n\t\treturn true;\n")
mend("R9-3-late", "storvsc/subchan.c", "kunit storvsc_reap", "and comes again when that is through",
     "\tif (READ_ONCE(ctl->chan_late) && xchg(&ctl->chan_late, false))\n\t\tstor_tend_kick(ctl, STOR_CHAN_MOVED);\n", "")
mend("R9-3-map", "storvsc/subchan.c", "kunit storvsc_reap", "who looks after channels does not look into the midlayer's map, which goes before",
     "READ_ONCE(ctl->queue_of[cpu])", "ctl->shost->tag_set.map[HCTX_TYPE_DEFAULT].mq_map[cpu]")
mend("R9-4", "storvsc/lun.c", "kunit storvsc_doubt", "no device goes, and no module, while its properties are read",
     "\tcancel_delayed_work_sync(&lun->rescan);\n", "")
mend("R10-1", "storvsc/subchan.c", "kunit storvsc_reap", "who looks after a controller opens no sub-channel himself",
     "\t\t\tqueue_work(system_long_wq, &ctl->open_waiting);\n", "\t\t\tstor_open_waiting(chan);\n")
mend("R9-8", "storvsc/lun.c", "kunit storvsc_doubt", "nobody looks at a device whose last reference is gone",
     "|| !kobject_get_unless_zero(&next->sdev_gendev.kobj))\n", "|| (!kobject_get_unless_zero(&next->sdev_gendev.kobj) && !next))\n")
mend("S13-unload", "storvsc/scan.c", "unload-beside-hotplug", "no disk is added twice while the module is unloaded",
     "\tstor_each_lun(ctl, stor_match_lun, &match);\n",
     "\tif (try_module_get(THIS_MODULE)) {\n\t\tstor_each_lun(ctl, stor_match_lun, &match);\n\t\tmodule_put(THIS_MODULE);\n\t}\n")
mend("S12-quiet", "storvsc/done.c", "recovered-errors", "a command that succeeded is no error in the log",
     "\tstor_report(ctl, failed ? STOR_LOG_ERROR : STOR_LOG_WARN,\n", "\tstor_report(ctl, failed || v.sense_len ? STOR_LOG_ERROR : STOR_LOG_WARN,\n")
mend("S24-doubt", "storvsc/lun.c", "kunit storvsc_doubt", "a LUN that is not reached holds nothing up when its driver lets go",
     "\tif (stor_lun_doubted(atomic_read(&lun->life)))\n\t\tstor_fail_device(lun->sdev, lun);\n\treturn true;\n", "\treturn true;\n")
mend("S24-late", "storvsc/lun.c", "kunit storvsc_doubt", "nor one whose doubt begins just then",
     "\tif (test_bit(STOR_REMOVING, &ctl->state))\n\t\tstor_lun_turn(lun, STOR_LUN_AWAY);\n", "")
mend("S24-module", "storvsc/lun.c", "kunit storvsc_doubt", "nor while the module is unloaded, which then keeps no device",
     "|| !kobject_get_unless_zero(&next->sdev_gendev.kobj))\n", "|| scsi_device_get(next))\n")
mend("S24-unbind", "storvsc/main.c", "unbind-in-doubt", "no device waits for the command of one that is not reached", "\t\tstor_end_doubts(ctl);\n", "")
