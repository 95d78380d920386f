#!/usr/bin/env bash
# Fails when a generated file is not what its generator writes now.
set -euo pipefail
before=$(git status --porcelain; git diff | sha256sum)
go generate ./pkg/... ./... # the template holds the schemas that pkg/events generates
after=$(git status --porcelain; git diff | sha256sum)
if [ "$before" != "$after" ]; then
  echo "generated files were stale; they are written anew now: look at git diff" >&2
  exit 1
fi
