/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the remoteproc core share with each other, and nobody else.
 *
 * Objects and who owns them
 *   rproc_impl  the private wrapper around struct rproc. Owned by references to rproc.dev; its
 *               driver holds the first, from rproc_alloc() to rproc_free().
 *   rproc_rvdev the private wrapper around struct rproc_vdev: one VDEV entry of the resource
 *               table and its "rproc-virtio" platform device. The processor owns it, from the table
 *               walk to rproc_resource_cleanup(); each virtio device made from it holds one more.
 *   carveouts, traces, coredump segments: lists in struct rproc, freed by rproc_resource_cleanup().
 *
 * Locks, outermost first
 *   rproc->lock          mutex, the life cycle: state, power, tables, resource lists, calls of
 *                        subdevices. Never taken inside a callback of virtio, nor by a reader of
 *                        a trace file.
 *   rproc_impl.vq_srcu   readers deliver interrupts to virtqueues; whoever takes a virtqueue away
 *                        unpublishes it and waits for the readers. Readers may sleep.
 *   rproc_impl.lock      spinlock, usable in any context: deletion against crash reports, and the
 *                        firmware's name, which is shown without the life-cycle lock.
 */
#ifndef REMOTEPROC_PRIVATE_H
#define REMOTEPROC_PRIVATE_H

#include <linux/container_of.h>
#include <linux/kdev_t.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/virtio.h>
#include <linux/workqueue.h>

#include "remoteproc_internal.h"

/* A firmware that asks for more is refused. Notify ids are numbers of mailboxes: few, really. */
#define RPROC_VDEVS_MAX		256
#define RPROC_NOTIFYIDS_MAX	1024

struct rproc_buffer;
struct rproc_dump;

/**
 * struct rproc_impl - a processor, with the state that struct rproc has no room for
 * @vq_srcu:	     guards rproc_vring.vq and the objects in rproc->notifyids, see above
 * @lock:	     see above
 * @deleting:	     rproc_del() began: no crash reports, no boots any more; under @lock
 * @registered:	     rproc_add() succeeded and rproc_del() was not called
 * @boot_count:	     starts so far; a crash report is only about its own; under @lock
 * @crash_boot:	     the start that the last crash report is about; under @lock
 * @user_booted:     one of the references in rproc->power is user space's; under rproc->lock
 * @subdevs_prepared: the subdevices are prepared; under rproc->lock
 * @subdevs_started: the subdevices are started; under rproc->lock
 * @format:	     of the firmware, its module held; NULL when unknown or not needed; under
 *		     rproc->lock
 * @raw:	     what the driver said about raw images, or NULL; under rproc->lock
 * @prepared:	     it has resources, see rproc_prepare(); under rproc->lock
 * @halted:	     CRASHED, but it did go down already, see remoteproc_crash.c; under rproc->lock
 * @dump:	     the core dump that is read from the processor's memory; under rproc->lock
 * @fw_class:	     ELFCLASS32 or ELFCLASS64 of the firmware that was loaded; under rproc->lock
 * @fw_machine:	     its e_machine; under rproc->lock
 * @fw_table:	     the resource table as the firmware had it; under rproc->lock
 * @their_table:     where an attached processor has its resource table; under rproc->lock
 * @attach_work:     auto-boot of a processor that runs already
 * @owner:	     module of the platform driver, pinned by rproc_get_by_phandle()
 * @rproc:	     the public part; last, because the driver's private data follows
 */
struct rproc_impl {
	struct srcu_struct vq_srcu;
	spinlock_t lock; /* see above */
	bool deleting;
	bool registered;
	unsigned int boot_count;
	unsigned int crash_boot;
	bool user_booted;
	bool subdevs_prepared;
	bool subdevs_started;
	const struct rproc_format *format;
	struct rproc_raw_image *raw;
	bool prepared;
	bool halted;
	struct rproc_dump *dump;
	u8 fw_class;
	u16 fw_machine;
	struct resource_table *fw_table;
	struct resource_table *their_table;
	struct work_struct attach_work;
	struct module *owner;
	struct rproc rproc;
};

