# Boots a kernel with the program in an initramfs. Sourced.
# shellcheck shell=bash

# make_initramfs FILE APP_DIRECTORY ROOT BUSYBOX OPTION... puts together busybox, the program, and from ROOT the C library (its lib and usr/lib
# directories) and two tools of util-linux.
make_initramfs() {
  local file=$1 directory=$2 libraries=$3 busybox=$4 tree
  shift 4
  tree=$(mktemp -d)
  mkdir -p "$tree"/{bin,proc,sys,dev,tmp,app}
  cp "$busybox" "$tree/bin/busybox"
  local applet tool
  for applet in sh mount poweroff sleep cat sed kill setsid env; do ln -s busybox "$tree/bin/$applet"; done
  # The setpriv of BusyBox does not know the parent-death signal, and its unshare cannot kill the child.
  for tool in setpriv unshare; do cp "$libraries/usr/bin/$tool" "$tree/bin/"; done
  cp -r "$directory"/. "$tree/app/"
  # Not needed, and it wants a tracing library.
  rm -f "$tree"/app/*.pdb "$tree"/app/*.xml "$tree"/app/libcoreclrtraceptprovider.so
  copy_libraries "$tree" "$libraries"
  cat >"$tree/init" <<INIT
#!/bin/sh
export PATH=/bin HOME=/tmp DOTNET_EnableDiagnostics=0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
/app/Conformance --shell /bin/sh --results /tmp/result $*
echo "exit code \$?"
sed 's/^/result: /' /tmp/result
poweroff -f
INIT
  chmod +x "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet) >"$file"
  rm -rf "$tree"
}

# What the runtime and the tools are linked with, wherever the root keeps it.
copy_libraries() {
  local tree=$1 libraries=$2 name path
  for name in ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libgcc_s.so.1 libstdc++.so.6 \
    libcap-ng.so.0; do
    path=$(find "$libraries"/{lib,lib64,usr/lib}/ -maxdepth 2 -name "$name" 2>/dev/null | head -1) || true
    [[ $path ]] || continue
    case $name in
      ld-linux-x86-64*) mkdir -p "$tree/lib64" && cp -L "$path" "$tree/lib64/" ;;
      *) mkdir -p "$tree/lib" && cp -L "$path" "$tree/lib/" ;;
    esac
  done
}

# One thread emulates all processors: QEMU before 8.1 does not lock the page that it translates (its commit deba78709a), and with a thread
# each, one boot in some hundred executed code that the kernel had already patched again: "Oops: int3".
emulated=(-accel tcg,thread=single -cpu max -smp 2 -m 2G)

# boot NAME QEMU... boots, shows what did not pass, and records the result.
boot() {
  local name=$1 log=$out/boot.log start=$SECONDS
  shift
  say "$name"
  timeout 600 "$@" -nographic -no-reboot -nodefaults -serial stdio </dev/null >"$log" 2>&1 ||
    { tail -40 "$log"; die "$name: qemu: exit code $?"; }
  tr -d '\r' <"$log" >"$log.text"
  grep -E '^(FAILED|skipped|[0-9]+ passed|pidfds|Linux )' "$log.text" || true
  grep -q '^result: ' "$log.text" || { tail -40 "$log.text"; die "$name: no result"; }
  record "$name" "$(sed -n 's/^result: //p' "$log.text")"
  record_share "$log.text"
  say "$name: $((SECONDS - start)) s"
  grep -qx 'exit code 0' "$log.text" || die "$name: cases failed"
}
