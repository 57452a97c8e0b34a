# syntax=docker/dockerfile:1
FROM node:24.21-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY backend/package.json backend/
COPY admin/package.json admin/
RUN npm ci --include=dev
COPY tsconfig.json ./
COPY scripts/ scripts/
COPY backend/ backend/
COPY admin/ admin/
# The release that error reports name: the repository itself is not part of the image.
ARG GIT_COMMIT=
RUN GIT_COMMIT="$GIT_COMMIT" node scripts/build.ts

FROM node:24.21-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY backend/package.json backend/
COPY admin/package.json admin/
RUN npm ci --omit=dev

FROM node:24.21-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Also backend/node_modules: what does not fit beside the tools' own versions lies there.
COPY --from=packages /app/ ./
COPY backend/config/ backend/config/
COPY backend/migrations/ backend/migrations/
COPY --from=build /app/backend/dist backend/dist/
COPY --from=build /app/admin/dist admin/dist/
# The image's own user, who owns nothing in /app: the process cannot change its code.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT ?? 3000) + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Node itself is process 1, so signals reach it without a shell in between.
CMD ["node", "--enable-source-maps", "backend/dist/index.js"]
