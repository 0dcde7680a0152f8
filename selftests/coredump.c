// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Core dumps from end to end: firmware of ours dies in every way, and what its processor's memory
 * held at that moment is a file that readelf and gdb can read. What the kernel interface makes of
 * segments and modes is tested in modules/rproc_test/coredump.c.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "tool.h"
#include "wait.h"

#define CORE		"/run/selftest.core"
#define FOLDER		"/sys/class/devcoredump"
#define POOL_ADDR	0x20000000ul	/* of "urproc run", and where our firmware is linked to */
#define POOL_SIZE	(4ul << 20)

FIXTURE(coredump)
{
	struct tool tool;
	struct program program;
	int fd;
	char path[FILE_PATH_MAX];
	char text[64];
	const uint8_t *core;
	size_t core_size;
};

/* The only dump there is, as a path; all of them were discarded by who made them. */
static bool find_dump(char path[FILE_PATH_MAX])
{
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	dir = opendir(FOLDER);
	while (dir && !found && (entry = readdir(dir))) {
		found = !strncmp(entry->d_name, "devcd", 5);
		if (found)
			file_path(path, FOLDER "/%s/data", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void discard_dump(void)
{
	char path[FILE_PATH_MAX];

	if (find_dump(path))
		file_write(path, "1");
	wait_until(!find_dump(path), PATIENCE_MS);
}

FIXTURE_SETUP(coredump)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	self->fd = -1;
	discard_dump();
}

FIXTURE_TEARDOWN(coredump)
{
	if (_metadata->exit_code) {
		program_show(&self->tool.urproc);
		program_show(&self->program);
	}
	program_kill(&self->program);
	/* A processor that is killed makes a dump: not before it is gone are all of them there. */
	program_kill(&self->tool.urproc);
	wait_until(tool_is_gone(&self->tool), PATIENCE_MS);
	close(self->fd);
	if (self->core)
		munmap((void *)self->core, self->core_size);
	unlink(CORE);
	discard_dump();
}

/* Runs the firmware that crashes when told to, with dumps in that mode, and talks to it. */
static bool run(FIXTURE_DATA(coredump) *self, const char *mode, const char *option)
{
	return tool_run(&self->tool, "dumped", "crash.elf", option) &&
	       !processor_set(&self->tool.processor, "coredump", mode) &&
	       wait_until((self->fd = tool_open_service(&self->tool, "rpmsg-crash", "to-crash",
							O_RDWR)) >= 0, PATIENCE_MS);
}

/* Copies the dump to a file, as an administrator would, and maps that. */
static bool fetch(FIXTURE_DATA(coredump) *self)
{
	struct stat st;
	int fd;

	if (!wait_until(find_dump(self->path), PATIENCE_MS) ||
	    program_run(&self->program, PATIENCE_MS, "cp", self->path, CORE))
		return false;
	fd = open(CORE, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return false;
	self->core_size = st.st_size;
	self->core = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return self->core != MAP_FAILED;
}

/* What lies at an address of the processor. */
static const uint8_t *memory(FIXTURE_DATA(coredump) *self, uint64_t addr, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)self->core;
	const Elf64_Phdr *phdr = (const void *)(self->core + ehdr->e_phoff);
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (addr >= phdr[i].p_vaddr && addr - phdr[i].p_vaddr <= phdr[i].p_filesz &&
		    size <= phdr[i].p_filesz - (addr - phdr[i].p_vaddr))
			return self->core + phdr[i].p_offset + (addr - phdr[i].p_vaddr);
	return NULL;
}

/* All of the pool, with the code and the last words of the firmware. */
static void check(struct __test_metadata *_metadata, FIXTURE_DATA(coredump) *self,
		  const char *last_words)
{
	const Elf64_Ehdr *ehdr = (const void *)self->core, *file_ehdr;
	const Elf64_Phdr *file_phdr;
	static char file[1 << 20];
	int size;

	ASSERT_LT(sizeof(*ehdr), self->core_size);
	ASSERT_EQ(0, memcmp(ehdr->e_ident, ELFMAG, SELFMAG));
	EXPECT_EQ(ELFCLASS64, ehdr->e_ident[EI_CLASS]);
	EXPECT_EQ(ET_CORE, ehdr->e_type);
	EXPECT_EQ(EM_X86_64, ehdr->e_machine);
	ASSERT_NE(NULL, memory(self, POOL_ADDR, POOL_SIZE));

	size = file_read(self->tool.firmware, file, sizeof(file));
	ASSERT_LT(sizeof(*file_ehdr), size);
	file_ehdr = (const void *)file;
	file_phdr = (const void *)(file + file_ehdr->e_phoff);
	EXPECT_EQ(file_ehdr->e_entry, ehdr->e_entry);
	EXPECT_EQ(0, memcmp(memory(self, file_phdr->p_vaddr, file_phdr->p_filesz),
			    file + file_phdr->p_offset, file_phdr->p_filesz));
	EXPECT_NE(NULL, memmem(memory(self, POOL_ADDR, POOL_SIZE), POOL_SIZE, last_words,
			       strlen(last_words)));
}

/* A message that was never answered is in a buffer still. */
TEST_F_TIMEOUT(coredump, of_a_fault, 60)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "about to crash");
	EXPECT_TRUE(wait_until(processor_state_is(&self->tool.processor, "running"), PATIENCE_MS));
	EXPECT_TRUE(program_says(&self->tool.urproc, "SIGSEGV", PATIENCE_MS));
}

