// SPDX-License-Identifier: MIT
/* The device side of rpmsg against a driver in the same process. */
#include <stdlib.h>
#include <string.h>
#include "../ns.h"
#include "../trace.h"
#include "driver.h"
#include "tap.h"

#define HOST_ADDR	0x400U
#define FUZZ_ROUNDS	200000U

struct device {
	struct driver d;
	struct fw_rpmsg r;
	struct fw_rpmsg_ept echo;
	struct fw_rpmsg_ept listener;
	char host_service[FW_NS_NAME_LEN];
	uint32_t host_addr;
	bool host_created;
};

static int echo(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	return fw_rpmsg_send(ept, src, data, len);
}

static void heard(struct fw_rpmsg *r, const char *name, uint32_t addr, bool created)
{
	struct device *dev = (struct device *)((char *)r - offsetof(struct device, r));

	fw_format(dev->host_service, sizeof(dev->host_service), "%s", name);
	dev->host_addr = addr;
	dev->host_created = created;
}

static void device_init(struct device *dev)
{
	memset(dev, 0, sizeof(*dev));
	driver_init(&dev->d);
	fw_rpmsg_init(&dev->r, &dev->d.hw, "test", &dev->d.vdev);
	dev->echo.service = "rpmsg-echo";
	dev->echo.cb = echo;
	if (fw_rpmsg_ept_add(&dev->r, &dev->echo, FW_RPMSG_ADDR_ANY) ||
	    fw_ns_listen(&dev->r, &dev->listener, heard))
		abort();
}

static void poll_all(struct device *dev)
{
	while (fw_rpmsg_poll(&dev->r))
		;
}

/* The next thing the host gets must be this announcement. */
static bool announced(struct device *dev, const char *name, uint32_t addr, uint32_t flags)
{
	struct fw_rpmsg_hdr hdr;
	uint8_t data[BUF_SIZE];
	char padded[32] = "";
	uint32_t word;

	strcpy(padded, name);
	CHECK(driver_receive(&dev->d, &hdr, data) == 40);
	CHECK(hdr.dst == 53 && hdr.src == addr && hdr.flags == 0);
	CHECK(!memcmp(data, padded, 32));
	memcpy(&word, data + 32, 4);
	CHECK(word == addr);
	memcpy(&word, data + 36, 4);
	CHECK(word == flags);
	return true;
}

static bool device_up(struct device *dev)
{
	device_init(dev);
	driver_up(&dev->d, RING_NUM);
	poll_all(dev);
	CHECK(dev->r.up);
	return announced(dev, "rpmsg-echo", dev->echo.addr, 0);
}

/* Send one message, and the same must come back. */
static bool round_trip(struct device *dev, uint16_t id, uint16_t len)
{
	struct fw_vring_used_elem elem;
	struct fw_rpmsg_hdr hdr;
	uint8_t out[BUF_SIZE], in[BUF_SIZE];
	unsigned int i;

	for (i = 0; i < len; i++)
		out[i] = (uint8_t)(id + i * 7);
	driver_send(&dev->d, id, HOST_ADDR + id, dev->echo.addr, out, len);
	poll_all(dev);
	CHECK(ring_take(&dev->d.ring[FROM_HOST], &elem) && elem.id == id && elem.len == 0);
	CHECK(driver_receive(&dev->d, &hdr, in) == len);
	CHECK(hdr.src == dev->echo.addr && hdr.dst == HOST_ADDR + id);
	CHECK(!memcmp(in, out, len));
	return true;
}

static bool test_link(void)
{
	struct device dev;

	device_init(&dev);
	CHECK(!fw_rpmsg_poll(&dev.r) && !dev.r.up);
	dev.d.vdev.status = 3;
	CHECK(!fw_rpmsg_poll(&dev.r) && !dev.r.up);
	CHECK(fw_rpmsg_send(&dev.echo, 1, "x", 1) == FW_ENOLINK);

	driver_up(&dev.d, RING_NUM);
	dev.d.vdev.gfeatures = 0;
	poll_all(&dev);
	CHECK(dev.r.up && dev.r.stats.tx == 0);	/* nothing announced without the feature */
	driver_exit(&dev.d);
	return true;
}

