# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The virtual machine: QEMU, the initramfs, and running one command or a shell in it.
# One folder under build/vm/ per run, shared with the guest, so runs do not meet each other.

# What the guest needs to reach its root; a kernel that has one of these built in skips it.
INITRD_MODULES=(virtio_pci 9pnet_virtio 9p overlay)

VM_KERNEL=6.12
VM_MODULES=ours
VM_TIMEOUT=600
VM_BOOT_TIMEOUT=300
VM_SILENCE=120
VM_THREADS=multi
VM_PLUGIN=
VM_STRICT=
VM_CONSOLE=
VM_STDIN=
VM_REPEATABLE=
VM_BUILD=1

# Lines that a healthy kernel never logs. Also read by the test runner in the guest.
DMESG_BAD=$TOP/selftests/vm/dmesg-bad

# parse_vm_options "$@": sets the VM_ variables, leaves the rest in VM_ARGS.
parse_vm_options()
{
	while [[ $# -gt 0 ]]; do
		case $1 in
		--kernel|--modules|--timeout|--console)
			[[ $# -ge 2 ]] || die "$1 needs a value" ;;
		esac
		case $1 in
		--kernel) VM_KERNEL=$2; shift 2 ;;
		--modules) VM_MODULES=$2; shift 2 ;;
		--timeout) VM_TIMEOUT=$2; shift 2 ;;
		--console) VM_CONSOLE=$2; shift 2 ;;
		--strict-dmesg) VM_STRICT=1; shift ;;
		--stdin) VM_STDIN=1; shift ;;
		--no-build) VM_BUILD=; shift ;;
		--) shift; break ;;
		-*) die "unknown VM option '$1'" ;;
		*) break ;;
		esac
	done
	known_kernel "$VM_KERNEL"
	[[ $VM_MODULES == ours || $VM_MODULES == mainline || $VM_MODULES == none ]] ||
		die "--modules is ours, mainline or none"
	[[ $VM_MODULES != mainline || $VM_KERNEL == 6.12 ]] || die "--modules mainline is for 6.12"
	[[ $VM_TIMEOUT =~ ^[1-9][0-9]*$ ]] || die "--timeout is a number of seconds"
	VM_ARGS=("$@")
}

plain_module()
{
	case $1 in
	*.xz) xz -dc "$1" >"$2/$(basename "$1" .xz)" ;;
	*) cp "$1" "$2/" ;;
	esac
}

make_initrd()
{
	local flavour=$1 root=$2 kernel kind path name

	kernel=$(kernel_folder "$flavour")
	mkdir -p "$root"/{bin,dev,proc,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	cp "$TOP/selftests/vm/init" "$root/init"
	: >"$root/modules/order"
	if [[ -n $(kernel_modules "$flavour") ]]; then
		modprobe -d "$kernel" -S "$(kernel_release "$flavour")" --show-depends -a \
			"${INITRD_MODULES[@]}" >"$root/depends"
		while read -r kind path _; do
			[[ $kind == insmod ]] || continue
			name=$(basename "$path" .xz)
			[[ ! -e $root/modules/$name ]] || continue
			plain_module "$path" "$root/modules"
			echo "$name" >>"$root/modules/order"
		done <"$root/depends"
		rm "$root/depends"
	fi
	(cd "$root" && find . | busybox cpio -o -H newc)
}

# need_initrd FLAVOUR: made again when its init or its kernel is newer.
need_initrd()
{
	local flavour=$1 initrd=$BUILD/vm/initrd-$1 root

	if [[ $initrd -nt $TOP/selftests/vm/init && $initrd -nt $(kernel_folder "$flavour")/release ]]; then
		return 0
	fi
	mkdir -p "$BUILD/vm"
	root=$(mktemp -d "$BUILD/vm/initrd.XXXXXX")
	make_initrd "$flavour" "$root" >"$root.cpio" 2>/dev/null || die "cannot make the initramfs"
	mv "$root.cpio" "$initrd"
	rm -rf "$root"
}

# qemu ACCEL KERNEL ARGUMENT...
qemu()
{
	local accel=(-accel kvm -cpu host) flavour=$2 cpus=2

	# Four-level page tables: emulation walks them for every TLB miss.
	[[ $1 == kvm ]] || accel=(-accel "tcg,thread=$VM_THREADS" -cpu "max,la57=off")
	# An instruction takes a nanosecond there, and what has nothing to do takes no time.
	if [[ $VM_THREADS == counted ]]; then
		accel=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu "max,la57=off")
		cpus=1
		[[ -z $VM_PLUGIN ]] || accel+=(-plugin "$VM_PLUGIN")
	fi
	shift 2
	exec qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
		-machine pc "${accel[@]}" -smp "$cpus" -m 2G \
		-kernel "$(kernel_image "$flavour")" -initrd "$BUILD/vm/initrd-$flavour" "$@"
}

