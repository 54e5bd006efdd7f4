# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the services."""
from table import mend

mend("U1", "hv_utils/ic.c", "utils-negotiation-limits", "a host that negotiates without end fills no log",
     "\telse if (__ratelimit(&ic->say_limit))\n\t\tpr_info(", "\telse\n\t\tpr_info(")
mend("U2", "hv_utils/text.c", "suites", "text that is too long is cut, with room for its zero",
     "\t\t/* the zero needs room as well */\n\t\tif (!c || len + 1 > room - at)\n", "\t\tif (!c || len > room - at)\n")
mend("U3", "hv_utils/vss.c", "utils-hook-hangs", "nothing waits under the service's lock for a program's end, which takes that lock",
     "\tqueue_work(vss->thaw_wq, &vss->thaw);\n", "\tqueue_work(vss->hook_wq, &vss->thaw);\n",
     more=(("\telse\n\t\tvss_thawed(vss);\n}\n\n/* Before the machine sleeps", "\telse\n\t\tvss_thawed(vss);\n\tflush_work(&vss->thaw);\n}\n\n/* Before the machine sleeps"),))
mend("U3-removal", "hv_utils/vss.c", "utils-hook-hangs", "a program that hangs does not keep the service from going",
     "\tvss->hooking = false;\n\tvss_hook_give_up(&vss->program);\n\tcancel_delayed_work(", "\tvss->hooking = false;\n\tcancel_delayed_work(")
mend("U3-limit", "hv_utils/vss_hook.c", "utils-hook-hangs", "nor the host from its answer",
     "\tschedule_delayed_work(&h->limit, vss_hook_limit() * HZ);\n", "")
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
mend("U5", "hv_utils/kvp.c", "utils-addresses", "a host that speaks KVP 5.0 alone with addresses is understood",
     "\tHV_IC_VERSION(5, 0), HV_IC_VERSION(4, 0),", "\tHV_IC_VERSION(4, 0),")
mend("U5-message", "hv_utils/kvp_msg.c", "suites", "and its addresses are numbers",
     "\treturn version >= HV_IC_VERSION(5, 0) && (op", "\treturn version > HV_IC_VERSION(5, 0) && (op")
mend("U6", "hv_utils/kvp.c", "utils-unload-held", "KVP's versions are not agreed on before there is a daemon, or its time is over",
     "\t.negotiation_wait = &daemon_wait.value,\n", "")
mend("R9-ptp", "hv_utils/ts_math.c", "suites", "time that passes between a look at each of two clocks is no error of the clock",
     "\tif (after - before < best->span)\n\t\t*best", "\t*best")
mend("U7", "hv_utils/ic.c", "utils-unload-held", "a negotiation that waits for a daemon is not refused when the channel closes",
     "\tif (ic_hold_end(ic) == IC_HOLDS_NEGOTIATION)\n\t\tic->busy = false;\n", "\tic_hold_end(ic);\n")
mend("F18", "hv_utils/ts_math.c", "suites", "a reading of a counter that is not reference time's is none",
     "\treturn *ref >= before && *ref <= after ? 0 : -EOPNOTSUPP;\n", "\treturn 0;\n")
mend("F18-cross", "hv_utils/ptp.c", "nested utils-ptp-cross", "the PTP clock and the system's are told of one moment, where both run on the host's counter",
     "\tif (!hv_get_cross(at, &counter))\n", "\tif (!hv_get_cross(at, &counter) || counter)\n")
