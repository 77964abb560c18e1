# What the scripts share; sourced by each.
#
# A script exits 0 where its editor showed what it has to, 1 where not, and 77 where the editor is not to be had.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(readlink -f "$here/../..")
work=${FAILBACK_EDITORS:-$root/target/editors}
mkdir -p "$work"
work=$(readlink -f "$work")
server=${FAILBACK_SERVER:-}
if [ -z "$server" ]; then
  for built in release debug; do
    [ -z "$server" ] && [ -x "$root/target/$built/failback" ] && server=$root/target/$built/failback
  done
fi
[ -x "$server" ] || { echo "build the program first: cargo build --release" >&2; exit 1; }
server=$(readlink -f "$server")

skipped() {
  echo "skipped: $*"
  exit 77
}

# A copy of an example and of rules, so that an editor may change them.
estate() {
  rm -rf "$work/$1"
  mkdir -p "$work/$1"
  cp -r "$root/examples/first-failback" "$root/examples/win-4003" "$root/rules" "$work/$1/"
}

debian() {
  command -v apt-get > /dev/null || return 1
  [ "$(id -u)" = 0 ] || return 1
  apt-get update -qq > /dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" > /dev/null 2>&1
}
