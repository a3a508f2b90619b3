#!/usr/bin/env bash
# Brings an installed daemon to another version, and back where that one is not well. Run as root in the
# project's folder, which must be a clean git checkout:
#   sudo systemd/upgrade.sh          the newest commit of the branch it follows
#   sudo systemd/upgrade.sh v1.2.3   this tag, branch or commit
# In order: fetch, stop, back up, check out, set up, start (migrations run by themselves), wait until healthy. Workers of
# this machine are stopped and started with it; those of others need the same version. On a machine of workers alone
# only these are stopped, set up and started: a daemon that was started there would trade.
# Where a step fails: the old version again, with the backup in place if the database became too new for it.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
node=$(command -v node) || { echo "upgrade: node is not in PATH" >&2; exit 78; }
settings=/etc/evenkeel/evenkeel.env
backups=${EVENKEEL_BACKUPS:-/var/lib/evenkeel/backups}
# Seconds in which the new version must become healthy.
limit=${EVENKEEL_UPGRADE_LIMIT:-180}

say() { echo "upgrade: $*"; }
stop() { echo "upgrade: $*" >&2; exit 1; }

case "${1:-}" in
  --help|-h) sed -n '2,10p' "$0" | sed 's/^# //'; exit 0 ;;
  -*) echo "upgrade: $1 is no option; see --help" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "upgrade: run as root (sudo systemd/upgrade.sh)" >&2; exit 78; }
cd "$project"
[ -z "$(git status --porcelain)" ] || stop "the checkout has changes; commit or remove them first"

# As the units run it: the same user, settings and secrets.
as_service() {
  systemd-run --wait --pipe --collect --quiet \
    -p User=evenkeel -p Group=evenkeel -p "WorkingDirectory=$project" \
    -p "EnvironmentFile=-$settings" -p "LoadCredential=evenkeel:/etc/evenkeel/credentials" \
    -E DATA_DIR=/var/lib/evenkeel "$node" "$@"
}

# 0 where the daemon runs and does not fail: what was only degraded before may be so afterwards.
is_well() {
  systemctl is-active --quiet evenkeel || return 1
  local code=0
  as_service dist/scripts/monitor.js --json >/dev/null 2>&1 || code=$?
  [ "$code" -le 1 ]
}

wait_until_well() {
  local left=$limit
  while [ "$left" -gt 0 ]; do
    if is_well; then return 0; fi
    sleep 2
    left=$((left - 2))
  done
  return 1
}

use_version() {
  git checkout --quiet --detach "$1"
  "$node" scripts/setup.mjs
  systemd/install.sh --units
}

old=$(git rev-parse HEAD)
git fetch --quiet --tags
new=$(git rev-parse --verify --quiet "${1:-@{upstream\}}^{commit}") || stop "there is no version ${1:-to follow: name one}"
[ "$new" != "$old" ] || { say "already at $(git rev-parse --short HEAD)"; exit 0; }

# A worker of another version than the daemon ends for good, with 78, which systemd does not repeat.
mapfile -t workers < <(systemctl list-units --plain --no-legend 'evenkeel-worker@*' | cut -d' ' -f1)
start_workers() {
  [ "${#workers[@]}" = 0 ] || systemctl start "${workers[@]}" || say "no worker trains: journalctl -u 'evenkeel-worker@*'"
}

has_daemon() {
  systemctl is-active --quiet evenkeel || systemctl is-enabled --quiet evenkeel || systemctl is-failed --quiet evenkeel
}

say "from $(git rev-parse --short "$old") to $(git rev-parse --short "$new")"
if [ "${#workers[@]}" != 0 ] && ! has_daemon; then
  systemctl stop "${workers[@]}"
  trap start_workers EXIT
  if use_version "$new"; then
    say "this machine has workers alone: they begin with version $(git rev-parse --short HEAD)"
    exit 0
  fi
  use_version "$old"
  stop "the new version could not be set up: back at the old one"
fi
systemctl stop evenkeel
[ "${#workers[@]}" = 0 ] || systemctl stop "${workers[@]}"
trap start_workers EXIT
if ! systemctl start evenkeel-backup.service; then
  systemctl start evenkeel
  stop "no backup could be made, so nothing was changed: journalctl -u evenkeel-backup"
fi
backup=$(find "$backups" -maxdepth 1 -type f -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
say "backed up as $backup"

if use_version "$new" && systemctl start evenkeel && wait_until_well; then
  say "version $(git rev-parse --short HEAD) is well"
  exit 0
fi

say "the new version is not well: back to $(git rev-parse --short "$old"); journalctl -u evenkeel has the reason"
systemctl stop evenkeel || true
use_version "$old"
systemctl start evenkeel || true
if wait_until_well; then stop "back at the old version, which is well"; fi

say "the old version does not start on this database: the backup takes its place"
systemctl stop evenkeel || true
as_service dist/scripts/restore.js --force "$backup"
systemctl start evenkeel || true
if wait_until_well; then stop "back at the old version with the backup; the newer database is kept beside it"; fi
stop "neither version is well: journalctl -u evenkeel; the backup is $backup"
