// SPDX-License-Identifier: GPL-2.0-only
/*
 * qstats INTERFACE: the statistics of each queue, as netlink's "netdev" family
 * has them (Linux 6.9 and later): one line for each queue and direction.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* From the family's definition, which older headers lack. */
#define QSTATS_GET	12
#define QSTATS_IFINDEX	1
#define QSTATS_TYPE	2
#define QSTATS_ID	3
#define QSTATS_SCOPE	4
#define SCOPE_QUEUE	1

static char buf[65536];

static void die(const char *what)
{
	fprintf(stderr, "qstats: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(struct nlmsghdr *h, int type, const void *data, int len)
{
	struct nlattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static struct nlmsghdr *request(int family, int command, int flags)
{
	struct nlmsghdr *h = memset(buf, 0, 256);
	struct genlmsghdr *g = NLMSG_DATA(h);

	h->nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	g->cmd = command;
	g->version = 1;
	return h;
}

/* The payload of attribute @type, or NULL. */
static const void *get(const struct nlmsghdr *h, int type, int *len)
{
	const char *at = (const char *)NLMSG_DATA(h) + GENL_HDRLEN;
	const char *end = (const char *)h + h->nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > end)
			break;
		if (a->nla_type == type) {
			*len = a->nla_len - NLA_HDRLEN;
			return at + NLA_HDRLEN;
		}
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static uint64_t number(const struct nlmsghdr *h, int type)
{
	uint64_t v = 0;
	int len;
	const void *p = get(h, type, &len);

	if (p)
		memcpy(&v, p, len < 8 ? len : 8);
	return v;
}

static int family(int fd)
{
	struct nlmsghdr *h = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);

	put(h, CTRL_ATTR_FAMILY_NAME, "netdev", 7);
	if (send(fd, h, h->nlmsg_len, 0) < 0 || recv(fd, buf, sizeof(buf), 0) < 0)
		die("netlink");
	if (h->nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
		die("no family 'netdev' in this kernel");
	}
	return number(h, CTRL_ATTR_FAMILY_ID);
}

int main(int argc, char **argv)
{
	uint32_t index = argc == 2 ? if_nametoindex(argv[1]) : 0, scope = SCOPE_QUEUE;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct nlmsghdr *h;
	int n;

	if (!index) {
		fprintf(stderr, "usage: qstats INTERFACE\n");
		return 2;
	}
	h = request(family(fd), QSTATS_GET, NLM_F_DUMP);
	put(h, QSTATS_IFINDEX, &index, 4);
	put(h, QSTATS_SCOPE, &scope, 4);
	if (send(fd, h, h->nlmsg_len, 0) < 0)
		die("netlink");
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (h = (void *)buf; NLMSG_OK(h, (unsigned int)n); h = NLMSG_NEXT(h, n)) {
			int tx;

			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
				die("refused");
			}
			tx = number(h, QSTATS_TYPE) == 1;
			printf("%s %llu packets %llu bytes %llu\n", tx ? "tx" : "rx",
			       (unsigned long long)number(h, QSTATS_ID),
			       (unsigned long long)number(h, tx ? 10 : 8),
			       (unsigned long long)number(h, tx ? 11 : 9));
		}
	}
	die("no end");
}
