/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librpmsg: messages between Linux and remote processors, from user space.
 *
 * Nouns:
 *
 *   context    what discovery needs; holds no device open
 *   processor  a core under remoteproc, /sys/class/remoteproc/remoteprocN
 *   monitor    tells what becomes of processors, channels and nodes, as it happens
 *   coredump   what a processor's memory held when it crashed
 *   channel    a service that a processor announced
 *   node       an endpoint in the kernel, rpmsgN; most have a file /dev/rpmsgN, which can be opened
 *   endpoint   what messages are sent and received through: an open node
 *   ring       buffers of an endpoint, for many messages at once and without copies
 *   buffer     one of them, while it is the caller's
 *   statistics counters of a node, or of a transport
 *
 * Rules that hold for every function:
 *
 * - Errors. The return value is 0 or a negative errno, as in the @res of an io_uring completion.
 *   Objects come back through the last parameter, which is written on success only. -EINVAL for a
 *   NULL where an object is needed and -ENOMEM are not repeated below. Functions that return
 *   something else than an error need a valid object.
 * - Time. Every wait has a limit, @timeout_ns in nanoseconds: 0 tries once, never sleeps and
 *   answers -EAGAIN; a positive limit that passes is -ETIMEDOUT; a negative one is -EINVAL. There
 *   is no "for ever": INT64_MAX is 292 years. A signal handler that runs while a function waits
 *   ends the wait with -EINTR.
 * - Ownership. Whoever receives an object frees it, with the function named at its constructor.
 *   Every free function accepts NULL. Strings returned by a getter belong to the object and live as
 *   long.
 * - Lifetime. Processors, channels and nodes are copies of what was true when they were read: they
 *   stay valid (and may get out of date) when the device or the context goes.
 * - Threads. No global state, no hidden threads, no signal handlers. Different objects may be used
 *   by different threads at the same time without locks; one object by one thread at a time, with
 *   the exception that one thread may send while another receives on the same endpoint. A context
 *   given to a function counts as used by it.
 *
 * Strings of the remote (service names) are passed on as the kernel shows them: nothing but a
 * length below RPMSG_NAME_SIZE may be assumed of them.
 */
#ifndef LIBRPMSG_H
#define LIBRPMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct io_uring_sqe;

struct rpmsg_context;
struct rpmsg_processor;
struct rpmsg_monitor;
struct rpmsg_coredump;
struct rpmsg_channel;
struct rpmsg_node;
struct rpmsg_endpoint;
struct rpmsg_ring;
struct rpmsg_statistics;

/** define RPMSG_ADDRESS_ANY - no fixed address; as a source: the kernel chooses one */
#define RPMSG_ADDRESS_ANY	UINT32_MAX
/** define RPMSG_NAME_SIZE - bytes of a service's name, the terminating zero included */
#define RPMSG_NAME_SIZE		32

/* ---- context ------------------------------------------------------------------------------- */

/**
 * rpmsg_context_new() - make a context
 * @ctx_out: the new context; free it with rpmsg_context_free()
 *
 * Return: 0 or -ENOMEM.
 *
 * Since: 1.0
 */
int rpmsg_context_new(struct rpmsg_context **ctx_out);

/**
 * rpmsg_context_free() - free a context
 * @ctx: context or NULL; objects that were made with it stay valid
 *
 * Since: 1.0
 */
void rpmsg_context_free(struct rpmsg_context *ctx);

/* ---- processor ----------------------------------------------------------------------------- */

/**
 * enum rpmsg_processor_state - life cycle of a processor
 * @RPMSG_PROCESSOR_UNKNOWN: a state that this version of the library does not know
 * @RPMSG_PROCESSOR_OFFLINE: not running
 * @RPMSG_PROCESSOR_SUSPENDED: sleeping
 * @RPMSG_PROCESSOR_RUNNING: booted by Linux
 * @RPMSG_PROCESSOR_CRASHED: died, and was not recovered yet
 * @RPMSG_PROCESSOR_ATTACHED: booted by someone else, and used by Linux
 * @RPMSG_PROCESSOR_DETACHED: booted by someone else, and not used by Linux
 */
enum rpmsg_processor_state {
	RPMSG_PROCESSOR_UNKNOWN,
	RPMSG_PROCESSOR_OFFLINE,
	RPMSG_PROCESSOR_SUSPENDED,
	RPMSG_PROCESSOR_RUNNING,
	RPMSG_PROCESSOR_CRASHED,
	RPMSG_PROCESSOR_ATTACHED,
	RPMSG_PROCESSOR_DETACHED,
};

/**
 * rpmsg_processor_list() - read all processors
 * @ctx: context
 * @list_out: array of processors in the order of their index; free it, with its elements, with
 *	rpmsg_processor_list_free()
 * @count_out: elements in the array; 0 is a success
 *
 * Return: 0 or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_processor_list(struct rpmsg_context *ctx, struct rpmsg_processor ***list_out,
			 size_t *count_out);

/**
 * rpmsg_processor_list_free() - free an array of processors and its elements
 * @list: array of rpmsg_processor_list(), or NULL
 * @count: its elements
 *
 * Since: 1.0
 */
void rpmsg_processor_list_free(struct rpmsg_processor **list, size_t count);

/**
 * rpmsg_processor_find() - find one processor
 * @ctx: context
 * @name: its name, or "remoteprocN"; the latter wins where both exist
 * @processor_out: the processor; free it with rpmsg_processor_free()
 *
 * Return: 0, -ENOENT when there is none, -ENOTUNIQ when several have this name.
 *
 * Since: 1.0
 */
int rpmsg_processor_find(struct rpmsg_context *ctx, const char *name,
			 struct rpmsg_processor **processor_out);

/**
 * rpmsg_processor_free() - free a processor object; the processor itself is not touched
 * @processor: processor or NULL
 *
 * Since: 1.0
 */