static inline struct rproc_impl *to_impl(struct rproc *rproc)
{
	return container_of(rproc, struct rproc_impl, rproc);
}

/**
 * struct rproc_rvdev - a VDEV entry of the resource table
 * @rvdev:	the public part
 * @ref:	one for the processor, one for each virtio device that is not released yet
 * @vdev:	the virtio device between start and stop of the subdevice, else NULL
 * @features:	what the device offers, as the entry said when it was handled
 * @config_offset: start of the config space in the resource table
 * @config_len:	bytes of config space
 * @num_vrings:	vrings in the entry
 * @status:	virtio status; the copy in the table is for the remote, which could rewrite it
 * @buffer:	memory that the virtio driver allocates from, or NULL: the parent's
 * @more:	vrings beyond those that struct rproc_vdev has room for
 * @mem:	memory of each vring
 */
struct rproc_rvdev {
	struct rproc_vdev rvdev;
	struct kref ref;
	struct virtio_device *vdev;
	u64 features;
	u32 config_offset;
	u32 config_len;
	u8 num_vrings;
	u8 status;
	struct rproc_buffer *buffer;
	struct rproc_vring *more;
	struct rproc_mem_entry *mem[];
};

static inline struct rproc_rvdev *to_rvdev(struct rproc_vdev *rvdev)
{
	return container_of(rvdev, struct rproc_rvdev, rvdev);
}

/* Drivers find the first vrings of each device in the public part. */
static inline struct rproc_vring *rv_vring(struct rproc_rvdev *rv, unsigned int i)
{
	return i < RVDEV_NUM_VRINGS ? &rv->rvdev.vring[i] : &rv->more[i - RVDEV_NUM_VRINGS];
}

/* A processor that has been started and not been stopped since; needs rproc->lock to stay true. */
static inline bool rproc_is_powered(const struct rproc *rproc)
{
	return rproc->state == RPROC_RUNNING || rproc->state == RPROC_ATTACHED ||
	       rproc->state == RPROC_CRASHED;
}

/* A processor's index is its minor number. */
#define RPROC_MAX	(MINORMASK + 1)

/* remoteproc_core.c */
extern const struct device_type rproc_type;

/* remoteproc_life.c */
int rproc_boot_user(struct rproc *rproc);
int rproc_shutdown_user(struct rproc *rproc);
void rproc_force_off(struct rproc *rproc, bool crashed);
void rproc_stop_subdevs(struct rproc *rproc, bool crashed);
void rproc_unprepare_subdevs(struct rproc *rproc);
int rproc_prepare(struct rproc *rproc);
u64 rproc_boot_addr(struct rproc *rproc, const struct firmware *fw);
int rproc_bring_up(struct rproc *rproc, int (*up)(struct rproc *), int (*down)(struct rproc *));
int rproc_read_firmware(struct rproc *rproc, const struct firmware **fw);
int rproc_start(struct rproc *rproc, const struct firmware *fw);
int rproc_stop(struct rproc *rproc, bool crashed);
void rproc_unprepare(struct rproc *rproc);
void rproc_unload(struct rproc *rproc);
void rproc_set_state(struct rproc *rproc, enum rproc_state state);
const char *rproc_state_name(unsigned int state);

/* remoteproc_attach.c */
int rproc_attach(struct rproc *rproc);
int rproc_disconnect(struct rproc *rproc, bool crashed);
int rproc_detach_user(struct rproc *rproc);
void rproc_attach_work(struct work_struct *work);

/* remoteproc_crash.c */
int rproc_init_crash(void);
void rproc_exit_crash(void);
void rproc_crash_work(struct work_struct *work);
void rproc_resume_recovery(struct rproc *rproc);
int rproc_recover(struct rproc *rproc, bool wait);
int rproc_recovery_command(struct rproc *rproc, const char *command);
bool rproc_end_crash_reports(struct rproc *rproc);

/* remoteproc_format.c */
void rproc_set_default_ops(struct rproc_ops *ops);
void rproc_choose_format(struct rproc *rproc, const struct firmware *fw);
void rproc_drop_format(struct rproc *rproc);
int rproc_same_fw_table(struct rproc *rproc, const struct firmware *fw);

