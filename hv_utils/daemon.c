// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service's daemon: registration, one request at a time, a limit for each.
 *
 * Answers carry no number.  A daemon handles one request after the other, so
 * what it writes first after a request was given up is the answer to that, and
 * must not be taken for the answer to the next; it gets no other before.
 *
 * All under ic->lock, but for copies from and to user space.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "daemon.h"

/* ------------------------------ requests ------------------------------------ */

/**
 * dmn_there() - is a daemon registered?
 * @ic: the service, with ic->lock
 */
bool dmn_there(const struct ic *ic)
{
	return ic->dmn->way != DMN_ABSENT;
}

/* The end of the request in work: forget it, and whether the daemon still owes an answer. */
static bool forget_request(struct dmn *dmn, bool owes)
{
	bool taken = dmn->taken;

	dmn->asked = false;
	dmn->taken = false;
	dmn->request.len = 0;
	if (taken && owes) {
		dmn->owes = true;
		dmn->owed_tag = dmn->tag;
	}
	return taken;
}

static void finish(struct dmn *dmn, int err, const void *msg)
{
	bool taken;

	if (!dmn->asked)
		return;
	cancel_delayed_work(&dmn->limit);
	taken = forget_request(dmn, err == -ETIMEDOUT);
	dmn->ops->done(dmn->ic, dmn->tag, err, msg, taken);
}

/* It is not there any more. */
static void gone(struct dmn *dmn)
{
	if (dmn->way == DMN_ABSENT)
		return;
	dmn->way = DMN_ABSENT;
	if (dmn->ops->left)
		dmn->ops->left(dmn->ic);
	dmn->owes = false;
	dmn->reply.len = 0;
	finish(dmn, -EPIPE, NULL);
}

static void dmn_limit_work(struct work_struct *work)
{
	struct dmn *dmn = container_of(work, struct dmn, limit.work);
	struct ic *ic = dmn->ic;

	mutex_lock(&ic->lock);
	/* answered, and perhaps another asked, while this waited for the lock? */
	if (dmn->asked && !delayed_work_pending(&dmn->limit)) {
		ic_count(ic, IC_N_TIMEOUTS);
		finish(dmn, -ETIMEDOUT, NULL);
	}
	mutex_unlock(&ic->lock);
}

/**
 * dmn_ask() - send a request to the daemon
 * @ic: the service, with ic->lock; its daemon is there and not asked yet
 * @msg: the request; stays as it is until its end is told or it is abandoned
 * @len: its length
 * @limit: jiffies to wait for the answer
 * @tag: comes back with it
 *
 * Its end is always told by done(), at once if the request cannot be sent.
 */
void dmn_ask(struct ic *ic, void *msg, u32 len, unsigned long limit, unsigned int tag)
{
	struct dmn *dmn = ic->dmn;

	dmn->asked = true;
	dmn->tag = tag;
	if (dmn->way == DMN_CONNECTOR) {
		dmn->taken = true;
		if (cn_send(dmn, msg, len)) {
			gone(dmn);
			return;
		}
	}
	mod_delayed_work(ic->wq, &dmn->limit, limit);
	if (dmn->way == DMN_DEVICE) {
		dmn->request.buf = msg;
		dmn->request.len = len;
		/* who asks is about to sleep: no other CPU need be woken */
		wake_up_interruptible_sync(&dmn->wait);
	}
}

/**
 * dmn_abandon() - wait no more for the daemon's answer
 * @ic: the service, with ic->lock
 */
void dmn_abandon(struct ic *ic)
{
	if (!ic->dmn->asked)
		return;
	cancel_delayed_work(&ic->dmn->limit);
	forget_request(ic->dmn, true);
}

/* ------------------------------ the daemon ---------------------------------- */

static int register_daemon(struct dmn *dmn, enum dmn_way way, const void *msg)
{
	struct ic *ic = dmn->ic;
	int len = dmn->ops->hello(ic, msg, dmn->reply.buf);

	if (len < 0) {
		ic_bad(ic, "a daemon's registration makes no sense");
		return len;
	}
	if (way == DMN_CONNECTOR && len && cn_send(dmn, dmn->reply.buf, len))
		return -EIO;
	dmn->reply.len = way == DMN_DEVICE ? len : 0;
	dmn->way = way;
	ic_count(ic, IC_N_DAEMONS);
	dev_dbg(&ic->dev->device, "%s: daemon registered\n", ic->svc->name);
	wake_up_interruptible(&dmn->wait);
	/* after the answer to its registration, which goes first on either way */
	ic_daemon_came(ic);
	return 0;
}

