// SPDX-License-Identifier: GPL-2.0-only
/*
 * net VERB ADDRESS PORT ...: one end of the network scenarios, usually the guest's.
 * The other end echoes (conns, udp, rr), sends (sink) or swallows what comes (flood, send).
 *
 *   conns A P COUNT BYTES   COUNT TCP connections open at once, BYTES to and fro on each
 *   udp A P COUNT BYTES     datagrams one by one, each of other content
 *   rr A P COUNT            a byte to and fro; prints the microseconds of one round
 *   send A P BYTES          a TCP stream
 *   flood A P COUNT BYTES   datagrams, as fast as they go
 *   sink A P COUNT          binds; counts datagrams until COUNT or a second without one
 *   file A P PATH           a file as a TCP stream, its pages as they are
 *   give A P BYTES          listens; sends BYTES to who connects
 *   take A P BYTES          listens; receives BYTES, then closes
 *   back A P COUNT          listens; COUNT bytes one by one, each sent back
 *   stamp A P COUNT BYTES   datagrams, each to be stamped when it leaves; prints how many were
 *   join GROUP P INTERFACE  joins a group, prints the first datagram that comes within 10 s
 *   segments A P COUNT SIZE BYTES   buffers of BYTES, to be cut into datagrams of SIZE, each
 *                           with its number and what follows from that
 *   frame INTERFACE HEX     sends these bytes as they are
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct conn {
	int fd;
	unsigned int sent, got;
};

static struct sockaddr_storage peer;
static socklen_t peer_len;

static int die(const char *what)
{
	fprintf(stderr, "net: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void address(const char *host, int port)
{
	struct sockaddr_in *v4 = (void *)&peer;
	struct sockaddr_in6 *v6 = (void *)&peer;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		peer_len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		peer_len = sizeof(*v6);
	} else {
		errno = EINVAL;
		die(host);
	}
}

static int connected(int type)
{
	int fd = socket(peer.ss_family, type, 0);

	if (fd < 0 || connect(fd, (void *)&peer, peer_len))
		die("connect");
	return fd;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Byte @at of stream @which: nothing that an error could make up. */
static uint8_t byte(unsigned int which, unsigned int at)
{
	uint32_t x = which * 2654435761u + at * 40503u + 12345;

	x ^= x >> 15;
	return x * 2246822519u >> 24;
}

static void fill(uint8_t *p, unsigned int which, unsigned int from, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		p[i] = byte(which, from + i);
}

static void compare(const uint8_t *p, unsigned int which, unsigned int from, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		if (p[i] != byte(which, from + i)) {
			fprintf(stderr, "net: byte %u of stream %u differs\n", from + i, which);
			exit(1);
		}
}

static void watch(int ep, int op, int fd, unsigned int i, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u32 = i };

	if (epoll_ctl(ep, op, fd, &e))
		die("epoll");
}

static void connect_all(int ep, struct conn *c, unsigned int count)
{
	struct rlimit lim = { count + 64, count + 64 };

	if (setrlimit(RLIMIT_NOFILE, &lim))
		die("open files");
	for (unsigned int i = 0; i < count; i++) {
		c[i].fd = socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (c[i].fd < 0)
			die("socket");
		if (connect(c[i].fd, (void *)&peer, peer_len) && errno != EINPROGRESS)
			die("connect");
		watch(ep, EPOLL_CTL_ADD, c[i].fd, i, EPOLLOUT);
		if (i % 100 == 99)
			usleep(10000);	/* the listener's queue is finite */
	}
}

static void talk_all(int ep, struct conn *c, unsigned int count, unsigned int bytes)
{
	uint8_t buf[4096];

	printf("%u open\n", count);
	fflush(stdout);
	for (unsigned int i = 0; i < count; i++) {
		fill(buf, i, 0, bytes);
		if (send(c[i].fd, buf, bytes, 0) != (long)bytes)
			die("send");
		watch(ep, EPOLL_CTL_MOD, c[i].fd, i, EPOLLIN);
	}
}

