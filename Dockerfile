# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS builder
WORKDIR /source
COPY . .
# Queries are checked against the committed .sqlx; no database is at hand here.
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin tradecounter \
    && cp target/release/tradecounter /usr/local/bin/tradecounter

FROM debian:bookworm-slim
# For TLS to the SMS gateway, the mail server and the database.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=builder /usr/local/bin/tradecounter /usr/local/bin/tradecounter
# A number, so that an orchestrator can see that it is not root. It has no home and owns no file.
USER 10001:10001
WORKDIR /
EXPOSE 8080
# Finishes what it has begun, then ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tradecounter"]
CMD ["serve"]
