# SPDX-License-Identifier: GPL-2.0-only

# Everything that can be checked; ends with "N passed, N failed".
check:
	@scripts/check

.PHONY: check