static int take_answer(struct dmn *dmn, const void *msg)
{
	struct ic *ic = dmn->ic;

	if (dmn->owes) {
		dmn->owes = false;
		ic_count(ic, IC_N_LATE);
		if (dmn->ops->late)
			dmn->ops->late(ic, dmn->owed_tag, msg);
		/* a request may wait for this */
		wake_up_interruptible(&dmn->wait);
		return 0;
	}
	if (dmn->asked && dmn->taken) {
		finish(dmn, 0, msg);
		return 0;
	}
	ic_count(ic, IC_N_UNASKED);
	ic_bad(ic, "a daemon answers what was not asked");
	return -EINVAL;
}

/**
 * dmn_input() - a daemon has written something
 * @dmn: the daemon's side of a service, with ic->lock
 * @way: how it came
 * @msg: what it wrote
 * @len: its length
 *
 * Return: 0; -EINVAL if that made no sense; -EBADF if the service is gone;
 * -EBUSY if another daemon is registered.
 */
int dmn_input(struct dmn *dmn, enum dmn_way way, const void *msg, u32 len)
{
	if (dmn->dead)
		return -EBADF;
	if (len != dmn->ops->written) {
		ic_bad(dmn->ic, "a daemon writes %u bytes, not %u", len, dmn->ops->written);
		return -EINVAL;
	}
	if (dmn->way == DMN_ABSENT)
		return register_daemon(dmn, way, msg);
	if (dmn->way != way)
		return -EBUSY;
	/* nothing tells when a daemon on the connector dies, but that another comes */
	if (way == DMN_CONNECTOR && dmn->ops->hello(dmn->ic, msg, dmn->reply.buf) >= 0) {
		gone(dmn);
		return register_daemon(dmn, way, msg);
	}
	return take_answer(dmn, msg);
}

/* ------------------------------ the device ---------------------------------- */

static struct dmn *dmn_of(struct file *file)
{
	return container_of((struct miscdevice *)file->private_data, struct dmn, misc);
}

static int dmn_open(struct inode *inode, struct file *file)
{
	struct dmn *dmn = dmn_of(file);
	struct ic *ic = dmn->ic;
	int ret = 0;

	mutex_lock(&ic->lock);
	if (dmn->open) {
		ret = -EBUSY;
	} else {
		/* this way goes before the old one */
		gone(dmn);
		dmn->open = true;
		kref_get(&ic->ref);
	}
	mutex_unlock(&ic->lock);
	return ret;
}

static int dmn_release(struct inode *inode, struct file *file)
{
	struct dmn *dmn = dmn_of(file);
	struct ic *ic = dmn->ic;

	mutex_lock(&ic->lock);
	dmn->open = false;
	if (!dmn->dead)
		gone(dmn);
	mutex_unlock(&ic->lock);
	ic_put(ic);
	return 0;
}

/* What the daemon may read now, if anything. */
static struct dmn_slot *next_message(struct dmn *dmn)
{
	if (dmn->reply.len)
		return &dmn->reply;
	return dmn->request.len && !dmn->owes ? &dmn->request : NULL;
}

/*
 * Give a reader its message.  Under the lock, so no page of the reader's is
 * fetched here: it may be on a disk that waits to be thawed.
 *
 * Returns its length, 0 if there is none, -EFAULT if the reader's memory is
 * not at hand, or another error.
 */
static ssize_t give_message(struct dmn *dmn, char __user *to, size_t room)
{
	struct dmn_slot *slot;
	ssize_t len = 0;

	mutex_lock(&dmn->ic->lock);
	slot = next_message(dmn);
	if (dmn->dead) {
		len = -EBADF;
	} else if (slot && slot->len > room) {
		len = -EINVAL;
	} else if (slot) {
		len = copy_to_user_nofault(to, slot->buf, slot->len);
		if (!len) {
			len = slot->len;
			slot->len = 0;
			dmn->taken |= slot == &dmn->request;
		}
	}
	mutex_unlock(&dmn->ic->lock);
	return len;
}

static bool readable(struct dmn *dmn)
{
	bool yes;

	mutex_lock(&dmn->ic->lock);
	yes = dmn->dead || next_message(dmn);
	mutex_unlock(&dmn->ic->lock);
	return yes;
}

/* The condition takes a mutex, so this cannot be wait_event(). */
static int wait_readable(struct dmn *dmn)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret = 0;

	add_wait_queue(&dmn->wait, &wait);
	while (!ret && !readable(dmn)) {
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
		if (signal_pending(current))
			ret = -ERESTARTSYS;
	}
	remove_wait_queue(&dmn->wait, &wait);
	return ret;
}

