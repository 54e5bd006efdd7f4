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
