FROM python:3.13-slim-trixie AS build

# The base image's pip installs into an environment that has none: nothing there ever needs one.
COPY requirements.lock /build/
RUN python -m venv --without-pip /opt/cacherr \
    && pip --python /opt/cacherr/bin/python install --no-cache-dir --disable-pip-version-check --compile \
        --require-hashes -r /build/requirements.lock \
    # What never runs: the packages' own tests, translations (the pages are English; Django asks for that one), and what
    # only developers of a library's scripts look at.
    && find /opt/cacherr -type d -name tests -prune -exec rm -r {} + \
    && find /opt/cacherr -type f \( -name '*.po' -o -name '*.map' -o -name '*.mo' -not -path '*/en/*' \) -delete

COPY . /app
RUN printf '%s\n' '#!/bin/sh' 'exec /app/docker/entrypoint.sh "$@"' > /opt/cacherr/bin/cacherr \
    && chmod +x /opt/cacherr/bin/cacherr /app/docker/entrypoint.sh \
    && python -m compileall -q /app \
    && chmod -R a+rX,go-w /app


FROM python:3.13-slim-trixie

LABEL org.opencontainers.image.title="Cacherr" \
    org.opencontainers.image.description="Puts the Plex media that people will watch next on the SSD before they press play, and brings it back afterwards"

# Read-only at run time, and all bytecode is there already. No home folder: nothing of ours lives in one.
ENV PATH=/opt/cacherr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    CACHERR_CONFIG_DIR=/config \
    CACHERR_HOST=0.0.0.0

COPY --from=build /opt/cacherr /opt/cacherr
COPY --from=build /app /app
# Open to every user, like /tmp, since a new named volume takes its rights from here and `--user` may be anybody.
# What Cacherr writes there is its own user's alone.
RUN install -d -o 99 -g 100 -m 1777 /config

WORKDIR /app
# nobody:users on Unraid, to whom media files belong there. Elsewhere say whom to be: --user, or compose's `user:`.
# Root needs --cap-add LEASE, or the kernel does not tell it who has other users' files open.
USER 99:100
VOLUME /config
EXPOSE 5445
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-S", "/app/docker/healthcheck.py", "serve"]
ENTRYPOINT ["/app/docker/entrypoint.sh"]
CMD ["serve"]
