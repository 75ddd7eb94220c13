# Debian's kernels and C libraries, from the mirror that this machine is set up for, or from deb.debian.org if it has none. Sourced.
# shellcheck shell=bash

mirror() {
  local base
  base=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' |
    sed -nE '/\/debian\/?$/{p;q}' || true)
  printf '%s\n' "${base:-http://deb.debian.org/debian}"
}

# download URL FILE keeps what it has.
download() {
  [[ -s $2 ]] || { curl -fsSL --retry 3 -o "$2.part" "$1" && mv "$2.part" "$2"; }
}

# has_index SUITE ARCHITECTURE: can Debian be asked what it has?
has_index() {
  local base
  base=$(mirror)
  index=$cache/Packages-$1-$2-$(date +%F).xz
  download "${base%/}/dists/$1/main/binary-$2/Packages.xz" "$index" >&2
}

# debian_file SUITE ARCHITECTURE PACKAGE prints the path of a package's file, downloaded and checked.
debian_file() {
  local base index entry path sum file
  has_index "$1" "$2" || die "no index of $1 for $2"
  base=$(mirror)
  entry=$(xz -dc "$index" | awk -v RS= -v package="Package: $3\n" 'index($0 "\n", package) == 1 && !found++')
  [[ $entry ]] || die "$1 has no package $3 for $2"
  path=$(sed -n 's/^Filename: //p' <<<"$entry")
  sum=$(sed -n 's/^SHA256: //p' <<<"$entry")
  file=$cache/$(basename "$path")
  download "${base%/}/$path" "$file" || die "cannot download $path"
  sha256sum --quiet -c <<<"$sum  $file" >&2 || { rm -f "$file"; die "$file is damaged"; }
  printf '%s\n' "$file"
}

# debian_kernel SUITE ARCHITECTURE prints the path of the suite's newest cloud kernel, unpacked. Newer releases have the kernel itself in
# a package linux-binary-*, which linux-image-* depends on.
debian_kernel() {
  local file directory
  file=$(debian_file "$1" "$2" "$(dependency "$(debian_file "$1" "$2" "linux-image-cloud-$2")" image)")
  if [[ $(dependency "$file" binary) ]]; then
    file=$(debian_file "$1" "$2" "$(dependency "$file" binary)")
  fi
  directory=$cache/kernels/$(basename "$file" .deb)
  [[ -d $directory ]] || { dpkg-deb -x "$file" "$directory.part" && mv "$directory.part" "$directory"; }
  find "$directory" -name 'vmlinu[xz]*' -type f | head -1
}

dependency() { dpkg-deb -f "$1" Depends | sed -nE "s/.*(linux-$2-[^ ,(]+).*/\1/p"; }

# debian_userland SUITE ARCHITECTURE sets $userland to a directory with what the runtime is linked with, busybox, and the tools of util-linux with
# their library, as the suite has them.
debian_userland() {
  local package
  userland=$out/$1-$2-root
  rm -rf "$userland"
  for package in libc6 libgcc-s1 libstdc++6 busybox-static util-linux libcap-ng0; do
    dpkg-deb -x "$(debian_file "$1" "$2" "$package")" "$userland"
  done
  busybox=$(find "$userland" -path '*/bin/busybox' -type f | head -1)
}
