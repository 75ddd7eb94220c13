# The two C++ libraries that the runtime for musl is linked with, built against Debian's musl from Debian's source of GCC, which has
# them for glibc alone. Sourced.
# shellcheck shell=bash

# build_musl_libraries sets $musl_libraries to the directory of libstdc++.so.6 and libgcc_s.so.1. Takes two minutes once.
build_musl_libraries() {
  local gcc work source status log=$out/musl-libraries.log
  need g++=g++ make=make xz=xz-utils dpkg-deb=dpkg musl-gcc=musl-tools
  gcc=$(g++ -dumpversion)
  musl_libraries=$cache/musl-libraries-$gcc-$(dpkg-query -W -f '${Version}' musl)
  [[ ! -d $musl_libraries ]] || return 0

  say "building libstdc++ and libgcc_s $gcc for musl"
  work=$(mktemp -d)
  # Nothing stands behind it that would have the shell go on after an error in there.
  set +e
  (
    set -e
    cd "$work"
    apt-get download "gcc-$gcc-source" && dpkg-deb -x gcc-*.deb package && rm gcc-*.deb
    tar -xf package/usr/src/gcc-"$gcc"/gcc-*.tar.xz --exclude '*/testsuite/*/*' --wildcards '*/libstdc++-v3/*' '*/libgcc/*' '*/include/*' '*/config/*' \
      '*/config.*' '*/config-ml.in' '*/ltmain.sh' '*/install-sh' '*/missing' '*/mkinstalldirs' '*/libtool-ldflags' '*/libiberty/*' '*/libbacktrace/*' '*/gcc/*.h' \
      '*/gcc/BASE-VER' '*/gcc/DATESTAMP' '*/gcc/DEV-PHASE'
    source=$(echo "$PWD"/gcc-"$gcc"*)
    mkdir bin lib gcc_s stdcxx
    make_compilers
    export PATH=$PWD/bin:$PATH
    make_gcc_s
    make_stdcxx
  ) >"$log" 2>&1
  status=$?
  set -e
  ((status == 0)) || die "cannot build them: see $log"
  mv "$work/lib" "$musl_libraries"
  rm -rf "$work"
}

# musl-gcc is for C. Exceptions are found by the header of the frames, which its specs forget.
make_compilers() {
  sed 's/-nostdlib %{shared/-nostdlib --eh-frame-hdr %{shared/' "$(dirname "$(musl-gcc -print-file-name=libc.a)")/../x86_64-linux-musl/musl-gcc.specs" >bin/specs
  printf '#!/bin/sh\nexec gcc "$@" -specs %s\n' "$PWD/bin/specs" >bin/x86_64-linux-musl-gcc
  printf '#!/bin/sh\nexec g++ -nostdinc++ "$@" -specs %s\n' "$PWD/bin/specs" >bin/x86_64-linux-musl-g++
  chmod +x bin/*
}

# The unwinder, and the arithmetic that libstdc++ leaves to it. What GCC's own build would have found out stands in the headers.
make_gcc_s() {
  local name
  cp "$source/libgcc/unwind-generic.h" gcc_s/unwind.h
  cp "$source/libgcc/config/i386/linux-unwind.h" gcc_s/md-unwind-support.h
  cp "$source/libgcc/gthr-posix.h" gcc_s/gthr-default.h
  touch gcc_s/libgcc_tm.h gcc_s/auto-target.h
  printf '#define %s\n' 'MIN_UNITS_PER_WORD 8' 'LIBGCC2_UNITS_PER_WORD 8' 'BITS_PER_UNIT 8' >gcc_s/tm.h
  printf '#define %s\n' 'USE_PT_GNU_EH_FRAME 1' 'DWARF_REG_TO_UNWIND_COLUMN(REGNO) (REGNO)' >gcc_s/tconfig.h
  compile_gcc_s() {
    x86_64-linux-musl-gcc -O2 -fPIC -fbuilding-libgcc -fexceptions -fnon-call-exceptions -fno-stack-protector -D_GNU_SOURCE -DIN_GCC -DIN_LIBGCC2 \
      -DUSED_FOR_TARGET -include gcc_s/tconfig.h -Igcc_s -I"$source/libgcc" -I"$source/include" -I"$source/gcc" -c "$source/libgcc/$1.c" -o "gcc_s/$2.o" "${@:3}"
  }
  for name in unwind-dw2 unwind-dw2-fde-dip unwind-c; do compile_gcc_s "$name" "$name"; done
  for name in _udivdi3 _umoddi3 _popcountsi2 _popcount_tab; do compile_gcc_s libgcc2 "$name" "-DL$name"; done
  x86_64-linux-musl-gcc -shared -nostdlib -Wl,-soname,libgcc_s.so.1 -o lib/libgcc_s.so.1 gcc_s/*.o
}

make_stdcxx() {
  # Else it is built without threads.
  cp "$source/libgcc/gthr-posix.h" "$source/libgcc/gthr-default.h"
  cd stdcxx
  "$source/libstdc++-v3/configure" --host=x86_64-linux-musl --build=x86_64-linux-gnu --disable-multilib --disable-nls --disable-libstdcxx-pch \
    --disable-static --enable-shared CC=x86_64-linux-musl-gcc CXX=x86_64-linux-musl-g++ CFLAGS=-O1 CXXFLAGS=-O1
  make -C include
  make -j "$(nproc)" -C libsupc++
  make -j "$(nproc)" -C src
  cp -L src/.libs/libstdc++.so.6 ../lib/
  cd ..
}
