// SPDX-License-Identifier: GPL-2.0-only
/*
 * urproc: a remote processor that is a user process. The contract is <linux/urproc.h>.
 *
 * Objects
 *	struct urproc is made by open() and is the open file. It embeds a device;
 *	URPROC_IOC_CREATE puts the memory behind it, registers it, and adds a remoteproc device
 *	below it. Release of the file deletes the remoteproc device (which stops the processor),
 *	unregisters ours, and drops the file's reference. The structure is freed with the device's
 *	last reference, which devices below it (the remoteproc, its virtio devices, a coredump
 *	that nobody fetched) may hold for longer.
 *
 * Requests
 *	remoteproc asks for start, stop, attach and detach under its own mutex, so at most one
 *	request is open. It
 *	is an event until it is read, and open until it is completed, timed out, or the file is
 *	released: a process that is gone cannot start, and has stopped.
 *
 * Crash
 *	The process says so, or the file is released while it runs: that is how a process ends that
 *	was killed, or exits without a word. remoteproc dumps the memory, which is there until the
 *	structure is freed, and removes the processor.
 *
 * Locks
 *	create_lock	one creation at a time; outermost, remoteproc's locks come inside.
 *	lock		requests, kicks, state; interrupts off. The eventfd's lock comes inside.
 *			Never held across a call of remoteproc or a wake-up of readers.
 *	A user's calls can be under way only while the file is open, so rproc needs no lock once
 *	@created is seen: it stays until release.
 *
 * Full and out of memory
 *	Nothing queues: a request is a field, kicks are a bitmap. A reader whose buffer faults
 *	gets its event again with the next read.
 *
 * Signals and exit
 *	Waiting for an answer ends after five seconds, or by a fatal signal to the waiter (who may
 *	be writing to remoteproc's state file). An exiting process closes its file, that is all.
 */
#include <linux/bitmap.h>
#include <linux/ctype.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/remoteproc.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/eventfd.h"
#include "remoteproc_internal.h"
#include "urproc_internal.h"

#define URPROC_ANSWER_TIMEOUT	(5 * HZ)

static struct miscdevice urproc_misc;
static DEFINE_IDA(urproc_ids);

/* Requests */

/* Requests after which the processor runs, for Linux; after the others it does not. */
static bool urproc_is_up(u32 type)
{
	return type == URPROC_EVENT_START || type == URPROC_EVENT_ATTACH;
}

static const char *urproc_request_name(u32 type)
{
	switch (type) {
	case URPROC_EVENT_START:
		return "start";
	case URPROC_EVENT_STOP:
		return "stop";
	case URPROC_EVENT_ATTACH:
		return "attach";
	default:
		return "detach";
	}
}

/**
 * urproc_request() - ask the process to do something, and wait for its answer
 * @up:   the processor
 * @type: %URPROC_EVENT_START, _STOP, _ATTACH or _DETACH
 * @addr: boot address of a start
 *
 * Context: may sleep; the caller serialises requests (remoteproc's mutex).
 * Return: the process's answer; -ETIMEDOUT, -EINTR. A process that is gone has stopped and detached
 * (0), and cannot start or be attached to (-ENODEV).
 */
int urproc_request(struct urproc *up, u32 type, u64 addr)
{
	struct urproc_request *req = &up->request;
	bool was_running;
	long left;
	int ret;

	spin_lock_irq(&up->lock);
	was_running = up->running;
	up->running = false;
	if (up->closed) {
		spin_unlock_irq(&up->lock);
		return urproc_is_up(type) ? -ENODEV : 0;
	}
	if (urproc_is_up(type)) {
		/* Kicks of an earlier life mean nothing to this one */
		bitmap_zero(up->kicked, URPROC_VQ_MAX);
		up->any_kicked = false;
	}
	reinit_completion(&up->answered);
	*req = (struct urproc_request){
		.seq = ++up->last_seq, .type = type, .addr = addr, .unread = true,
	};
	spin_unlock_irq(&up->lock);

	wake_up_interruptible(&up->wait);
	left = wait_for_completion_killable_timeout(&up->answered, URPROC_ANSWER_TIMEOUT);

	spin_lock_irq(&up->lock);
	if (!req->seq)
		ret = req->result;
	else
		ret = left ? -EINTR : -ETIMEDOUT;
	req->seq = 0;
	req->unread = false;
	if (!urproc_is_up(type) && ret)
		up->running = was_running;
	spin_unlock_irq(&up->lock);

	if (ret == -ETIMEDOUT)
		dev_err(&up->dev, "%s: no answer to %s\n", up->name, urproc_request_name(type));
	return ret;
}

