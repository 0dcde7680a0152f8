// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The calls of <linux/rpmsg_endpoint.h>: endpoints that are told to their creator, that have no
 * node, that are shared; and the options of an open file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	0x400
#define REMOTE	0x900
#define MS	1000000ull

FIXTURE(rpmsg_endpoint)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct rpmsg_endpoint_create create;
	struct rpmsg_endpoint_options options;
	struct sleeper sleeper;
	int ctrl;
	int fd;
	char node[NODE_MAX];
	uint8_t data[512];
};

FIXTURE_SETUP(rpmsg_endpoint)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->create = (struct rpmsg_endpoint_create){
		.size = sizeof(self->create), .name = "mine", .src = HOST, .dst = REMOTE,
	};
	self->options = (struct rpmsg_endpoint_options){ .size = sizeof(self->options) };
}

FIXTURE_TEARDOWN(rpmsg_endpoint)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

static int create(FIXTURE_DATA(rpmsg_endpoint) *self)
{
	return call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &self->create);
}

/* Makes the endpoint with these flags; sets node, and fd if it is none. */
static int create_and_open(FIXTURE_DATA(rpmsg_endpoint) *self, uint32_t flags)
{
	int ret;

	self->create.flags = flags;
	ret = create(self);
	if (ret)
		return ret;
	snprintf(self->node, sizeof(self->node), "/dev/rpmsg%u", self->create.index);
	self->fd = flags & RPMSG_ENDPOINT_NO_NODE ? self->create.fd : node_open(self->node, O_RDWR);
	return self->fd < 0 ? self->fd : 0;
}

/* How many endpoints there are in sysfs, with nodes or without. */
static int endpoints(FIXTURE_DATA(rpmsg_endpoint) *self)
{
	char node[NODE_MAX];

	return endpoint_node(&self->processor, "mine", node);
}

static bool works(FIXTURE_DATA(rpmsg_endpoint) *self, int fd)
{
	if (node_write(fd, "ping", 4) != 4 ||
	    remote_receive(&self->remote, &self->message, PATIENCE_MS) ||
	    remote_send(&self->remote, REMOTE, self->message.header.src, "pong!", 5))
		return false;
	return node_read(fd, self->data, sizeof(self->data)) == 5;
}

TEST_F(rpmsg_endpoint, tells_the_node)
{
	char path[FILE_PATH_MAX], name[32];

	self->create.index = 77;
	self->create.fd = 77;
	ASSERT_EQ(0, create_and_open(self, 0));
	EXPECT_EQ(-1, self->create.fd);
	file_path(path, "/sys/class/rpmsg/rpmsg%u/name", self->create.index);
	ASSERT_LT(0, file_read_line(path, name, sizeof(name)));
	EXPECT_STREQ("mine", name);
	EXPECT_TRUE(works(self, self->fd));
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));
}

TEST_F(rpmsg_endpoint, no_node)
{
	char path[FILE_PATH_MAX];

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	EXPECT_EQ(HOST, self->create.src);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(self->fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_FALSE(file_exists(self->node));
	file_path(path, "/sys/class/rpmsg/rpmsg%u/dev", self->create.index);
	EXPECT_FALSE(file_exists(path));
	EXPECT_EQ(1, endpoints(self));
	EXPECT_TRUE(works(self, self->fd));
}

TEST_F(rpmsg_endpoint, no_node_any_address)
{
	self->create.src = RPMSG_ADDR_ANY;
	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	EXPECT_LE(1024, self->create.src);
	EXPECT_NE(RPMSG_ADDR_ANY, self->create.src);
	EXPECT_TRUE(works(self, self->fd));
	EXPECT_EQ(self->create.src, self->message.header.src);
}

TEST_F(rpmsg_endpoint, no_node_ends_with_its_last_descriptor)
{
	int copy;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	copy = dup(self->fd);
	ASSERT_LE(0, copy);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, endpoints(self));
	EXPECT_TRUE(works(self, copy));
	close(copy);
	EXPECT_EQ(0, endpoints(self));

	/* And its address is free. */
	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
}

TEST_F(rpmsg_endpoint, no_node_destroyed)
{
	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	EXPECT_EQ(0, call(self->fd, RPMSG_DESTROY_EPT_IOCTL, NULL));
	EXPECT_EQ(0, endpoints(self));
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, 1));
	EXPECT_EQ(0, call(self->fd, RPMSG_DESTROY_EPT_IOCTL, NULL));
}

