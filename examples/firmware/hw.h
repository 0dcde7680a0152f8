/* SPDX-License-Identifier: MIT */
/*
 * The hardware layer of the device-side library.
 *
 * Everything the library needs to know about the machine it runs on is in one struct fw_hw:
 * which memory is shared with the host, how to sleep until the host kicks, how to interrupt the
 * host, and where trace text goes. There is no global state, so a hosted test can run several
 * devices at once.
 *
 * A new machine needs a struct fw_hw, the two operations, and an entry that calls fw_main();
 * hw_urproc.c is the one for firmware that runs as a user process under urproc.
 */
#ifndef FW_HW_H
#define FW_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** define FW_WAIT_FOREVER - timeout of fw_hw_ops.wait that never ends */
#define FW_WAIT_FOREVER		(~0U)

/** enum fw_error - what the functions of the library return when they cannot do it */
enum fw_error {
	FW_EAGAIN	= -1,	/* no buffer now; try again after the next wait */
	FW_EINVAL	= -2,	/* bad argument, or nonsense in the resource table */
	FW_EMSGSIZE	= -3,	/* message longer than a buffer */
	FW_EIO		= -4,	/* the driver broke the ring; only a reset mends it */
	FW_ENOLINK	= -5,	/* no driver on the other side */
	FW_EEXIST	= -6,	/* address taken */
};

struct fw_hw;

/**
 * struct fw_hw_ops - what a machine can do
 * @wait:	sleep until a kick, or for @timeout_ms; kicks since the last wait count, so that
 *		none is lost, and returning early is allowed
 * @notify:	interrupt the host for the virtqueue @notifyid
 */
struct fw_hw_ops {
	void (*wait)(struct fw_hw *hw, unsigned int timeout_ms);
	void (*notify)(struct fw_hw *hw, uint32_t notifyid);
};

/**
 * struct fw_hw - one machine
 * @ops:	its operations
 * @mem:	where the shared memory is mapped
 * @mem_da:	device address of the shared memory
 * @mem_size:	bytes of it
 * @image_da:	device address of the firmware's own image, which lies inside the shared memory but
 *		is no place for rings and buffers
 * @image_size:	bytes of the image, 0 for none
 * @trace:	trace buffer, NULL for none
 * @trace_size:	bytes of the trace buffer
 * @trace_len:	bytes of text in it
 */
struct fw_hw {
	const struct fw_hw_ops *ops;
	uint8_t *mem;
	uint64_t mem_da;
	uint64_t mem_size;
	uint64_t image_da;
	uint64_t image_size;
	char *trace;
	size_t trace_size;
	size_t trace_len;
};

/**
 * fw_hw_ptr() - turn a device address given by the host into a pointer
 * @hw: the machine
 * @da: device address
 * @len: bytes that will be accessed there
 *
 * Return: the pointer, or NULL unless all @len bytes are shared memory outside the image
 */
static inline void *fw_hw_ptr(const struct fw_hw *hw, uint64_t da, uint64_t len)
{
	uint64_t off = da - hw->mem_da;

	if (da < hw->mem_da || off > hw->mem_size || len > hw->mem_size - off)
		return NULL;
	if (hw->image_size && da < hw->image_da + hw->image_size && da + len > hw->image_da)
		return NULL;
	return hw->mem + off;
}

/*
 * Shared memory is read and written exactly once where the code says so. Plain volatile accesses,
 * because a 64-bit atomic one is a library call on small processors.
 */
#define fw_load(p)		(*(const volatile __typeof__(*(p)) *)(p))
#define fw_store(p, v)		((void)(*(volatile __typeof__(*(p)) *)(p) = (v)))

/*
 * Barriers against the host's processor. The compiler's fences do on machines where host and
 * device are one coherent domain; another one defines FW_HW_BARRIERS and brings its own.
 */
#ifndef FW_HW_BARRIERS
static inline void fw_mb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void fw_rmb(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void fw_wmb(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
#else
void fw_mb(void);
void fw_rmb(void);
void fw_wmb(void);
#endif

/**
 * fw_main() - the firmware itself; called once by the entry code of the machine
 * @hw: the machine, ready to use
 *
 * Return: a code for the machine's exit, if it knows such a thing
 */
int fw_main(struct fw_hw *hw);

#endif /* FW_HW_H */
