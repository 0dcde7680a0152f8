// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shipped rule, applied by a real systemd-udevd: who may open the device files, and what they
 * are called. In a mount namespace, so that group and rule are there for this program only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <librpmsg.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

#define UDEVD		"/lib/systemd/systemd-udevd"
#define GROUP		"/run/rpmsg-selftest.group"
#define GID		64999
#define NOBODY		65534
#define BY_NAME		"/dev/rpmsg/by-name"
#define PATIENCE_NS	(PATIENCE_MS * 1000000LL)
#define SERVICE_DST	1024

FIXTURE(udev)
{
	struct program udevd;
	struct program udevadm;
	struct program urproc;
	struct rpmsg_context *ctx;
	struct rpmsg_processor *dsp;
	struct rpmsg_node *node;
};

/* A group "rpmsg", and no rules but ours and the system's. */
static int private_system(void)
{
	static char text[1 << 16];
	char rule[FILE_PATH_MAX];
	int len, ret;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	/* The first line of a name counts. */
	len = sprintf(text, "rpmsg:x:%d:\n", GID);
	ret = file_read("/etc/group", text + len, sizeof(text) - len);
	if (ret < 0)
		return ret;
	if (file_make(GROUP, text, len + ret) || mount(GROUP, "/etc/group", NULL, MS_BIND, NULL))
		return -errno;

	mkdir("/run/udev", 0755);
	if (mount("udev", "/run/udev", "tmpfs", 0, "mode=755") || mkdir("/run/udev/rules.d", 0755))
		return -errno;
	file_path(rule, "%s/tools/udev/60-rpmsg.rules", getenv("RPMSG_TOP"));
	ret = file_read(rule, text, sizeof(text));
	return ret < 0 ? ret : file_make("/run/udev/rules.d/60-rpmsg.rules", text, ret);
}

static bool udevd_start(FIXTURE_DATA(udev) *self)
{
	return !program_start(&self->udevd, UDEVD, NULL) &&
	       wait_until(!program_run(&self->udevadm, PATIENCE_MS, "udevadm", "control", "--ping"),
			  PATIENCE_MS);
}

FIXTURE_SETUP(udev)
{
	char path[FILE_PATH_MAX];

	if (!getenv("RPMSG_BUILD") || !getenv("RPMSG_TOP"))
		SKIP(return, "RPMSG_BUILD or RPMSG_TOP not set");
	if (!file_exists(UDEVD))
		SKIP(return, UDEVD " is not installed");
	if (!file_exists("/proc/sys/fs/inotify"))
		SKIP(return, "a kernel without inotify, which systemd-udevd needs");
	ASSERT_EQ(0, private_system());
	ASSERT_TRUE(udevd_start(self));

	file_path(path, "%s/examples/firmware/echo.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", "--name", "dsp", path, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));
	ASSERT_EQ(0, rpmsg_context_new(&self->ctx));
	ASSERT_EQ(0, rpmsg_processor_find(self->ctx, "dsp", &self->dsp));
}

FIXTURE_TEARDOWN(udev)
{
	if (_metadata->exit_code) {
		program_show(&self->udevd);
		program_show(&self->urproc);
	}
	if (self->node)
		rpmsg_node_destroy(self->node);
	rpmsg_node_free(self->node);
	rpmsg_processor_free(self->dsp);
	rpmsg_context_free(self->ctx);
	program_end(&self->urproc, SIGTERM, PATIENCE_MS);
	/* It takes the links away that it made. */
	wait_until(!file_exists(BY_NAME), PATIENCE_MS);
	program_end(&self->udevd, SIGTERM, PATIENCE_MS);
	program_kill(&self->urproc);
	program_kill(&self->udevd);
	unlink(GROUP);
}

static bool is_of_group(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISCHR(st.st_mode) && st.st_gid == GID && !st.st_uid &&
	       (st.st_mode & 0777) == 0660;
}

static bool leads_to(const char *link, const char *path)
{
	char real[PATH_MAX];

	return realpath(link, real) && !strcmp(real, path);
}

static int create(FIXTURE_DATA(udev) *self, const char *name)
{
	return rpmsg_node_create(self->ctx, self->dsp, name, RPMSG_ADDRESS_ANY, SERVICE_DST,
				 PATIENCE_NS, &self->node);
}

TEST_F_TIMEOUT(udev, names_and_group, 240)
{
	/* The firmware's own "rpmsg-raw", for which the kernel makes a node, and one of ours. */
	EXPECT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/rpmsg-raw"), PATIENCE_MS));
	ASSERT_EQ(0, create(self, "rpmsg-echo"));
	EXPECT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/rpmsg-echo"), PATIENCE_MS));
	EXPECT_TRUE(leads_to(BY_NAME "/dsp/rpmsg-echo", rpmsg_node_get_path(self->node)));
	EXPECT_TRUE(wait_until(is_of_group("/dev/rpmsg_ctrl0"), PATIENCE_MS));

	ASSERT_EQ(0, rpmsg_node_destroy(self->node));
	rpmsg_node_free(self->node);
	self->node = NULL;
	EXPECT_TRUE(wait_until(!file_exists(BY_NAME "/dsp/rpmsg-echo"), PATIENCE_MS));
}

TEST_F_TIMEOUT(udev, same_name_after_restart, 240)
{
	ASSERT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/rpmsg-raw"), PATIENCE_MS));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	EXPECT_TRUE(wait_until(!file_exists(BY_NAME "/dsp/rpmsg-raw"), PATIENCE_MS));
	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	EXPECT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/rpmsg-raw"), PATIENCE_MS));
}

