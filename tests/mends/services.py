# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the services."""
from table import mend

mend("U2", "hv_utils/text.c", "suites", "text that is too long is cut, with room for its zero",
     "\t\t/* the zero needs room as well */\n\t\tif (!c || len + 1 > room - at)\n", "\t\tif (!c || len > room - at)\n")
NODE_INPUT = (
    "void node_input(const struct cb_id *id, const void *msg, u32 len)\n"
    "{\n"
    "\tstruct dmn *dmn;\n"
    "\n"
    "\tmutex_lock(&node_lock);\n"
    "\tlist_for_each_entry(dmn, &node_list, node_entry) {\n"
    "\t\tif (dmn->number || dmn->ops->connector.idx != id->idx ||\n"
    "\t\t    dmn->ops->connector.val != id->val)\n"
    "\t\t\tcontinue;\n"
    "\t\tmutex_lock(&dmn->ic->lock);\n"
    "\t\tdmn_input(dmn, DMN_CONNECTOR, msg, len);\n"
    "\t\tmutex_unlock(&dmn->ic->lock);\n"
    "\t\tbreak;\n"
    "\t}\n"
    "\tmutex_unlock(&node_lock);\n"
    "}\n")
mend("U4", "hv_utils/node.c", "kunit utils_node", "a service stays while a message of the connector reaches it",
     NODE_INPUT, NODE_INPUT.replace("\tmutex_lock(&node_lock);\n", "").replace("\tmutex_unlock(&node_lock);\n", ""))
mend("U5-message", "hv_utils/kvp_msg.c", "suites", "and its addresses are numbers",
     "\treturn version >= HV_IC_VERSION(5, 0) && (op", "\treturn version > HV_IC_VERSION(5, 0) && (op")
mend("F18", "hv_utils/ts_math.c", "suites", "a reading of a counter that is not reference time's is none",
     "\treturn *ref >= before && *ref <= after ? 0 : -EOPNOTSUPP;\n", "\treturn 0;\n")
