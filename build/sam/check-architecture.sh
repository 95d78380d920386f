#!/usr/bin/env bash
# Refuses a bootstrap that was built for another machine than the template deploys it on.
set -euo pipefail
folder=${1:?folder of the built functions}
architecture=${2:?arm64 or x86_64}
case $architecture in
  arm64) want=b700 ;;
  x86_64) want=3e00 ;;
  *) echo "unknown architecture $architecture" >&2; exit 2 ;;
esac
for bootstrap in "$folder"/*/bootstrap; do
  machine=$(od -An -tx1 -j18 -N2 "$bootstrap" | tr -d ' \n')
  if [ "$machine" != "$want" ]; then
    echo "$bootstrap is not built for $architecture (its ELF machine is $machine, not $want): GOARCH and Architecture disagree" >&2
    exit 1
  fi
done
