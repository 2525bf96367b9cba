FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
# ssh-keygen reads known_hosts files, ssh -G a config of OpenSSH.
RUN apt-get update && apt-get install -y --no-install-recommends openssh-client && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --create-home kolla-backup \
  && install -d -o kolla-backup -m 0700 /var/log/kolla-backup
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json ./
COPY src src
USER kolla-backup
ENTRYPOINT ["node", "src/main.ts"]
CMD ["start"]