/* True when all of a connection's bytes came back. */
static bool hear(struct conn *c, unsigned int i, unsigned int bytes)
{
	uint8_t buf[4096];
	long r = recv(c[i].fd, buf, sizeof(buf), 0);

	if (r <= 0)
		die("receive");
	compare(buf, i, c[i].got, r);
	c[i].got += r;
	return c[i].got == bytes;
}

static int conns(unsigned int count, unsigned int bytes)
{
	struct conn *c = calloc(count, sizeof(*c));
	unsigned int open = 0, done = 0;
	int ep = epoll_create1(0);

	connect_all(ep, c, count);
	while (done < count) {
		struct epoll_event e[64];
		int n = epoll_wait(ep, e, 64, 60000);

		if (n <= 0)
			return fprintf(stderr, "net: %u of %u done, %u open\n", done, count, open), 1;
		for (int k = 0; k < n; k++) {
			unsigned int i = e[k].data.u32;

			if (e[k].events & EPOLLOUT) {	/* connected; data once all are */
				watch(ep, EPOLL_CTL_MOD, c[i].fd, i, 0);
				if (++open == count)
					talk_all(ep, c, count, bytes);
			} else if (hear(c, i, bytes)) {
				watch(ep, EPOLL_CTL_DEL, c[i].fd, i, 0);
				done++;
			}
		}
	}
	printf("%u done\n", done);
	return 0;
}

