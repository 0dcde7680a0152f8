// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/rpmsgN: messages in both directions, lengths, readiness, and who may do what at once.
 * What happens when one side goes away is in rpmsg_char_gone.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

FIXTURE(rpmsg_char)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct sleeper sleeper;
	int ctrl;
	int fd;			/* blocks */
	char node[NODE_MAX];
	uint8_t data[1024];
};

FIXTURE_SETUP(rpmsg_char)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "char", HOST, REMOTE,
				     self->node));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(rpmsg_char)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static void fill(uint8_t *data, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = seed * 31 + i;
}

TEST_F(rpmsg_char, there_and_back)
{
	static const size_t lengths[] = { 1, 2, 3, 15, 16, 17, 255, 256, 495, 496 };
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const size_t len = lengths[i];

		fill(self->data, len, i);
		ASSERT_EQ(len, node_write(self->fd, self->data, len));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		EXPECT_EQ(HOST, self->message.header.src);
		EXPECT_EQ(REMOTE, self->message.header.dst);
		EXPECT_EQ(len, self->message.header.len);
		EXPECT_EQ(0, self->message.header.reserved);
		EXPECT_EQ(0, self->message.header.flags);
		EXPECT_EQ(0, memcmp(self->message.data, self->data, len));

		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->message.data, len));
		memset(self->data, 0, sizeof(self->data));
		ASSERT_EQ(len, node_read(self->fd, self->data, sizeof(self->data)));
		EXPECT_EQ(0, memcmp(self->message.data, self->data, len));
	}
}

TEST_F(rpmsg_char, empty_message)
{
	ASSERT_EQ(0, node_write(self->fd, self->data, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(0, self->message.header.len);

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "", 0));
	EXPECT_EQ(POLLIN, node_poll(self->fd, POLLIN, PATIENCE_MS));
	EXPECT_EQ(0, node_read(self->fd, self->data, sizeof(self->data)));
}

TEST_F(rpmsg_char, write_too_long)
{
	const size_t huge = 64 << 20;
	void *much;

	EXPECT_EQ(-EMSGSIZE, node_write(self->fd, self->data, RPMSG_PAYLOAD_MAX + 1));
	EXPECT_EQ(-EMSGSIZE, node_write(self->fd, self->data, 1024));

	much = mmap(NULL, huge, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, much);
	EXPECT_EQ(-EMSGSIZE, node_write(self->fd, much, huge));
	munmap(much, huge);

	/* And the buffers are all there */
	EXPECT_FALSE(remote_has_message(&self->remote));
	EXPECT_EQ(RING_NUM, node_fill(self->fd));
}

TEST_F(rpmsg_char, write_from_nowhere)
{
	struct iovec iov[2] = {
		{ .iov_base = self->data, .iov_len = 8 },
		{ .iov_base = (void *)8, .iov_len = 8 },
	};

	EXPECT_EQ(-EFAULT, node_write(self->fd, (void *)8, 8));
	EXPECT_EQ(-1, writev(self->fd, iov, 2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_FALSE(remote_has_message(&self->remote));
	EXPECT_EQ(RING_NUM, node_fill(self->fd));
}

TEST_F(rpmsg_char, vectors)
{
	char words[] = "one message";
	struct iovec iov[3] = {
		{ .iov_base = words, .iov_len = 4 },
		{ .iov_base = words, .iov_len = 0 },
		{ .iov_base = words + 4, .iov_len = 7 },
	};
	char first[4], second[20];

	ASSERT_EQ(11, writev(self->fd, iov, 3));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(11, self->message.header.len);
	EXPECT_EQ(0, memcmp(self->message.data, "one message", 11));

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one message", 11));
	iov[0] = (struct iovec){ .iov_base = first, .iov_len = sizeof(first) };
	iov[1] = (struct iovec){ .iov_base = second, .iov_len = sizeof(second) };
	EXPECT_EQ(11, readv(self->fd, iov, 2));
	EXPECT_EQ(0, memcmp(first, "one ", 4));
	EXPECT_EQ(0, memcmp(second, "message", 7));
}

/* A message is read whole or not at all, and is still there for a buffer that it fits in. */
TEST_F(rpmsg_char, read_too_short)
{
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "next", 4));
	EXPECT_EQ(-EMSGSIZE, node_read(self->fd, self->data, 1));
	EXPECT_EQ(-EMSGSIZE, node_read(self->fd, self->data, 6));
	EXPECT_EQ(7, node_read(self->fd, self->data, 7));
	EXPECT_EQ(0, memcmp(self->data, "message", 7));
	EXPECT_EQ(4, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, memcmp(self->data, "next", 4));
}

