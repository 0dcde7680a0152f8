// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * urproc run: create a processor, and be it.
 *
 * One loop serves the kernel's events and this process's signals. The core is a child (core.c),
 * and so is whoever asks the kernel to boot (boot.c), because that call lasts until the loop
 * has served it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/urproc.h>
#include "urproc.h"

#define DEVICE		"/dev/urproc"
#define DEFAULT_ADDR	0x20000000ULL
#define DEFAULT_SIZE	(4ULL << 20)
#define EVENTS_AT_ONCE	16

const char run_help[] =
	"usage: urproc run [OPTION ...] FIRMWARE\n"
	"\n"
	"Creates a remote processor on /dev/urproc, boots FIRMWARE on it, and runs it as\n"
	"a child process, until SIGINT or SIGTERM, or until the firmware crashes.\n"
	"\n"
	"FIRMWARE with a '/' is a file; without, a name that the kernel looks up in its\n"
	"firmware folders.\n"
	"\n"
	"  --name NAME       name of the processor; the default is the firmware's,\n"
	"                    without suffix\n"
	"  --mem ADDR:SIZE   its memory; the default is 0x20000000:4M\n"
	"  --no-boot         wait for somebody else to boot it\n"
	"  --stay            stay after a crash, so that remoteproc can restart it\n"
	"  --help            this text\n"
	"\n"
	"Prints 'NAME: remoteprocN running FIRMWARE' when it runs. The exit status is 0\n"
	"after a signal, 1 after a failure or a crash of the firmware, 2 for a wrong\n"
	"command line.\n";

struct options {
	const char *file;
	char name[URPROC_NAME_MAX];
	struct memory mem;
	bool boot;
	bool stay;
};

struct processor {
	struct options opt;
	struct firmware fw;
	struct core core;
	unsigned int index;
	int fd;
	int signal_fd;
	pid_t booter;		/* 0 when nobody boots */
	bool end;		/* leave the loop */
	int exit_status;
};

static int set_name(struct options *opt, const char *name, size_t len)
{
	if (!len || len >= sizeof(opt->name)) {
		complain("a processor's name has 1 to %zu bytes, '%.*s' has %zu; see --name",
			 sizeof(opt->name) - 1, (int)len, name, len);
		return -EINVAL;
	}
	memcpy(opt->name, name, len);
	opt->name[len] = '\0';
	if (strpbrk(opt->name, "/ \t\n\v\f\r")) {
		complain("a processor's name has no '/' and no white space: '%s'", opt->name);
		return -EINVAL;
	}
	return 0;
}