/* Somebody's connection to us. */
static int accepted(void)
{
	int fd = socket(peer.ss_family, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&peer, peer_len) || listen(fd, 8))
		die("listen");
	puts("bound");
	fflush(stdout);
	fd = accept(fd, NULL, NULL);
	if (fd < 0)
		die("accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int take(unsigned long bytes)
{
	static uint8_t buf[131072];
	int fd = accepted();

	while (bytes) {
		long n = recv(fd, buf, sizeof(buf), 0);

		if (n <= 0)
			die("receive");
		bytes -= (unsigned long)n < bytes ? (unsigned long)n : bytes;
	}
	return 0;
}

static int back(unsigned int count)
{
	int fd = accepted();
	char c;

	while (count-- && recv(fd, &c, 1, 0) == 1)
		if (send(fd, &c, 1, 0) != 1)
			die("send");
	return 0;
}

static bool same(const uint8_t *p, unsigned int which, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		if (p[i] != byte(which, i))
			return false;
	return true;
}

/* The echo of one that was given up, which is late, not wrong; twice would be. */
static bool was_given_up(const uint8_t *p, bool *given_up, unsigned int now, unsigned int len)
{
	for (unsigned int i = 0; i < now; i++)
		if (given_up[i] && same(p, i, len)) {
			given_up[i] = false;
			return true;
		}
	return false;
}

static int udp(unsigned int count, unsigned int bytes)
{
	static uint8_t buf[65536];
	struct timeval wait = { .tv_sec = 2 };
	unsigned int lost = 0;
	bool *given_up = calloc(count, sizeof(*given_up));
	int fd = connected(SOCK_DGRAM);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (unsigned int i = 0; i < count; i++) {
		long n;

		fill(buf, i, 0, bytes);
		if (send(fd, buf, bytes, 0) != (long)bytes)
			die("send");
		do
			n = recv(fd, buf, sizeof(buf), 0);
		while (n == (long)bytes && !same(buf, i, bytes) && was_given_up(buf, given_up, i, bytes));
		if (n < 0) {
			given_up[i] = true;
			lost++;
			continue;
		}
		if (n != (long)bytes)
			return fprintf(stderr, "net: %ld bytes of %u\n", n, bytes), 1;
		compare(buf, i, 0, bytes);
	}
	printf("%u echoed, %u lost\n", count - lost, lost);
	return lost > count / 10;
}

static int rr(unsigned int count)
{
	int fd = connected(SOCK_STREAM), one = 1;
	double start = now();
	char c = 0;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (unsigned int i = 0; i < count; i++)
		if (send(fd, &c, 1, 0) != 1 || recv(fd, &c, 1, 0) != 1)
			die("round trip");
	printf("%.1f\n", (now() - start) * 1e6 / count);
	return 0;
}

static int stream(int fd, unsigned long bytes)
{
	static uint8_t buf[131072];

	while (bytes) {
		long n = send(fd, buf, bytes < sizeof(buf) ? bytes : sizeof(buf), 0);

		if (n <= 0)
			die("send");
		bytes -= n;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;	/* until the other side has it all */
	return 0;
}

static int file(const char *path)
{
	int fd = open(path, O_RDONLY), to = connected(SOCK_STREAM);
	char byte;
	long n;

	while ((n = sendfile(to, fd, NULL, 1 << 20)) > 0)
		;
	if (n < 0)
		die(path);
	shutdown(to, SHUT_WR);
	while (recv(to, &byte, 1, 0) > 0)
		;	/* until the other side has it all */
	return 0;
}

static int flood(unsigned int count, unsigned int bytes)
{
	static uint8_t buf[65536];
	struct mmsghdr m[64];
	struct iovec iov = { buf, bytes };
	int fd = connected(SOCK_DGRAM);
	double start = now();

	memset(m, 0, sizeof(m));
	for (int i = 0; i < 64; i++) {
		m[i].msg_hdr.msg_iov = &iov;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned int left = count; left;) {
		int n = sendmmsg(fd, m, left < 64 ? left : 64, 0);

		if (n < 0 && errno != ENOBUFS && errno != ECONNREFUSED)
			die("send");
		left -= n > 0 ? n : 0;
	}
	printf("%.6f\n", now() - start);
	return 0;
}

static int sink(unsigned int count)
{
	struct timeval wait = { .tv_sec = 20 }, rest = { .tv_sec = 1 };
	int fd = socket(peer.ss_family, SOCK_DGRAM, 0), room = 32 << 20;
	double start = 0, last = 0;
	unsigned int got = 0;
	char buf[64];

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (bind(fd, (void *)&peer, peer_len))
		die("bind");
	puts("bound");
	fflush(stdout);
	while (got < count && recv(fd, buf, sizeof(buf), MSG_TRUNC) >= 0) {
		last = now();
		if (!got++) {
			start = last;
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &rest, sizeof(rest));
		}
	}
	printf("%u %.6f\n", got, last - start);
	return 0;
}

static int join(const char *interface)
{
	struct ip_mreqn v4 = { .imr_ifindex = if_nametoindex(interface) };
	struct ipv6_mreq v6 = { .ipv6mr_interface = v4.imr_ifindex };
	struct sockaddr_storage any = peer;
	struct timeval wait = { .tv_sec = 10 };
	int fd = socket(peer.ss_family, SOCK_DGRAM, 0), r;
	char buf[1500];
	long n;

	if (peer.ss_family == AF_INET) {
		v4.imr_multiaddr = ((struct sockaddr_in *)&peer)->sin_addr;
		((struct sockaddr_in *)&any)->sin_addr.s_addr = 0;
		r = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4));
	} else {
		v6.ipv6mr_multiaddr = ((struct sockaddr_in6 *)&peer)->sin6_addr;
		((struct sockaddr_in6 *)&any)->sin6_addr = in6addr_any;
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof(v6));
	}
	if (r || bind(fd, (void *)&any, peer_len))
		die("join");
	puts("joined");
	fflush(stdout);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		die("no datagram");
	printf("got %.*s\n", (int)n, buf);
	return 0;
}

/* Time stamps that have come back; each datagram has a number. */
static unsigned int stamped(int fd, bool *seen, unsigned int count)
{
	unsigned int got = 0;
	char data[2048], control[512];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };

	for (;;) {
		struct sock_extended_err *e = NULL;

		m.msg_controllen = sizeof(control);
		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return got;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_type == IP_RECVERR || c->cmsg_type == IPV6_RECVERR)
				e = (void *)CMSG_DATA(c);
		if (!e || e->ee_origin != SO_EE_ORIGIN_TIMESTAMPING || e->ee_data >= count)
			continue;
		if (seen[e->ee_data])
			fprintf(stderr, "net: datagram %u was stamped twice\n", e->ee_data);
		got += !seen[e->ee_data];
		seen[e->ee_data] = true;
	}
}

