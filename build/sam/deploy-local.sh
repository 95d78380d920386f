#!/usr/bin/env bash
# deploy-local.sh: builds the functions for this machine, deploys them with the SAM CLI to a local cloud, and shows what an
# event does there. The local cloud is started if there is none, and stays up: bin/bayon down ends it.
set -euo pipefail
cd "$(dirname "$0")/../.."

BAYON=${BAYON:-bin/bayon}
VENV=${VENV:-.tools/python}
PORT=${PORT:-4599}
STATE=${STATE:-.bayon/deployed} # of its own: that of bayon up belongs to the template file
BUILD=${BUILD:-.aws-sam/build}
STACK=bayon-coagent-event-consumers-development

GOOS=$(go env GOHOSTOS) GOARCH=$(go env GOHOSTARCH)
export GOOS GOARCH
architecture=${GOARCH/#amd64/x86_64}
# Whatever credentials are set up on this machine: nothing of this goes to AWS.
export AWS_ENDPOINT_URL=http://127.0.0.1:$PORT AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_SESSION_TOKEN=local
export AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0

say() { printf '\n== %s\n' "$*"; }

if ! "$BAYON" wait --port "$PORT" --timeout 1s 2>/dev/null; then
	say "A local cloud without a stack"
	"$BAYON" up --empty --detach --port "$PORT" --state "$STATE"
fi

say "sam build"
"$VENV/bin/sam" build --build-dir "$BUILD" --parameter-overrides "Architecture=$architecture"
if [ "$GOOS" = linux ]; then
	build/sam/check-architecture.sh "$BUILD" "$architecture"
fi

say "sam deploy"
"$VENV/bin/sam" deploy --config-file "$PWD/samconfig.toml" --template-file "$BUILD/template.yaml" --no-confirm-changeset \
	--parameter-overrides Environment=development "Architecture=$architecture"

say "An event, and what came of it"
"$BAYON" publish user-created --port "$PORT" --set detail.email=dana@example.com
"$BAYON" wait --port "$PORT" --timeout 2m
"$BAYON" mail --port "$PORT"

say "sam logs"
"$VENV/bin/sam" logs --stack-name "$STACK" --name NotificationProcessorFunction

say "The system runs at $AWS_ENDPOINT_URL. Change a function and run this again; bin/bayon down --port $PORT ends it."
