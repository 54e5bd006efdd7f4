// SPDX-License-Identifier: GPL-2.0-only
/* faketap.c - a socket pair where hvroot expects a TAP: no root needed. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "network/net.h"

#define VNET_HEADER	10

static int peer = -1;

void net_tap_offloads(struct nic *n, bool large)
{
}

int net_tap_open(struct nic *n)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd))
		return -1;
	n->fd = fd[0];
	peer = fd[1];
	return 0;
}

/* Frames to the guest: TCP-like or noise, with a header that tells of offloads. */
void tap_traffic(void)
{
	uint8_t frame[2048];
	size_t len = VNET_HEADER + (one_in(4) ? below(80) : 60 + below(1500));

	for (size_t i = 0; i < len; i++)
		frame[i] = one_in(2) ? 0 : rnd();
	if (!one_in(3))
		memset(frame, 0, VNET_HEADER);
	if (one_in(2)) {
		frame[VNET_HEADER + 12] = 0x08;
		frame[VNET_HEADER + 13] = 0x00;
		frame[VNET_HEADER + 14] = 0x45;
		frame[VNET_HEADER + 23] = one_in(2) ? 6 : 17;
	}
	send(peer, frame, len, MSG_DONTWAIT);
	while (recv(peer, frame, sizeof(frame), MSG_DONTWAIT) > 0)
		;
}

void tap_close(void)
{
	close(peer);
}
