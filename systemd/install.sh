#!/usr/bin/env bash
# Installs the daemon as a systemd service. Run as root in the project's folder:
#   sudo systemd/install.sh            installs and says how to start
#   sudo systemd/install.sh --dry-run  prints the unit and changes nothing
#   sudo systemd/install.sh --remove   stops and removes it; data is kept
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
node=$(command -v node) || { echo "install: node is not in PATH" >&2; exit 78; }
unit=/etc/systemd/system/evenkeel.service
settings=/etc/evenkeel/evenkeel.env

render() {
  sed -e "s#@PROJECT@#$project#g" -e "s#@NODE@#$node#g" "$project/systemd/evenkeel.service"
}

case "${1:-}" in
  --help|-h) sed -n '2,5p' "$0" | sed 's/^# //'; exit 0 ;;
  --dry-run) render; exit 0 ;;
  --remove)
    systemctl disable --now evenkeel.service || true
    rm -f "$unit"
    systemctl daemon-reload
    echo "install: removed; /var/lib/evenkeel and $settings are kept"
    exit 0 ;;
  "") ;;
  *) echo "install: $1 is no option; see --help" >&2; exit 2 ;;
esac

[ "$(id -u)" = 0 ] || { echo "install: run as root (sudo systemd/install.sh)" >&2; exit 78; }
case "$project" in
  /root/*|/home/*|/tmp/*) echo "install: $project is not readable for a service; use /opt/evenkeel" >&2; exit 78 ;;
esac
node "$project/scripts/setup.mjs"
id evenkeel >/dev/null 2>&1 || useradd --system --home-dir /var/lib/evenkeel --shell /usr/sbin/nologin evenkeel
install -d -m 0750 -o root -g evenkeel /etc/evenkeel
[ -e "$settings" ] || install -m 0640 -o root -g evenkeel /dev/null "$settings"
render > "$unit.new"
mv "$unit.new" "$unit"
systemctl daemon-reload
echo "install: settings go into $settings"
echo "install: start with: systemctl enable --now evenkeel"
