// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the commands of rpmsg-trace share: arguments, messages, checks before and waiting while
 * tracing, printing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <librpmsg.h>

#include "../duration.h"
#include "trace.h"

#define NSEC_PER_SEC	1000000000LL
#define BAR_WIDTH	38

static bool verbose;

int trace_fail(int err, const char *format, ...)
{
	va_list args;

	fputs("rpmsg-trace: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (err)
		fprintf(stderr, ": %s", strerror(-err));
	fputc('\n', stderr);
	return TRACE_FAILED;
}

int trace_usage(const struct trace_command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "rpmsg-trace %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry 'rpmsg-trace %s --help'.\n", command->name);
	return TRACE_USAGE;
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	/* It explains a failure to who knows the tool from inside; the others get our words. */
	return verbose ? vfprintf(stderr, format, args) : 0;
}

/* Called where getopt_long() answered '?' or ':' with opterr off. */
static int option_error(const struct trace_command *command, int argc, char **argv)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (optopt && strncmp(word, "--", 2))
		return trace_usage(command, "unknown option '-%c', or it lacks its value", optopt);
	return trace_usage(command, "unknown option '%s', or one with a missing or needless value",
			   word);
}

/* Decimal, or hexadecimal with 0x in front. */
static bool parse_number(const char *text, int64_t max, int64_t *number_out)
{
	char *end;

	errno = 0;
	*number_out = strtoll(text, &end, 0);
	return *text && !*end && !errno && *number_out >= 0 && *number_out <= max;
}

/*
 * trace_parse() - the options that every command has
 *
 * Return: 0, or the exit status plus one.
 */
int trace_parse(const struct trace_command *command, int argc, char **argv,
		struct trace_args *args)
{
	static const struct option options[] = {
		{ "duration", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "processor", required_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "endpoint", required_argument, NULL, 'e' },
		{ "address", required_argument, NULL, 'a' },
		{ "pid", required_argument, NULL, 'P' },
		{ "min", required_argument, NULL, 'm' },
		{ "interval", required_argument, NULL, 'i' },
		{ "slowest", required_argument, NULL, 'n' },
		{ "output", required_argument, NULL, 'o' },
		{ "svg", no_argument, NULL, 's' },
		{ "all", no_argument, NULL, 'A' },
		{ 0 },
	};
	int64_t number;
	int option;

	*args = (struct trace_args){
		.duration_ns = INT64_MAX, .addr = -1, .interval_ns = NSEC_PER_SEC, .slowest = 5,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "d:hjp:ve:a:P:m:i:n:o:sA", options, NULL)) != -1) {
		if (!strchr("hv?:", option) && !strchr(command->takes, option))
			return trace_usage(command, "this command has no option -%c", option) + 1;
		switch (option) {
		case 'e':
			args->endpoint = optarg;
			break;
		case 'a':
			if (!parse_number(optarg, UINT32_MAX, &args->addr))
				return trace_usage(command, "'%s' is not an address", optarg) + 1;
			break;
		case 'P':
			if (!parse_number(optarg, INT32_MAX, &number) || !number)
				return trace_usage(command, "'%s' is not a process", optarg) + 1;
			args->pid = number;
			break;
		case 'm':
			if (!parse_duration(optarg, &args->min_ns))
				return trace_usage(command, "'%s' is not a time", optarg) + 1;
			break;
		case 'i':
			if (!parse_duration(optarg, &args->interval_ns) || !args->interval_ns)
				return trace_usage(command, "'%s' is not a time above 0",
						   optarg) + 1;
			break;
		case 'o':
			args->output = optarg;
			break;
		case 's':
			args->svg = true;
			break;
		case 'A':
			args->all = true;
			break;
		case 'n':
			if (!parse_number(optarg, TRACE_SLOWEST_MAX, &number))
				return trace_usage(command, "'%s' is not a number up to %d", optarg,
						   TRACE_SLOWEST_MAX) + 1;
			args->slowest = number;
			break;
		case 'd':
			if (!parse_duration(optarg, &args->duration_ns) || !args->duration_ns)
				return trace_usage(command, "'%s' is not a time above 0",
						   optarg) + 1;
			break;
		case 'h':
			fputs(command->help, stdout);
			return TRACE_OK + 1;
		case 'j':
			args->json = true;
			break;
		case 'p':
			args->processor = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return option_error(command, argc, argv) + 1;
		}
	}
	if (optind < argc && strchr(command->takes, 'F'))
		args->input = argv[optind++];
	if (optind < argc)
		return trace_usage(command, "unexpected argument '%s'", argv[optind]) + 1;
	libbpf_set_print(print_libbpf);
	return 0;
}