/* remoteproc_coredump.c */
void rproc_dump_like(struct rproc *rproc, const struct firmware *fw);
bool rproc_dump_is_held(struct rproc *rproc);
void rproc_release_dump(struct rproc *rproc);
const char *rproc_coredump_mode(const struct rproc *rproc);
int rproc_coredump_command(struct rproc *rproc, const char *command);

/* remoteproc_resource.c */
int rproc_handle_resources(struct rproc *rproc);

/* remoteproc_carveout.c; the first two only to have their formats checked */
struct rproc_mem_entry *rproc_mem_entry_init(struct device *dev, void *va, dma_addr_t dma,
					     size_t len, u32 da,
					     int (*alloc)(struct rproc *, struct rproc_mem_entry *),
					     int (*release)(struct rproc *,
							    struct rproc_mem_entry *),
					     const char *name, ...)
	__printf(8, 9);
struct rproc_mem_entry *rproc_of_resm_mem_entry_init(struct device *dev, u32 of_resm_idx,
						     size_t len, u32 da, const char *name, ...)
	__printf(5, 6);
struct rproc_mem_entry *rproc_find_carveout_by_name(struct rproc *rproc, const char *name, ...)
	__printf(2, 3);
struct rproc_mem_entry *rproc_new_carveout(struct rproc *rproc, size_t len, u32 da,
					   const char *name);
int rproc_check_carveout(struct rproc *rproc, struct rproc_mem_entry *mem, u32 da, u32 len);
int rproc_alloc_carveouts(struct rproc *rproc);
void rproc_release_carveouts(struct rproc *rproc);

/* remoteproc_iommu.c */
int rproc_iommu_attach(struct rproc *rproc);
void rproc_iommu_detach(struct rproc *rproc);
int rproc_iommu_map(struct rproc *rproc, u32 da, phys_addr_t pa, size_t len, u32 prot);
int rproc_iommu_map_carveout(struct rproc *rproc, const struct rproc_mem_entry *mem);
void rproc_iommu_unmap(struct rproc *rproc);

/* remoteproc_vdev.c */
int rproc_handle_vdev(struct rproc *rproc, void *rsc, u32 offset, u32 avail);
int rproc_place_vdevs(struct rproc *rproc);
void rproc_remove_vdevs(struct rproc *rproc);
void rproc_rvdev_put(struct rproc_rvdev *rv);

/* remoteproc_buffer.c */
struct rproc_buffer *rproc_buffer_create(struct device *dev, struct device *parent,
					 const struct rproc_mem_entry *mem);
void rproc_buffer_destroy(struct rproc_buffer *buffer);

/* remoteproc_virtio.c */
int rproc_vdev_start(struct rproc_subdev *subdev);
void rproc_vdev_stop(struct rproc_subdev *subdev, bool crashed);

/* remoteproc_sysfs.c */
extern struct class rproc_class;
int rproc_init_sysfs(void);
void rproc_exit_sysfs(void);
int rproc_state_command(struct rproc *rproc, const char *word);

/* remoteproc_cdev.c */
int rproc_init_cdev(void);
void rproc_exit_cdev(void);
int rproc_add_device(struct rproc *rproc);
void rproc_del_device(struct rproc *rproc);

/* remoteproc_debugfs.c */
void rproc_init_debugfs(void);
void rproc_exit_debugfs(void);
void rproc_create_debug_dir(struct rproc *rproc);
void rproc_delete_debug_dir(struct rproc *rproc);
ssize_t rproc_write_word(struct rproc *rproc, const char __user *from, size_t count,
			 int (*command)(struct rproc *rproc, const char *word));
int rproc_handle_trace(struct rproc *rproc, void *rsc, u32 offset, u32 avail);
void rproc_show_traces(struct rproc *rproc);
void rproc_remove_traces(struct rproc *rproc);

/* remoteproc_table.c */
void rproc_create_table_file(struct rproc *rproc);

#endif /* REMOTEPROC_PRIVATE_H */
