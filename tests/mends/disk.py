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
mend("S12", "storvsc/main.c", "slow-handshake", "a controller whose handshake is late is tried again",
     "\tif (ret == -ETIMEDOUT && stor_life_tries(ctl->life)) {\n", "\tif (0 && ret == -ETIMEDOUT) {\n")
mend("S14-unsure", "storvsc/tend.c", "exchanged-meanwhile", "commands wait until the host was asked which disk it has now",
     "\tif (ctl->added)\n\t\tstor_be_unsure(ctl);\n", "")
mend("S14-name", "storvsc/ident.c", "suites", "another unit is told by its best name",
     "\t\t\tfound = 0;\n", "")
mend("R4-S4", "storvsc/io.c", "retries-after-an-outage", "the time that a command waited for its host is not counted against it",
     "\tif (unlikely(time_before(cmd->jiffies_at_alloc, READ_ONCE(ctl->up_since))))\n\t\tcmd->jiffies_at_alloc = jiffies;\n", "")
mend("S5", "storvsc/subchan.c", "kunit storvsc_reap", "a sub-channel that was taken back is closed, and what was on it goes again",
     "\t\tif (!channel || !channel->rescind)\n\t\t\tcontinue;\n\t\tRCU_INIT", "\t\tif (!channel || channel)\n\t\t\tcontinue;\n\t\tRCU_INIT")
mend("S5-kept", "storvsc/subchan.c", "kunit storvsc_reap", "but not before the host let go of it",
     "\tchan->kept = ctl->gpadl_kept && stor_chan_busy(chan) &&\n\t\t     ctl->gpadl_kept(ctl->dev->channel, chan->gpadl);\n",
     "\tchan->kept = false;\n")
mend("S5-early", "storvsc/tend.c", "kunit storvsc_reap", "nor forgotten, if it was taken back before the controller was up",
     "\t\tWRITE_ONCE(ctl->up_since, jiffies);\n", "\t\tclear_bit(STOR_CHAN_LOST, &ctl->state);\n\t\tWRITE_ONCE(ctl->up_since, jiffies);\n")
mend("S6", "storvsc/limits.c", "suites", "a disk may use all rings",
     "(u64)(room / packet) * rings", "(u64)(room / packet) + 0 * rings")
mend("S8-held", "storvsc/tend.c", "kunit storvsc_reap", "but not while the host has not said that it let go",
     "\tif (ret && !gone) {\n", "\tif (0 && ret && !gone) {\n")
