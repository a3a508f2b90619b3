# syntax=docker/dockerfile:1
# The daemon with its trainer. Debian, not Alpine: onnxruntime needs glibc.
#
# Build:  docker build -t evenkeel:local .
# Run:    see compose.yml. Outside of the container the API needs API_TOKEN.

# --- Packages and program -------------------------------------------------------------------------------
FROM node:20.20-bookworm-slim AS build
# The SQLite addon is built where its archive of binaries cannot be reached. Versions are those of the release of
# Debian that the base image names.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++ make python3 python3-venv \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/evenkeel
# The headers of Node that a compiler needs are in the base image.
ENV ONNXRUNTIME_NODE_INSTALL=skip \
  npm_config_nodedir=/usr/local
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY trainer ./trainer
RUN python3 -m venv --copies .venv \
  && .venv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement trainer/requirements.lock
COPY . .
RUN npm ci --prefix dashboard --no-audit --no-fund \
  && npm run --prefix dashboard build
RUN node scripts/build.mjs \
  && npm prune --omit=dev --no-audit --no-fund

# --- What runs --------------------------------------------------------------------------------------------
FROM node:20.20-bookworm-slim
LABEL org.opencontainers.image.title="Evenkeel" \
  org.opencontainers.image.licenses="MIT"
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /var/lib/evenkeel --create-home --shell /usr/sbin/nologin evenkeel
WORKDIR /opt/evenkeel
# Owned by root: the program cannot change itself.
COPY --from=build /opt/evenkeel/package.json ./package.json
COPY --from=build /opt/evenkeel/node_modules ./node_modules
COPY --from=build /opt/evenkeel/.venv ./.venv
COPY --from=build /opt/evenkeel/dist ./dist
COPY --from=build /opt/evenkeel/trainer ./trainer
COPY --from=build /opt/evenkeel/dashboard/report ./dashboard/report
COPY --from=build /opt/evenkeel/dashboard/dist ./dashboard/dist
ENV NODE_ENV=production \
  DATA_DIR=/var/lib/evenkeel \
  API_HOST=0.0.0.0 \
  MALLOC_ARENA_MAX=1 \
  MALLOC_MMAP_THRESHOLD_=131072 \
  PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME ["/var/lib/evenkeel"]
EXPOSE 8420
# Failing health (503) makes the container unhealthy; a start has three minutes.
HEALTHCHECK --interval=30s --timeout=10s --start-period=3m --retries=3 \
  CMD ["node", "dist/scripts/container-health.js"]
# An init that forwards signals, and takes up children that the trainer leaves behind.
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "--max-old-space-size=256", "--max-semi-space-size=2", "--no-parallel-scavenge", "dist/src/main.js"]
