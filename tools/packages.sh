# shellcheck shell=bash disable=SC2034
# Debian 12 packages, by what they are needed for. Sourced by ./dev.

packages_build=(
  clang-19 libclang-rt-19-dev g++ cmake ninja-build ccache lld-19 mold ca-certificates
  libboost1.81-dev libcli11-dev libedit-dev libfmt-dev libgrpc++-dev libjemalloc-dev libprotobuf-dev libre2-dev
  libsqlite3-dev libssl-dev libyaml-cpp-dev pkgconf protobuf-compiler protobuf-compiler-grpc)
packages_test=(
  clang-format-19 clang-tidy-19 clang-tools-19 llvm-19 python3 python3-venv curl
  json-schema-test-suite libgtest-dev libgmock-dev libbenchmark-dev)
packages_bench=(wrk nginx-light)

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    printf 'dev: needs root to run: %s\n' "$*" >&2
    return 1
  fi
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qx "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# need_packages build|test|bench...: installs what is missing; a look at dpkg otherwise.
need_packages() {
  local group missing wanted=()
  command -v apt-get >/dev/null ||
    { printf 'dev: this is not Debian; install by hand: see tools/packages.sh\n' >&2; return 0; }
  for group in "$@"; do
    local -n list=packages_$group
    wanted+=("${list[@]}")
  done
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  install_packages "${missing[@]}"
}

install_packages() {
  printf 'Installing: %s\n' "$*"
  mkdir -p build
  local log=build/apt.log apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0)
  # RUNLEVEL=1 keeps packages such as nginx from starting a service.
  {
    as_root "${apt[@]}" update &&
      as_root env RUNLEVEL=1 "${apt[@]}" install --no-install-recommends "$@"
  } >"$log" 2>&1 || {
    tail -20 "$log" >&2
    printf 'dev: apt could not install: %s\n' "$*" >&2
    return 1
  }
}

# The SDKs of the interoperability tests need a newer Node than Debian 12 has. npm's package `node`
# carries the binary; Debian's npm only fetches it.
node_version=22.23.3

# need_node: puts Node of that version first in PATH.
need_node() {
  local tools=$PWD/build/tools
  local bin=$tools/node_modules/node/bin
  if [[ $("$bin/node" --version 2>/dev/null) != "v$node_version" ]]; then
    command -v npm >/dev/null || install_packages nodejs npm || return 1
    mkdir -p "$tools"
    printf 'Fetching Node %s ...\n' "$node_version"
    npm install --prefix "$tools" --no-save --no-audit --no-fund --loglevel=error \
      "node@$node_version" >"$tools/npm.log" 2>&1 || {
      tail -20 "$tools/npm.log" >&2
      return 1
    }
    [[ $("$bin/node" --version) == "v$node_version" ]] || return 1
  fi
  # Node has its own list of authorities; let it trust this machine's too (proxies, mirrors).
  export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
  export PATH=$bin:$PATH
}

# need_node_modules FOLDER: `npm ci` when its lock file changed since the last one.
need_node_modules() {
  local stamp=$1/node_modules/.lock.sha256 sum
  sum=$(sha256sum <"$1/package-lock.json")
  [[ -f $stamp && $(<"$stamp") == "$sum" ]] && return 0
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) || return 1
  printf '%s\n' "$sum" >"$stamp"
}
