# SPDX-License-Identifier: GPL-2.0-only
"""Mends of the services."""
from table import mend

mend("U2", "hv_utils/text.c", "suites", "text that is too long is cut, with room for its zero",
     "\t\t/* the zero needs room as well */\n\t\tif (!c || len + 1 > room - at)\n", "\t\tif (!c || len > room - at)\n")
mend("U5-message", "hv_utils/kvp_msg.c", "suites", "and its addresses are numbers",
     "\treturn version >= HV_IC_VERSION(5, 0) && (op", "\treturn version > HV_IC_VERSION(5, 0) && (op")
