#!/usr/bin/env bash
# Installs the Swift toolchain on a machine of continuous integration by swiftly, Swift's own installer,
# and links `swift` into /usr/local/bin. As root; PLATFORM (ubi9, debian12, ...) where swiftly cannot tell.
#   packaging/install-swift.sh [VERSION]
set -euo pipefail

version=${1:-6.3.1}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export SWIFTLY_HOME_DIR=${SWIFTLY_HOME_DIR:-/opt/swiftly} SWIFTLY_BIN_DIR=${SWIFTLY_BIN_DIR:-/opt/swiftly/bin}
export SWIFTLY_TOOLCHAINS_DIR=${SWIFTLY_TOOLCHAINS_DIR:-/opt/swiftly/toolchains}

# What the toolchain links with: a C++ library, and the headers of libc.
if command -v dnf > /dev/null; then
  dnf install -y -q binutils gcc gcc-c++ glibc-devel libcurl-devel libedit libstdc++-devel libuuid \
    libxml2-devel libtiff-devel libpng-devel ncurses-devel sqlite-devel tzdata unzip zlib-devel
elif command -v apt-get > /dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends binutils ca-certificates \
    curl g++ git gnupg libc6-dev libcurl4-openssl-dev libedit2 libncurses-dev libpng-dev libpython3-dev \
    libsqlite3-0 libtiff-dev libxml2-dev libz3-dev make pkg-config python3-dev python3-venv sudo tzdata unzip zlib1g-dev
fi

curl -fsSL "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz" | tar -xz -C "$scratch"
"$scratch/swiftly" init --assume-yes --quiet-shell-followup --skip-install ${PLATFORM:+--platform "$PLATFORM"}
"$SWIFTLY_BIN_DIR/swiftly" install --assume-yes --use "$version"
toolchain=$(echo "$SWIFTLY_TOOLCHAINS_DIR"/*"$version"*)
for tool in swift swiftc; do ln -sf "$toolchain/usr/bin/$tool" "/usr/local/bin/$tool"; done
swift --version
