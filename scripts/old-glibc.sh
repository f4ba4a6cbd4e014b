#!/usr/bin/env bash
# old-glibc.sh FOLDER: makes what programs are linked with here, so that they start with glibc 2.28:
#
#   libpthread.so.0  has no code. The linker takes from it the versions of symbols that have a newer one in this machine's
#                    glibc, such as pthread_create of 2.2.5 instead of 2.34. glibc keeps the old versions for ever. It has
#                    the name of a library that every glibc has, and that older ones have most of these symbols in.
#   libold.a         holds what glibc 2.28 lacks.
#
# Link with -LFOLDER -l:libpthread.so.0 -lold, programs also with -Wl,--wrap=__libc_start_main.
# `old-glibc.sh --check FILE...` prints the symbols of FILEs that need more, and fails if there are any.
set -euo pipefail
readonly OLDEST=2.28
HERE=$(cd "$(dirname "$0")" && pwd)/old-glibc
readonly HERE
# Versions of libstdc++ and libgcc that come with a system of glibc 2.28 (GCC 8).
readonly LIMITS="GLIBC_$OLDEST GLIBCXX_3.4.25 CXXABI_1.3.11 GCC_7.0.0"

# check FILE...: `objdump -T` ends each line with a version and a name.
check() {
  objdump -T "$@" | awk -v limits="$LIMITS" '
    function parts(version, into) { sub(/^[A-Z]*_/, "", version); return split(version, into, ".") }
    function newer(a, b, i, x, y, n) {
      n = parts(a, x); if (parts(b, y) > n) n = parts(b, y)
      for (i = 1; i <= n; i++) if (x[i] + 0 != y[i] + 0) return x[i] + 0 > y[i] + 0
      return 0
    }
    BEGIN { n = split(limits, words, " "); for (i = 1; i <= n; i++) { split(words[i], w, "_"); limit[w[1]] = words[i] } }
    /file format/ { file = $1 }
    /\*UND\*/ {
      version = $(NF - 1); gsub(/[()]/, "", version); split(version, v, "_")
      if (v[1] in limit && newer(version, limit[v[1]])) { print file " " version " " $NF; bad = 1 }
      if (version == "GLIBC_PRIVATE") { print file " " version " " $NF; bad = 1 }
    }
    END { exit bad }'
}

# old_versions LIBC: prints VERSION NAME of each function whose default version is too new, but that has an older one.
old_versions() {
  objdump -T "$1" | grep -E ' (DF|iD) .*GLIBC_[0-9.]+\)? ' | awk '{ print $NF, $(NF - 1) }' | sort -V | awk -v most="$OLDEST" '
    function above(version, a, b) { sub(/.*_/, "", version); split(version, a, "."); split(most, b, ".")
      return a[1] + 0 > b[1] + 0 || a[1] == b[1] && a[2] + 0 > b[2] + 0 }
    /\(/ { gsub(/[()]/, "", $2); if (!above($2)) old[$1] = $2; next }
    above($2) { late[$1] = 1 }
    END { for (name in late) if (name in old) print old[name], name }' | sort -V
}

if [ "${1:-}" = --check ]; then check "${@:2}"; exit; fi

mkdir -p "$1"
cd "$1"
for source in "$HERE"/*.c; do cc -O2 -fPIC -c "$source"; done
rm -f libold.a
ar rcs libold.a start.o threads.o
old_versions "$(cc -print-file-name=libc.so.6)" >versions.txt
[ -s versions.txt ] || { echo "old-glibc: this machine's glibc has no newer versions than $OLDEST" >&2; exit 1; }
awk '{ print ".globl " $2 "\n.type " $2 ",@function\n" $2 ":" }' versions.txt >stub.s
awk '$1 != last { if (last) print "};"; print $1 " {"; last = $1 } { print "  " $2 ";" } END { print "};" }' \
  versions.txt >stub.map
cc -shared -nostdlib -Wl,-soname,libpthread.so.0 -Wl,--version-script=stub.map -o libpthread.so.0 stub.s
