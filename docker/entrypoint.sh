#!/bin/sh
# What the container does: `serve` (everything in one process), `web`, `worker`, `beat`, or any command of Cacherr's,
# for instance `doctor`. Ends by exec, so that Docker's signals reach the process that works.
set -eu
cd /app

config=${CACHERR_CONFIG_DIR:-/config}
uid=$(id -u)

complain() {
    echo "cacherr: $1" >&2
    exit 2
}

case ${PUID:-}${PGID:-} in
*[!0-9]*) complain "PUID and PGID must be numbers; 'id' on the host shows yours." ;;
esac

if [ "$uid" = 0 ] && [ "${PUID:-0}" != 0 ]; then
    # Started as root and told whom to be: hand over the configuration, then become that user for good.
    gid=${PGID:-$PUID}
    mkdir -p "$config"
    find "$config" -xdev ! \( -uid "$PUID" -gid "$gid" \) -exec chown -h "$PUID:$gid" {} +
    exec setpriv --reuid "$PUID" --regid "$gid" --clear-groups --no-new-privs "$0" "$@"
fi
if [ "$uid" != 0 ] && [ "${PUID:-$uid}" != "$uid" ]; then
    echo "cacherr: PUID=$PUID has no effect, this container runs as user $uid." \
        "Start it with --user $PUID:${PGID:-$PUID} (compose: user: \"$PUID:${PGID:-$PUID}\")." >&2
fi

if [ ! -w "$config" ]; then
    complain "user $uid may not write into $config. On the host: chown -R $uid:$(id -g) the folder mounted there."
fi
[ -z "${UMASK:-}" ] || umask "$UMASK"

sign_of_life() {
    # docker/healthcheck.py looks for this file. One that a former run has left must not speak for this one.
    CACHERR_LIVENESS_PATH=${TMPDIR:-/tmp}/cacherr-$1.alive
    export CACHERR_LIVENESS_PATH
    rm -f "$CACHERR_LIVENESS_PATH"
}

case ${1:-serve} in
web)
    # Here only: worker and beat start when this one is healthy, and then find the tables they need.
    python manage.py prepare
    exec uvicorn cacherr.asgi:application --host "${CACHERR_HOST:-0.0.0.0}" --port "${CACHERR_PORT:-5445}" \
        --lifespan off --no-proxy-headers --no-access-log --timeout-graceful-shutdown 2 --log-level warning
    ;;
worker)
    sign_of_life worker
    # Celery takes a group without a name for root's. Most people's group has no name in here.
    getent group "$(id -g)" >/dev/null ||
        export PYTHONWARNINGS="ignore:An entry for the specified gid,ignore:You're running the worker"
    exec celery --quiet -A cacherr worker --pool threads --concurrency 4 --loglevel warning
    ;;
beat)
    sign_of_life beat
    exec celery --quiet -A cacherr beat --loglevel warning
    ;;
*)
    [ $# -gt 0 ] || set -- serve
    exec python manage.py "$@"
    ;;
esac