static int stamp(unsigned int count, unsigned int bytes)
{
	int fd = connected(SOCK_DGRAM), on = SOF_TIMESTAMPING_TX_SOFTWARE |
		SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
	bool *seen = calloc(count, sizeof(*seen));
	uint8_t *buf = calloc(1, bytes);
	unsigned int got = 0;

	if (!seen || !buf || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof(on)))
		die("time stamps");
	for (unsigned int i = 0; i < count; i++) {
		if (send(fd, buf, bytes, 0) < 0)
			die("send");
		got += stamped(fd, seen, count);
	}
	for (int i = 0; i < 100 && got < count; i++) {
		usleep(20000);
		got += stamped(fd, seen, count);
	}
	printf("%u\n", got);
	return 0;
}

/* A datagram: its number, then bytes that count on from there. */
static void datagram(uint8_t *to, unsigned int number, unsigned int len)
{
	static uint8_t ramp[256 + 65536];

	if (!ramp[1])
		for (unsigned int i = 0; i < sizeof(ramp); i++)
			ramp[i] = i;
	memcpy(to, ramp + (number & 255), len);
	for (unsigned int i = 0; i < 4 && i < len; i++)
		to[i] = number >> (24 - 8 * i);
}

static int segments(unsigned int count, unsigned int size, unsigned int bytes)
{
	int fd = connected(SOCK_DGRAM), cut = size;
	uint8_t *buf = malloc(bytes);
	unsigned int number = 0;

	if (!buf || setsockopt(fd, IPPROTO_UDP, 103 /* UDP_SEGMENT */, &cut, sizeof(cut)))
		die("UDP_SEGMENT");
	while (count--) {
		for (unsigned int at = 0; at < bytes; at += size)
			datagram(buf + at, number++, bytes - at < size ? bytes - at : size);
		if (send(fd, buf, bytes, 0) != (long)bytes)
			die("send");
	}
	printf("%u\n", number);
	return 0;
}

static int frame(const char *interface, const char *hex)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint8_t buf[1600];
	unsigned int n = 0;

	for (; n < sizeof(buf) && sscanf(hex + 2 * n, "%2hhx", &buf[n]) == 1; n++)
		;
	if (fd < 0 || sendto(fd, buf, n, 0, (void *)&to, sizeof(to)) != (long)n)
		die("frame");
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	unsigned long a = argc > 4 ? strtoul(argv[4], NULL, 0) : 0;
	unsigned long b = argc > 5 ? strtoul(argv[5], NULL, 0) : 0;
	unsigned long c = argc > 6 ? strtoul(argv[6], NULL, 0) : 0;

	if (argc == 4 && !strcmp(verb, "frame"))
		return frame(argv[2], argv[3]);
	if (argc < 5)
		return fprintf(stderr, "usage: net conns|udp|rr|send|file|flood|sink|give|take|back|segments|stamp|join "
			       "ADDRESS PORT ...
"), 2;
	address(argv[2], atoi(argv[3]));
	if (!strcmp(verb, "conns") && b && b <= 4096)
		return conns(a, b);
	if (!strcmp(verb, "udp") && b <= 65507)
		return udp(a, b);
	if (!strcmp(verb, "rr") && a)
		return rr(a);
	if (!strcmp(verb, "send"))
		return stream(connected(SOCK_STREAM), a);
	if (!strcmp(verb, "file"))
		return file(argv[4]);
	if (!strcmp(verb, "give"))
		return stream(accepted(), a);
	if (!strcmp(verb, "take"))
		return take(a);
	if (!strcmp(verb, "back"))
		return back(a);
	if (!strcmp(verb, "flood") && b <= 65507)
		return flood(a, b);
	if (!strcmp(verb, "stamp") && a && b <= 65507)
		return stamp(a, b);
	if (!strcmp(verb, "segments") && b >= 4 && c && c <= 65507)
		return segments(a, b, c);
	if (!strcmp(verb, "sink"))
		return sink(a);
	if (!strcmp(verb, "join"))
		return join(argv[4]);
	return fprintf(stderr, "net: '%s' makes no sense\n", verb), 2;
}