/* trace_check_system() - say what is missing before libbpf stumbles over it. */
int trace_check_system(void)
{
	__u32 id;
	int ret;

	ret = bpf_prog_get_next_id(0, &id) ? -errno : 0;
	if (ret == -ENOSYS)
		return trace_fail(0, "this kernel has no BPF (CONFIG_BPF_SYSCALL)");
	if (ret == -EPERM || ret == -EACCES)
		return trace_fail(0, "no right to trace: this needs root (CAP_SYS_ADMIN)");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return trace_fail(0, "no /sys/kernel/btf/vmlinux: this kernel has no BTF");
	return TRACE_OK;
}

/* trace_find_processor() - N of the remoteprocN with this name. */
int trace_find_processor(const char *name, int *index_out)
{
	struct rpmsg_processor *processor;
	struct rpmsg_context *ctx;
	int ret;

	ret = rpmsg_context_new(&ctx);
	if (ret)
		return trace_fail(ret, "cannot use libudev");
	ret = rpmsg_processor_find(ctx, name, &processor);
	rpmsg_context_free(ctx);
	switch (ret) {
	case 0:
		*index_out = (int)rpmsg_processor_get_index(processor);
		rpmsg_processor_free(processor);
		return TRACE_OK;
	case -ENOENT:
		return trace_fail(0, "no processor '%s'", name);
	case -ENOTUNIQ:
		return trace_fail(0, "several processors are named '%s'; use remoteprocN", name);
	default:
		return trace_fail(ret, "cannot look for processor '%s'", name);
	}
}

/* trace_has_symbol() - asked of the kernel's list: much faster than reading its BTF. */
bool trace_has_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256], symbol[128];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %127s", symbol) == 1 && !strcmp(symbol, name);
	fclose(file);
	return found;
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

static int no_function(const struct trace_function *function)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", function->module);
	if (access(path, F_OK))
		return trace_fail(0, "module %s is not loaded", function->module);
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", function->module);
	if (access(path, F_OK))
		return trace_fail(0, "module %s was built without BTF", function->module);
	return trace_fail(0, "%s has no function %s that could be traced", function->module,
			  function->names[0]);
}

/* trace_find_functions() - which of the names the kernel has, asked of its BTF. */
int trace_find_functions(const struct trace_function *functions, const char **names_out,
			 size_t count)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module = NULL;
	const char *loaded = "";
	int status = TRACE_OK;
	size_t i, k;

	if (!kernel)
		return trace_fail(-errno, "cannot read the kernel's BTF");
	for (i = 0; i < count && !status; i++) {
		if (strcmp(loaded, functions[i].module)) {
			btf__free(module);
			/* Fails for what is built in. */
			module = btf__load_module_btf(functions[i].module, kernel);
			loaded = functions[i].module;
		}
		names_out[i] = NULL;
		for (k = 0; functions[i].names[k] && !names_out[i]; k++) {
			if (has_function(module ? module : kernel, functions[i].names[k]))
				names_out[i] = functions[i].names[k];
		}
		if (!names_out[i])
			status = no_function(&functions[i]);
	}
	btf__free(module);
	btf__free(kernel);
	return status;
}

int trace_load_failed(int err)
{
	return trace_fail(err, "cannot load the BPF programs (--verbose tells more)");
}