# A /dev/kvm that opens is no proof: only a guest that ran is.
vm_accel()
{
	local verdict=$BUILD/vm/accel trial

	if [[ ! -s $verdict ]]; then
		echo tcg >"$verdict.new"
		if [[ -w /dev/kvm ]]; then
			trial=$( (qemu kvm "$VM_KERNEL" -serial stdio -append \
				"console=ttyS0 quiet panic=-1 rpmsg.trial" & wait_or_kill $! 15) \
				2>/dev/null </dev/null) || true
			[[ $trial != *"trial boot: ok"* ]] || echo kvm >"$verdict.new"
		fi
		mv "$verdict.new" "$verdict"
		say "-- virtual machines run with $(cat "$verdict")"
	fi
	cat "$verdict"
}

# wait_or_kill PID SECONDS [keep]: its exit status; 124 when it had to be killed, or kept.
wait_or_kill()
{
	local end=$((SECONDS + $2))

	while kill -0 "$1" 2>/dev/null; do
		if [[ $SECONDS -ge $end ]]; then
			[[ ${3-} != keep ]] || return 124
			kill -KILL "$1"
			wait "$1" || true
			return 124
		fi
		sleep 0.1
	done
	wait "$1"
}

guest_env()
{
	local flavour=$1 tools modules load=() urproc='' reference=''

	tools=$(find "$BUILD/tools" -mindepth 1 -maxdepth 1 -type d -printf '%p:' 2>/dev/null || true)
	[[ $VM_MODULES == none ]] || load=("${MODULES[@]}")
	modules=$(modules_folder "$flavour")
	if [[ $VM_MODULES == mainline ]]; then
		modules=$(mainline_folder)
		urproc=identity=1 reference=1
	fi
	cat <<-ENV
	GUEST_FOLDER=$(printf %q "$PWD")
	GUEST_MODULES=$(printf %q "$(kernel_modules "$flavour")")
	GUEST_LOAD="${load[*]}"
	GUEST_STDIN=$([[ -n $VM_STDIN ]] && echo /run/share/stdin || echo /dev/null)
	GUEST_SHELL=${VM_SHELL-}
	GUEST_STTY="$(stty size 2>/dev/null | sed 's/\(.*\) \(.*\)/rows \1 cols \2/' || true)"
	HOME=/root
	TERM=$(printf %q "${TERM:-dumb}")
	PATH=$(printf %q "$tools$BUILD/examples:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	LD_LIBRARY_PATH=$(printf %q "$BUILD/lib")
	RPMSG_BUILD=$(printf %q "$BUILD")
	RPMSG_TOP=$(printf %q "$TOP")
	RPMSG_KERNEL=$flavour
	RPMSG_MODULES=$(printf %q "$modules")
	${reference:+RPMSG_REFERENCE=1}
	RPMSG_URPROC_PARAMETERS=$urproc
	${STRESS_SECONDS:+STRESS_SECONDS=$STRESS_SECONDS}
	ENV
}

# boot FLAVOUR RUN: start QEMU on the run's folder; sets VM_PID.
boot()
{
	local flavour=$1 run=$2 accel terminal=() tree=() shared reserve=

	accel=$(vm_accel)
	# Options of -virtfs end at a comma; two stand for one.
	shared=${run//,/,,}
	[[ -z ${VM_SHELL-} ]] || terminal=(-serial mon:stdio)
	# shellcheck disable=SC2016 # that dollar is the kernel's
	[[ $VM_MODULES != mainline ]] || reserve='memmap=16M$0x20000000'
	if [[ $flavour == debug ]]; then
		tree=(-dtb "$(debug_tree)")
		# shellcheck disable=SC2016
		reserve='memmap=64K$0x30000000'
	fi
	qemu "$accel" "$flavour" \
		-append "console=ttyS0 quiet panic=-1 oops=panic log_buf_len=8M nokaslr mitigations=off \
no_timer_check tsc=reliable acpi=noirq apparmor=0 selinux=0 audit=0 random.trust_cpu=on \
firmware_class.path=$BUILD/examples/firmware rpmsg.guest=$TOP/selftests/vm/guest.sh $reserve" \
		-serial "file:$shared/console" "${terminal[@]}" "${tree[@]}" \
		-virtfs local,path=/,mount_tag=hostroot,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$shared/share,mount_tag=share,security_model=none"
}

# The kernel's own words about its end, if there are any.
console_trace()
{
	awk '/BUG:|Oops|Kernel panic|general protection/ { on = 1 } on && lines++ < 80' "$1"
}

# last_output RUN: of the test in which the guest ended.
last_output()
{
	[[ -s $1/share/output ]] || return 0
	say "run: the test in which that happened had printed:"
	tail -n 5 "$1/share/output" >&2
}

# vm_verdict RUN STATUS: the exit status of the run whose QEMU has ended with STATUS.
vm_verdict()
{
	local run=$1 status=$2

	if [[ $status -eq 124 ]]; then
		if [[ -e $run/silent ]]; then
			say "run: nothing ran in the guest any more; its console ended with:"
		else
			say "run: the guest took too long and was ended; its console ended with:"
		fi
		tail -n 30 "$run/console" >&2
		last_output "$run"
		return 124
	fi
	if grep -q 'Kernel panic' "$run/console"; then
		say "run: the guest's kernel died:"
		console_trace "$run/console" >&2
		last_output "$run"
		return 125
	fi
	if [[ ! -s $run/share/status ]]; then
		say "run: the guest ended without an exit status; its console ended with:"
		tail -n 30 "$run/console" >&2
		tail -n 5 "$run/qemu.log" >&2
		return 125
	fi
	status=$(cat "$run/share/status")
	if [[ -n $VM_STRICT ]] && grep -nEf "$DMESG_BAD" "$run/console" >"$run/bad"; then
		say "run: the guest's kernel log has:"
		head -n 20 "$run/bad" >&2
		[[ $status -ne 0 ]] || status=126
	fi
	return "$status"
}

# vm_cleanup: leave nothing running, keep nothing of the run.
vm_cleanup()
{
	# shellcheck disable=SC2086 # zero or more words
	[[ -z ${VM_PIDS-} ]] || kill -KILL $VM_PIDS 2>/dev/null || true
	VM_PIDS=
	# A QEMU that was killed leaves the terminal as it had it.
	[[ -z ${VM_SHELL-} ]] || stty sane 2>/dev/null || true
	[[ -z ${VM_RUN-} ]] || rm -rf "$VM_RUN"
	[[ ! -f $VM_STDIN ]] || rm -f "$VM_STDIN"
	VM_RUN=
	VM_STDIN=
}

# guest_is_silent RUN: nothing has run in there for a while, not even what says that it does.
guest_is_silent()
{
	local now

	printf -v now '%(%s)T' -1
	[[ -e $1/share/alive ]] && ((now - $(stat -c %Y "$1/share/alive") > VM_SILENCE))
}

# watch_guest PID RUN: let QEMU run to its end; 124 when it took too long to boot or to finish,
# or stopped on the way.
watch_guest()
{
	local guest=$1 run=$2 status=0 start=$SECONDS

	while kill -0 "$guest" 2>/dev/null && [[ ! -e $run/share/booted ]]; do
		if ((SECONDS - start >= VM_BOOT_TIMEOUT)); then
			kill -KILL "$guest"
			wait "$guest" || true
			return 124
		fi
		sleep 0.1
	done
	start=$SECONDS
	while ((SECONDS - start < VM_TIMEOUT)); do
		wait_or_kill "$guest" 10 keep || status=$?
		[[ $status -eq 124 ]] || return $status
		status=0
		if guest_is_silent "$run"; then
			: >"$run/silent"
			break
		fi
	done
	wait_or_kill "$guest" 0 || status=$?
	return $status
}

# one_guest COMMAND...: a guest from boot to power off; its status is in VM_STATUS.
one_guest()
{
	local guest tails status=0

	VM_RUN=$(mktemp -d "$BUILD/vm/run.XXXXXX")
	mkdir "$VM_RUN/share"
	touch "$VM_RUN/console" "$VM_RUN/share/stdout" "$VM_RUN/share/stderr"
	guest_env "$VM_KERNEL" >"$VM_RUN/share/env"
	printf '%q ' "$@" >"$VM_RUN/share/command"
	[[ -z $VM_STDIN ]] || cp "$VM_STDIN" "$VM_RUN/share/stdin"

	if [[ -n ${VM_SHELL-} ]]; then
		# The terminal is QEMU's, which hands Ctrl-C to the guest.
		boot "$VM_KERNEL" "$VM_RUN" <&0 &
		VM_PIDS=$!
		wait "$VM_PIDS" || true
		VM_PIDS=
	else
		boot "$VM_KERNEL" "$VM_RUN" </dev/null >"$VM_RUN/qemu.log" 2>&1 &
		guest=$!
		tail -s 0.1 -c +1 -f --pid="$guest" "$VM_RUN/share/stdout" 2>/dev/null &
		tails=$!
		tail -s 0.1 -c +1 -f --pid="$guest" "$VM_RUN/share/stderr" >&2 2>/dev/null &
		tails="$tails $!"
		VM_PIDS="$guest $tails"
		watch_guest "$guest" "$VM_RUN" 2>/dev/null || status=$?
		# shellcheck disable=SC2086 # two words are wanted
		wait $tails || true
		VM_PIDS=
	fi
	VM_STATUS=$status
}

# emulation_fault RUN: what emulation did to the guest, if it did; such a run says nothing
# about what was to be tried in it.
# - A kernel does not boot, once in a long while.
# - A virtual CPU keeps executing a breakpoint that another one has taken out of the kernel's
#   text again: the emulator translated the code just while it was being patched, as
#   attaching a tracer does. Our code has no breakpoints, and a real CPU has no translations.
#   Or it comes back to that breakpoint for ever, and with it all that waits for this CPU. A
#   kernel that hangs by its own fault still has a CPU to say so with.
emulation_fault()
{
	[[ $(vm_accel) == tcg* ]] || return 0
	if [[ ! -e $1/share/booted ]]; then
		echo "the guest did not boot"
	elif [[ -n $VM_REPEATABLE ]] && grep -q 'int3: 0000 \[#1\]' "$1/console"; then
		echo "the emulator executed a breakpoint that was gone"
	elif [[ -n $VM_REPEATABLE && -e $1/silent ]] && ! grep -qEf "$DMESG_BAD" "$1/console"; then
		echo "nothing ran in the guest any more, and its kernel has said nothing"
	fi
}

# run_vm COMMAND...: run it in a guest set up by the VM_ variables; returns its status.
run_vm()
{
	local status=0 attempt last=6 fault

	mkdir -p "$BUILD/vm"
	trap vm_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	vm_accel >/dev/null
	if [[ -n $VM_STDIN ]]; then
		VM_STDIN=$(mktemp "$BUILD/vm/stdin.XXXXXX")
		cat >"$VM_STDIN"
	fi

	for ((attempt = 1; ; attempt++)); do
		one_guest "$@"
		fault=$(emulation_fault "$VM_RUN")
		[[ -n $fault && $attempt -lt $last ]] || break
		say "run: $fault (attempt $attempt of $last); its console ended with:"
		tail -n 5 "$VM_RUN/console" >&2
		rm -rf "$VM_RUN"
	done
	vm_verdict "$VM_RUN" "$VM_STATUS" || status=$?
	[[ -z $VM_CONSOLE ]] || cp "$VM_RUN/console" "$VM_CONSOLE"
	vm_cleanup
	return $status
}

# vm_setup: packages, kernel, initramfs and builds for the VM_ variables.
vm_setup()
{
	local jobs=(vm)

	if [[ -n $VM_BUILD ]]; then
		[[ $VM_MODULES == none ]] || jobs+=(modules user)
		[[ $VM_KERNEL != debug ]] || jobs+=(modules debug)
		packages_for "${jobs[@]}"
		lock_build
		need_kernel "$VM_KERNEL"
		case $VM_MODULES in
		ours) build_modules "$VM_KERNEL" ;;
		mainline) build_mainline ;;
		esac
		[[ $VM_MODULES == none ]] || build_user
		unlock_build
	fi
	[[ -f $(kernel_folder "$VM_KERNEL")/release ]] ||
		die "there is no kernel $VM_KERNEL yet: run it without --no-build once"
	need_initrd "$VM_KERNEL"
	[[ $VM_KERNEL != debug ]] || need_debug_tree
}

cmd_vm()
{
	parse_vm_options "$@"
	[[ ${#VM_ARGS[@]} -gt 0 ]] || die "vm: no command given (./run vm -- COMMAND)"
	vm_setup
	run_vm "${VM_ARGS[@]}"
}

cmd_shell()
{
	parse_vm_options "$@"
	[[ ${#VM_ARGS[@]} -eq 0 ]] || die "shell: takes no command"
	[[ -t 0 && -t 1 ]] || die "shell: needs a terminal"
	vm_setup
	VM_SHELL=1
	run_vm
}