TEST_F(rpmsg_char, read_to_nowhere)
{
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	EXPECT_EQ(-EFAULT, node_read(self->fd, (void *)8, 100));
	EXPECT_EQ(7, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, memcmp(self->data, "message", 7));
}

TEST_F(rpmsg_char, nothing_to_read)
{
	node_set_nonblock(self->fd, true);
	EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
}

/* What io_uring relies on: a call may ask for itself not to block. */
TEST_F(rpmsg_char, call_without_waiting)
{
	struct iovec iov = { .iov_base = self->data, .iov_len = sizeof(self->data) };

	EXPECT_EQ(-1, preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	iov.iov_len = 4;
	EXPECT_EQ(-1, pwritev2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(rpmsg_char, no_position)
{
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(rpmsg_char, unknown_ioctls)
{
	struct rpmsg_endpoint_info info = { .name = "not here" };

	EXPECT_EQ(-1, ioctl(self->fd, _IO(0xb5, 0), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IO(0xb5, 99), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_CREATE_EPT_IOCTL, &info));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(rpmsg_char, one_open_at_a_time)
{
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDONLY));
	close(self->fd);
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, node_write(self->fd, "x", 1));
}

/* What was queued and not read goes with the file, and its buffers back to the remote. */
TEST_F(rpmsg_char, closed_with_messages_queued)
{
	int i, round;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < RING_NUM; i++)
			ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "queued", 6));
		close(self->fd);
		self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data)));
	}
}

/* To an endpoint that nobody has open: dropped, and no buffer lost. */
TEST_F(rpmsg_char, message_to_a_closed_node)
{
	int i;

	close(self->fd);
	for (i = 0; i < 4 * RING_NUM; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "nobody", 6));
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "somebody", 8));
	EXPECT_EQ(8, node_read(self->fd, self->data, sizeof(self->data)));
}

TEST_F(rpmsg_char, order_is_kept)
{
	unsigned int sent = 0, seen = 0, value, i;

	while (seen < 500) {
		for (i = 0; i < RING_NUM / 2; i++, sent++)
			ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, &sent, sizeof(sent)));
		for (i = 0; i < RING_NUM / 2; i++, seen++) {
			ASSERT_EQ(sizeof(value), node_read(self->fd, &value, sizeof(value)));
			ASSERT_EQ(seen, value);
		}
	}
}

/* A reader that does not read keeps neither the remote from sending nor the kernel from working. */
TEST_F_TIMEOUT(rpmsg_char, queue_is_bounded, 240)
{
	const unsigned int flood = 5000;
	unsigned int i, last = 0, count = 0;
	uint32_t *value = (uint32_t *)self->data;
	int other, ret = 0;

	for (i = 1; i <= flood && !ret; i++) {
		*value = i;
		wait_until((ret = remote_send(&self->remote, REMOTE, HOST, self->data,
					      RPMSG_PAYLOAD_MAX)) != -EAGAIN, PATIENCE_MS);
	}
	ASSERT_EQ(0, ret);

	/* Another endpoint does not notice */
	other = endpoint_open(&self->processor, self->ctrl, "other", HOST + 1, REMOTE, O_RDWR);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, "hello", 5));
	EXPECT_EQ(5, node_read(other, self->data, sizeof(self->data)));
	close(other);

	/* What was kept is in order, and not all */
	node_set_nonblock(self->fd, true);
	while (node_read(self->fd, self->data, sizeof(self->data)) == RPMSG_PAYLOAD_MAX) {
		EXPECT_LT(last, *value);
		last = *value;
		count++;
	}
	EXPECT_LT(RING_NUM, count);
	EXPECT_GT(flood, count);

	/* And then it is as good as new */
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
}

