# The gateway in an image of its own: no shell, no user but one, no more of Debian than the program loads.
#
#   docker build --tag fngate .
#   docker run --publish 8080:8080 --stop-timeout 40 fngate
#
# Your own configuration is a directory: --volume "$PWD/etc:/etc/fngate:ro"
# What the admin API changes, and the history, stay in a volume: --volume fngate:/var/lib/fngate

# Debian 12 or newer with a C compiler and Rust 1.91 or newer.
ARG RUST_IMAGE=docker.io/library/rust:1-bookworm

# hadolint ignore=DL3006
FROM ${RUST_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /build
# Packed relocations make the program 0.4 MB smaller. They need glibc 2.36 or newer, which the image has.
ENV RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"

# The dependencies by themselves, in a layer that stays until one of them changes. cargo wants files for all that is declared.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src bench tests \
    && echo 'fn main() {}' | tee src/main.rs bench/micro.rs bench/bare.rs bench/relay.rs >/dev/null \
    && touch src/lib.rs \
    && cargo build --release --locked --bin fngate

COPY src src
# `fngate schema` has its words.
COPY docs/configuration.md docs/configuration.md
# The pages of the console, which are in the program.
COPY console/dist console/dist
# cargo goes by the times of files, and those of the sources may be older than what it has just built.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin fngate

# What the program needs of the system, at the same places: glibc and its loader, rather than another libc, so that it is the
# program that was measured and tested; roots for functions at https://; how names are looked up.
RUN mkdir -p /image/usr/bin /image/etc/ssl/certs \
    && objcopy --strip-all target/release/fngate /image/usr/bin/fngate \
    && ldd target/release/fngate | grep -o '/[^ ]*' | xargs -I{} cp --parents --dereference {} /image \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
    && echo 'fngate:x:65532:65532::/:/' >/image/etc/passwd \
    && echo 'fngate:x:65532:' >/image/etc/group \
    && install -d -o 65532 -g 65532 -m 700 /image/var/lib/fngate /image/run/fngate

FROM scratch
LABEL org.opencontainers.image.title="fngate" \
    org.opencontainers.image.description="Function gateway: a public address for web functions on your own machines" \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image/ /
# Serves an echo until another configuration is mounted in its place.
COPY config/container.toml /etc/fngate/fngate.toml
# Edits, the history and certificates, which a volume keeps; and the token of the commands that run in the container.
ENV STATE_DIRECTORY=/var/lib/fngate \
    RUNTIME_DIRECTORY=/run/fngate
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=8s --start-period=5s CMD ["/usr/bin/fngate", "health"]
ENTRYPOINT ["/usr/bin/fngate"]
CMD ["run"]
