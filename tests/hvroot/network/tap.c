// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TAP: opened with the header that carries checksum and segmentation.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "loop/log.h"
#include "network/net.h"

/* With @large the kernel gives unsegmented TCP packets; it may sum up lazily. */
void net_tap_offloads(struct nic *n, bool large)
{
	unsigned int flags = TUN_F_CSUM;

	if (n->fd < 0)
		return;
	if (large)
		flags |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	if (ioctl(n->fd, TUNSETOFFLOAD, flags))
		log_err("%s: cannot set offloads of TAP %s: %s", n->dev.name,
			n->tap, strerror(errno));
}

int net_tap_open(struct nic *n)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		log_err("%s: /dev/net/tun: %s", n->dev.name, strerror(errno));
		return -1;
	}
	memcpy(ifr.ifr_name, n->tap, sizeof(n->tap));	/* both 16 bytes, terminated */
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		log_err("%s: cannot open TAP %s: %s; make it with `ip tuntap add %s mode tap vnet_hdr`",
			n->dev.name, n->tap, strerror(errno), n->tap);
		close(fd);
		return -1;
	}
	n->fd = fd;
	net_tap_offloads(n, false);
	return 0;
}
