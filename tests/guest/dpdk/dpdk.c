// SPDX-License-Identifier: GPL-2.0-only
/*
 * dpdk EAL-OPTION...: start DPDK with its drivers, and print how many ports they have.
 */
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) < 0)
		return 1;
	printf("ports: %u\n", rte_eth_dev_count_avail());
	return rte_eal_cleanup();
}