/* Ends the open request, which there must be. */
static void urproc_answer(struct urproc *up, int result)
{
	lockdep_assert_held(&up->lock);
	up->request.result = result;
	up->request.seq = 0;
	up->request.unread = false;
	if (urproc_is_up(up->request.type) && !result)
		up->running = true;
	complete(&up->answered);
}

/* From any context: @vq is below URPROC_VQ_MAX. */
void urproc_kick(struct urproc *up, unsigned int vq)
{
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&up->lock, flags);
	if (up->kick_ctx) {
		compat_eventfd_signal(up->kick_ctx);
	} else {
		__set_bit(vq, up->kicked);
		up->any_kicked = true;
		wake = true;
	}
	spin_unlock_irqrestore(&up->lock, flags);
	if (wake)
		wake_up_interruptible(&up->wait);
}

/* Events */

static bool urproc_has_event(struct urproc *up)
{
	return READ_ONCE(up->request.unread) || READ_ONCE(up->any_kicked);
}

static bool urproc_take_event(struct urproc *up, struct urproc_event *event)
{
	bool taken = true;
	unsigned int vq;

	memset(event, 0, sizeof(*event));
	spin_lock_irq(&up->lock);
	vq = find_first_bit(up->kicked, URPROC_VQ_MAX);
	if (up->request.unread) {
		up->request.unread = false;
		event->type = up->request.type;
		event->seq = up->request.seq;
		event->addr = up->request.addr;
	} else if (vq < URPROC_VQ_MAX) {
		__clear_bit(vq, up->kicked);
		up->any_kicked = !bitmap_empty(up->kicked, URPROC_VQ_MAX);
		event->type = URPROC_EVENT_KICK;
		event->vq = vq;
	} else {
		taken = false;
	}
	spin_unlock_irq(&up->lock);
	return taken;
}

static void urproc_untake_event(struct urproc *up, const struct urproc_event *event)
{
	spin_lock_irq(&up->lock);
	if (event->type == URPROC_EVENT_KICK) {
		__set_bit(event->vq, up->kicked);
		up->any_kicked = true;
	} else if (event->seq == up->request.seq) {
		up->request.unread = true;
	}
	spin_unlock_irq(&up->lock);
}

/* File operations */

static bool urproc_is_created(struct urproc *up)
{
	/* Pairs with the release in urproc_ioctl_create() */
	return smp_load_acquire(&up->created);
}

static ssize_t urproc_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct urproc *up = file->private_data;
	struct urproc_event event;
	size_t done = 0;
	int ret;

	if (!urproc_is_created(up))
		return -ENXIO;
	if (len < sizeof(event))
		return -EINVAL;

	while (len - done >= sizeof(event)) {
		if (!urproc_take_event(up, &event)) {
			if (done)
				break;
			if (file->f_flags & O_NONBLOCK)
				return -EAGAIN;
			ret = wait_event_interruptible(up->wait, urproc_has_event(up));
			if (ret)
				return ret;
			continue;
		}
		if (copy_to_user(buf + done, &event, sizeof(event))) {
			urproc_untake_event(up, &event);
			return done ? done : -EFAULT;
		}
		done += sizeof(event);
	}
	return done;
}

static __poll_t urproc_poll(struct file *file, poll_table *wait)
{
	struct urproc *up = file->private_data;

	poll_wait(file, &up->wait, wait);
	if (!urproc_is_created(up))
		return EPOLLERR;
	return urproc_has_event(up) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int urproc_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct urproc *up = file->private_data;

	if (!urproc_is_created(up))
		return -ENXIO;
	return urproc_pool_mmap(&up->pool, vma);
}

/* Ioctls */

/* Fetches a structure that starts with its size, @min bytes or more; see <linux/urproc.h>. */
static int urproc_fetch(void *to, size_t min, const void __user *from)
{
	u32 size;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, min, from, size);
}

static bool urproc_name_ok(const char *name)
{
	size_t len = strnlen(name, URPROC_NAME_MAX);
	size_t i;

	for (i = 0; i < len; i++)
		if (!isgraph(name[i]) || name[i] == '/')
			return false;
	return len && len < URPROC_NAME_MAX;
}

#define URPROC_CREATE_FLAGS (URPROC_CREATE_AUTO_BOOT | URPROC_CREATE_DETACHED | \
			     URPROC_CREATE_ATTACH_ON_RECOVERY)

