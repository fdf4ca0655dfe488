FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json tsconfig.client.json prisma.config.ts ./
COPY prisma prisma
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:26-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/prisma prisma
COPY --from=build /app/dist dist
# Uploaded files, unless FILES_DIR or S3_BUCKET says otherwise.
RUN install -d -o node -g node data
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health/live/`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# node itself is the first process, so that SIGTERM reaches it.
CMD ["node", "dist/server.js"]