/* The tool does not stay: the processor is removed, and the dump is there all the same. */
TEST_F_TIMEOUT(coredump, of_a_processor_that_goes, 60)
{
	ASSERT_TRUE(run(self, "enabled", NULL));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	EXPECT_EQ(1, program_wait(&self->tool.urproc, PATIENCE_MS));
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "about to crash");
}

TEST_F_TIMEOUT(coredump, of_an_exit, 60)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	ASSERT_EQ(4, node_write(self->fd, "exit", 4));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "about to exit");
	EXPECT_TRUE(wait_until(processor_state_is(&self->tool.processor, "running"), PATIENCE_MS));
}

/* The process that is the processor, as when the kernel is out of memory. */
TEST_F_TIMEOUT(coredump, of_a_kill, 60)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	EXPECT_EQ(128 + SIGKILL, program_end(&self->tool.urproc, SIGKILL, PATIENCE_MS));
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "crash: started");
}

/* As above: nobody can hold memory that goes, so it is copied. */
TEST_F_TIMEOUT(coredump, of_a_kill_inline, 60)
{
	ASSERT_TRUE(run(self, "inline", "--stay"));
	EXPECT_EQ(128 + SIGKILL, program_end(&self->tool.urproc, SIGKILL, PATIENCE_MS));
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "crash: started");
}

/* Recovery disabled: nothing is dumped before somebody wants it back. */
TEST_F_TIMEOUT(coredump, when_recovery_is_asked_for, 60)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	ASSERT_EQ(0, processor_set(&self->tool.processor, "recovery", "disabled"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	ASSERT_TRUE(wait_until(processor_state_is(&self->tool.processor, "crashed"), PATIENCE_MS));
	EXPECT_FALSE(find_dump(self->path));
	EXPECT_EQ(0, processor_set(&self->tool.processor, "recovery", "recover"));
	EXPECT_TRUE(processor_state_is(&self->tool.processor, "running"));
	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "about to crash");
}

TEST_F_TIMEOUT(coredump, inline_holds_the_processor, 60)
{
	char big[256];
	int fd;

	ASSERT_TRUE(run(self, "inline", "--stay"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	ASSERT_TRUE(wait_until(find_dump(self->path), PATIENCE_MS));

	/* A reader that dies: it waits for the next one. */
	fd = node_open(self->path, O_RDONLY);
	EXPECT_EQ(sizeof(big), node_read(fd, big, sizeof(big)));
	close(fd);
	EXPECT_TRUE(processor_state_is(&self->tool.processor, "crashed"));
	EXPECT_EQ(-EBUSY, processor_set(&self->tool.processor, "coredump", "disabled"));
	EXPECT_EQ(-EBUSY, processor_set(&self->tool.processor, "firmware", "other.elf"));
	/* Nobody has to wait for the reader to look at it. */
	EXPECT_LT(0, file_read(processor_debug_path(&self->tool.processor, "carveout_memories",
						    self->path), self->text, sizeof(self->text)));

	ASSERT_TRUE(fetch(self));
	check(_metadata, self, "about to crash");
	EXPECT_TRUE(wait_until(processor_state_is(&self->tool.processor, "running"), PATIENCE_MS));
}

TEST_F_TIMEOUT(coredump, disabled, 60)
{
	ASSERT_TRUE(run(self, "disabled", "--stay"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->text, sizeof(self->text)));
	EXPECT_TRUE(wait_until(processor_state_is(&self->tool.processor, "running"), PATIENCE_MS));
	EXPECT_FALSE(find_dump(self->path));
}

/* An end in order is no crash. */
TEST_F_TIMEOUT(coredump, not_of_an_end_in_order, 60)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGTERM, PATIENCE_MS));
	EXPECT_TRUE(tool_is_gone(&self->tool));
	EXPECT_FALSE(find_dump(self->path));
}

