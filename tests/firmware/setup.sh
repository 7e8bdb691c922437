# What tests/firmware/run and the scripts of benches/peers share: the targets and emulators, a firmware's
# run and its size. To be sourced.

step() { printf '\n== %s: %s\n' "$(date +%T)" "$*"; }
fail() { printf '\n%s: %s\n' "$0" "$*" >&2; exit 1; }

# side_by_side JOB...: commands that run at the same time, for most of what they do keeps one core busy; fails if one fails.
# To be called as a command of its own: behind `||` or `if` bash ignores the errors inside the jobs.
side_by_side() {
  local job running=() failed=
  for job in "$@"; do
    $job &
    running+=($!)
  done
  for job in "${running[@]}"; do wait "$job" || failed=1; done
  [ -z "$failed" ] || fail "one of these failed, as said above: $(printf '%s; ' "$@")"
}

# need_targets TRIPLE...: Rust's targets, and llvm-size.
need_targets() {
  local name
  for name in "$@"; do
    rustup target list --installed | grep -qx "$name" || rustup target add "$name" ||
      fail "the Rust target $name could not be installed"
  done
  [ -n "$(size_tool)" ] || rustup component add llvm-tools || fail "the Rust component llvm-tools could not be installed"
}
size_tool() { llvm_tool llvm-size; }
llvm_tool() { find "$(rustc --print sysroot)" -name "$1" | head -1; }

# need_emulators PROGRAM...
need_emulators() {
  local emulator
  for emulator in "$@"; do
    command -v "$emulator" >/dev/null || install_qemu || fail "$emulator is missing and could not be installed"
    command -v "$emulator" >/dev/null || fail "$emulator is missing"
  done
}

# need_program PROGRAM PACKAGE...: a program of Debian's packages.
need_program() {
  command -v "$1" >/dev/null || apt_install "${@:2}" || fail "$1 is missing and could not be installed"
}

# apt_install ARGUMENT...: of apt-get install, as root.
apt_install() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  command -v apt-get >/dev/null || return 1
  "${as_root[@]}" apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

# Debian's own QEMU packages clash with the qemu-utils of backports where those are installed.
install_qemu() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  local from=()
  if grep -qs bookworm /etc/os-release; then
    if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
      echo "deb http://deb.debian.org/debian bookworm-backports main" |
        "${as_root[@]}" tee /etc/apt/sources.list.d/backports.list >/dev/null
    fi
    from=(-t bookworm-backports)
  fi
  apt_install "${from[@]}" qemu-system-arm qemu-system-riscv qemu-user
}

# emulated ELF TRIPLE BOARD FOLDER: runs a firmware, which finds its files in FOLDER; one nanosecond an instruction.
# A board whose name ends in -64k or -8k is the board before that, with less memory.
emulated() {
  local machine=(qemu-system-arm -machine "${3%-*k}")
  [[ $2 == riscv32* ]] && machine=(qemu-system-riscv32 -machine virt -bios none)
  (cd "$4" && timeout 1200 "${machine[@]}" -nographic -icount shift=0 \
    -semihosting-config enable=on,target=native -kernel "$1" </dev/null)
}

# sizes ELF: the sections that are loaded, and those that take RAM.
sizes() {
  "$(size_tool)" -A -d "$1" | awk '
    $1 == ".text" || $1 == ".vector_table" || $1 == ".trap" || $1 ~ /^.init/ { code += $2; flash += $2 }
    $1 == ".rodata" { flash += $2 }
    $1 == ".data" { flash += $2; ram += $2 }
    $1 == ".bss" { ram += $2 }
    END { print "code=" code; print "flash=" flash; print "static_ram=" ram + 0 }'
}
