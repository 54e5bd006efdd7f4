/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control.h - the control socket: unix stream, one command a line, the reply
 * is any number of lines and at last "ok" or "error: text".
 */
#ifndef HVROOT_CONTROL_H
#define HVROOT_CONTROL_H

struct reply;

/*
 * Serve commands whose first word is @verb. @help is one line: the arguments,
 * two spaces, what it does ("remove controller=N lun=N  take a disk away").
 * A text with several lines documents several forms. argv[0] is the verb;
 * words are split at blanks. @fn returns 0 for ok, what reply_error() returned,
 * or CONTROL_LATER. Loop thread. @verb and @help must live as long as hvroot.
 */
void control_register(const char *verb, const char *help,
		      int (*fn)(struct reply *r, int argc, char **argv, void *ctx), void *ctx);

/* Add text to the reply; lines end in \n. */
void reply_printf(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set the error text (one line, no newline). Returns -1, to be returned. */
int reply_error(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * For a command that waits for something: its @fn returns CONTROL_LATER, and
 * @r stays until reply_finish(), which takes what @fn would have returned.
 * The client's next command waits meanwhile. argv is gone when @fn has
 * returned; a client may leave before the end, its reply goes nowhere then.
 */
#define CONTROL_LATER 1
void reply_finish(struct reply *r, int ret);

/* Hand out what the reply has so far: the progress of a long command. */
void reply_flush(struct reply *r);

/*
 * Find "key=value" among the words and return the value, or NULL. To refuse
 * misspelt keys, name the allowed ones in control_keys().
 */
const char *control_arg(int argc, char **argv, const char *key);

/* Number in C notation ("0x1f", "31"). 0, or -1 with reply_error() set. @dflt when absent. */
int control_num(struct reply *r, int argc, char **argv, const char *key,
		unsigned long long dflt, unsigned long long *value);

/* @fn sees each command that a client gives before it is run, NULL: no more. */
void control_watch(void (*fn)(const char *line));

/* Run one command and drop its output, as a client would: 0, or -1. For the fuzzer, and for what is said again. */
int control_execute(const char *line);

/* Start serving on @path (replaced if there), stop and free. main.c alone. */
int control_open(const char *path);
void control_close(void);

/* The client, `hvroot ctl SOCKET CMD...`: the exit status. */
int control_client(int argc, char **argv);

#endif