TEST_F(rpmsg_endpoint, no_node_when_the_remote_goes)
{
	int result = 0;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	ASSERT_EQ(0, processor_stop(&self->processor));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EPIPE, result);
	EXPECT_EQ(0, endpoints(self));
	EXPECT_EQ(-ENETRESET, create(self));
}

TEST_F(rpmsg_endpoint, address_taken)
{
	int other;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	EXPECT_EQ(-EINVAL, create(self));
	EXPECT_EQ(1, endpoints(self));

	/* Nobody has it before it is opened. */
	self->create.flags = 0;
	EXPECT_EQ(0, create(self));
	snprintf(self->node, sizeof(self->node), "/dev/rpmsg%u", self->create.index);
	other = node_open(self->node, O_RDWR);
	EXPECT_EQ(-EINVAL, other);
}

TEST_F(rpmsg_endpoint, shared)
{
	int other;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_SHARED));
	other = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, other);
	EXPECT_TRUE(works(self, self->fd));
	EXPECT_TRUE(works(self, other));

	/* One message, one reader. */
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one", 3));
	EXPECT_EQ(3, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(-EAGAIN, node_read(other, self->data, sizeof(self->data)));

	/* The first close leaves the endpoint and its queue, the last one does not. */
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "two", 3));
	close(self->fd);
	EXPECT_EQ(3, node_read(other, self->data, sizeof(self->data)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "lost", 4));
	close(other);
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data)));
}

TEST_F(rpmsg_endpoint, shared_when_the_remote_goes)
{
	int other;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_SHARED));
	other = node_open(self->node, O_RDWR);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, 1));
	EXPECT_EQ(-EPIPE, node_write(other, "x", 1));
	close(other);
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
}

TEST_F(rpmsg_endpoint, bad_sizes)
{
	struct {
		struct rpmsg_endpoint_create create;
		uint64_t tail;
	} longer = { .create = self->create, .tail = 1 };

	self->create.size = 0;
	EXPECT_EQ(-EINVAL, create(self));
	self->create.size = sizeof(self->create) - 1;
	EXPECT_EQ(-EINVAL, create(self));
	longer.create.size = sizeof(longer);
	EXPECT_EQ(-E2BIG, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &longer));
	longer.create.size = 1 << 20;
	EXPECT_EQ(-E2BIG, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &longer));
	EXPECT_EQ(0, endpoints(self));

	longer.create.size = sizeof(longer);
	longer.tail = 0;
	EXPECT_EQ(0, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &longer));
	EXPECT_EQ(1, endpoints(self));
}

TEST_F(rpmsg_endpoint, bad_values)
{
	self->create.flags = RPMSG_ENDPOINT_NO_NODE | RPMSG_ENDPOINT_SHARED;
	EXPECT_EQ(-EINVAL, create(self));
	self->create.flags = 1u << 31;
	EXPECT_EQ(-EINVAL, create(self));
	self->create.flags = 0;
	memset(self->create.name, 'x', sizeof(self->create.name));
	EXPECT_EQ(-EINVAL, create(self));
	EXPECT_EQ(0, endpoints(self));
	EXPECT_EQ(-EINVAL, call(self->ctrl, RPMSG_IOC_GET_OPTIONS, &self->options));
}

TEST_F(rpmsg_endpoint, bad_pointers)
{
	const long page = sysconf(_SC_PAGESIZE);
	struct rpmsg_endpoint_create *fixed;

	EXPECT_EQ(-EFAULT, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, NULL));

	/* Can be read, but not written to: nothing is left behind, with a node or without. */
	fixed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, fixed);
	*fixed = self->create;
	ASSERT_EQ(0, mprotect(fixed, page, PROT_READ));
	EXPECT_EQ(-EFAULT, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, fixed));
	EXPECT_EQ(0, endpoints(self));

	ASSERT_EQ(0, mprotect(fixed, page, PROT_READ | PROT_WRITE));
	fixed->flags = RPMSG_ENDPOINT_NO_NODE;
	ASSERT_EQ(0, mprotect(fixed, page, PROT_READ));
	EXPECT_EQ(-EFAULT, call(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, fixed));
	EXPECT_EQ(0, endpoints(self));
	munmap(fixed, page);

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
	EXPECT_EQ(-EFAULT, call(self->fd, RPMSG_IOC_GET_OPTIONS, NULL));
	EXPECT_EQ(-EFAULT, call(self->fd, RPMSG_IOC_SET_OPTIONS, (void *)page));
}