static int fetch_pages(char __user *buf, size_t count)
{
	if (signal_pending(current))
		return -EINTR;
	return fault_in_safe_writeable(buf, count) ? -EFAULT : 0;
}

static ssize_t dmn_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct dmn *dmn = dmn_of(file);
	ssize_t len;
	int ret = 0;

	while (!ret) {
		len = give_message(dmn, buf, count);
		if (len && len != -EFAULT)
			return len;
		if (len)
			ret = fetch_pages(buf, min_t(size_t, count, dmn->ops->most));
		else if (file->f_flags & O_NONBLOCK)
			ret = -EAGAIN;
		else
			ret = wait_readable(dmn);
	}
	return ret;
}

static ssize_t dmn_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct dmn *dmn = dmn_of(file);
	struct ic *ic = dmn->ic;
	int ret = -EFAULT;

	mutex_lock(&dmn->input_lock);
	/* of something too long or short, the length is all that matters */
	if (count != dmn->ops->written || !copy_from_user(dmn->input, buf, count)) {
		mutex_lock(&ic->lock);
		ret = dmn_input(dmn, DMN_DEVICE, dmn->input, min_t(size_t, count, U32_MAX));
		mutex_unlock(&ic->lock);
	}
	mutex_unlock(&dmn->input_lock);
	return ret ? ret : count;
}

static __poll_t dmn_poll(struct file *file, poll_table *wait)
{
	struct dmn *dmn = dmn_of(file);
	__poll_t events = 0;

	poll_wait(file, &dmn->wait, wait);
	mutex_lock(&dmn->ic->lock);
	if (dmn->dead)
		events = EPOLLERR | EPOLLHUP;
	else if (next_message(dmn))
		events = EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&dmn->ic->lock);
	return events;
}

static const struct file_operations dmn_fops = {
	.owner = THIS_MODULE,
	.open = dmn_open,
	.release = dmn_release,
	.read = dmn_read,
	.write = dmn_write,
	.poll = dmn_poll,
};

/* ------------------------------ start and stop ------------------------------ */

/**
 * dmn_free() - the end of what dmn_start() made; no device is open any more
 * @dmn: a daemon's side of a service, or NULL
 */
void dmn_free(struct dmn *dmn)
{
	if (dmn)
		kvfree(dmn->input);
	kfree(dmn);
}

static void free_slots(struct dmn *dmn)
{
	kvfree(dmn->reply.buf);
	dmn->reply = (struct dmn_slot) { };
	dmn->request = (struct dmn_slot) { };
}

static int start_ways(struct dmn *dmn)
{
	int ret;

	node_claim(dmn);
	ret = cn_start(dmn);
	if (ret)
		goto release;
	ret = misc_register(&dmn->misc);
	if (!ret)
		return 0;
	cn_stop(dmn);
release:
	node_release(dmn);
	return ret;
}

/**
 * dmn_start() - let a daemon come
 * @ic: the service, whose priv is ready
 * @ops: its daemon
 *
 * Return: 0 or an error.
 */
int dmn_start(struct ic *ic, const struct dmn_ops *ops)
{
	struct dmn *dmn = kzalloc(sizeof(*dmn), GFP_KERNEL);
	int ret;

	if (!dmn)
		return -ENOMEM;
	ic->dmn = dmn;
	dmn->ic = ic;
	dmn->ops = ops;
	init_waitqueue_head(&dmn->wait);
	INIT_DELAYED_WORK(&dmn->limit, dmn_limit_work);
	mutex_init(&dmn->input_lock);
	dmn->reply.buf = kvzalloc(ops->most, GFP_KERNEL);
	dmn->input = kvzalloc(ops->written, GFP_KERNEL);
	dmn->misc.minor = MISC_DYNAMIC_MINOR;
	dmn->misc.name = dmn->node;
	dmn->misc.fops = &dmn_fops;

	ret = dmn->reply.buf && dmn->input ? start_ways(dmn) : -ENOMEM;
	if (ret)
		free_slots(dmn);
	return ret;
}

/**
 * dmn_stop() - no daemon any more: who has the device open is told so
 * @ic: the service, after ic_close(), without ic->lock
 */
void dmn_stop(struct ic *ic)
{
	struct dmn *dmn = ic->dmn;

	misc_deregister(&dmn->misc);
	cn_stop(dmn);
	node_release(dmn);
	mutex_lock(&ic->lock);
	dmn_abandon(ic);
	dmn->dead = true;
	dmn->way = DMN_ABSENT;
	free_slots(dmn);
	mutex_unlock(&ic->lock);
	wake_up_all(&dmn->wait);
	cancel_delayed_work_sync(&dmn->limit);
}
