// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Message buffers: as large as the remote's config space says (VIRTIO_RPMSG_F_BUFSZ), in each
 * direction, or 512 bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "rings.h"
#include "wait.h"

#define F_NS		(1u << 0)
#define F_BUFSZ		(1u << 1)

#define HOST		700
#define REMOTE		800
#define HEADER		sizeof(struct rpmsg_header)
#define LARGEST		65536

/* As docs/rpmsg-wire.md has it; sizes are what the remote sends in, and receives in. */
struct config {
	uint8_t		version;
	uint16_t	size;
	uint16_t	align;
	uint32_t	tx_size;
	uint32_t	rx_size;
} __attribute__((packed));

_Static_assert(sizeof(struct config) == 13, "as on the wire");

FIXTURE(buffer)
{
	struct processor processor;
	struct remote remote;
	int ctrl;
	int fd;
	char node[NODE_MAX];
	uint8_t out[LARGEST];
	uint8_t in[LARGEST];
};

FIXTURE_VARIANT(buffer)
{
	uint32_t features;
	struct config config;
	uint32_t tx_size;	/* what is to come of it */
	uint32_t rx_size;
};

#define SIZES(_name, _align, _tx, _rx)							\
	FIXTURE_VARIANT_ADD(buffer, _name) {						\
		.features = F_NS | F_BUFSZ,						\
		.config = { 1, sizeof(struct config), _align, _tx, _rx },		\
		.tx_size = _tx, .rx_size = _rx,						\
	}

SIZES(as_ever, 0, 512, 512);
SIZES(small, 0, 64, 17);
SIZES(odd, 0, 1000, 3001);
SIZES(a_page, 0, 4096, 4096);
SIZES(beyond_a_page, 0, 4097, 300);
SIZES(aligned, 16384, 600, 5000);
SIZES(large_and_small, 64, 32768, 128);
SIZES(largest, 0, LARGEST, LARGEST);
FIXTURE_VARIANT_ADD(buffer, not_offered) {
	.features = F_NS, .config = { 1, sizeof(struct config), 0, 4096, 4096 },
	.tx_size = 512, .rx_size = 512,
};

FIXTURE_SETUP(buffer)
{
	self->fd = -1;
	self->ctrl = ctrl_up_device(&self->processor, &self->remote, variant->features,
				    &variant->config, sizeof(variant->config));
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "buffer", HOST, REMOTE,
				     self->node));
}