static int name_from_file(struct options *opt)
{
	const char *slash = strrchr(opt->file, '/');
	const char *base = slash ? slash + 1 : opt->file;
	const char *dot = strrchr(base, '.');

	return set_name(opt, base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

/* Returns 0, or an exit status: -1 means that help was asked for and given. */
static int parse_options(struct options *opt, int argc, char **argv)
{
	static const struct option known[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "mem", required_argument, NULL, 'm' },
		{ "no-boot", no_argument, NULL, 'b' },
		{ "stay", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", known, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (set_name(opt, optarg, strlen(optarg)))
				return EXIT_USAGE;
			break;
		case 'm':
			if (memory_parse(&opt->mem, optarg))
				return EXIT_USAGE;
			break;
		case 'b':
			opt->boot = false;
			break;
		case 's':
			opt->stay = true;
			break;
		case 'h':
			fputs(run_help, stdout);
			return -1;
		case ':':
			complain("run: %s wants a value", argv[optind - 1]);
			return EXIT_USAGE;
		default:
			complain("run: unknown option '%s'; see urproc run --help",
				 argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		complain("run: no firmware given; see urproc run --help");
		return EXIT_USAGE;
	}
	if (optind + 1 < argc) {
		complain("run: one firmware only, not also '%s'", argv[optind + 1]);
		return EXIT_USAGE;
	}
	opt->file = argv[optind];
	if (!*opt->file) {
		complain("run: the firmware's name is empty");
		return EXIT_USAGE;
	}
	if (!opt->name[0] && name_from_file(opt))
		return EXIT_USAGE;
	return 0;
}

static void give_up(struct processor *p, int exit_status)
{
	p->end = true;
	p->exit_status = exit_status;
}

static int create(struct processor *p)
{
	struct urproc_create create = {
		.size = sizeof(create),
		.mem_addr = p->opt.mem.addr,
		.mem_size = p->opt.mem.size,
	};
	int err;

	p->fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (p->fd < 0) {
		err = errno;
		complain("%s: %s%s", DEVICE, strerror(err),
			 err == ENOENT ? " (is the module urproc loaded?)" : "");
		return -err;
	}

	memcpy(create.name, p->opt.name, sizeof(create.name));
	memcpy(create.firmware, p->fw.name, sizeof(create.firmware));
	if (ioctl(p->fd, URPROC_IOC_CREATE, &create)) {
		err = errno;
		complain("%s: cannot create the processor: %s", p->opt.name, strerror(err));
		return -err;
	}
	p->index = create.index;
	return 0;
}

/* Before the memory is mapped: a mapping that the booter inherited would keep the processor. */
static int boot(struct processor *p)
{
	pid_t pid = boot_begin(p->index, p->fd);

	if (pid < 0) {
		complain("cannot fork: %s", strerror(-pid));
		return pid;
	}
	p->booter = pid;
	return 0;
}

static int watch_signals(struct processor *p)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? -errno : 0;
}

static int complete(struct processor *p, uint64_t seq, int result)
{
	struct urproc_complete done = { .size = sizeof(done), .result = result, .seq = seq };

	if (!ioctl(p->fd, URPROC_IOC_COMPLETE, &done))
		return 0;
	if (errno != ENOENT)
		return -errno;
	complain("%s: the kernel did not wait for the core", p->opt.name);
	return 0;
}

static void say_running(const struct processor *p)
{
	say("%s: remoteproc%u running %s", p->opt.name, p->index, p->opt.file);
}

static void on_core_end(struct processor *p, int wait_status)
{
	p->core.pid = 0;
	core_report(&p->core, p->opt.name, wait_status);
	if (ioctl(p->fd, URPROC_IOC_CRASH, 0) && errno != ENOTCONN)
		complain("%s: cannot report the crash: %s", p->opt.name, strerror(errno));
	if (!p->opt.stay)
		give_up(p, EXIT_FAILED);
}

static void on_boot_end(struct processor *p, int wait_status)
{
	int err = boot_error(wait_status);

	p->booter = 0;
	if (!err) {
		if (p->core.pid)
			say_running(p);
		return;
	}
	complain("%s: cannot boot %s: %s (dmesg may tell more)", p->opt.name, p->opt.file,
		 strerror(err));
	give_up(p, EXIT_FAILED);
}

static void on_start(struct processor *p, const struct urproc_event *ev)
{
	int ret = core_start(&p->core, p->opt.name, p->fd, &p->opt.mem, ev->addr);

	if (ret)
		complain("%s: cannot start the core: %s", p->opt.name, strerror(-ret));
	if (complete(p, ev->seq, ret))
		core_stop(&p->core);
	else if (!ret && !p->booter)
		say_running(p);
}

static void on_stop(struct processor *p, const struct urproc_event *ev)
{
	bool ran = p->core.pid;
	int status = core_stop(&p->core);

	/* It may have died on its own just before. */
	if (ran && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		core_report(&p->core, p->opt.name, status);
	complete(p, ev->seq, 0);
	if (ran)
		say("%s: remoteproc%u stopped", p->opt.name, p->index);
}

static void serve_events(struct processor *p)
{
	struct urproc_event events[EVENTS_AT_ONCE];
	ssize_t n;
	size_t i;

	n = read(p->fd, events, sizeof(events));
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		if (errno == ENODEV) {
			say("%s: remoteproc%u was removed", p->opt.name, p->index);
			give_up(p, 0);
			return;
		}
		complain("%s: cannot read events: %s", p->opt.name, strerror(errno));
		give_up(p, EXIT_FAILED);
		return;
	}

	for (i = 0; i < (size_t)n / sizeof(events[0]) && !p->end; i++) {
		switch (events[i].type) {
		case URPROC_EVENT_START:
			on_start(p, &events[i]);
			break;
		case URPROC_EVENT_STOP:
			on_stop(p, &events[i]);
			break;
		default:
			/* Kicks come by eventfd; one from before is for a core gone by. */
			break;
		}
	}
}

static void reap(struct processor *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == p->core.pid)
			on_core_end(p, status);
		else if (pid == p->booter)
			on_boot_end(p, status);
	}
}

static void serve_signals(struct processor *p)
{
	struct signalfd_siginfo info;

	while (read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(p);
		else
			give_up(p, p->exit_status);
		if (p->end)
			return;
	}
}

static void serve(struct processor *p)
{
	struct pollfd fds[] = {
		{ .fd = p->fd, .events = POLLIN },
		{ .fd = p->signal_fd, .events = POLLIN },
	};

	while (!p->end) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			complain("poll: %s", strerror(errno));
			give_up(p, EXIT_FAILED);
			return;
		}
		/* Events first: a core that was stopped in order is no crash. */
		if (fds[0].revents)
			serve_events(p);
		if (!p->end && fds[1].revents)
			serve_signals(p);
	}
}

int cmd_run(int argc, char **argv)
{
	struct processor p = {
		.opt = {
			.mem = { .addr = DEFAULT_ADDR, .size = DEFAULT_SIZE },
			.boot = true,
		},
		.fd = -1,
		.signal_fd = -1,
		.exit_status = EXIT_FAILED,
	};
	int ret;

	ret = parse_options(&p.opt, argc, argv);
	if (ret)
		return ret < 0 ? 0 : ret;
	if (watch_signals(&p) || core_init(&p.core)) {
		complain("out of resources: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (firmware_publish(&p.fw, p.opt.file))
		return EXIT_FAILED;
	if (create(&p))
		goto out;
	if (p.opt.boot && boot(&p))
		goto out;
	if (memory_map(&p.opt.mem, p.fd))
		goto out;
	if (!p.opt.boot)
		say("%s: remoteproc%u waits to be booted", p.opt.name, p.index);
	p.exit_status = 0;
	serve(&p);

out:
	/*
	 * The kernel removes the processor when the last user of its file is gone: the core,
	 * which has it open and mapped, and our own mapping, before our descriptor.
	 */
	core_stop(&p.core);
	if (p.fd >= 0 && !p.exit_status)
		/* In order; a processor that is just closed has crashed. */
		ioctl(p.fd, URPROC_IOC_QUIT, 0);
	memory_unmap(&p.opt.mem);
	if (p.fd >= 0)
		close(p.fd);
	if (p.booter)
		waitpid(p.booter, NULL, 0);
	firmware_withdraw(&p.fw);
	return p.exit_status;
}
