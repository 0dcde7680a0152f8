// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client driver on the rpmsg bus, led by the test program through attributes of its channels. It
 * calls what <linux/rpmsg.h> offers; a write to "command" returns what the call did.
 *
 *	command	send LEN, sendto DST LEN, send_offchannel SRC DST LEN, and the same with "try":
 *		by the driver's endpoint, bytes that count up
 *		create SRC, destroy	another endpoint
 *		create_deaf SRC		another endpoint, without a callback
 *		block, go		callbacks wait inside, or go on
 *		mtu, poll, flow PAUSE DST
 *		find NAME SRC DST, create_channel NAME SRC DST, release_channel NAME SRC DST
 *	result	the number that the last command gave: an address, a size, events
 *	heard	how many messages came, the length of the last one, its sender; a line for the
 *		driver's endpoint and one for the other
 *
 * Any attribute may be used while another process is in a command; what two commands use both is
 * the test program's to order.
 */
#include <linux/completion.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rpmsg.h"

/* Of the core, in no installed header; a module may find them in its private one. */
struct device *rpmsg_find_device(struct device *parent, struct rpmsg_channel_info *info);
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev,
					  struct rpmsg_channel_info *info);
int rpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info);

#define DATA_SIZE	1024

struct heard {
	unsigned int count;
	int len;
	u32 src;
};

struct client {
	struct rpmsg_device *rpdev;
	struct rpmsg_endpoint *other;
	struct heard heard[2];		/* by the driver's endpoint, by the other */
	bool block;
	struct completion go;
	long long result;
	u8 data[DATA_SIZE];
};

static int client_hear(struct client *c, struct heard *heard, int len, u32 src)
{
	heard->len = len;
	heard->src = src;
	WRITE_ONCE(heard->count, heard->count + 1);
	if (READ_ONCE(c->block))
		wait_for_completion(&c->go);
	return 0;
}

static int client_message(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct client *c = dev_get_drvdata(&rpdev->dev);

	return client_hear(c, &c->heard[0], len, src);
}

static int client_other_message(struct rpmsg_device *rpdev, void *data, int len, void *priv,
				u32 src)
{
	struct client *c = priv;

	return client_hear(c, &c->heard[1], len, src);
}

static int client_create(struct client *c, u32 src, rpmsg_rx_cb_t callback)
{
	const struct rpmsg_channel_info info = { .name = "other", .src = src };

	if (c->other)
		return -EBUSY;
	c->other = rpmsg_create_ept(c->rpdev, callback, c, info);
	if (!c->other)
		return -ENXIO;
	c->result = c->other->addr;
	return 0;
}

static int client_destroy(struct client *c)
{
	struct rpmsg_endpoint *other = c->other;

	if (!other)
		return -ENXIO;
	rpmsg_destroy_ept(other);
	c->other = NULL;
	return 0;
}

static int client_find(struct client *c, struct rpmsg_channel_info *info)
{
	struct device *found = rpmsg_find_device(c->rpdev->dev.parent, info);

	if (!found)
		return -ENODEV;
	put_device(found);
	return 0;
}

static int client_send(struct client *c, const char *how, const u32 *arg, int args)
{
	struct rpmsg_endpoint *ept = c->rpdev->ept;
	const int len = args ? arg[args - 1] : -1;

	if (len > DATA_SIZE)
		return -EINVAL;
	if (!strcmp(how, "send") && args == 1)
		return rpmsg_send(ept, c->data, len);
	if (!strcmp(how, "trysend") && args == 1)
		return rpmsg_trysend(ept, c->data, len);
	if (!strcmp(how, "sendto") && args == 2)
		return rpmsg_sendto(ept, c->data, len, arg[0]);
	if (!strcmp(how, "trysendto") && args == 2)
		return rpmsg_trysendto(ept, c->data, len, arg[0]);
	if (!strcmp(how, "send_offchannel") && args == 3)
		return rpmsg_send_offchannel(ept, arg[0], arg[1], c->data, len);
	if (!strcmp(how, "trysend_offchannel") && args == 3)
		return rpmsg_trysend_offchannel(ept, arg[0], arg[1], c->data, len);
	return -EINVAL;
}