static int urproc_check_detached(const struct urproc_create *arg)
{
	if (!(arg->flags & URPROC_CREATE_DETACHED))
		return arg->flags & URPROC_CREATE_ATTACH_ON_RECOVERY || arg->table_addr ||
		       arg->table_size ? -EINVAL : 0;
	if (arg->flags & URPROC_CREATE_AUTO_BOOT)
		return -EINVAL;
	if (!arg->table_size)
		return arg->table_addr ? -EINVAL : 0;
	if (arg->table_addr % sizeof(u32) || arg->table_addr < arg->mem_addr ||
	    arg->table_size > arg->mem_size || arg->table_size > URPROC_TABLE_MAX ||
	    arg->table_addr - arg->mem_addr > arg->mem_size - arg->table_size)
		return -EINVAL;
	return 0;
}

static int urproc_check(const struct urproc_create *arg)
{
	if (arg->flags & ~URPROC_CREATE_FLAGS || arg->reserved)
		return -EINVAL;
	if (!urproc_name_ok(arg->name))
		return -EINVAL;
	if (strnlen(arg->firmware, URPROC_FIRMWARE_MAX) == URPROC_FIRMWARE_MAX)
		return -EINVAL;
	if (!arg->mem_size || arg->mem_size > URPROC_MEM_MAX || !PAGE_ALIGNED(arg->mem_size))
		return -EINVAL;
	if (!arg->mem_addr || !PAGE_ALIGNED(arg->mem_addr) ||
	    arg->mem_addr > SZ_4G - arg->mem_size)
		return -EINVAL;
	return urproc_check_detached(arg);
}

static int urproc_create(struct urproc *up, const struct urproc_create *arg)
{
	int ret;

	lockdep_assert_held(&up->create_lock);
	/* A device is added once: after a failure the file is used up */
	if (up->tried)
		return -EBUSY;
	up->tried = true;

	ret = urproc_pool_init(&up->pool, arg->mem_addr, arg->mem_size);
	if (ret)
		return ret;
	strscpy(up->name, arg->name, sizeof(up->name));
	up->table_da = arg->table_addr;
	up->table_size = arg->table_size;
	ret = device_add(&up->dev);
	if (ret)
		goto destroy_pool;
	ret = urproc_rproc_add(up, arg->firmware, arg->flags);
	if (ret)
		goto del_device;
	return 0;

del_device:
	device_del(&up->dev);
destroy_pool:
	urproc_pool_destroy(&up->pool);
	return ret;
}

static int urproc_ioctl_create(struct urproc *up, struct urproc_create __user *uarg)
{
	struct urproc_create arg;
	int ret;

	ret = urproc_fetch(&arg, sizeof(arg), uarg);
	if (ret)
		return ret;
	ret = urproc_check(&arg);
	if (ret)
		return ret;

	mutex_lock(&up->create_lock);
	ret = urproc_create(up, &arg);
	if (!ret)
		/* Pairs with the acquire in urproc_is_created() */
		smp_store_release(&up->created, true);
	mutex_unlock(&up->create_lock);

	/* The processor is there whatever becomes of this; close removes it */
	if (!ret && put_user(up->rproc->index, &uarg->index))
		ret = -EFAULT;
	return ret;
}

static int urproc_ioctl_complete(struct urproc *up, const struct urproc_complete __user *uarg)
{
	struct urproc_complete arg;
	int ret;

	ret = urproc_fetch(&arg, sizeof(arg), uarg);
	if (ret)
		return ret;
	if (arg.result > 0 || arg.result < -MAX_ERRNO)
		return -EINVAL;

	spin_lock_irq(&up->lock);
	if (arg.seq && arg.seq == up->request.seq)
		urproc_answer(up, arg.result);
	else
		ret = -ENOENT;
	spin_unlock_irq(&up->lock);
	return ret;
}

static int urproc_ioctl_notify(struct urproc *up, unsigned long vq)
{
	if (vq >= URPROC_VQ_MAX)
		return -EINVAL;
	if (!READ_ONCE(up->running))
		return -ENOTCONN;
	/* Nobody listening is no error: queues come and go while firmware runs */
	rproc_vq_interrupt(up->rproc, vq);
	return 0;
}

static int urproc_ioctl_crash(struct urproc *up, unsigned long kind)
{
	if (kind)
		return -EINVAL;
	if (!READ_ONCE(up->running))
		return -ENOTCONN;
	rproc_report_crash(up->rproc, RPROC_FATAL_ERROR);
	return 0;
}