/* The values in sysfs, and the same in debugfs. */
TEST_F_TIMEOUT(coredump, modes, 60)
{
	static const char * const modes[] = { "inline", "enabled", "disabled" };
	struct processor *p = &self->tool.processor;
	unsigned int i;

	ASSERT_TRUE(tool_run(&self->tool, "dumped", "crash.elf", NULL));
	processor_debug_path(p, "coredump", self->path);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, processor_set(p, "coredump", modes[i]));
		EXPECT_LT(0, file_read_line(self->path, self->text, sizeof(self->text)));
		EXPECT_STREQ(modes[i], self->text);
		EXPECT_EQ(0, file_write(self->path, modes[(i + 1) % 3]));
		EXPECT_LT(0, processor_get(p, "coredump", self->text, sizeof(self->text)));
		EXPECT_STREQ(modes[(i + 1) % 3], self->text);
	}
	EXPECT_EQ(0, processor_set(p, "coredump", "enabled\n"));
	EXPECT_EQ(0, file_write(self->path, "inline\n"));
	EXPECT_EQ(-EINVAL, processor_set(p, "coredump", "default"));
	EXPECT_EQ(-EINVAL, processor_set(p, "coredump", "inl"));
	EXPECT_EQ(-EINVAL, file_write(self->path, "inl"));
	EXPECT_EQ(-EINVAL, file_write(self->path, "a word that is too long"));
	EXPECT_LT(0, processor_get(p, "coredump", self->text, sizeof(self->text)));
	EXPECT_STREQ("inline", self->text);
}

TEST_F_TIMEOUT(coredump, readelf, 90)
{
	ASSERT_TRUE(run(self, "enabled", "--stay"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	ASSERT_TRUE(fetch(self));
	if (program_run(&self->program, PATIENCE_MS, "readelf", "--version"))
		SKIP(return, "no readelf");
	ASSERT_EQ(0, program_run(&self->program, PATIENCE_MS, "readelf", "-hlW", CORE));
	EXPECT_EQ(NULL, strstr(self->program.text, "arning"));
	EXPECT_NE(NULL, strstr(self->program.text, "CORE (Core file)"));
	EXPECT_NE(NULL, strstr(self->program.text, "X86-64"));
	EXPECT_NE(NULL, strstr(self->program.text, "0x0000000020000000 0x0000000020000000"));
}

TEST_F_TIMEOUT(coredump, gdb, 200)
{
	const uint8_t *code;
	char wanted[64];

	ASSERT_TRUE(run(self, "enabled", "--stay"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));
	ASSERT_TRUE(fetch(self));
	if (program_run(&self->program, 2 * PATIENCE_MS, "gdb", "--version"))
		SKIP(return, "no gdb");

	ASSERT_EQ(0, program_run(&self->program, 6 * PATIENCE_MS, "gdb", "-nx", "-batch",
				 "-ex", "x/4xb 0x20000000", "-ex", "print resource_table.ver",
				 "-ex", "x/s &trace_start",
				 self->tool.firmware, CORE));
	code = memory(self, POOL_ADDR, 4);
	snprintf(wanted, sizeof(wanted), ":\t0x%02x\t0x%02x\t0x%02x\t0x%02x", code[0], code[1],
		 code[2], code[3]);
	EXPECT_NE(NULL, strstr(self->program.text, wanted));
	EXPECT_NE(NULL, strstr(self->program.text, "$1 = 1"));
	EXPECT_NE(NULL, strstr(self->program.text, "crash: started"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
