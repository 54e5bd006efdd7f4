/* SPDX-License-Identifier: GPL-2.0-only */
/* uart.h - 16550A serial ports. */
#ifndef HVROOT_UART_H
#define HVROOT_UART_H

#include <stdbool.h>
#include <stdint.h>

struct chardev;
struct reply;
struct uart;
struct vm;

/* A port at @base with interrupt line @gsi, ending in @backend (NULL = nowhere). */
struct uart *uart_new(struct vm *vm, uint16_t base, unsigned int gsi, struct chardev *backend);
void uart_reset(struct uart *u);
/* A break and KEY: what a Linux console takes for SysRq. False if other input waits. */
bool uart_sysrq(struct uart *u, uint8_t key);
void uart_show(struct uart *u, struct reply *r);	/* a line or two of what it waits for */
void uart_free(struct uart *u);

#endif
