// SPDX-License-Identifier: GPL-2.0-only
/*
 * uart.c - 16550A serial ports. The transmitter takes a byte in no time, so
 * it is empty unless the far end has stopped taking bytes.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "loop/log.h"
#include "machine/chardev.h"
#include "machine/kvm/iobus.h"
#include "machine/kvm/uart.h"
#include "machine/kvm/kvm.h"

#define RX_BYTES	4096

enum { R_DATA, R_IER, R_IIR_FCR, R_LCR, R_MCR, R_LSR, R_MSR, R_SCR };

#define IER_RX		0x01
#define IER_TX		0x02
#define IIR_NONE	0x01
#define IIR_TX		0x02
#define IIR_RX		0x04
#define IIR_FIFO	0xc0
#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define LCR_DLAB	0x80
#define MCR_LOOP	0x10
#define LSR_DATA	0x01
#define LSR_BREAK	0x10
#define LSR_TX_EMPTY	0x60
#define MSR_CONNECTED	0xb0	/* carrier, data set ready, clear to send */

struct uart {
	struct vm *vm;
	struct chardev *backend;
	uint16_t base;
	unsigned int gsi;

	pthread_mutex_t lock;	/* protects: all below */
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	bool tx_pending;	/* transmitter-empty interrupt not yet read */
	bool tx_stuck;		/* the far end is full, tx_byte waits */
	uint8_t tx_byte;
	bool rx_starved;	/* the backend waits for room */
	bool line;		/* level of the interrupt line */
	bool breaking;		/* the next byte is a break's */
	uint8_t rx[RX_BYTES];
	size_t rx_head, rx_len;
};

static uint8_t interrupt_id(const struct uart *u)
{
	if ((u->ier & IER_RX) && u->rx_len)
		return IIR_RX;
	if ((u->ier & IER_TX) && u->tx_pending)
		return IIR_TX;
	return IIR_NONE;
}

static void update_line(struct uart *u)
{
	bool level = interrupt_id(u) != IIR_NONE;

	if (level == u->line)
		return;
	u->line = level;
	vm_irq(u->vm, u->gsi, level);
}

static void transmit(struct uart *u, uint8_t byte)
{
	if (u->mcr & MCR_LOOP)
		return;
	if (u->backend && !chardev_put(u->backend, byte)) {
		u->tx_stuck = true;
		u->tx_byte = byte;
		u->tx_pending = false;
		return;
	}
	u->tx_pending = true;
}

static uint8_t receive(struct uart *u)
{
	uint8_t byte;

	if (!u->rx_len)
		return 0;
	byte = u->rx[u->rx_head];
	u->breaking = false;
	u->rx_head = (u->rx_head + 1) % RX_BYTES;
	u->rx_len--;
	if (!u->rx_len && u->rx_starved) {
		u->rx_starved = false;
		chardev_more(u->backend);
	}
	return byte;
}

static void write_ier(struct uart *u, uint8_t value)
{
	if (!(u->ier & IER_TX) && (value & IER_TX) && !u->tx_stuck)
		u->tx_pending = true;
	u->ier = value & 0x0f;
}

static void write_fcr(struct uart *u, uint8_t value)
{
	u->fcr = value & 0xc9;
	if (value & FCR_CLEAR_RX)
		while (u->rx_len)
			receive(u);
}

static void write_reg(struct uart *u, unsigned int reg, uint8_t value)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case R_DATA:
		if (dlab)
			u->dll = value;
		else if (!u->tx_stuck)
			transmit(u, value);
		break;
	case R_IER:
		if (dlab)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case R_IIR_FCR:
		write_fcr(u, value);
		break;
	case R_LCR:
		u->lcr = value;
		break;
	case R_MCR:
		u->mcr = value & 0x1f;
		break;
	case R_SCR:
		u->scr = value;
		break;
	}
}