TEST_F(rpmsg_endpoint, no_descriptors_left)
{
	struct rlimit limit;
	rlim_t old;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	old = limit.rlim_cur;
	limit.rlim_cur = 3;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	self->create.flags = RPMSG_ENDPOINT_NO_NODE;
	EXPECT_EQ(-EMFILE, create(self));
	limit.rlim_cur = old;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, endpoints(self));
	EXPECT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_NO_NODE));
}

TEST_F(rpmsg_endpoint, options_belong_to_the_file)
{
	struct rpmsg_endpoint_options options = { .size = sizeof(options) };
	int copy, other;

	ASSERT_EQ(0, create_and_open(self, RPMSG_ENDPOINT_SHARED));
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_GET_OPTIONS, &options));
	EXPECT_EQ(0, options.flags);
	EXPECT_EQ(15000 * MS, options.send_timeout_ns);

	options.flags = RPMSG_OPTION_TRUNCATE;
	options.send_timeout_ns = 5 * MS;
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_SET_OPTIONS, &options));
	copy = dup(self->fd);
	ASSERT_LE(0, copy);
	memset(&options, 0, sizeof(options));
	options.size = sizeof(options);
	ASSERT_EQ(0, call(copy, RPMSG_IOC_GET_OPTIONS, &options));
	EXPECT_EQ(RPMSG_OPTION_TRUNCATE, options.flags);
	EXPECT_EQ(5 * MS, options.send_timeout_ns);
	close(copy);

	other = node_open(self->node, O_RDWR);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, call(other, RPMSG_IOC_GET_OPTIONS, &options));
	EXPECT_EQ(0, options.flags);
	close(other);

	options.flags = ~RPMSG_OPTION_TRUNCATE;
	EXPECT_EQ(-EINVAL, call(self->fd, RPMSG_IOC_SET_OPTIONS, &options));
	options.size = 4;
	EXPECT_EQ(-EINVAL, call(self->fd, RPMSG_IOC_GET_OPTIONS, &options));
}

TEST_F(rpmsg_endpoint, truncation)
{
	ASSERT_EQ(0, create_and_open(self, 0));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "other", 5));
	EXPECT_EQ(-EMSGSIZE, node_read(self->fd, self->data, 3));

	self->options.flags = RPMSG_OPTION_TRUNCATE;
	self->options.send_timeout_ns = RPMSG_TIMEOUT_NONE;
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_SET_OPTIONS, &self->options));
	EXPECT_EQ(3, node_read(self->fd, self->data, 3));
	EXPECT_EQ(0, memcmp(self->data, "mes", 3));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, memcmp(self->data, "other", 5));
}

TEST_F(rpmsg_endpoint, send_timeout)
{
	int64_t begin;

	ASSERT_EQ(0, create_and_open(self, 0));
	ASSERT_EQ(RING_NUM, node_fill(self->fd));

	self->options.send_timeout_ns = 0;
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_SET_OPTIONS, &self->options));
	EXPECT_EQ(-ETIMEDOUT, node_write(self->fd, "x", 1));

	self->options.send_timeout_ns = 300 * MS;
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_SET_OPTIONS, &self->options));
	begin = now_ms();
	EXPECT_EQ(-ETIMEDOUT, node_write(self->fd, "x", 1));
	EXPECT_LE(300, now_ms() - begin);
	EXPECT_GT(10000, now_ms() - begin);
}

TEST_F(rpmsg_endpoint, send_without_timeout)
{
	int result = 0;

	ASSERT_EQ(0, create_and_open(self, 0));
	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	self->options.send_timeout_ns = RPMSG_TIMEOUT_NONE;
	ASSERT_EQ(0, call(self->fd, RPMSG_IOC_SET_OPTIONS, &self->options));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	EXPECT_FALSE(sleeper_join(&self->sleeper, QUIET_MS, &result));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(5, result);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