static bool test_echo(void)
{
	struct device dev;
	unsigned int len;

	CHECK(device_up(&dev));
	CHECK(strstr(dev.d.trace, "test: up"));
	for (len = 0; len <= BUF_SIZE - 16; len++)
		CHECK(round_trip(&dev, len % RING_NUM, (uint16_t)len));
	CHECK(fw_rpmsg_send(&dev.echo, 1, dev.d.trace, BUF_SIZE - 15) == FW_EMSGSIZE);
	CHECK(dev.r.stats.rx == len && dev.r.stats.bad == 0);
	driver_exit(&dev.d);
	return true;
}

static bool test_batch(void)
{
	struct device dev;
	unsigned int i, before;

	CHECK(device_up(&dev));
	before = dev.d.notified[TO_HOST];
	for (i = 0; i < RING_NUM; i++)
		driver_send(&dev.d, (uint16_t)i, HOST_ADDR, dev.echo.addr, &i, sizeof(i));
	poll_all(&dev);
	CHECK(dev.r.stats.tx == 1 + RING_NUM);
	CHECK(dev.d.notified[TO_HOST] == before + 1);
	CHECK(dev.d.notified[FROM_HOST] == 1);
	CHECK(dev.d.ring[FROM_HOST].used->flags == 0);
	CHECK(dev.d.ring[TO_HOST].used->flags == FW_VRING_USED_F_NO_NOTIFY);
	driver_exit(&dev.d);
	return true;
}

static bool test_no_buffers(void)
{
	struct fw_rpmsg_hdr hdr;
	struct device dev;
	uint8_t data[BUF_SIZE];
	unsigned int i;

	/* One buffer, and the announcement takes it. */
	device_init(&dev);
	driver_up(&dev.d, 0);
	poll_all(&dev);
	CHECK(dev.r.up && !dev.echo.announced);
	CHECK(dev.d.ring[TO_HOST].used->flags == 0);	/* tell us of buffers */
	ring_offer_buf(&dev.d, TO_HOST, 0, BUF_SIZE);
	poll_all(&dev);
	CHECK(dev.echo.announced);

	for (i = 0; i < RING_NUM; i++)
		driver_send(&dev.d, (uint16_t)i, HOST_ADDR, dev.echo.addr, &i, sizeof(i));
	poll_all(&dev);
	CHECK(dev.r.stats.rx == 0 && dev.d.ring[FROM_HOST].used->idx == 0);
	CHECK(announced(&dev, "rpmsg-echo", dev.echo.addr, 0));	/* gives the buffer back */
	for (i = 0; i < RING_NUM; i++) {
		poll_all(&dev);
		CHECK(driver_receive(&dev.d, &hdr, data) == sizeof(i));
		CHECK(!memcmp(data, &i, sizeof(i)));
	}
	CHECK(dev.r.stats.rx == RING_NUM && dev.d.ring[FROM_HOST].used->idx == RING_NUM);
	driver_exit(&dev.d);
	return true;
}

static bool test_bad_messages(void)
{
	struct fw_vring_used_elem elem;
	struct fw_rpmsg_hdr *hdr;
	struct device dev;
	unsigned int i;

	CHECK(device_up(&dev));
	ring_offer_buf(&dev.d, FROM_HOST, 0, 15);		/* no room for a header */
	driver_send(&dev.d, 1, HOST_ADDR, dev.echo.addr, "abc", 3);
	hdr = driver_ptr(&dev.d, BUF_DA(FROM_HOST, 1));
	hdr->len = 4;						/* more than there is */
	driver_send(&dev.d, 2, HOST_ADDR, dev.echo.addr, "abc", 3);
	hdr = driver_ptr(&dev.d, BUF_DA(FROM_HOST, 2));
	hdr->len = 0xffff;
	driver_send(&dev.d, 3, HOST_ADDR, dev.echo.addr + 1, "abc", 3);
	poll_all(&dev);
	CHECK(dev.r.stats.bad == 3 && dev.r.stats.unknown == 1 && dev.r.stats.rx == 0);
	for (i = 0; i < 4; i++)
		CHECK(ring_take(&dev.d.ring[FROM_HOST], &elem) && elem.id == i);

	/* Buffers for us that are too short, then one that is not. */
	dev.d.ring[TO_HOST].desc[3].len = 8;
	CHECK(round_trip(&dev, 4, 100));
	driver_exit(&dev.d);
	return true;
}