FIXTURE_TEARDOWN(buffer)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static long node_mtu(const char *node)
{
	char path[FILE_PATH_MAX], text[32];

	file_path(path, "/sys/class/rpmsg/%s/mtu", node + strlen("/dev/"));
	return file_read_line(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

static void fill(uint8_t *data, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = seed * 31 + i + (i >> 8);
}

/* What the sysfs file says is what can be written, and not a byte more. */
TEST_F(buffer, mtu)
{
	const long mtu = variant->rx_size - HEADER;

	EXPECT_EQ(mtu, node_mtu(self->node));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(mtu, node_mtu(self->node));
	EXPECT_EQ(-EMSGSIZE, node_write(self->fd, self->out, mtu + 1));
	EXPECT_EQ(mtu, node_write(self->fd, self->out, mtu));
	close(self->fd);
	EXPECT_EQ(mtu, node_mtu(self->node));
	self->fd = -1;
}

/* The buffers that the host lends: of the size, aligned, in the memory, none in another. */
TEST_F(buffer, lent)
{
	struct vring *vring = &self->remote.to_host.vring;
	const uint32_t align = variant->features & F_BUFSZ && variant->config.align ?
			       variant->config.align : 1;
	int taken[RING_NUM], i, j;
	size_t size;

	for (i = 0; i < RING_NUM; i++) {
		taken[i] = ring_take(&self->remote.to_host);
		ASSERT_LE(0, taken[i]);
		EXPECT_NE(NULL, ring_buffer(&self->remote, &self->remote.to_host, taken[i], &size));
		EXPECT_EQ(variant->tx_size, size);
		EXPECT_EQ(0, vring->desc[taken[i]].addr % align);
		EXPECT_EQ(0, vring->desc[taken[i]].flags & VRING_DESC_F_NEXT);
		for (j = 0; j < i; j++) {
			const uint64_t one = vring->desc[taken[i]].addr;
			const uint64_t other = vring->desc[taken[j]].addr;

			EXPECT_LE(size, one > other ? one - other : other - one);
		}
	}
	EXPECT_EQ(-EAGAIN, ring_take(&self->remote.to_host));
}

/* The longest message from the remote; larger buffers are of several pages. */
TEST_F(buffer, received)
{
	const size_t payload = variant->tx_size - HEADER;
	struct rpmsg_header header = { .src = REMOTE, .dst = HOST, .len = payload };
	struct ring *ring = &self->remote.to_host;
	size_t size;
	uint8_t *to;
	int i, index;

	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	/* Each buffer twice, so that what is given back is right, too */
	for (i = 0; i < 2 * RING_NUM; i++) {
		index = ring_take(ring);
		ASSERT_LE(0, index);
		to = ring_buffer(&self->remote, ring, index, &size);
		ASSERT_NE(NULL, to);
		ASSERT_EQ(variant->tx_size, size);
		fill(self->out, payload, i);
		memcpy(to, &header, HEADER);
		memcpy(to + HEADER, self->out, payload);
		ring_give(ring, index, size);
		ASSERT_EQ(0, remote_notify(&self->remote, ring));
		ASSERT_EQ(payload, node_read(self->fd, self->in, sizeof(self->in)));
		ASSERT_EQ(0, memcmp(self->in, self->out, payload));
	}

	/* Longer than the buffer: nothing comes of it */
	index = ring_take(ring);
	ASSERT_LE(0, index);
	ring_give(ring, index, size + 1);
	ASSERT_EQ(0, remote_notify(&self->remote, ring));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
}

TEST_F(buffer, sent)
{
	const size_t payload = variant->rx_size - HEADER;
	struct ring *ring = &self->remote.from_host;
	struct rpmsg_header header;
	size_t size;
	uint8_t *from;
	int i, index;

	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < 2 * RING_NUM; i++) {
		fill(self->out, payload, i);
		ASSERT_EQ(payload, node_write(self->fd, self->out, payload));
		index = ring_take(ring);
		ASSERT_LE(0, index);
		from = ring_buffer(&self->remote, ring, index, &size);
		ASSERT_NE(NULL, from);
		ASSERT_EQ(variant->rx_size, size);
		memcpy(&header, from, HEADER);
		EXPECT_EQ(payload, header.len);
		ASSERT_EQ(0, memcmp(from + HEADER, self->out, payload));
		ring_give(ring, index, 0);
		ASSERT_EQ(0, remote_notify(&self->remote, ring));
	}
}

/* The longest messages both ways through rings, whose buffers begin behind a page with a header. */
static bool through_rings(FIXTURE_DATA(buffer) *self, struct rings *rings, size_t to_remote,
			  size_t to_host)
{
	struct rpmsg_header header = { .src = REMOTE, .dst = HOST, .len = to_host };
	const struct rpmsg_ring_ready *ready;
	struct ring *ring = &self->remote.from_host;
	size_t size;
	uint8_t *at;
	int i, index;

	for (i = 0; i < 3 * RING_NUM; i++) {
		fill(self->out, to_remote, i);
		memcpy(rings_tx_slot(rings, i % 4), self->out, to_remote);
		rings_submit(rings, i % 4, to_remote);
		if (rings_send(self->fd, 0, 0) != 1)
			return false;
		index = ring_take(ring);
		at = index < 0 ? NULL : ring_buffer(&self->remote, ring, index, &size);
		if (!at || size != to_remote + HEADER || memcmp(at + HEADER, self->out, to_remote))
			return false;
		ring_give(ring, index, 0);
		rings_send(self->fd, 0, 0);

		index = ring_take(&self->remote.to_host);
		at = index < 0 ? NULL : ring_buffer(&self->remote, &self->remote.to_host, index,
						    &size);
		if (!at || size < to_host + HEADER)
			return false;
		fill(self->out, to_host, i + 1);
		memcpy(at, &header, HEADER);
		memcpy(at + HEADER, self->out, to_host);
		ring_give(&self->remote.to_host, index, to_host + HEADER);
		if (remote_notify(&self->remote, &self->remote.to_host) ||
		    rings_receive(self->fd, 1, PATIENCE_MS * 1000000ull) != 1)
			return false;
		ready = rings_next_ready(rings);
		if (ready->len != to_host ||
		    memcmp(rings_rx_slot(rings, ready->slot), self->out, to_host))
			return false;
		rings_release(rings, ready->slot);
	}
	return true;
}

/*
 * Sets rings up. A buffer is one piece of memory, and urproc's has pieces of some size: beyond that
 * there are no rings, and calls work as ever. Returns 0, -EOPNOTSUPP, or -1.
 */
static int rings_of(FIXTURE_DATA(buffer) *self, struct rings *rings, bool exclusive,
		    size_t to_remote)
{
	int ret = rings_setup_mode(rings, self->fd, exclusive, 4, 4);

	if (ret == -EOPNOTSUPP && node_write(self->fd, self->out, to_remote) == (int)to_remote)
		return ret;
	return ret || rings_map(rings, self->fd) ? -1 : 0;
}

TEST_F(buffer, rings)
{
	const size_t to_remote = variant->rx_size - HEADER, to_host = variant->tx_size - HEADER;
	struct rings rings = {};
	int ret;

	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ret = rings_of(self, &rings, false, to_remote);
	if (ret == -EOPNOTSUPP && (to_remote > 16384 || variant->config.align > HEADER))
		return;
	ASSERT_EQ(0, ret);
	EXPECT_GE(HEADER, variant->config.align);
	EXPECT_EQ(to_remote, rings.setup.tx_mtu);
	EXPECT_EQ(to_host, rings.setup.rx_mtu);
	EXPECT_TRUE(through_rings(self, &rings, to_remote, to_host));
	rings_unmap(&rings);
}

TEST_F(buffer, exclusive_rings)
{
	const size_t to_remote = variant->rx_size - HEADER, to_host = variant->tx_size - HEADER;
	struct rings rings = {};
	int ret;

	ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ret = rings_of(self, &rings, true, to_remote);
	if (ret == -EOPNOTSUPP &&
	    (to_remote > 16384 || to_host > 16384 || variant->config.align > HEADER))
		return;
	ASSERT_EQ(0, ret);
	EXPECT_GE(HEADER, variant->config.align);
	EXPECT_EQ(to_host, rings.setup.rx_mtu);
	EXPECT_TRUE(through_rings(self, &rings, to_remote, to_host));
	rings_unmap(&rings);
}

FIXTURE(bad_buffer)
{
	struct processor processor;
	struct layout layout;
	struct kmsg log;
};

FIXTURE_VARIANT(bad_buffer)
{
	struct config config;
	uint32_t config_len;
};

#define BAD(_name, _len, ...)								\
	FIXTURE_VARIANT_ADD(bad_buffer, _name) { .config = { __VA_ARGS__ }, .config_len = _len }

BAD(version_0, 13, 0, 13, 0, 512, 512);
BAD(version_2, 13, 2, 13, 0, 512, 512);
BAD(shorter, 13, 1, 12, 0, 512, 512);
BAD(longer, 13, 1, 16, 0, 512, 512);
BAD(align_3, 13, 1, 13, 3, 512, 512);
BAD(header_only_tx, 13, 1, 13, 0, 16, 512);
BAD(header_only_rx, 13, 1, 13, 0, 512, 16);
BAD(nothing, 13, 1, 13, 0, 0, 0);
BAD(too_large_tx, 13, 1, 13, 0, LARGEST + 1, 512);
BAD(too_large_rx, 13, 1, 13, 0, 512, LARGEST + 1);
BAD(all_ones, 13, 1, 13, 0, UINT32_MAX, UINT32_MAX);
BAD(no_config, 0, 0, 0, 0, 0, 0);
BAD(cut_off, 9, 1, 13, 0, 512, 0);

FIXTURE_SETUP(bad_buffer)
{
	const struct layout_vdev vdev = {
		.id = 7, .features = F_NS | F_BUFSZ, .vrings = 2,
		.config = &variant->config, .config_len = variant->config_len,
	};

	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, kmsg_open(&self->log));
	layout_init(&self->layout, 2);
	layout_add_vdev(&self->layout, &vdev);
}

