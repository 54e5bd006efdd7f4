# SPDX-License-Identifier: GPL-2.0-only
"""Mends and the tests that fail without them; see run.py. scripts/mutants always tries those of pure files."""
import dataclasses


@dataclasses.dataclass
class Mend:
    """Lines that mended something, and what stands in their place without it."""
    ident: str
    path: str
    test: str               # "suites", or a scenario
    what: str               # was mended
    old: str
    new: str

    def taken_out(self, text):
        """The file's text without the mend."""
        if text.count(self.old) != 1:
            raise ValueError("%s: %s has the lines %d times:\n%s" % (self.ident, self.path, text.count(self.old), self.old))
        return text.replace(self.old, self.new)


MENDS = []


def mend(*args):
    MENDS.append(Mend(*args))


# ---- disk
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

# ---- bus
mend("F06", "vmbus/hvsock.c", "hvsock-refused", "a request for a socket waits for the host's refusal",
     "\tif (!ret)\n\t\treturn wait_for_host(&req);\n", "")
mend("F06-offer", "vmbus/tl.c", "suites", "an offer to a listener in the guest answers no request",
     " &&\n\t       !o->u.pipe.user_def[USER_FROM_HOST];\n", ";\n")
mend("F06-status", "vmbus/tl.c", "suites", "a result without a failure says nothing yet", "\t\treturn r->status;\n", "\t\treturn true;\n")

# ---- NIC and services
mend("N1", "netvsc/owner.c", "suites", "one of two takes a request back, and the loser knows",
     "\treturn cmpxchg(&o->word, out, WORD(gen, HELD)) == out;\n",
     "\tif (o->word != out)\n\t\treturn false;\n\to->word = WORD(gen, HELD);\n\treturn true;\n")
mend("N1-gen", "netvsc/owner.c", "suites", "an answer to the slot's last use does not end its next one",
     "\treturn (gen_of(READ_ONCE(o->word)) + 1) % NV_OWNER_GENS;\n", "\treturn gen_of(READ_ONCE(o->word)) % NV_OWNER_GENS;\n")
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
mend("F01-vf", "netvsc/vf.c", "net-rtnl-vf", "a VF that the host takes back is left without RTNL",
     "\t\tnv_vf_path_end(nv);\n\t\task = next;\n", "\t\tnv_vf_path_back(nv);\n")
mend("F18", "hv_utils/ts_math.c", "suites", "a reading of a counter that is not reference time's is none",
     "\treturn *ref >= before && *ref <= after ? 0 : -EOPNOTSUPP;\n", "\treturn 0;\n")
mend("U2", "hv_utils/text.c", "suites", "text that is too long is cut, with room for its zero",
     "\t\t/* the zero needs room as well */\n\t\tif (!c || len + 1 > room - at)\n", "\t\tif (!c || len > room - at)\n")
