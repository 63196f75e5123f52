# shellcheck shell=bash
# What the pipeline's steps run besides the desk, each pinned: images by digest, programs by version. Sourced, not run.
# To move one on: docker buildx imagetools inspect IMAGE:VERSION
# shellcheck disable=SC2034
BUILDKIT=docker.io/moby/buildkit:v0.31.2@sha256:2f5adac4ecd194d9f8c10b7b5d7bceb5186853db1b26e5abd3a657af0b7e26ec
SYFT=docker.io/anchore/syft:v1.54.1@sha256:3eb5379ba7b409c3f4069b686110527af0c47df993fa5c10d13e7cf34f49b1aa
GRYPE=docker.io/anchore/grype:v0.120.1@sha256:e4a44ef45d285b829ce6efe2642980329661bd2d18eab5fc539138d4adaebbbe
COSIGN=ghcr.io/sigstore/cosign/cosign:v3.1.3@sha256:9e5c2f2edc34351160407ca3416c61855bdf9403c3c5936e0f0be7fc261611b8
ORAS=ghcr.io/oras-project/oras:v1.3.4@sha256:f7bc056d54d97baa399414ed5048ecc67c3371b750d4bbce1d871827a5758179
TERRAFORM=docker.io/hashicorp/terraform:1.15.8@sha256:7ae513256f7ce67879e218ae8593d6fbe216ec9e123abe6c94e4e10704857963
CARGO_DENY=0.20.2
KUBECTL=v1.36.4
KUBELOGIN=v0.2.19

fail() {
  echo "##[error]$1" >&2
  exit 1
}

# Sets what only an environment's owner knows, as the overlay has it: owner ENVIRONMENT.
owner() {
  local file=kustomize/overlays/$1/cluster/cluster.env
  # Of the examples in this repository, none may ever be deployed.
  if grep -q '=.*example' "$file"; then fail "$file still has examples: see docs/deployment.md"; fi
  set -a
  # shellcheck source=/dev/null
  source "$file"
  set +a
}
