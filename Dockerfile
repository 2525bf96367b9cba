# The modules that run, and nothing of what built them. `--ignore-scripts`: ssh2 and msgpackr do without their native parts.
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# ssh-keygen reads known_hosts files, ssh -G a config of OpenSSH.
RUN apt-get update \
  && apt-get install -y --no-install-recommends openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --create-home kolla-backup \
  && install -d -o kolla-backup -g kolla-backup -m 0700 /var/log/kolla-backup
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY src src
USER kolla-backup
# Told to whoever is in the container's networks; no port is published by that.
ENV KOLLA_BACKUP_LISTEN=0.0.0.0:9464 NODE_ENV=production PATH=/app/bin:$PATH
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["node", "src/health.ts"]
ENTRYPOINT ["kolla-backup"]
CMD ["start"]
