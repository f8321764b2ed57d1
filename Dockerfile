# The service without its embedded database: DATABASE_URL names a PostgreSQL, version 18 or newer, and ADMIN_TOKEN the administrator's token.
# docker build -t throughline . && docker run --read-only --cap-drop ALL -e DATABASE_URL=… -e ADMIN_TOKEN=… -p 3000:3000 throughline
# Not Alpine: nothing here needs it, and the embedded binaries of a development image want glibc.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# with the optional packages: the compiler is one of them
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:24-slim AS runtime-packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 SEED=none
WORKDIR /app
COPY --from=runtime-packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY drizzle drizzle
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# node itself is the process that gets SIGTERM
CMD ["sh", "-c", ": \"${DATABASE_URL:?names a PostgreSQL, version 18 or newer}\" && exec node dist/cli.js serve"]
