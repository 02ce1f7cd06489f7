# syntax=docker/dockerfile:1
# One file for every image in Swift: `docker build --build-arg PROGRAM=auth-worker -t baton/auth-worker .`
# Build and run image have to be of the same Debian: the programs link its C libraries.
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG RUN_IMAGE=debian:bookworm-slim
# Where the programs come from: the stage `compiled`, or `prebuilt`, which takes them from the folder BINARIES.
ARG PROGRAMS=compiled

FROM ${BUILD_IMAGE} AS compiled
RUN apt-get update \
    && apt-get install -y --no-install-recommends librabbitmq-dev libsqlite3-dev pkg-config \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /source
# The dependencies first: they change less often than the sources.
COPY Package.swift Package.resolved* ./
RUN --mount=type=cache,target=/root/.cache swift package resolve
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
COPY workers workers
RUN --mount=type=cache,target=/root/.cache \
    swift build -c release --static-swift-stdlib \
    && mkdir -p /programs/lib \
    && for program in baton auth-worker billing-worker analytics-worker email-worker; do \
           cp ".build/release/$program" /programs/ && strip "/programs/$program"; \
       done

FROM ${RUN_IMAGE} AS prebuilt
ARG BINARIES=.binaries
COPY ${BINARIES}/ /programs/

FROM ${PROGRAMS} AS programs

FROM ${RUN_IMAGE} AS run
RUN apt-get update \
    && apt-get install -y --no-install-recommends librabbitmq4 libsqlite3-0 libstdc++6 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin baton \
    && install -d -o baton -g baton /data
# Libraries of Swift, where the programs do not contain them.
COPY --from=programs /programs/lib/ /usr/local/lib/
RUN ldconfig
ARG PROGRAM=baton
COPY --from=programs /programs/${PROGRAM} /usr/local/bin/${PROGRAM}
# ENTRYPOINT in its exec form knows no variables; the program has to be process 1, or SIGTERM would not reach it.
RUN ln -s "/usr/local/bin/${PROGRAM}" /usr/local/bin/program
USER baton
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/usr/local/bin/program"]
