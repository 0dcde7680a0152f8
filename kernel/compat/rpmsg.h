/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels for everybody who talks to the rpmsg core.
 *
 * HAVE_* come from compat/features.sh, which reads the text of the installed headers.
 */
#ifndef COMPAT_RPMSG_H
#define COMPAT_RPMSG_H

#include <linux/device.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>

/* The core exports the class itself, or on older kernels a pointer to it. */
#ifdef HAVE_CONST_CLASS
extern const struct class rpmsg_class;
#define COMPAT_RPMSG_CLASS	(&rpmsg_class)
#else
extern struct class *rpmsg_class;
#define COMPAT_RPMSG_CLASS	rpmsg_class
#endif

/*
 * Flow control came as one: two callbacks, the function, its ioctls, and a member in the middle of
 * rpmsg_endpoint_ops.
 */
#ifdef HAVE_RPMSG_FLOW_CONTROL

typedef int (*compat_rpmsg_flow_op)(struct rpmsg_endpoint *ept, bool pause, u32 dst);

static inline void compat_rpmsg_set_flow_cb(struct rpmsg_endpoint *ept,
					    rpmsg_flowcontrol_cb_t callback)
{
	ept->flow_cb = callback;
}

/* Tell an endpoint's user what its remote asks for; inside of cb_lock. */
static inline void compat_rpmsg_flow(struct rpmsg_endpoint *ept, bool pause)
{
	if (ept->flow_cb)
		ept->flow_cb(ept->rpdev, ept->priv, pause);
}

/* An element of an initializer that only these kernels have. */
#define COMPAT_RPMSG_FLOW_ONLY(...)	__VA_ARGS__,

#else

/* A member of no size. */
struct compat_rpmsg_no_op {
};

#define compat_rpmsg_flow_op	struct compat_rpmsg_no_op

typedef int (*rpmsg_flowcontrol_cb_t)(struct rpmsg_device *, void *, bool);

static inline void compat_rpmsg_set_flow_cb(struct rpmsg_endpoint *ept,
					    rpmsg_flowcontrol_cb_t callback)
{
}

static inline int rpmsg_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	return -EOPNOTSUPP;
}

static inline void compat_rpmsg_flow(struct rpmsg_endpoint *ept, bool pause)
{
}

#define COMPAT_RPMSG_FLOW_ONLY(...)

#endif /* HAVE_RPMSG_FLOW_CONTROL */

#ifndef RPMSG_GET_OUTGOING_FLOWCONTROL
#define RPMSG_GET_OUTGOING_FLOWCONTROL	_IOR(0xb5, 0x5, int)
#define RPMSG_SET_INCOMING_FLOWCONTROL	_IOR(0xb5, 0x6, int)
#endif

/* An override kept in the rpmsg_device is freed by whoever frees the device. */
static inline void compat_rpmsg_free_override(struct rpmsg_device *rpdev)
{
#ifdef HAVE_RPMSG_DRIVER_OVERRIDE
	kfree(rpdev->driver_override);
#endif
}

#endif /* COMPAT_RPMSG_H */