void rpmsg_processor_free(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_refresh() - read state and firmware again
 * @processor: processor; unchanged on error
 *
 * Return: 0, -ENODEV when the processor is gone, or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_processor_refresh(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_name() - the name that its driver gave it
 * @processor: processor
 *
 * Return: the name; not necessarily unique.
 *
 * Since: 1.0
 */
const char *rpmsg_processor_get_name(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_sysname() - the kernel's name, "remoteprocN"
 * @processor: processor
 *
 * Return: the name, unique while the processor exists.
 *
 * Since: 1.0
 */
const char *rpmsg_processor_get_sysname(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_syspath() - its folder in sysfs
 * @processor: processor
 *
 * Return: absolute path.
 *
 * Since: 1.0
 */
const char *rpmsg_processor_get_syspath(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_index() - the N of "remoteprocN"
 * @processor: processor
 *
 * Return: the index.
 *
 * Since: 1.0
 */
unsigned int rpmsg_processor_get_index(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_state() - state when it was last read
 * @processor: processor; rpmsg_processor_refresh() reads it again
 *
 * Return: the state.
 *
 * Since: 1.0
 */
enum rpmsg_processor_state rpmsg_processor_get_state(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_get_firmware() - name of the firmware file when it was last read
 * @processor: processor; rpmsg_processor_refresh() reads it again
 *
 * Return: the name as the kernel's firmware loader will look it up, or "unknown". The string lives
 * until the next rpmsg_processor_refresh() or rpmsg_processor_free().
 *
 * Since: 1.0
 */
const char *rpmsg_processor_get_firmware(const struct rpmsg_processor *processor);

/**
 * rpmsg_processor_state_to_string() - a state's name, as sysfs spells it
 * @state: state
 *
 * Return: a constant string; "unknown" for every value that is not in the enumeration.
 *
 * Since: 1.0
 */
const char *rpmsg_processor_state_to_string(enum rpmsg_processor_state state);

/**
 * rpmsg_processor_set_firmware() - choose the firmware of the next boot
 * @processor: processor; rpmsg_processor_get_firmware() shows the new name at once
 * @firmware: file name below the firmware folders; whether it exists shows at boot
 *
 * Return: 0, -EINVAL for an empty name or one with a newline, -EBUSY unless the processor is
 * offline, -EACCES without the right to write, -ENODEV when it is gone.
 *
 * Since: 1.0
 */
int rpmsg_processor_set_firmware(struct rpmsg_processor *processor, const char *firmware);

/**
 * rpmsg_processor_boot() - load the firmware and start the processor
 * @processor: processor; its state is read again
 *
 * Returns when the processor runs; its services are announced some time later
 * (rpmsg_channel_wait()).
 *
 * Takes as long as the kernel needs to load and start the firmware.
 *
 * Return: 0, -EALREADY when it runs (it was not touched), -EBUSY when it crashed and was not
 * recovered (rpmsg_processor_stop() first) or was booted by someone else
 * (%RPMSG_PROCESSOR_DETACHED: rpmsg_processor_attach()), -ENOENT when there is no such firmware
 * file, -EINVAL when the kernel refused the image (the kernel's log says why), -EACCES without the
 * right to write, -ENODEV when it is gone, or another errno of the processor's driver.
 *
 * Since: 1.0
 */
int rpmsg_processor_boot(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_stop() - stop the processor
 * @processor: processor; its state is read again
 *
 * All its channels and nodes are gone when this returns; every open endpoint answers -EPIPE.
 *
 * Return: 0, -EALREADY when it does not run, -EBUSY when it still runs because someone else booted
 * it too (the kernel counts), -EACCES without the right to write, -ENODEV when it is gone, or
 * another errno of the processor's driver.
 *
 * Since: 1.0
 */
int rpmsg_processor_stop(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_attach() - begin to use a processor that someone else booted
 * @processor: processor; its state is read again
 *
 * Return: 0, -EALREADY when it is attached, -EBUSY when it is in another state than
 * %RPMSG_PROCESSOR_DETACHED (rpmsg_processor_get_state() says in which), -EACCES without the right
 * to write, -ENODEV when it is gone, or another errno of the processor's driver.
 *
 * Since: 1.0
 */
int rpmsg_processor_attach(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_detach() - stop to use a processor that someone else booted; it goes on running
 * @processor: processor; its state is read again
 *
 * All its channels and nodes are gone when this returns; every open endpoint answers -EPIPE.
 *
 * Return: 0, -EALREADY when it is detached, -EBUSY when it is in another state than
 * %RPMSG_PROCESSOR_ATTACHED (rpmsg_processor_get_state() says in which) or someone else still uses
 * it (then it is still attached), -EOPNOTSUPP when its driver cannot detach, -EACCES without the
 * right to write, -ENODEV when it is gone, or another errno of the processor's driver.
 *
 * Since: 1.0
 */
int rpmsg_processor_detach(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_wait_state() - wait until a processor is in a state
 * @processor: processor; its state is read again
 * @state: the state
 * @timeout_ns: limit of the wait
 *
 * A state that lasts shorter than it takes to look may be missed: a processor that crashes and is
 * recovered is %RPMSG_PROCESSOR_CRASHED for a moment only. A monitor misses none.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time), -ENODEV when the processor is
 * gone, or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_processor_wait_state(struct rpmsg_processor *processor,
			       enum rpmsg_processor_state state, int64_t timeout_ns);

/**
 * enum rpmsg_crash_type - what kind of crash to report
 * @RPMSG_CRASH_MMUFAULT: the processor used an address that it may not
 * @RPMSG_CRASH_WATCHDOG: its watchdog was not fed
 * @RPMSG_CRASH_FATAL_ERROR: it said so itself
 */
enum rpmsg_crash_type {
	RPMSG_CRASH_MMUFAULT,
	RPMSG_CRASH_WATCHDOG,
	RPMSG_CRASH_FATAL_ERROR,
};

/**
 * rpmsg_processor_crash() - report a crash of a processor, to see what follows
 * @processor: processor; its state is read again, before the report
 * @type: kind of crash, which the kernel logs
 *
 * The kernel handles the report, and recovers the processor if it is told to, after this returns.
 *
 * Return: 0, -EBUSY when it does not run (rpmsg_processor_get_state() says what it does),
 * -EOPNOTSUPP when the kernel has no debugfs for it on /sys/kernel/debug, -EACCES without the right
 * to write there, -ENODEV when it is gone.
 *
 * Since: 1.0
 */
int rpmsg_processor_crash(struct rpmsg_processor *processor, enum rpmsg_crash_type type);

/**
 * rpmsg_processor_get_recovery() - whether the kernel restarts a processor that crashed
 * @processor: processor
 * @enabled_out: true if it does
 *
 * Return: 0, -EOPNOTSUPP when this kernel does not say, -ENODEV when the processor is gone, or a
 * negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_processor_get_recovery(struct rpmsg_processor *processor, bool *enabled_out);

/**
 * rpmsg_processor_set_recovery() - choose whether the kernel restarts a processor that crashed
 * @processor: processor; its state is read again
 * @enabled: whether it does; true recovers one that is crashed now, as rpmsg_processor_recover()
 *
 * Return: 0, -EOPNOTSUPP when this kernel has no such choice, -EACCES without the right to write,
 * -ENODEV when the processor is gone, or an errno of recovering it.
 *
 * Since: 1.0
 */
int rpmsg_processor_set_recovery(struct rpmsg_processor *processor, bool enabled);

/**
 * rpmsg_processor_recover() - restart a processor that crashed
 * @processor: processor; its state is read again
 *
 * Takes as long as the kernel needs; with %RPMSG_COREDUMP_INLINE it waits for a reader of the
 * coredump, up to five minutes.
 *
 * Return: 0, -EALREADY when it is not crashed, -EIO when it did not come back and the kernel does
 * not say why, -EOPNOTSUPP when this kernel has no such command, -EACCES without the right to
 * write, -ENODEV when the processor is gone, or another errno of what failed.
 *
 * Since: 1.0
 */
int rpmsg_processor_recover(struct rpmsg_processor *processor);

/**
 * rpmsg_processor_read_trace() - read one of a processor's trace buffers
 * @processor: processor
 * @number: which one, from 0
 * @buf: where to store the text; no terminating zero is added
 * @size: room in @buf, in bytes
 * @len_out: bytes stored; if that is @size, there may be more
 *
 * A trace buffer is memory that the processor writes text to while it is read. Nothing may be
 * assumed of its bytes.
 *
 * Return: 0, -ENOENT when it has no such buffer now (a processor that does not run has none),
 * -EOPNOTSUPP when the kernel has no debugfs for it on /sys/kernel/debug, -EACCES without the right
 * to read there, -ENODEV when the processor is gone, -ENXIO when the buffer's memory is not to be
 * had.
 *
 * Since: 1.0
 */
int rpmsg_processor_read_trace(const struct rpmsg_processor *processor, unsigned int number,
			       char *buf, size_t size, size_t *len_out);

/* ---- monitor ------------------------------------------------------------------------------- */

/**
 * enum rpmsg_change - what became of a processor, a channel, or a node
 * @RPMSG_CHANGE_PRESENT: it was there when the monitor began
 * @RPMSG_CHANGE_ADDED: it came
 * @RPMSG_CHANGE_STATE: its state changed; of processors only
 * @RPMSG_CHANGE_REMOVED: it is gone
 */
enum rpmsg_change {
	RPMSG_CHANGE_PRESENT,
	RPMSG_CHANGE_ADDED,
	RPMSG_CHANGE_STATE,
	RPMSG_CHANGE_REMOVED,
};

/**
 * rpmsg_monitor_new() - begin to watch processors
 * @processor: only this one, by its "remoteprocN", which may go and come; NULL for all
 * @monitor_out: the monitor; free it with rpmsg_monitor_free()
 *
 * The monitor has a context of its own. Needs no udev daemon and no rights.
 *
 * Return: 0 or a negative errno of the descriptors that it is made of.
 *
 * Since: 1.0
 */
int rpmsg_monitor_new(const struct rpmsg_processor *processor, struct rpmsg_monitor **monitor_out);

/**
 * rpmsg_monitor_free() - free a monitor
 * @monitor: monitor or NULL
 *
 * Since: 1.0
 */
void rpmsg_monitor_free(struct rpmsg_monitor *monitor);

/**
 * rpmsg_monitor_get_fd() - the descriptor to wait on
 * @monitor: monitor
 *
 * Readable (POLLIN) when there may be something to take: call rpmsg_monitor_next() with a limit of
 * 0 until it answers -EAGAIN, and only then wait again. It is readable from the start.
 *
 * Return: the descriptor, which belongs to the monitor; for nothing but poll() and its like.
 *
 * Since: 1.0
 */
int rpmsg_monitor_get_fd(const struct rpmsg_monitor *monitor);

/**
 * rpmsg_monitor_get_interval_ns() - how closely a monitor can watch
 * @monitor: monitor
 *
 * Return: 0 when the kernel tells every change of every processor that is there now. Otherwise the
 * monitor looks at their states that often, in nanoseconds, and misses shorter ones: so it is on
 * mainline's kernels, or without the kernel's event socket.
 *
 * Since: 1.0
 */
int64_t rpmsg_monitor_get_interval_ns(const struct rpmsg_monitor *monitor);

/**
 * rpmsg_monitor_next() - take the next change
 * @monitor: monitor
 * @timeout_ns: limit of the wait for one
 * @change_out: what became of the processor
 * @processor_out: the processor as it was after that, or before it was gone; free it with
 *	rpmsg_processor_free()
 *
 * First come the processors that are there already, each with %RPMSG_CHANGE_PRESENT.
 *
 * Return: 0, -EINVAL after rpmsg_monitor_add_devices(), -EAGAIN, -ETIMEDOUT, -EINTR (see the rules
 * on time), or a negative errno of reading sysfs; after each error it may be called again.
 *
 * Since: 1.0
 */
int rpmsg_monitor_next(struct rpmsg_monitor *monitor, int64_t timeout_ns,
		       enum rpmsg_change *change_out, struct rpmsg_processor **processor_out);

/**
 * rpmsg_monitor_add_devices() - watch channels and nodes, too
 * @monitor: monitor; of one processor: those below it
 *
 * To be called before rpmsg_monitor_next_any(), which then tells of them.
 *
 * Return: 0 or a negative errno of the descriptors that it is made of.
 *
 * Since: 1.0
 */
int rpmsg_monitor_add_devices(struct rpmsg_monitor *monitor);

/**
 * rpmsg_monitor_next_any() - take the next change, of whatever it is
 * @monitor: monitor
 * @timeout_ns: limit of the wait for one
 * @change_out: what became of it
 * @processor_out: the processor, or NULL; free it with rpmsg_processor_free()
 * @channel_out: the channel, or NULL; free it with rpmsg_channel_free()
 * @node_out: the node, or NULL; free it with rpmsg_node_free()
 *
 * As rpmsg_monitor_next(), and exactly one of the three is not NULL. Channels and nodes are looked
 * at when the kernel says that something happened to one of them: what came and went between two
 * looks is not told, but all that stays or goes is. What is told of processors may be older than
 * that.
 *
 * Return: as rpmsg_monitor_next().
 *
 * Since: 1.0
 */
int rpmsg_monitor_next_any(struct rpmsg_monitor *monitor, int64_t timeout_ns,
			   enum rpmsg_change *change_out, struct rpmsg_processor **processor_out,
			   struct rpmsg_channel **channel_out, struct rpmsg_node **node_out);

/* ---- coredump ------------------------------------------------------------------------------ */

/**
 * enum rpmsg_coredump_mode - what the kernel does with the memory of a processor that crashed
 * @RPMSG_COREDUMP_UNKNOWN: something that this version of the library does not know
 * @RPMSG_COREDUMP_DISABLED: nothing
 * @RPMSG_COREDUMP_ENABLED: copies it into a coredump, then recovers the processor
 * @RPMSG_COREDUMP_INLINE: shows it as a coredump; recovery waits until that was read and released,
 *	for five minutes at most
 */
enum rpmsg_coredump_mode {
	RPMSG_COREDUMP_UNKNOWN,
	RPMSG_COREDUMP_DISABLED,
	RPMSG_COREDUMP_ENABLED,
	RPMSG_COREDUMP_INLINE,
};

/**
 * rpmsg_coredump_mode_to_string() - a mode's name, as sysfs spells it
 * @mode: mode
 *
 * Return: a constant string; "unknown" for every value that is not in the enumeration.
 *
 * Since: 1.0
 */
const char *rpmsg_coredump_mode_to_string(enum rpmsg_coredump_mode mode);

/**
 * rpmsg_processor_get_coredump_mode() - what becomes of its memory when it crashes
 * @processor: processor
 * @mode_out: the mode
 *
 * Return: 0, -EOPNOTSUPP when this kernel does not say, -ENODEV when the processor is gone, or a
 * negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_processor_get_coredump_mode(struct rpmsg_processor *processor,
				      enum rpmsg_coredump_mode *mode_out);

/**
 * rpmsg_processor_set_coredump_mode() - choose what becomes of its memory when it crashes
 * @processor: processor
 * @mode: the mode, not %RPMSG_COREDUMP_UNKNOWN
 *
 * Return: 0, -EBUSY while it is crashed, -EINVAL when the kernel does not know this mode,
 * -EOPNOTSUPP when it has no such choice at all, -EACCES without the right to write, -ENODEV when
 * the processor is gone.
 *
 * Since: 1.0
 */
int rpmsg_processor_set_coredump_mode(struct rpmsg_processor *processor,
				      enum rpmsg_coredump_mode mode);

/**
 * rpmsg_coredump_wait() - wait until there is a coredump of a processor
 * @ctx: context
 * @processor: processor
 * @timeout_ns: limit of the wait; 0 finds one that is there
 * @coredump_out: the coredump; free it with rpmsg_coredump_free(), which leaves it in the kernel
 *
 * The kernel keeps one coredump of a processor, and throws away later ones: until somebody releases
 * it, or for five minutes.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time), -ENODEV when the processor is
 * gone, or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_coredump_wait(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
			int64_t timeout_ns, struct rpmsg_coredump **coredump_out);

/**
 * rpmsg_coredump_free() - free a coredump object; the coredump itself stays
 * @coredump: coredump or NULL
 *
 * Since: 1.0
 */
void rpmsg_coredump_free(struct rpmsg_coredump *coredump);

/**
 * rpmsg_coredump_get_syspath() - its folder in sysfs
 * @coredump: coredump
 *
 * Return: absolute path.
 *
 * Since: 1.0
 */
const char *rpmsg_coredump_get_syspath(const struct rpmsg_coredump *coredump);

/**
 * rpmsg_coredump_save() - write a coredump, an ELF core file, to a descriptor
 * @coredump: coredump
 * @fd: where to; waits as long as this makes it wait
 * @size_out: bytes written
 *
 * Return: 0, -ENODEV when the coredump is gone, before or while it was read, -EACCES without the
 * right to read it, -EINTR when a signal handler ran while @fd made it wait, or another errno of
 * reading it or writing to @fd.
 *
 * Since: 1.0
 */
int rpmsg_coredump_save(const struct rpmsg_coredump *coredump, int fd, uint64_t *size_out);

/**
 * rpmsg_coredump_release() - remove a coredump from the kernel, making room for the next
 * @coredump: coredump
 *
 * Return: 0, -ENODEV when it is gone, -EACCES without the right to write.
 *
 * Since: 1.0
 */
int rpmsg_coredump_release(const struct rpmsg_coredump *coredump);

/* ---- channel ------------------------------------------------------------------------------- */

/**
 * rpmsg_channel_list() - read all channels
 * @ctx: context
 * @processor: only this processor's, or NULL for all, those without a processor included
 * @list_out: array of channels, sorted by processor, service name, destination; free it, with its
 *	elements, with rpmsg_channel_list_free()
 * @count_out: elements in the array; 0 is a success
 *
 * The kernel's own devices on the bus, "rpmsg_ctrl" and "rpmsg_ns", are not channels to a service
 * and are left out.
 *
 * Return: 0 or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_channel_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       struct rpmsg_channel ***list_out, size_t *count_out);

/**
 * rpmsg_channel_list_free() - free an array of channels and its elements
 * @list: array of rpmsg_channel_list(), or NULL
 * @count: its elements
 *
 * Since: 1.0
 */
void rpmsg_channel_list_free(struct rpmsg_channel **list, size_t count);

/**
 * rpmsg_channel_find() - find a channel by the name of its service
 * @ctx: context
 * @processor: only on this processor, or NULL for any
 * @service: name of the service
 * @channel_out: the first match in the order of rpmsg_channel_list(); free it with
 *	rpmsg_channel_free()
 *
 * Return: 0, -ENOENT when there is none, or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_channel_find(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       const char *service, struct rpmsg_channel **channel_out);

/**
 * rpmsg_channel_wait() - wait until a service is announced
 * @ctx: context
 * @processor: only on this processor, or NULL for any
 * @service: name of the service
 * @timeout_ns: limit of the wait
 * @channel_out: the channel; free it with rpmsg_channel_free()
 *
 * A service that is there already is found at once. Needs no udev daemon.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time), or a negative errno of reading
 * sysfs.
 *
 * Since: 1.0
 */
int rpmsg_channel_wait(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       const char *service, int64_t timeout_ns, struct rpmsg_channel **channel_out);

/**
 * rpmsg_channel_free() - free a channel object; the channel itself is not touched
 * @channel: channel or NULL
 *
 * Since: 1.0
 */
void rpmsg_channel_free(struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_service() - name of the service
 * @channel: channel
 *
 * Return: the name.
 *
 * Since: 1.0
 */
const char *rpmsg_channel_get_service(const struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_src() - local address
 * @channel: channel
 *
 * Return: the address, RPMSG_ADDRESS_ANY while no driver opened the channel.
 *
 * Since: 1.0
 */
uint32_t rpmsg_channel_get_src(const struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_dst() - address of the service on the remote processor
 * @channel: channel
 *
 * Return: the address.
 *
 * Since: 1.0
 */
uint32_t rpmsg_channel_get_dst(const struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_announce() - whether Linux announces the channel to the remote processor
 * @channel: channel
 *
 * Return: true if it does.
 *
 * Since: 1.0
 */
bool rpmsg_channel_get_announce(const struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_processor() - the processor that it leads to
 * @channel: channel
 *
 * Return: "remoteprocN", or NULL when its transport does not belong to a remoteproc.
 *
 * Since: 1.0
 */
const char *rpmsg_channel_get_processor(const struct rpmsg_channel *channel);

/**
 * rpmsg_channel_get_syspath() - its folder in sysfs
 * @channel: channel
 *
 * Return: absolute path.
 *
 * Since: 1.0
 */
const char *rpmsg_channel_get_syspath(const struct rpmsg_channel *channel);

/* ---- node ---------------------------------------------------------------------------------- */

/**
 * rpmsg_node_list() - read all nodes, those without a file in /dev included
 * @ctx: context
 * @processor: only this processor's, or NULL for all, those without a processor included
 * @list_out: array of nodes in the order of their number; free it, with its elements, with
 *	rpmsg_node_list_free()
 * @count_out: elements in the array; 0 is a success
 *
 * Return: 0 or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_node_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		    struct rpmsg_node ***list_out, size_t *count_out);

/**
 * rpmsg_node_list_free() - free an array of nodes and its elements
 * @list: array of rpmsg_node_list(), or NULL
 * @count: its elements
 *
 * Since: 1.0
 */
void rpmsg_node_list_free(struct rpmsg_node **list, size_t count);

/**
 * rpmsg_node_find() - find one node
 * @ctx: context
 * @processor: only on this processor, or NULL for any
 * @name: "/dev/rpmsgN", "rpmsgN", or the name of a service, for which there must be a file
 * @node_out: the node; free it with rpmsg_node_free()
 *
 * Return: 0, -ENOENT when there is none, -ENOTUNIQ when several nodes lead to this service, or a
 * negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_node_find(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		    const char *name, struct rpmsg_node **node_out);

/**
 * rpmsg_node_create() - make a new node with the addresses given
 * @ctx: context
 * @processor: on which processor; NULL if there is just one that offers /dev/rpmsg_ctrlN
 * @name: name of the node, shorter than RPMSG_NAME_SIZE; usually that of the service
 * @src: local address, or RPMSG_ADDRESS_ANY; whether it is free shows when the node is opened
 * @dst: address on the remote processor that it sends to
 * @timeout_ns: limit for finding the control device, its lock, and the new node
 * @node_out: the node; free it with rpmsg_node_free(), which leaves the device in place
 *
 * The device lives until rpmsg_node_destroy() or the end of the processor. Where a udev daemon sets
 * the owner and mode of its file, that happens a moment after this call returns.
 *
 * The kernel's call does not tell which node it made. The library finds it by comparing what hangs
 * below the control device before and after, under a lock (flock(2)) on the control device that all
 * its users take. A program that creates a node of the same name and addresses at the same time and
 * without this library may get it confused.
 *
 * Return: 0, -ENAMETOOLONG, -EINVAL for an empty name, -ENOTUNIQ when @processor is NULL and
 * several come into question, -EACCES without the right to open the control device, -EAGAIN,
 * -ETIMEDOUT, -EINTR (see the rules on time; nothing was made), or another negative errno of the
 * kernel.
 *
 * Since: 1.0
 */
int rpmsg_node_create(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		      const char *name, uint32_t src, uint32_t dst, int64_t timeout_ns,
		      struct rpmsg_node **node_out);

/**
 * rpmsg_node_create_for_channel() - make a new node that leads to a channel's service
 * @ctx: context
 * @channel: channel; gives the name and the destination, the source is RPMSG_ADDRESS_ANY
 * @timeout_ns: as in rpmsg_node_create()
 * @node_out: as in rpmsg_node_create()
 *
 * Return: as rpmsg_node_create(), and -ENODEV when the channel is gone.
 *
 * Since: 1.0
 */
int rpmsg_node_create_for_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
				  int64_t timeout_ns, struct rpmsg_node **node_out);

/**
 * rpmsg_node_destroy() - remove the device of a node
 * @node: node; still to be freed with rpmsg_node_free()
 *
 * Return: 0, -EBUSY while somebody has it open, -ENOENT, -ENODEV or -ENETRESET when it is gone,
 * -EINVAL for a node that the kernel made by itself for a channel and that goes with it, and for
 * one without a file, which goes with its last descriptor, -EACCES without the right to open it.
 *
 * Since: 1.0
 */
int rpmsg_node_destroy(struct rpmsg_node *node);

/**
 * rpmsg_node_free() - free a node object; the device itself is not touched
 * @node: node or NULL
 *
 * Since: 1.0
 */
void rpmsg_node_free(struct rpmsg_node *node);

/**
 * rpmsg_node_get_path() - path of the device, "/dev/rpmsgN"
 * @node: node
 *
 * Return: absolute path, or NULL for an endpoint that is a descriptor of the process that made it.
 *
 * Since: 1.0
 */
const char *rpmsg_node_get_path(const struct rpmsg_node *node);

/**
 * rpmsg_node_get_sysname() - the kernel's name, "rpmsgN"
 * @node: node
 *
 * Return: the name, unique while the node exists.
 *
 * Since: 1.0
 */
const char *rpmsg_node_get_sysname(const struct rpmsg_node *node);

/**
 * rpmsg_node_get_name() - name that it was made with, usually that of the service
 * @node: node
 *
 * Return: the name.
 *
 * Since: 1.0
 */
const char *rpmsg_node_get_name(const struct rpmsg_node *node);

/**
 * rpmsg_node_get_src() - local address
 * @node: node
 *
 * Return: the address. Kernels differ in what they show when the address was left to them: the real
 * address once opened, or RPMSG_ADDRESS_ANY.
 *
 * Since: 1.0
 */
uint32_t rpmsg_node_get_src(const struct rpmsg_node *node);

/**
 * rpmsg_node_get_dst() - address on the remote processor
 * @node: node
 *
 * Return: the address.
 *
 * Since: 1.0
 */
uint32_t rpmsg_node_get_dst(const struct rpmsg_node *node);

/**
 * rpmsg_node_get_processor() - the processor that it leads to
 * @node: node
 *
 * Return: "remoteprocN", or NULL when its transport does not belong to a remoteproc.
 *
 * Since: 1.0
 */
const char *rpmsg_node_get_processor(const struct rpmsg_node *node);

/* ---- endpoint ------------------------------------------------------------------------------ */

/**
 * enum rpmsg_endpoint_mode - how messages travel between application and kernel
 * @RPMSG_ENDPOINT_STOCK: read and write on a node of a mainline kernel, which never reports POLLOUT
 *	and cannot write through io_uring: rpmsg_endpoint_send() tries again at growing intervals,
 *	at most 2 ms, while the transport is full
 * @RPMSG_ENDPOINT_PLAIN: read and write on a node that waits properly
 *
 * Later versions add modes.
 */
enum rpmsg_endpoint_mode {
	RPMSG_ENDPOINT_STOCK,
	RPMSG_ENDPOINT_PLAIN,
};

/**
 * rpmsg_endpoint_open() - open a node
 * @ctx: context; not needed any more when the call returns
 * @path: path of the device, or of a link to it
 * @endpoint_out: the endpoint; free it with rpmsg_endpoint_close()
 *
 * It ends with its remote: every call then answers -EPIPE, for ever.
 *
 * Return: 0, -ENOENT, -EACCES, -ENETRESET when the remote is gone, -EBUSY while somebody else has
 * it open, -ENOTTY when the file is not an rpmsg node, -EINVAL when the local address of the node
 * is taken, or another errno of open(2).
 *
 * Since: 1.0
 */
int rpmsg_endpoint_open(struct rpmsg_context *ctx, const char *path,
			struct rpmsg_endpoint **endpoint_out);

/**
 * rpmsg_endpoint_open_service() - open an endpoint that leads to a service
 * @ctx: context; not needed any more when the call returns
 * @processor: only on this processor, or NULL for any
 * @service: name of the service
 * @timeout_ns: limit for the service to appear, and for making the endpoint
 * @endpoint_out: the endpoint; free it with rpmsg_endpoint_close(), which removes it from the
 * kernel
 *
 * Waits for the service and makes an endpoint for it, which ends with the process in any case. Two
 * exceptions: where the kernel made a node for the channel by itself ("rpmsg-raw") and nobody uses
 * it, that is opened; and on mainline's kernels a node is made, which a process that dies without
 * rpmsg_endpoint_close() leaves behind (rpmsg_node_list() shows it, rpmsg_node_destroy() removes
 * it).
 *
 * The endpoint survives the end of its remote. The first call that meets it answers -EPIPE; so does
 * one that another thread is in at that time. Calls after that wait, within their limits, for the
 * service to be announced again by the processor of the same name, and connect to it: that is a new
 * generation (rpmsg_endpoint_get_generation()), whose remote knows nothing of what was sent before.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time), -EACCES without the right to open
 * the control device, or another errno of the kernel.
 *
 * Since: 1.0
 */
int rpmsg_endpoint_open_service(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
				const char *service, int64_t timeout_ns,
				struct rpmsg_endpoint **endpoint_out);

/**
 * rpmsg_endpoint_close() - close and free an endpoint
 * @endpoint: endpoint or NULL; no other thread may be inside a call on it, and its requests on an
 *	io_uring must have completed
 *
 * Messages that were received and not read are lost.
 *
 * Since: 1.0
 */
void rpmsg_endpoint_close(struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_get_fd() - the file descriptor, for an event loop of the caller
 * @endpoint: endpoint; keeps owning the descriptor, which lives until rpmsg_endpoint_close()
 *
 * Readable (POLLIN) means that rpmsg_endpoint_recv() will not have to wait; writable (POLLOUT, not
 * in %RPMSG_ENDPOINT_STOCK) that rpmsg_endpoint_send() will not; POLLERR that the remote is gone,
 * which rpmsg_endpoint_recv() then tells. From there on until the service is back it is readable
 * now and then: call rpmsg_endpoint_recv() or rpmsg_endpoint_reconnect(), with a limit of 0, to
 * look for it.
 *
 * After rpmsg_endpoint_recv() answered -EMSGSIZE the message waits in the library, not in the
 * kernel: call it again before polling. The descriptor is in non-blocking mode; leave it there. Its
 * number stays for the life of the endpoint, but the file behind it is another after -EPIPE and
 * after each reconnection: register it with epoll again then.
 *
 * Return: the descriptor, or -EINVAL.
 *
 * Since: 1.0
 */
int rpmsg_endpoint_get_fd(const struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_get_path() - path of its device
 * @endpoint: endpoint
 *
 * Return: the path, valid until the endpoint reconnects, or NULL when it has none.
 *
 * Since: 1.0
 */
const char *rpmsg_endpoint_get_path(const struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_get_sysname() - the kernel's name for it, "rpmsgN"
 * @endpoint: endpoint
 *
 * Return: the name, valid until the endpoint reconnects; of its folder in /sys/class/rpmsg.
 *
 * Since: 1.0
 */
const char *rpmsg_endpoint_get_sysname(const struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_get_generation() - how often it was connected
 * @endpoint: endpoint
 *
 * May be called from any thread.
 *
 * Return: 1 at first, and one more after each reconnection.
 *
 * Since: 1.0
 */
uint32_t rpmsg_endpoint_get_generation(const struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_reconnect() - make sure that the remote is there, or there again
 * @endpoint: endpoint of rpmsg_endpoint_open_service()
 * @timeout_ns: limit for the service to appear, and for making the endpoint anew
 *
 * rpmsg_endpoint_send() and rpmsg_endpoint_recv() do this by themselves after they answered -EPIPE.
 * This is for who uses io_uring, or wants to know before there is something to send. Messages of
 * the old generation that were not read are lost.
 *
 * Return: 0, also when it was connected all the time; -EOPNOTSUPP for an endpoint of
 * rpmsg_endpoint_open(); the errors of rpmsg_endpoint_open_service().
 *
 * Since: 1.0
 */
int rpmsg_endpoint_reconnect(struct rpmsg_endpoint *endpoint, int64_t timeout_ns);

/**
 * rpmsg_endpoint_get_mtu() - the largest message, in bytes
 * @endpoint: endpoint
 * @mtu_out: the largest message that can be sent; none received is larger
 *
 * Return: 0, or -EOPNOTSUPP where the transport does not tell; then the kernel alone decides.
 *
 * Since: 1.0
 */
int rpmsg_endpoint_get_mtu(const struct rpmsg_endpoint *endpoint, size_t *mtu_out);

/**
 * rpmsg_endpoint_get_mode() - how its messages travel
 * @endpoint: endpoint
 *
 * Return: the mode; another one after a reconnection only if the kernel's modules were replaced.
 *
 * Since: 1.0
 */
enum rpmsg_endpoint_mode rpmsg_endpoint_get_mode(const struct rpmsg_endpoint *endpoint);

/**
 * rpmsg_endpoint_send() - send one message
 * @endpoint: endpoint
 * @buf: the message; the caller's again when the call returns
 * @len: its length in bytes; 0 is a message too
 * @timeout_ns: limit for the transport to have room
 *
 * Success means that the transport took the message, not that the remote processor read it.
 *
 * Return: 0, -EMSGSIZE when it is larger than the transport can carry, -EPIPE when the remote is
 * gone (the message was not sent; rpmsg_endpoint_open_service() says what follows), -EINVAL when
 * the node has no destination address, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time; the
 * message was not sent).
 *
 * Since: 1.0
 */
int rpmsg_endpoint_send(struct rpmsg_endpoint *endpoint, const void *buf, size_t len,
			int64_t timeout_ns);

/**
 * rpmsg_endpoint_recv() - receive one message
 * @endpoint: endpoint
 * @buf: where to store it
 * @size: room in @buf, in bytes
 * @timeout_ns: limit for a message to arrive
 * @len_out: length of the message in bytes; 0 is an empty message, not the end of anything. Also
 *	written with -EMSGSIZE.
 *
 * Return: 0, -EMSGSIZE when the message is larger than @size (it is kept, its length is in
 * @len_out, call again with a larger buffer), -EPIPE when the remote is gone
 * (rpmsg_endpoint_open_service() says what follows), -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on
 * time; no message is lost).
 *
 * Since: 1.0
 */
int rpmsg_endpoint_recv(struct rpmsg_endpoint *endpoint, void *buf, size_t size,
			int64_t timeout_ns, size_t *len_out);

/**
 * rpmsg_endpoint_prep_send() - fill an SQE of the caller's io_uring to send one message
 * @endpoint: endpoint; must stay open until the completion
 * @sqe: submission queue entry. Every field is set: set user_data and flags after this call.
 * @buf: the message; unchanged until the completion, whatever its result
 * @len: its length in bytes
 *
 * The completion's res is @len, or -EPIPE when the remote is or goes away, -EMSGSIZE, -EINVAL,
 * -ECANCELED. While the transport is full the request waits in the kernel without a thread and
 * without limit: link an IORING_OP_LINK_TIMEOUT for one. The kernel may carry out waiting requests
 * in any order; to keep messages in order have one outstanding at a time, or link them
 * (IOSQE_IO_LINK).
 *
 * Return: 0, -EMSGSIZE when it is larger than the transport can carry, -EPIPE before
 * rpmsg_endpoint_reconnect() when the remote was gone, -EOPNOTSUPP in
 * %RPMSG_ENDPOINT_STOCK: there such a request may never complete, use rpmsg_endpoint_send().
 *
 * Since: 1.0
 */
int rpmsg_endpoint_prep_send(struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe,
			     const void *buf, size_t len);

/**
 * rpmsg_endpoint_prep_recv() - fill an SQE of the caller's io_uring to receive one message
 * @endpoint: endpoint; must stay open until the completion
 * @sqe: submission queue entry. Every field is set: set user_data and flags after this call.
 * @buf: where to store it; the kernel's until the completion
 * @size: room in @buf, in bytes: at least rpmsg_endpoint_get_mtu(), a mainline kernel cuts what
 *	does not fit
 *
 * The completion's res is the length of the message (0: an empty one), or -EPIPE when the remote is
 * or goes away, -EMSGSIZE when it does not fit (the message is kept), -ECANCELED. With several
 * outstanding, which message lands in which buffer is not defined. Works in every mode.
 *
 * Return: 0, -EINVAL, or -EPIPE before rpmsg_endpoint_reconnect() when the remote was gone.
 *
 * Since: 1.0
 */
int rpmsg_endpoint_prep_recv(struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe, void *buf,
			     size_t size);

/* ---- ring ---------------------------------------------------------------------------------- */

/**
 * enum rpmsg_ring_mode - what a ring's buffers are
 * @RPMSG_RING_COPY: memory of the process; each message is copied by a system call of its own. So
 *	on a mainline kernel, and where the transport cannot share its buffers
 * @RPMSG_RING_SHARED: to send, the very memory that the remote reads; received messages are copied
 *	once, by the kernel, when they arrive. No system call for a message, one for each flush or
 *	wait that has something to do
 * @RPMSG_RING_EXCLUSIVE: the same, and received messages are where the remote wrote them: see
 *	rpmsg_ring_open_exclusive()
 *
 * Later versions add modes.
 */
enum rpmsg_ring_mode {
	RPMSG_RING_COPY,
	RPMSG_RING_SHARED,
	RPMSG_RING_EXCLUSIVE,
};

/**
 * struct rpmsg_buffer - a buffer of a ring that is the caller's for now
 * @data: its memory; to send, all of it may be written; a received one is only to be read
 * @len: bytes; when reserved, the largest message; the caller sets it to that of its message
 * @src: address of the sender; %RPMSG_ADDRESS_ANY when sending, and where the kernel does not tell
 * @slot: which buffer it is; leave it alone
 */
struct rpmsg_buffer {
	void *data;
	size_t len;
	uint32_t src;
	uint32_t slot;
};

/**
 * rpmsg_ring_open() - give an endpoint a ring
 * @endpoint: connected endpoint, which must outlive the ring
 * @tx_buffers: how many messages can be under way to the remote, 1 to 4096
 * @rx_buffers: how many received ones can be there, 1 to 4096
 * @ring_out: the ring; free it with rpmsg_ring_close()
 *
 * It may get more buffers than it asked for, and fewer to send where the transport has no more. An
 * endpoint gets one ring in each of its generations (rpmsg_endpoint_get_generation()); messages
 * that wait to be received come through it first. From then on receive through it alone.
 *
 * When the remote goes, every call that needs it answers -EPIPE. What was received stays. Close the
 * ring, call rpmsg_endpoint_reconnect(), and open another one.
 *
 * Threads: one thread may reserve, cancel, submit, flush and send, while another waits, peeks,
 * releases and receives.
 *
 * Return: 0, -EINVAL for bad numbers, -EBUSY when the endpoint has a ring, or a message that
 * rpmsg_endpoint_recv() answered -EMSGSIZE for, -EPIPE when it is not connected, -ENOMEM also when
 * the user may lock no more memory (RLIMIT_MEMLOCK): 8 KiB for each buffer to send, say.
 *
 * Since: 1.0
 */
int rpmsg_ring_open(struct rpmsg_endpoint *endpoint, unsigned int tx_buffers,
		    unsigned int rx_buffers, struct rpmsg_ring **ring_out);

/**
 * rpmsg_ring_open_exclusive() - give an endpoint that has its device for itself a ring
 * @endpoint: connected endpoint, which must outlive the ring
 * @tx_buffers: how many messages can be under way to the remote, 1 to 4096
 * @rx_buffers: how many there are for the remote to write to, 1 to 4096
 * @ring_out: the ring; free it with rpmsg_ring_close()
 *
 * As rpmsg_ring_open(), but received messages are not copied at all: a peeked buffer is the memory
 * that the remote wrote to. The remote may write there again, if it does not keep to the rules: who
 * checks something first copies it. When all buffers are held, the remote has to wait.
 *
 * The endpoint has to be the only one of its virtio device, and the administrator has to say so, by
 * writing 1 to the attribute "exclusive" of the device in sysfs: docs/devices.md.
 *
 * Return: as rpmsg_ring_open(), and -EPERM when the device is not exclusive, -EOPNOTSUPP where the
 * kernel or the transport has no such rings. It does not fall back to another mode.
 *
 * Since: 1.0
 */
int rpmsg_ring_open_exclusive(struct rpmsg_endpoint *endpoint, unsigned int tx_buffers,
			      unsigned int rx_buffers, struct rpmsg_ring **ring_out);

/**
 * rpmsg_ring_close() - close and free a ring
 * @ring: ring or NULL; no other thread may be inside a call on it, and what was prepared on it for
 *	an io_uring must have completed
 *
 * What was flushed goes its way; what was only submitted, and what was received, is lost.
 *
 * Since: 1.0
 */
void rpmsg_ring_close(struct rpmsg_ring *ring);

/**
 * rpmsg_ring_get_mode() - what its buffers are
 * @ring: ring
 *
 * Return: the mode.
 *
 * Since: 1.0
 */
enum rpmsg_ring_mode rpmsg_ring_get_mode(const struct rpmsg_ring *ring);

/**
 * rpmsg_ring_get_undelivered() - messages that the remote may not have read
 * @ring: ring
 *
 * Return: how many were submitted and came back because the remote was gone; of those that it had
 * not given back by then nobody knows whether it read them.
 *
 * Since: 1.0
 */
uint64_t rpmsg_ring_get_undelivered(const struct rpmsg_ring *ring);

/**
 * rpmsg_ring_reserve() - get a buffer to write a message into
 * @ring: ring
 * @buffer_out: the buffer, the caller's until it is submitted or cancelled
 *
 * Never waits: rpmsg_ring_flush() does that. When none seems to be idle it has the kernel look,
 * which also flushes what can go.
 *
 * Return: 0, -EAGAIN when none is idle, -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_reserve(struct rpmsg_ring *ring, struct rpmsg_buffer *buffer_out);

/**
 * rpmsg_ring_reserve_batch() - get buffers to write messages into
 * @ring: ring
 * @buffers: room for @count of them
 * @count: how many are wanted, at least 1
 * @count_out: how many there are; 0 with an error
 *
 * As rpmsg_ring_reserve() for each, and fewer than @count when there are no more.
 *
 * Return: 0, -EAGAIN when none is idle, -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_reserve_batch(struct rpmsg_ring *ring, struct rpmsg_buffer *buffers,
			     unsigned int count, unsigned int *count_out);

/**
 * rpmsg_ring_cancel() - give a buffer back without sending it
 * @ring: ring
 * @buffer: a reserved buffer
 *
 * Return: 0, or -EINVAL for one that is not reserved.
 *
 * Since: 1.0
 */
int rpmsg_ring_cancel(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer);

/**
 * rpmsg_ring_submit() - have a message sent by the next flush
 * @ring: ring
 * @buffer: a reserved buffer, with the length of the message in it; from here on not the caller's
 *
 * Return: 0, -EINVAL for one that is not reserved, -EMSGSIZE when the length is more than it had
 * when it was reserved.
 *
 * Since: 1.0
 */
int rpmsg_ring_submit(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer);

/**
 * rpmsg_ring_submit_batch() - have messages sent by the next flush, in this order
 * @ring: ring
 * @buffers: reserved buffers, as for rpmsg_ring_submit()
 * @count: how many
 *
 * Return: 0, or an error of rpmsg_ring_submit() for one of them: then none is submitted, and all
 * are the caller's as before.
 *
 * Since: 1.0
 */
int rpmsg_ring_submit_batch(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffers,
			    unsigned int count);

/**
 * rpmsg_ring_flush() - hand all that was submitted to the transport, in order, with one kick
 * @ring: ring
 * @idle: wait until so many buffers can be reserved, too
 * @timeout_ns: limit for both
 *
 * What does not go within the limit stays submitted, and goes first with the next flush.
 *
 * Return: 0, -EAGAIN, -ETIMEDOUT, -EINTR (see the rules on time), -EPIPE when the remote is gone,
 * -EINVAL when more buffers are reserved than leave @idle.
 *
 * Since: 1.0
 */
int rpmsg_ring_flush(struct rpmsg_ring *ring, unsigned int idle, int64_t timeout_ns);

/**
 * rpmsg_ring_prep_flush() - prepare a flush for an io_uring of the caller
 * @ring: ring
 * @sqe: a submission queue entry; its user data and flags are still to be set
 * @idle: as for rpmsg_ring_flush(); buffers that are reserved now are taken to stay reserved
 * @timeout_ns: likewise; INT64_MAX for as long as it takes
 *
 * One at a time, and not while rpmsg_ring_flush() runs: -EBUSY. What is submitted before the
 * operation starts goes with it. cqe->res is the number of messages that went, or a negative errno
 * if that is none: those of rpmsg_ring_flush(), -ECANCELED.
 *
 * Return: 0, -EOPNOTSUPP in %RPMSG_RING_COPY, -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_prep_flush(struct rpmsg_ring *ring, struct io_uring_sqe *sqe, unsigned int idle,
			  int64_t timeout_ns);

/**
 * rpmsg_ring_send() - copy a message into a buffer, submit and flush it
 * @ring: ring
 * @buf: the message
 * @len: its length in bytes
 * @timeout_ns: limit for a buffer to be idle and the transport to have room
 *
 * Return: 0, -EMSGSIZE, or an error of rpmsg_ring_flush(). After one of those the message may have
 * been submitted: rpmsg_ring_flush() tells.
 *
 * Since: 1.0
 */
int rpmsg_ring_send(struct rpmsg_ring *ring, const void *buf, size_t len, int64_t timeout_ns);

/**
 * rpmsg_ring_wait() - wait for messages
 * @ring: ring
 * @count: how many
 * @timeout_ns: limit
 *
 * A @count of 0 only takes what is there. An event loop that found the endpoint's descriptor
 * readable calls it with a @count of 1 and a limit of 0, then peeks until -EAGAIN, then polls
 * again.
 *
 * Return: 0 when so many can be peeked, or as many as there are buffers for; -EAGAIN, -ETIMEDOUT,
 * -EINTR (see the rules on time), even if some can be peeked; -ENOBUFS when all buffers are the
 * caller's; -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_wait(struct rpmsg_ring *ring, unsigned int count, int64_t timeout_ns);

/**
 * rpmsg_ring_set_busy_poll() - look for messages for a while before waiting asleep
 * @ring: ring
 * @most_ns: for how long at most, up to 100,000,000; 0, as at the beginning, for not at all
 *
 * Of rpmsg_ring_wait() and rpmsg_ring_recv(). While they look, the remote need not interrupt, and
 * nobody need be woken when a message comes: that saves time, and costs a CPU. How long they look
 * adapts to how soon messages come, and ends at once when somebody else wants the CPU.
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP in %RPMSG_RING_COPY, -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_set_busy_poll(struct rpmsg_ring *ring, int64_t most_ns);

/**
 * rpmsg_ring_prep_wait() - prepare a wait for an io_uring of the caller
 * @ring: ring
 * @sqe: a submission queue entry; its user data and flags are still to be set
 * @count: how many messages
 * @timeout_ns: limit; INT64_MAX for as long as it takes
 *
 * One at a time, and not while rpmsg_ring_wait() runs: -EBUSY. cqe->res is the number of messages
 * that can be peeked, or a negative errno if that is none: those of rpmsg_ring_wait(), -ECANCELED.
 *
 * Return: 0, -EOPNOTSUPP in %RPMSG_RING_COPY, -EPIPE when the remote is gone.
 *
 * Since: 1.0
 */
int rpmsg_ring_prep_wait(struct rpmsg_ring *ring, struct io_uring_sqe *sqe, unsigned int count,
			 int64_t timeout_ns);

/**
 * rpmsg_ring_peek() - get the next message
 * @ring: ring
 * @buffer_out: the message, the caller's until it is released
 *
 * Messages come in the order in which the remote sent them, each once. Never waits.
 *
 * Return: 0, or -EAGAIN when there is none.
 *
 * Since: 1.0
 */
int rpmsg_ring_peek(struct rpmsg_ring *ring, struct rpmsg_buffer *buffer_out);

/**
 * rpmsg_ring_peek_batch() - get the next messages
 * @ring: ring
 * @buffers: room for @count of them
 * @count: how many are wanted, at least 1
 * @count_out: how many there are; 0 with an error
 *
 * As rpmsg_ring_peek() for each.
 *
 * Return: 0, or -EAGAIN when there is none.
 *
 * Since: 1.0
 */
int rpmsg_ring_peek_batch(struct rpmsg_ring *ring, struct rpmsg_buffer *buffers, unsigned int count,
			  unsigned int *count_out);

/**
 * rpmsg_ring_release() - give a received message's buffer back
 * @ring: ring
 * @buffer: a buffer of rpmsg_ring_peek(), in any order
 *
 * Return: 0, or -EINVAL for one that is not the caller's.
 *
 * Since: 1.0
 */
int rpmsg_ring_release(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer);

/**
 * rpmsg_ring_release_batch() - give received messages' buffers back
 * @ring: ring
 * @buffers: buffers of rpmsg_ring_peek() or rpmsg_ring_peek_batch(), in any order
 * @count: how many
 *
 * Return: 0, or -EINVAL when one is not the caller's, or is there twice: then none is given back.
 *
 * Since: 1.0
 */
int rpmsg_ring_release_batch(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffers,
			     unsigned int count);

/**
 * rpmsg_ring_recv() - wait for a message, copy it and release its buffer
 * @ring: ring
 * @buf: where to
 * @size: room in there, in bytes
 * @timeout_ns: limit
 * @len_out: its length; also with -EMSGSIZE
 *
 * Return: 0, -EMSGSIZE when there is not enough room: the message stays; or an error of
 * rpmsg_ring_wait().
 *
 * Since: 1.0
 */
int rpmsg_ring_recv(struct rpmsg_ring *ring, void *buf, size_t size, int64_t timeout_ns,
		    size_t *len_out);

/* ---- statistics ---------------------------------------------------------------------------- */

/**
 * rpmsg_statistics_list() - read the counters of all transports and nodes
 * @ctx: context
 * @processor: only this processor's, or NULL for all, those without a processor included
 * @list_out: array of statistics, transports first, each kind by its name; free it, with its
 *	elements, with rpmsg_statistics_list_free()
 * @count_out: elements in the array; 0 is a success
 *
 * A transport is what carries the messages of all nodes of a processor: a virtio device, usually.
 * Mainline's kernels count nothing, and what counts nothing is left out.
 *
 * Counters grow from 0 on, for as long as the device exists. Those of one device are read one after
 * the other, while it goes on.
 *
 * Return: 0 or a negative errno of reading sysfs.
 *
 * Since: 1.0
 */
int rpmsg_statistics_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
			  struct rpmsg_statistics ***list_out, size_t *count_out);

/**
 * rpmsg_statistics_list_free() - free an array of statistics and its elements
 * @list: array of rpmsg_statistics_list(), or NULL
 * @count: its elements
 *
 * Since: 1.0
 */
void rpmsg_statistics_list_free(struct rpmsg_statistics **list, size_t count);

/**
 * rpmsg_statistics_get_device() - the device that counts
 * @statistics: statistics
 *
 * Return: "rpmsgN" of a node, or the kernel's name of a transport, such as "virtioN".
 *
 * Since: 1.0
 */
const char *rpmsg_statistics_get_device(const struct rpmsg_statistics *statistics);

/**
 * rpmsg_statistics_get_name() - name that a node was made with, usually that of the service
 * @statistics: statistics
 *
 * Return: the name, or NULL for a transport.
 *
 * Since: 1.0
 */
const char *rpmsg_statistics_get_name(const struct rpmsg_statistics *statistics);

/**
 * rpmsg_statistics_get_processor() - the processor that the device leads to
 * @statistics: statistics
 *
 * Return: "remoteprocN", or NULL when the transport does not belong to a remoteproc.
 *
 * Since: 1.0
 */
const char *rpmsg_statistics_get_processor(const struct rpmsg_statistics *statistics);

/**
 * rpmsg_statistics_get_id() - what tells a device from a later one of the same name
 * @statistics: statistics
 *
 * Return: a number that is the device's for as long as the system runs.
 *
 * Since: 1.0
 */
uint64_t rpmsg_statistics_get_id(const struct rpmsg_statistics *statistics);

/**
 * rpmsg_statistics_get_counter() - one counter after the other
 * @statistics: statistics
 * @index: which one, from 0, in the order of their names
 * @value_out: its value; not written with NULL
 *
 * The names are those of the files in the device's folder statistics/ in sysfs, where later kernels
 * may have others: docs/differences.md.
 *
 * Return: its name, or NULL when there are no more.
 *
 * Since: 1.0
 */
const char *rpmsg_statistics_get_counter(const struct rpmsg_statistics *statistics, size_t index,
					 uint64_t *value_out);

#ifdef __cplusplus
}
#endif

#endif /* LIBRPMSG_H */