static int urproc_ioctl_quit(struct urproc *up)
{
	spin_lock_irq(&up->lock);
	up->running = false;
	spin_unlock_irq(&up->lock);
	return 0;
}

static int urproc_ioctl_set_kick_fd(struct urproc *up, int fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd != -1) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}

	spin_lock_irq(&up->lock);
	swap(up->kick_ctx, ctx);
	if (up->kick_ctx && up->any_kicked) {
		/* Kicks that came before move with the rest */
		bitmap_zero(up->kicked, URPROC_VQ_MAX);
		up->any_kicked = false;
		compat_eventfd_signal(up->kick_ctx);
	}
	spin_unlock_irq(&up->lock);

	if (ctx)
		eventfd_ctx_put(ctx);
	return 0;
}

static long urproc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct urproc *up = file->private_data;

	if (cmd == URPROC_IOC_CREATE)
		return urproc_ioctl_create(up, (void __user *)arg);
	if (!urproc_is_created(up))
		return _IOC_TYPE(cmd) == URPROC_IOC_MAGIC ? -ENXIO : -ENOTTY;

	switch (cmd) {
	case URPROC_IOC_COMPLETE:
		return urproc_ioctl_complete(up, (void __user *)arg);
	case URPROC_IOC_NOTIFY:
		return urproc_ioctl_notify(up, arg);
	case URPROC_IOC_CRASH:
		return urproc_ioctl_crash(up, arg);
	case URPROC_IOC_SET_KICK_FD:
		return urproc_ioctl_set_kick_fd(up, arg);
	case URPROC_IOC_QUIT:
		return urproc_ioctl_quit(up);
	default:
		return -ENOTTY;
	}
}

/* Life of struct urproc */

static void urproc_device_release(struct device *dev)
{
	struct urproc *up = container_of(dev, struct urproc, dev);

	ida_free(&urproc_ids, dev->id);
	urproc_pool_destroy(&up->pool);
	kfree(up);
	module_put(THIS_MODULE);
}

const struct device_type urproc_device_type = {
	.name		= "urproc",
	.release	= urproc_device_release,
};

static int urproc_open(struct inode *inode, struct file *file)
{
	struct urproc *up;
	int ret;

	up = kzalloc(sizeof(*up), GFP_KERNEL_ACCOUNT);
	if (!up)
		return -ENOMEM;
	ret = ida_alloc(&urproc_ids, GFP_KERNEL);
	if (ret < 0) {
		kfree(up);
		return ret;
	}

	mutex_init(&up->create_lock);
	spin_lock_init(&up->lock);
	init_waitqueue_head(&up->wait);
	init_completion(&up->answered);

	/* This open holds the module already; the device may outlive it. See urproc_rproc.c */
	__module_get(THIS_MODULE);
	device_initialize(&up->dev);
	up->dev.id = ret;
	up->dev.type = &urproc_device_type;
	up->dev.parent = urproc_misc.this_device;
	urproc_pool_set_dma_ops(up);
	ret = dev_set_name(&up->dev, "urproc%u", up->dev.id);
	if (ret) {
		put_device(&up->dev);
		return ret;
	}

	file->private_data = up;
	return stream_open(inode, file);
}

static int urproc_release(struct inode *inode, struct file *file)
{
	struct urproc *up = file->private_data;
	bool crashed;

	spin_lock_irq(&up->lock);
	crashed = up->running;
	up->closed = true;
	up->running = false;
	if (up->request.seq)
		urproc_answer(up, urproc_is_up(up->request.type) ? -ENODEV : 0);
	spin_unlock_irq(&up->lock);

	if (up->created) {
		if (crashed)
			rproc_report_crash(up->rproc, RPROC_FATAL_ERROR);
		urproc_rproc_del(up);
		device_del(&up->dev);
	}
	/* Only now: kicks come until the processor is deleted */
	if (up->kick_ctx)
		eventfd_ctx_put(up->kick_ctx);
	up->kick_ctx = NULL;
	put_device(&up->dev);
	return 0;
}

static const struct file_operations urproc_fops = {
	.owner		= THIS_MODULE,
	.open		= urproc_open,
	.release	= urproc_release,
	.read		= urproc_read,
	.poll		= urproc_poll,
	.mmap		= urproc_mmap,
	.unlocked_ioctl	= urproc_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice urproc_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "urproc",
	.mode	= 0600,
	.fops	= &urproc_fops,
};
module_misc_device(urproc_misc);

MODULE_DESCRIPTION("Remote processor that is a user process");
MODULE_LICENSE("GPL");