int trace_attach_failed(int err)
{
	if (err == -EBUSY || err == -EOPNOTSUPP || err == -524 /* ENOTSUPP */)
		return trace_fail(0, "this kernel cannot attach BPF to functions");
	return trace_fail(err, "cannot attach the BPF programs (--verbose tells more)");
}

static void ending_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
}

/*
 * trace_block_signals() - keep signals for trace_wait()
 *
 * Called before attaching, so that none ends the tool with nothing printed. A shell's background
 * job has SIGINT ignored; blocked signals arrive all the same.
 */
void trace_block_signals(void)
{
	sigset_t signals;

	ending_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int64_t trace_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* trace_wait() - until the time is over or a signal says so; @tick is called meanwhile. */
int trace_wait(int64_t duration_ns, int64_t interval_ns, void (*tick)(void *data), void *data)
{
	int64_t start_ns = trace_now_ns(), left_ns = duration_ns, next_ns;
	struct timespec timeout;
	sigset_t signals;

	ending_signals(&signals);
	while (left_ns > 0) {
		next_ns = left_ns < interval_ns ? left_ns : interval_ns;
		timeout.tv_sec = next_ns / NSEC_PER_SEC;
		timeout.tv_nsec = next_ns % NSEC_PER_SEC;
		if (sigtimedwait(&signals, NULL, &timeout) >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return trace_fail(-errno, "cannot wait");
		if (tick)
			tick(data);
		left_ns = duration_ns - (trace_now_ns() - start_ns);
	}
	return TRACE_OK;
}

/* trace_missed() - events during which a program was already busy on the same CPU. */
uint64_t trace_missed(const struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

uint64_t trace_total(const __u64 *slots, unsigned int count)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		total += slots[i];
	return total;
}

/* trace_print_log2() - slot N has [2^N, 2^(N+1)), and slot 0 also 0. */
void trace_print_log2(const char *unit, const __u64 *slots, unsigned int count)
{
	unsigned int first = 0, last = count, i, k;
	uint64_t most = 0;

	while (first < count && !slots[first])
		first++;
	while (last > first && !slots[last - 1])
		last--;
	for (i = first; i < last; i++)
		most = slots[i] > most ? slots[i] : most;
	if (!most)
		return;

	printf("  %23s : %-10s distribution\n", unit, "count");
	for (i = first; i < last; i++) {
		const double width = (double)slots[i] * BAR_WIDTH / (double)most;

		printf("  %10llu -> %-9llu : %-10llu |", i ? 1ULL << i : 0ULL, (2ULL << i) - 1,
		       (unsigned long long)slots[i]);
		for (k = 0; k < BAR_WIDTH; k++)
			putchar(k + 1 <= width ? '*' : ' ');
		puts("|");
	}
}

/* Names come from drivers; whatever is not plain ASCII becomes a question mark. */
void trace_print_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text >= ' ' && *text < 0x7f ? *text : '?');
	}
	putchar('"');
}

/* trace_processor_text() - "remoteproc0", or "-"; valid until the next call. */
const char *trace_processor_text(int processor)
{
	static char text[24];

	if (processor < 0)
		return "-";
	snprintf(text, sizeof(text), "remoteproc%d", processor);
	return text;
}

void trace_print_json_processor(int processor)
{
	if (processor < 0)
		printf("null");
	else
		trace_print_json_string(trace_processor_text(processor));
}

/* An array of [lower bound, count], without the empty slots. */
void trace_print_json_slots(const char *key, const __u64 *slots, unsigned int count)
{
	const char *separator = "";
	unsigned int i;

	printf("\"%s\":[", key);
	for (i = 0; i < count; i++) {
		if (!slots[i])
			continue;
		printf("%s[%llu,%llu]", separator, i ? 1ULL << i : 0ULL,
		       (unsigned long long)slots[i]);
		separator = ",";
	}
	putchar(']');
}