static uint8_t read_iir(struct uart *u)
{
	uint8_t id = interrupt_id(u);

	if (id == IIR_TX)
		u->tx_pending = false;
	return id | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

/* In loop-back the modem outputs come back as modem inputs. */
static uint8_t read_msr(const struct uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_CONNECTED;
	return (u->mcr & 0x0c) << 4 | (u->mcr & 0x02) << 3 | (u->mcr & 0x01) << 5;
}

static uint8_t read_reg(struct uart *u, unsigned int reg)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case R_DATA:
		return dlab ? u->dll : receive(u);
	case R_IER:
		return dlab ? u->dlm : u->ier;
	case R_IIR_FCR:
		return read_iir(u);
	case R_LCR:
		return u->lcr;
	case R_MCR:
		return u->mcr;
	case R_LSR:
		return (u->tx_stuck ? 0 : LSR_TX_EMPTY) | (u->rx_len ? LSR_DATA : 0) |
		       (u->breaking ? LSR_BREAK : 0);
	case R_MSR:
		return read_msr(u);
	default:
		return u->scr;
	}
}

static uint32_t uart_io(void *ctx, uint16_t port, bool write, unsigned int size, uint32_t value)
{
	struct uart *u = ctx;
	uint32_t ret = 0;

	pthread_mutex_lock(&u->lock);
	if (write)
		write_reg(u, port - u->base, value);
	else
		ret = read_reg(u, port - u->base);
	update_line(u);
	pthread_mutex_unlock(&u->lock);
	return ret;
}

static size_t uart_room(void *ctx)
{
	struct uart *u = ctx;
	size_t room;

	pthread_mutex_lock(&u->lock);
	room = RX_BYTES - u->rx_len;
	u->rx_starved = !room;
	pthread_mutex_unlock(&u->lock);
	return room;
}

static void uart_input(void *ctx, const uint8_t *p, size_t n)
{
	struct uart *u = ctx;

	pthread_mutex_lock(&u->lock);
	for (; n && u->rx_len < RX_BYTES; n--)
		u->rx[(u->rx_head + u->rx_len++) % RX_BYTES] = *p++;
	update_line(u);
	pthread_mutex_unlock(&u->lock);
}

static void uart_drained(void *ctx)
{
	struct uart *u = ctx;

	pthread_mutex_lock(&u->lock);
	if (u->tx_stuck) {
		u->tx_stuck = false;
		transmit(u, u->tx_byte);
	}
	update_line(u);
	pthread_mutex_unlock(&u->lock);
}

void uart_reset(struct uart *u)
{
	pthread_mutex_lock(&u->lock);
	u->ier = u->fcr = u->lcr = u->mcr = u->scr = u->dll = u->dlm = 0;
	u->tx_pending = u->line = false;
	pthread_mutex_unlock(&u->lock);
}

bool uart_sysrq(struct uart *u, uint8_t key)
{
	bool idle;

	pthread_mutex_lock(&u->lock);
	idle = !u->rx_len;
	if (idle) {
		u->rx[u->rx_head] = 0;
		u->rx[(u->rx_head + 1) % RX_BYTES] = key;
		u->rx_len = 2;
		u->breaking = true;
		update_line(u);
	}
	pthread_mutex_unlock(&u->lock);
	return idle;
}

void uart_show(struct uart *u, struct reply *r)
{
	pthread_mutex_lock(&u->lock);
	reply_printf(r, "uart %#x ier=%#x iir=%#x line=%d received=%zu%s%s%s\n", u->base, u->ier,
		     interrupt_id(u), u->line, u->rx_len, u->rx_starved ? " starved" : "",
		     u->tx_pending ? " tx_pending" : "", u->tx_stuck ? " stuck" : "");
	pthread_mutex_unlock(&u->lock);
	if (u->backend)
		chardev_show(u->backend, r);
}

struct uart *uart_new(struct vm *vm, uint16_t base, unsigned int gsi, struct chardev *backend)
{
	struct uart *u = calloc(1, sizeof(*u));
	struct chardev_user user = {
		.room = uart_room, .input = uart_input, .drained = uart_drained, .ctx = u,
	};

	if (!u) {
		log_err("out of memory");
		return NULL;
	}
	u->vm = vm;
	u->base = base;
	u->gsi = gsi;
	u->backend = backend;
	pthread_mutex_init(&u->lock, NULL);
	iobus_claim(base, 8, uart_io, u);
	if (backend)
		chardev_start(backend, &user);
	return u;
}

void uart_free(struct uart *u)
{
	if (!u)
		return;
	pthread_mutex_destroy(&u->lock);
	free(u);
}
