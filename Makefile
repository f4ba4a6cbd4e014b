# simgan: `make` lists all targets.
COMMIT := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
RUN := runs/demo
# HDF5=1 adds the reader of Kaggle's gaze.h5, which links libhdf5.
ifneq ($(HDF5),)
export GOFLAGS += -tags=hdf5
endif

.PHONY: help demo demo-hand test gpu-test check lint layout packaging build bench bench-scaling bench-gpu bundle dist \
	dist-check mistakes fuzz torture formats docs image image-check setup fmt clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install missing dependencies, build the C++ libraries
	@bash scripts/setup.sh
	@$(if $(HDF5),bash scripts/hdf5.sh)

build: setup ## build build/simgan; with HDF5=1 it reads gazeh5: too
	@. build/env.sh && go build -ldflags "-X main.commit=$(COMMIT)" -o build/simgan ./cmd/simgan

demo: build ## train on the built-in eyes and evaluate, in runs/demo
	build/simgan train --continue --preset gaze-demo --run $(RUN)
	build/simgan eval gaze --run $(RUN) --steps 600 --seeds 2
	build/simgan report --run $(RUN)

demo-hand: build ## train on the built-in hands and evaluate, in runs/demo-hand
	build/simgan train --continue --preset hand-demo --run runs/demo-hand
	build/simgan eval hand --run runs/demo-hand --width 16 --steps 1200 --batch 16 --lr 3e-3 --seeds 3
	build/simgan report --run runs/demo-hand

test: export CUDA = 1
test: setup ## run all tests
	@# Packages run side by side: more threads than cores would wait for each other.
	@. build/env.sh && OMP_NUM_THREADS=1 go test -timeout 30m ./...

bench: build ## measure CPU speed beside PyTorch: build/bench.json and bench.md, the table for BENCHMARKS.md
	build/simgan bench train --python "$$(bash scripts/python.sh)" --device cpu --set train.batch=32 \
		--json build/bench.json --markdown build/bench.md

bench-scaling: build ## measure how time and memory grow with batch, image side and networks: build/scaling.svg, .json, .md
	build/simgan bench train --python "$$(bash scripts/python.sh)" --device cpu --set train.batch=32 --rounds 1 \
		--iterations 3 --scaling build/scaling.svg --json build/scaling.json --markdown build/scaling.md

bench-gpu: build ## measure GPU speed beside PyTorch (gaze, hand, the paper's gaze): build/bench-gpu.json and .md
	@build/simgan bench train --device cuda --only device # fails without a GPU, before Python's 5 GB are fetched
	build/simgan bench train --python "$$(bash scripts/python.sh)" --device cuda --preset gaze-paper-v1 \
		--preset gaze,train.batch=512 --preset hand --rounds 3 --json build/bench-gpu.json --markdown build/bench-gpu.md

gpu-test: export CUDA = 1
gpu-test: setup ## run the GPU tests; SIMGAN_GPU=require forbids skipping them, SIMGAN_GPU=cpu uses the CPU
	@. build/env.sh && go test -count=1 -v -p 1 -run '^TestGPU' ./cgo ./models ./trainer/... ./bench

bundle: export CUDA = 1
bundle: setup ## build build/bundle, which checks and measures on a GPU machine without Go
	@. build/env.sh && bash scripts/bundle.sh build/bundle

dist: export CUDA = 1
dist: setup ## build build/dist/simgan-VERSION-linux-x86_64.tar.gz, which runs without Go or a compiler (docs/dist.md)
	@. build/env.sh && bash scripts/dist.sh

dist-check: ## use the archive of make dist in bare Debian roots (needs root, minutes)
	@bash scripts/dist-check.sh

mistakes: setup ## check that tests see the mistakes of other implementations (minutes)
	@bash scripts/mistakes.sh

fuzz: setup ## run every fuzz target for SECONDS each (60); prints executions and crashes
	@. build/env.sh && bash scripts/fuzz.sh $(or $(SECONDS),60)

torture: build ## kill, stop and starve KILLS (200) runs and compare their bytes; SEED=N repeats a torture
	@. build/env.sh && go run ./internal/torture -simgan build/simgan -kills $(or $(KILLS),200) $(if $(SEED),-seed $(SEED))

formats: build ## check exported ONNX in onnxruntime and events in TensorBoard
	@bash scripts/formats.sh

docs: setup ## write docs/config.md from the config's comments
	@. build/env.sh && go generate ./trainer/config

image: ## build the image simgan-train (docs/docker.md)
	docker build -f Dockerfile.cuda --build-arg COMMIT=$(COMMIT) -t simgan-train .

image-check: ## build the image without a Docker engine and use it (needs root, minutes)
	@bash scripts/image-check.sh $(COMMIT)

lint: setup layout packaging ## check format, vet, staticcheck, layout, Dockerfile and scripts
	@! git grep -nE '^(<<<<<<<|>>>>>>>) ' || { echo "these lines are of an unfinished merge"; exit 1; }
	@test -z "$$(gofmt -l .)" || { echo "not formatted (make fmt does it):"; gofmt -l .; exit 1; }
	@bash scripts/format-cc.sh
	@bash scripts/mistakes.sh --edits
	@. build/env.sh && go vet ./... && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

layout: setup ## check the arrows between packages: cgo <- models <- trainer/simgan <- trainer <- eval <- cmd
	@. build/env.sh && bash scripts/layout.sh

packaging: setup ## run hadolint and shellcheck, compare the image's pins with torch's
	@. build/env.sh && bash scripts/packaging.sh

check: lint test ## run what CI runs

fmt: ## format the Go code and the C++
	@gofmt -w .
	@bash scripts/format-cc.sh --fix

clean: ## remove build/
	@rm -rf build