static int client_channel(struct client *c, const char *what, struct rpmsg_channel_info *info)
{
	if (!strcmp(what, "find"))
		return client_find(c, info);
	if (!strcmp(what, "create_channel"))
		return rpmsg_create_channel(c->rpdev, info) ? 0 : -ENXIO;
	if (!strcmp(what, "release_channel"))
		return rpmsg_release_channel(c->rpdev, info);
	return -EINVAL;
}

static int client_command(struct client *c, const char *text)
{
	struct rpmsg_channel_info info = { };
	char what[32];
	u32 arg[3];
	int args;

	if (sscanf(text, "%31s %31s %i %i", what, info.name, &info.src, &info.dst) == 4 &&
	    isalpha(info.name[0]))
		return client_channel(c, what, &info);

	args = sscanf(text, "%31s %i %i %i", what, &arg[0], &arg[1], &arg[2]) - 1;
	if (args < 0)
		return -EINVAL;
	if (!strcmp(what, "create") && args == 1)
		return client_create(c, arg[0], client_other_message);
	if (!strcmp(what, "create_deaf") && args == 1)
		return client_create(c, arg[0], NULL);
	if (!strcmp(what, "destroy"))
		return client_destroy(c);
	if (!strcmp(what, "block")) {
		reinit_completion(&c->go);
		WRITE_ONCE(c->block, true);
		return 0;
	}
	if (!strcmp(what, "go")) {
		WRITE_ONCE(c->block, false);
		complete_all(&c->go);
		return 0;
	}
	if (!strcmp(what, "mtu")) {
		c->result = rpmsg_get_mtu(c->rpdev->ept);
		return 0;
	}
	if (!strcmp(what, "poll")) {
		c->result = (__force u32)rpmsg_poll(c->rpdev->ept, NULL, NULL);
		return 0;
	}
	if (!strcmp(what, "flow") && args == 2)
		return rpmsg_set_flow_control(c->rpdev->ept, arg[0], arg[1]);
	return client_send(c, what, arg, args);
}

static ssize_t command_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t len)
{
	int ret = client_command(dev_get_drvdata(dev), buf);

	return ret ? ret : len;
}
static DEVICE_ATTR_WO(command);

static ssize_t result_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct client *c = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%lld\n", c->result);
}
static DEVICE_ATTR_RO(result);

static ssize_t heard_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct client *c = dev_get_drvdata(dev);
	const struct heard *h = c->heard;

	return sysfs_emit(buf, "%u %d %u\n%u %d %u\n", READ_ONCE(h[0].count), h[0].len, h[0].src,
			  READ_ONCE(h[1].count), h[1].len, h[1].src);
}
static DEVICE_ATTR_RO(heard);

static struct attribute *client_attrs[] = {
	&dev_attr_command.attr,
	&dev_attr_result.attr,
	&dev_attr_heard.attr,
	NULL
};
ATTRIBUTE_GROUPS(client);

static int client_probe(struct rpmsg_device *rpdev)
{
	struct client *c;
	int i;

	c = devm_kzalloc(&rpdev->dev, sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->rpdev = rpdev;
	init_completion(&c->go);
	for (i = 0; i < DATA_SIZE; i++)
		c->data[i] = i;
	dev_set_drvdata(&rpdev->dev, c);
	return 0;
}

static void client_remove(struct rpmsg_device *rpdev)
{
	client_destroy(dev_get_drvdata(&rpdev->dev));
}

static const struct rpmsg_device_id client_ids[] = {
	{ .name = "selftest-client" },
	{ .name = "selftest-second" },
	{ }
};
MODULE_DEVICE_TABLE(rpmsg, client_ids);

static struct rpmsg_driver client_driver = {
	.drv = {
		.name		= KBUILD_MODNAME,
		.dev_groups	= client_groups,
	},
	.id_table	= client_ids,
	.probe		= client_probe,
	.remove		= client_remove,
	.callback	= client_message,
};
module_rpmsg_driver(client_driver);

MODULE_DESCRIPTION("Tests of the kernel interface of rpmsg");
MODULE_LICENSE("GPL");