TEST_F(rpmsg_char, poll_says_what_is)
{
	EXPECT_EQ(POLLOUT, node_poll(self->fd, POLLIN | POLLOUT, 0));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	EXPECT_EQ(POLLIN | POLLOUT, node_poll(self->fd, POLLIN | POLLOUT, 0));
	EXPECT_EQ(7, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(POLLOUT, node_poll(self->fd, POLLIN | POLLOUT, 0));

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN | POLLOUT, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(POLLOUT, node_poll(self->fd, POLLIN | POLLOUT, PATIENCE_MS));
	EXPECT_EQ(1, node_write(self->fd, "x", 1));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN | POLLOUT, 0));
}

TEST_F(rpmsg_char, poll_wakes_up)
{
	int events = 0;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLIN));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &events));
	EXPECT_EQ(POLLIN, events);

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLOUT));
	remote_drain(&self->remote);
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &events));
	EXPECT_EQ(POLLOUT, events);
}

/* For buffers that the remote is done with: one, and only when somebody asked for it. */
TEST_F(rpmsg_char, interrupts_for_who_waits)
{
	int events = 0, i;

	EXPECT_FALSE(ring_wants_interrupt(&self->remote.from_host));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(1, node_write(self->fd, "x", 1));
		EXPECT_EQ(POLLOUT, node_poll(self->fd, POLLIN | POLLOUT, 0));
		EXPECT_FALSE(ring_wants_interrupt(&self->remote.from_host));

		EXPECT_EQ(RING_NUM - 1, node_fill(self->fd));
		ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLOUT));
		EXPECT_TRUE(ring_wants_interrupt(&self->remote.from_host));
		remote_drain(&self->remote);
		ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &events));
		EXPECT_EQ(POLLOUT, events);
		EXPECT_FALSE(ring_wants_interrupt(&self->remote.from_host));
	}
}

TEST_F(rpmsg_char, reader_wakes_up)
{
	int result = 0;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(7, result);
}

TEST_F(rpmsg_char, writer_wakes_up)
{
	int result = 0;

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	EXPECT_FALSE(sleeper_join(&self->sleeper, QUIET_MS, &result));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(5, result);
}

/* A full ring that nobody empties: the write ends by itself, and says so. */
TEST_F_TIMEOUT(rpmsg_char, writer_times_out, 60)
{
	const int64_t begin = now_ms();
	int result = 0;

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	ASSERT_TRUE(sleeper_join(&self->sleeper, 30000, &result));
	EXPECT_EQ(-ETIMEDOUT, result);
	EXPECT_LE(14000, now_ms() - begin);
}

/* Who waits for room holds up nobody who wants something else. */
TEST_F(rpmsg_char, writer_holds_up_nobody)
{
	const int64_t begin = now_ms();
	int result = 0;

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 100));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	EXPECT_EQ(POLLIN, node_poll(self->fd, POLLIN | POLLOUT, 100));
	EXPECT_EQ(7, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_GT(8000, now_ms() - begin);

	remote_drain(&self->remote);
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(5, result);
}

static void do_nothing(int signal __attribute__((unused)))
{
}

TEST_F(rpmsg_char, signals_interrupt)
{
	const struct sigaction action = { .sa_handler = do_nothing };
	int result = 0;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	pthread_kill(self->sleeper.thread, SIGUSR1);
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EINTR, result);

	EXPECT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	pthread_kill(self->sleeper.thread, SIGUSR1);
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EINTR, result);
}

TEST_F(rpmsg_char, address_is_allocated)
{
	uint32_t first;
	int fds[2];

	fds[0] = endpoint_open(&self->processor, self->ctrl, "any-1", RPMSG_ADDR_ANY, REMOTE,
			       O_RDWR);
	fds[1] = endpoint_open(&self->processor, self->ctrl, "any-2", RPMSG_ADDR_ANY, REMOTE,
			       O_RDWR);
	ASSERT_LE(0, fds[0]);
	ASSERT_LE(0, fds[1]);

	ASSERT_EQ(1, node_write(fds[0], "x", 1));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	first = self->message.header.src;
	EXPECT_LE(1024, first);
	ASSERT_EQ(1, node_write(fds[1], "x", 1));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_LE(1024, self->message.header.src);
	EXPECT_NE(first, self->message.header.src);

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, first, "to the first", 12));
	EXPECT_EQ(12, node_read(fds[0], self->data, sizeof(self->data)));
	EXPECT_EQ(0, node_poll(fds[1], POLLIN, 0));
	close(fds[0]);
	close(fds[1]);
}

