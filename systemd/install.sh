#!/usr/bin/env bash
# Installs the daemon as a systemd service, with a nightly backup. Run as root in the project's folder:
#   sudo systemd/install.sh            installs and says how to start
#   sudo systemd/install.sh --worker   the same on a host that only trains: without the nightly backup
#   sudo systemd/install.sh --dry-run  prints the unit of the daemon and changes nothing
#   sudo systemd/install.sh --units    only writes the units again, as after a new version
#   sudo systemd/install.sh --remove   stops and removes all of it; data, settings and secrets are kept
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
node=$(command -v node) || { echo "install: node is not in PATH" >&2; exit 78; }
units=${EVENKEEL_UNITS:-/etc/systemd/system}
settings=/etc/evenkeel/evenkeel.env
credentials=/etc/evenkeel/credentials
names=(evenkeel.service evenkeel-backup.service evenkeel-backup.timer evenkeel-worker@.service)

render() {
  sed -e "s#@PROJECT@#$project#g" -e "s#@NODE@#$node#g" "$project/systemd/$1"
}

write_units() {
  for name in "${names[@]}"; do
    render "$name" > "$units/$name.new"
    mv "$units/$name.new" "$units/$name"
  done
  systemctl daemon-reload
}

assert_root() {
  [ "$(id -u)" = 0 ] || { echo "install: run as root (sudo systemd/install.sh)" >&2; exit 78; }
}

is_worker=
case "${1:-}" in
  --help|-h) sed -n '2,7p' "$0" | sed 's/^# //'; exit 0 ;;
  --dry-run) render evenkeel.service; exit 0 ;;
  --units) assert_root; write_units; exit 0 ;;
  --remove)
    assert_root
    systemctl disable --now evenkeel.service evenkeel-backup.timer || true
    systemctl stop 'evenkeel-worker@*.service' || true
    for name in "${names[@]}"; do rm -f "$units/$name"; done
    systemctl daemon-reload
    echo "install: removed; /var/lib/evenkeel, $settings and $credentials are kept"
    exit 0 ;;
  --worker) is_worker=yes ;;
  "") ;;
  *) echo "install: $1 is no option; see --help" >&2; exit 2 ;;
esac

assert_root
case "$project" in
  /root/*|/home/*|/tmp/*) echo "install: $project is not readable for a service; use /opt/evenkeel" >&2; exit 78 ;;
esac
"$node" "$project/scripts/setup.mjs"
id evenkeel >/dev/null 2>&1 || useradd --system --home-dir /var/lib/evenkeel --shell /usr/sbin/nologin evenkeel
install -d -m 0750 -o root -g evenkeel /etc/evenkeel
# Only root reads it: systemd hands the daemon copies.
install -d -m 0700 -o root -g root "$credentials"
[ -e "$settings" ] || install -m 0640 -o root -g evenkeel /dev/null "$settings"
write_units
[ -n "$is_worker" ] || systemctl enable --now evenkeel-backup.timer
echo "install: settings go into $settings, each secret into a file of $credentials, named as its setting"
if [ -n "$is_worker" ]; then
  echo "install: start with: systemctl enable --now evenkeel-worker@1"
else
  echo "install: start with: systemctl enable --now evenkeel"
fi
