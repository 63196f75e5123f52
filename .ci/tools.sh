# shellcheck shell=bash
# Tools of the checks, each at one version, in a folder that outlives a clone. Sourced, not run.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/orders-checks

fail() {
  echo "$1" >&2
  exit 1
}

# A check that cannot be made here, and why. Everything else that cannot run fails.
skipped() { echo "skipped: $1"; }

# Debian's packages, by their names.
packages() {
  (($#)) || return 0
  ((EUID == 0)) || fail "install $*, or run as root"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" >/dev/null
}

# Those whose commands are missing: debian COMMAND=PACKAGE...
debian() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  packages "${missing[@]}"
}

# Python's packages in an environment of their own: python_tools NAME==VERSION...; prints its folder of programs.
python_tools() {
  local folder name
  name=$(printf '%s ' "$@" | sha256sum | cut -c1-16)
  folder=$cache/python-$name
  if [[ ! -e $folder/complete ]]; then
    rm -rf "$folder"
    python3 -m venv "$folder" || fail "python3 cannot make an environment: install python3-venv"
    "$folder/bin/pip" install -q --disable-pip-version-check "$@" || fail "cannot install $*"
    touch "$folder/complete"
  fi
  echo "$folder/bin"
}

# A folder's locked packages of npm, beside a copy of the folder's files: node_tools FOLDER; prints the copy's path.
node_tools() {
  local folder name
  name=$(sha256sum <"$1/package-lock.json" | cut -c1-16)
  folder=$cache/node-$name
  mkdir -p "$folder"
  cp -r "$1/." "$folder/"
  if [[ ! -e $folder/complete ]]; then
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >&2 || fail "cannot install $1"
    touch "$folder/complete"
  fi
  echo "$folder"
}