/* An address that was left open is known in sysfs while the endpoint has it. */
TEST_F(rpmsg_char, address_in_sysfs)
{
	char node[NODE_MAX], path[FILE_PATH_MAX], text[32];
	int fd;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "any", RPMSG_ADDR_ANY, REMOTE,
				     node));
	file_path(path, "/sys/class/rpmsg/%s/src", node + strlen("/dev/"));
	ASSERT_LT(0, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ("-1", text);
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, node_write(fd, "x", 1));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_LT(0, file_read_line(path, text, sizeof(text)));
	EXPECT_EQ(self->message.header.src, strtoul(text, NULL, 10));
	close(fd);
	ASSERT_LT(0, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ("-1", text);
}

TEST_F(rpmsg_char, no_destination)
{
	int fd;

	fd = endpoint_open(&self->processor, self->ctrl, "aimless", 900, RPMSG_ADDR_ANY, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, node_write(fd, "x", 1));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, 900, "but it hears", 12));
	EXPECT_EQ(12, node_read(fd, self->data, sizeof(self->data)));
	close(fd);
}

struct race {
	int		fd;
	atomic_uint	read;
};

/* Reads until an error, which it returns. */
static void *race_reader(void *data)
{
	struct race *race = data;
	unsigned int value;
	int ret;

	while ((ret = node_read(race->fd, &value, sizeof(value))) == sizeof(value))
		race->read++;
	return (void *)(intptr_t)ret;
}

/* Each message goes to one reader, and none gets an error for another having been quicker. */
TEST_F_TIMEOUT(rpmsg_char, readers_race, 120)
{
	struct race race = { .fd = self->fd };
	const unsigned int total = 2000;
	pthread_t threads[3];
	unsigned int i;
	void *error;
	int ret = 0;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, race_reader, &race));
	for (i = 0; i < total && !ret; i++)
		ret = remote_send(&self->remote, REMOTE, HOST, &i, sizeof(i));
	EXPECT_EQ(0, ret);
	EXPECT_TRUE(wait_until(race.read == total, PATIENCE_MS));

	ASSERT_EQ(0, ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL));
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], &error);
		EXPECT_EQ(-EPIPE, (intptr_t)error);
	}
	EXPECT_EQ(total, race.read);
}

struct stream {
	int		fd;
	unsigned int	total;
	atomic_int	error;
};

static void *stream_writer(void *data)
{
	struct stream *stream = data;
	unsigned int i;
	int ret;

	for (i = 0; i < stream->total && !stream->error; i++) {
		ret = node_write(stream->fd, &i, sizeof(i));
		if (ret != sizeof(i))
			stream->error = ret;
	}
	return NULL;
}

/* Several writers on few buffers: all messages arrive, each sender's in order. */
TEST_F_TIMEOUT(rpmsg_char, writers_share_the_ring, 240)
{
	struct stream streams[3];
	unsigned int next[3] = { 0 };
	pthread_t threads[3];
	char name[32];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "stream-%u", i);
		streams[i].total = 300;
		streams[i].error = 0;
		streams[i].fd = endpoint_open(&self->processor, self->ctrl, name, 2000 + i, REMOTE,
					      O_RDWR);
		ASSERT_LE(0, streams[i].fd);
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, stream_writer, &streams[i]));
	}

	for (i = 0; i < 3 * 300; i++) {
		uint32_t from, value;

		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		from = self->message.header.src - 2000;
		ASSERT_GT(3, from);
		memcpy(&value, self->message.data, sizeof(value));
		ASSERT_EQ(next[from], value);
		next[from]++;
	}
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, streams[i].error);
		EXPECT_EQ(300, next[i]);
		close(streams[i].fd);
	}
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
