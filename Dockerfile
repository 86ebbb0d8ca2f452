# One image for each service, from one build.
#
#   docker build --target api -t everynode/api .
#
# BASE_IMAGE is any image with Node 20 or newer on glibc and a user with id 1000. SOURCE says what the context holds:
# `from-source` a checkout, which is installed and built inside, `prebuilt` a folder `release` that
# `node scripts/release.mjs release` has made of a checkout outside.
ARG BASE_IMAGE=node:20-bookworm-slim

FROM ${BASE_IMAGE} AS build
ARG SOURCE=from-source
WORKDIR /app
COPY . .
RUN ["node", "deploy/build.mjs"]

FROM ${BASE_IMAGE} AS service
WORKDIR /app
COPY --from=build --chown=1000:1000 /release ./
ENV NODE_ENV=production EVERYNODE_HEALTH_HOST=0.0.0.0 EVERYNODE_HEALTH_PORT=8080
USER 1000:1000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 CMD ["node", "/app/healthcheck.mjs"]

# Each service runs out of the one file that the build makes of it, as with `npm start`.
FROM service AS api
ENV EVERYNODE_API_HOST=0.0.0.0 EVERYNODE_API_PORT=6443
# A volume has the owner of what it is mounted on.
COPY --chown=1000:1000 deploy/audit.txt /audit/README.txt
EXPOSE 6443 8080
CMD ["node", "/app/services/api/dist/bundle.js"]

FROM service AS scheduler
COPY --chown=1000:1000 deploy/audit.txt /audit/README.txt
EXPOSE 8080
CMD ["node", "/app/services/scheduler/dist/bundle.js"]

FROM service AS node-agent
ENV EVERYNODE_REQUESTS=/bus/requests EVERYNODE_ANSWERS=/bus/answers
EXPOSE 8080
CMD ["node", "/app/start-agent.mjs"]

# The agent of a machine whose engine runs it. It mounts volumes for the containers that it has the engine run, so it is
# root, with SYS_ADMIN, and has its folder at the place that this has on the machine.
FROM service AS machine-agent
ENV EVERYNODE_HEALTH_HOST=127.0.0.1 EVERYNODE_HEALTH_PORT=0
USER 0:0
HEALTHCHECK NONE
ENTRYPOINT ["node", "/app/packages/cli/dist/main.js", "agent", "join"]

# The command line, for what is done once: the preparation of the database.
FROM service AS command
HEALTHCHECK NONE
ENTRYPOINT ["node", "/app/packages/cli/dist/main.js"]

# Makes the CA, the certificates and the kubeconfig once, for a volume that the api reads.
FROM service AS certificates
COPY --chown=1000:1000 deploy/pki.txt /pki/README.txt
HEALTHCHECK NONE
CMD ["node", "/app/packages/cli/dist/main.js", "certificates", "/pki", "--server", "https://localhost:6443", "--kubeconfig", "/pki/kubeconfig"]

# Makes the key that encrypts Secrets once, for a volume that api and scheduler read.
FROM service AS encryption-keys
COPY --chown=1000:1000 deploy/keys.txt /keys/README.txt
HEALTHCHECK NONE
ENTRYPOINT ["node", "/app/packages/cli/dist/main.js"]
CMD ["keys", "create", "--file", "/keys/encryption-keys.json"]

# Makes the configuration of the NATS server and issues the credentials of its clients, each volume for those who need it.
FROM service AS bus-credentials
COPY --chown=1000:1000 deploy/bus /bus
HEALTHCHECK NONE
CMD ["node", "/app/packages/cli/dist/main.js", "bus-credentials", "/bus", "--pki", "/pki", "--url", "nats://nats:4222"]