#define EXCLUSIVE_RULE							\
	"ACTION==\"bind\", SUBSYSTEM==\"virtio\", DRIVER==\"virtio_rpmsg_bus\", "	\
	"ATTRS{name}==\"dsp\", ATTR{exclusive}=\"1\"\n"

static bool is_exclusive(void)
{
	char device[64], path[FILE_PATH_MAX], text[8];

	if (processor_find(&(struct processor) {}, "bus/virtio/devices", "virtio", NULL, device,
			   sizeof(device)) != 1)
		return false;
	file_path(path, "/sys/bus/virtio/devices/%s/exclusive", device);
	return file_read_line(path, text, sizeof(text)) > 0 && !strcmp(text, "1");
}

/*
 * The rule of docs/devices.md: one application may have the device for itself. systemd-udevd starts
 * again to read it: version 252 now and then ignores what udevadm tells it in the moment in which
 * it accepts the connection ("Invalid sender uid 65534"), and udevadm does not notice.
 */
TEST_F_TIMEOUT(udev, exclusive, 240)
{
	EXPECT_FALSE(is_exclusive());
	ASSERT_EQ(0, file_make("/run/udev/rules.d/61-exclusive.rules", EXCLUSIVE_RULE,
			       strlen(EXCLUSIVE_RULE)));
	ASSERT_EQ(0, program_end(&self->udevd, SIGTERM, PATIENCE_MS));
	ASSERT_TRUE(udevd_start(self));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	EXPECT_TRUE(wait_until(is_exclusive(), PATIENCE_MS));
}

static int echo(struct rpmsg_endpoint *endpoint)
{
	char text[496];
	size_t len;
	int ret;

	ret = rpmsg_endpoint_send(endpoint, "hello", 5, PATIENCE_NS);
	if (!ret)
		ret = rpmsg_endpoint_recv(endpoint, text, sizeof(text), PATIENCE_NS, &len);
	if (!ret && (len != 5 || memcmp(text, "hello", 5)))
		ret = -EBADMSG;
	rpmsg_endpoint_close(endpoint);
	return ret;
}

static int use_link(struct rpmsg_context *ctx)
{
	struct rpmsg_endpoint *endpoint;
	int ret = rpmsg_endpoint_open(ctx, BY_NAME "/dsp/rpmsg-echo", &endpoint);

	return ret ? ret : echo(endpoint);
}

static int use_service(struct rpmsg_context *ctx)
{
	struct rpmsg_endpoint *endpoint;
	int ret = rpmsg_endpoint_open_service(ctx, NULL, "rpmsg-echo", PATIENCE_NS, &endpoint);

	return ret ? ret : echo(endpoint);
}

/* Does that as a user without rights, who is in just one group. Returns its -errno. */
static int as_user(gid_t group, int (*use)(struct rpmsg_context *ctx))
{
	struct rpmsg_context *ctx;
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgroups(1, &group) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY) || rpmsg_context_new(&ctx))
			_exit(255);
		_exit(-use(ctx));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

TEST_F_TIMEOUT(udev, member_and_outsider, 240)
{
	ASSERT_EQ(0, create(self, "rpmsg-echo"));
	ASSERT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/rpmsg-echo"), PATIENCE_MS));
	ASSERT_TRUE(wait_until(is_of_group("/dev/rpmsg_ctrl0"), PATIENCE_MS));
	EXPECT_EQ(0, as_user(GID, use_link));
	EXPECT_EQ(0, as_user(GID, use_service));
	EXPECT_EQ(-EACCES, as_user(NOBODY, use_link));
	EXPECT_EQ(-EACCES, as_user(NOBODY, use_service));
}

/* How many entries a folder has that are not of this name. */
static int others(const char *folder, const char *name)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, name);
	if (dir)
		closedir(dir);
	return dir ? count : -errno;
}

/* Names are the remote's: none leads out of the folder. */
TEST_F_TIMEOUT(udev, bad_names, 240)
{
	static const char *const names[] = {
		"../../../rpmsg-evil", "../rpmsg-evil", "/rpmsg-evil", "..", ".", "a/b",
	};
	size_t i;

	ASSERT_TRUE(wait_until(file_exists(BY_NAME "/dsp/rpmsg-raw"), PATIENCE_MS));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ASSERT_EQ(0, create(self, names[i]));
		/* All of the rule was applied, as is seen by its first half. */
		EXPECT_TRUE(wait_until(is_of_group(rpmsg_node_get_path(self->node)), PATIENCE_MS));
		EXPECT_EQ(0, program_run(&self->udevadm, PATIENCE_MS, "udevadm", "settle"));
		EXPECT_FALSE(file_exists("/dev/rpmsg-evil"));
		EXPECT_FALSE(file_exists("/rpmsg-evil"));
		EXPECT_EQ(0, others("/dev/rpmsg", "by-name"));
		EXPECT_EQ(0, others(BY_NAME, "dsp"));
		EXPECT_EQ(0, others(BY_NAME "/dsp", "rpmsg-raw"));
		EXPECT_EQ(0, rpmsg_node_destroy(self->node));
		rpmsg_node_free(self->node);
		self->node = NULL;
	}

	/* Odd ones do not become several, or an option of something. */
	ASSERT_EQ(0, create(self, "a b"));
	EXPECT_TRUE(wait_until(is_of_group(BY_NAME "/dsp/a_b"), PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
