// SPDX-License-Identifier: GPL-2.0-only
/* main.c - hvroot: parse, set up the loop, run the machine, exit status. */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/control.h"
#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/machine.h"
#include "machine/machine_run.h"
#include "options.h"

#define TRACE_FLUSH_MS	100

static void on_signal(void *ctx, uint32_t events)
{
	poll_stop();
}

/* Ctrl-C and SIGTERM end the loop, so that everything is freed and removed. */
static int watch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0 && poll_add(fd, EPOLLIN, on_signal, NULL) == 0)
		return fd;
	log_err("no signal descriptor");
	return -1;
}

/* Keeps the trace file at most this far behind. */
static void flush_trace(void *ctx)
{
	trace_flush();
	timer_start(TRACE_FLUSH_MS, flush_trace, NULL);
}

static int run(const struct machine_options *o)
{
	int status = EXIT_TROUBLE, ret, signals;

	if (o->trace) {
		ret = trace_open(o->trace, o->trace_level);
		if (ret) {
			log_err("--trace %s: %s", o->trace, strerror(-ret));
			return EXIT_USAGE;
		}
	}
	ret = poll_init();
	if (ret) {
		log_err("no event loop: %s", strerror(-ret));
		return EXIT_TROUBLE;
	}
	if (o->trace)
		flush_trace(NULL);
	signals = watch_signals();
	counters_init();
	if (signals >= 0 && !control_open(o->control))
		status = machine_run(o);
	if (log_wrong_option)
		status = EXIT_USAGE;
	machine_free();
	control_close();
	poll_exit();
	if (signals >= 0)
		close(signals);
	trace_close();
	return status;
}

int main(int argc, char **argv)
{
	struct machine_options o;

	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return control_client(argc, argv);
	switch (options_parse(&o, argc, argv)) {
	case 0:
		return run(&o);
	case 1:
		return EXIT_OFF;
	default:
		return EXIT_USAGE;
	}
}
