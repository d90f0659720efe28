#!/usr/bin/env bats
# The sources of Debian's packages, in etc/debian. make check-deb builds, installs and uses the packages.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  debian=etc/debian
}

@test "the packages have the version of the Makefile, and the name of the soname" {
  version=$(sed -n 's/^VERSION = //p' Makefile)
  [[ $(head -n 1 "$debian"/changelog) = "k3thread ($version) "* ]]
  # shellcheck disable=SC2016  # a variable of make
  soname=$(make -s --eval 'soname: ; @echo $(SONAME)' soname)
  package=libk3thread${soname#libk3thread.so.}
  grep -x "Package: $package" "$debian"/control
  [ -e "$debian/$package.install" ]
  grep -x "$soname $package #MINVER#" "$debian/$package.symbols"
  symbols=$(sed -n 's/^\(K3THREAD_.*\) {/\1/p' lib/libk3thread.map)
  grep -x " (symver)$symbols $version" "$debian/$package.symbols"
}

@test "the packages need for their tests what make check needs" {
  # These are part of every build of a package.
  present='binutils g++ util-linux'
  sed -n 's/^check  *\([^ ]*\) .*/\1/p' tests/deps.sh | sort -u | while read -r package; do
    case " $present " in *" $package "*) continue ;; esac
    grep -x " $package <!nocheck>,\?" "$debian"/control
  done
  for package in libedit-dev libjansson-dev; do
    grep -x " $package," "$debian"/control
  done
}

@test "each file that make install installs is in one package" {
  tree=$BATS_TEST_TMPDIR/tree
  make -s BUILD="${BUILD:-$PWD/build}" DESTDIR="$tree" PREFIX=/usr LIBDIR=/usr/lib/x-y \
    COMPLETIONDIR_zsh=/usr/share/zsh/vendor-completions install >/dev/null
  patterns=$PWD/$debian
  cd "$tree"
  find . ! -type d | sort >../installed
  # shellcheck disable=SC2046  # the patterns are expanded here
  find $(cat "$patterns"/*.install) ! -type d | sed 's,^,./,' | sort >../packaged
  [ -s ../packaged ]
  diff ../installed ../packaged
}

@test "make deb builds from a copy whose debian directory is etc/debian" {
  run -0 make -n deb BUILD="$BATS_TEST_TMPDIR/b"
  [[ $output = *'etc/debian '*/deb/k3thread-* && $output = *'dpkg-buildpackage -us -uc'* ]]
}