static bool test_name_service(void)
{
	struct device dev;
	struct fw_rpmsg_ept late = { .service = "late-service", .cb = echo };
	struct fw_rpmsg_ept twin = { .cb = echo };
	struct {
		char name[32];
		uint32_t addr;
		uint32_t flags;
	} msg = { .name = "host-service", .addr = 77 };

	CHECK(device_up(&dev));
	driver_send(&dev.d, 0, 53, 53, &msg, sizeof(msg));
	poll_all(&dev);
	CHECK(!strcmp(dev.host_service, "host-service") && dev.host_addr == 77 && dev.host_created);
	msg.flags = 1;
	memset(msg.name, 'x', sizeof(msg.name));		/* no end */
	driver_send(&dev.d, 1, 53, 53, &msg, sizeof(msg));
	poll_all(&dev);
	CHECK(strlen(dev.host_service) == 31 && !dev.host_created);
	driver_send(&dev.d, 2, 53, 53, &msg, sizeof(msg) - 1);
	msg.name[0] = '\0';
	driver_send(&dev.d, 3, 53, 53, &msg, sizeof(msg));
	poll_all(&dev);
	CHECK(dev.r.stats.bad == 2);

	CHECK(fw_rpmsg_ept_add(&dev.r, &twin, dev.echo.addr) == FW_EEXIST);
	twin.service = "a-name-of-thirty-two-characters!";
	CHECK(fw_rpmsg_ept_add(&dev.r, &twin, 5) == FW_EINVAL);
	CHECK(!fw_rpmsg_ept_add(&dev.r, &late, 5));
	poll_all(&dev);
	CHECK(announced(&dev, "late-service", 5, 0));
	CHECK(!fw_rpmsg_ept_del(&late));
	CHECK(announced(&dev, "late-service", 5, 1));
	driver_send(&dev.d, 4, HOST_ADDR, 5, "x", 1);
	poll_all(&dev);
	CHECK(dev.r.stats.unknown == 1);
	driver_exit(&dev.d);
	return true;
}

static bool test_reset(void)
{
	struct device dev;
	unsigned int i;

	CHECK(device_up(&dev));
	for (i = 0; i < 3; i++) {
		CHECK(round_trip(&dev, 1, 10));
		driver_up(&dev.d, RING_NUM);	/* between two looks of the device */
		poll_all(&dev);
		CHECK(announced(&dev, "rpmsg-echo", dev.echo.addr, 0));
	}
	dev.d.vdev.status = 0;
	poll_all(&dev);
	CHECK(!dev.r.up);

	dev.d.vdev.vring[0].da = MEM_DA;	/* the image */
	dev.d.vdev.status = FW_VIRTIO_S_DRIVER_OK;
	poll_all(&dev);
	CHECK(!dev.r.up && strstr(dev.d.trace, "not usable"));
	dev.d.vdev.status = 0;
	poll_all(&dev);
	dev.d.vdev.vring[0].da = RING_DA(0);
	driver_up(&dev.d, RING_NUM);
	poll_all(&dev);
	CHECK(announced(&dev, "rpmsg-echo", dev.echo.addr, 0));

	dev.d.ring[FROM_HOST].avail->idx += 1000;
	poll_all(&dev);
	CHECK(strstr(dev.d.trace, "broken"));
	driver_up(&dev.d, RING_NUM);
	poll_all(&dev);
	CHECK(announced(&dev, "rpmsg-echo", dev.echo.addr, 0));
	CHECK(round_trip(&dev, 1, 10));
	driver_exit(&dev.d);
	return true;
}

static bool test_two_devices(void)
{
	struct device a, b;
	unsigned int i;

	CHECK(device_up(&a));
	CHECK(device_up(&b));
	for (i = 0; i < 100; i++) {
		CHECK(round_trip(&a, i % RING_NUM, (uint16_t)i));
		CHECK(round_trip(&b, (i + 1) % RING_NUM, (uint16_t)(i * 2)));
	}
	driver_exit(&a.d);
	driver_exit(&b.d);
	return true;
}