FIXTURE_TEARDOWN(bad_buffer)
{
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* Nobody talks to such a remote; the processor runs, and stops. */
TEST_F(bad_buffer, refused)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, layout_start(&self->layout, p));
	EXPECT_TRUE(wait_until(kmsg_count(&self->log, KMSG_ERR, "unusable buffers") == 1,
			       PATIENCE_MS));
	EXPECT_EQ(1, processor_find(p, "bus/virtio/devices", "virtio", NULL, NULL, 0));
	EXPECT_EQ(0, processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, processor_stop(p));
}

/* More than the processor's memory: as if there were no memory, which there is not. */
TEST(no_memory_for_buffers)
{
	const struct config config = { 1, sizeof(config), 0, LARGEST, LARGEST };
	const struct layout_vdev vdev = {
		.id = 7, .features = F_BUFSZ, .vrings = 2, .num = 64,
		.config = &config, .config_len = sizeof(config),
	};
	struct processor processor;
	struct layout layout;
	struct kmsg log;

	layout_init(&layout, 2);
	layout_add_vdev(&layout, &vdev);
	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, processor_open(&processor));
	EXPECT_EQ(0, layout_start(&layout, &processor));
	EXPECT_TRUE(wait_until(kmsg_count(&log, KMSG_WARNING, "probe") == 1, PATIENCE_MS));
	EXPECT_EQ(0, processor_find(&processor, "bus/rpmsg/devices", "", NULL, NULL, 0));
	EXPECT_EQ(0, processor_stop(&processor));
	processor_close(&processor);
	kmsg_close(&log);
	firmware_remove(PROCESSOR_FIRMWARE);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