/*
 * A driver that writes at random into rings, buffers and table: nothing but its own data may
 * suffer.
 */
static bool test_random_driver(void)
{
	uint32_t seed = 12345, i, n;
	uint8_t image[IMAGE_SIZE];
	struct device dev;

	CHECK(device_up(&dev));
	memcpy(image, dev.d.hw.mem, IMAGE_SIZE);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		struct ring *ring = &dev.d.ring[i & 1];
		uint8_t *bytes = driver_ptr(&dev.d, RING_DA(i & 1));
		uint32_t pick;

		seed = seed * 1664525 + 1013904223;
		pick = seed >> 8;
		switch (pick % 8) {
		case 0:
			bytes[pick / 8 % 0x1400] = (uint8_t)(seed >> 24);
			break;
		case 1:
			ring->desc[pick / 8 % RING_NUM].addr = MEM_DA + pick % (MEM_SIZE + 4096);
			break;
		case 2:
			ring->avail->idx++;
			break;
		case 3:
			ring_offer_buf(&dev.d, i & 1, (pick / 8) % RING_NUM, pick / 64 % 600);
			break;
		case 4:
			driver_send(&dev.d, pick / 8 % RING_NUM, pick, FW_RPMSG_ADDR_DYNAMIC, bytes,
				    pick / 64 % 497);
			break;
		case 5:
			bytes = driver_ptr(&dev.d, BUF_DA(1, pick / 8 % RING_NUM));
			bytes[pick / 64 % 16] = (uint8_t)(seed >> 24);
			break;
		case 6:
			if (pick / 8 % 64 == 0)
				dev.d.vdev.vring[i & 1].da += (pick / 512 % 64) << 4;
			break;
		case 7:
			if (pick / 8 % 16 == 0) {
				dev.d.vdev.vring[0].da = RING_DA(0);
				dev.d.vdev.vring[1].da = RING_DA(1);
				driver_up(&dev.d, RING_NUM);
			}
			break;
		}
		for (n = 0; n < 4 && fw_rpmsg_poll(&dev.r); n++)
			;
	}
	CHECK(!memcmp(image, dev.d.hw.mem, IMAGE_SIZE));
	CHECK(dev.r.stats.rx > 1000 && dev.r.stats.bad > 100);
	driver_exit(&dev.d);
	return true;
}

static bool test_trace(void)
{
	struct driver d;
	char text[16];
	unsigned int i;

	CHECK(fw_format(text, sizeof(text), "%s-%u", "a", 4294967295U) == 12);
	CHECK(!strcmp(text, "a-4294967295"));
	CHECK(fw_format(text, sizeof(text), "%d %d %x%%", -7, 0, 0xabcU) == 9);
	CHECK(!strcmp(text, "-7 0 abc%"));
	CHECK(fw_format(text, 4, "%s", "abcdef") == 3 && !strcmp(text, "abc"));

	driver_init(&d);
	for (i = 0; i < 1000; i++) {
		fw_trace(&d.hw, "line %u\n", i);
		CHECK(strlen(d.trace) < sizeof(d.trace) && strlen(d.trace) == d.hw.trace_len);
		CHECK(!strncmp(d.trace, "line ", 5));
	}
	CHECK(strstr(d.trace, "line 999\n") && strstr(d.trace, "line 960\n"));
	driver_exit(&d);
	return true;
}

static const struct tap_test tests[] = {
	{ "the device is up when the driver says so", test_link },
	{ "messages of each length come back", test_echo },
	{ "one interrupt for a batch", test_batch },
	{ "without buffers to the host messages wait, and stay in order", test_no_buffers },
	{ "a bad message costs itself", test_bad_messages },
	{ "the name service, both ways", test_name_service },
	{ "the driver may start over at any time", test_reset },
	{ "two devices in one process", test_two_devices },
	{ "a driver that writes at random", test_random_driver },
	{ "trace text", test_trace },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
