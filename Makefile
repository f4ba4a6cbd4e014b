# simgan: `make` lists what there is.
COMMIT := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
RUN := runs/demo
# HDF5=1: with the reader of Kaggle's gaze.h5, which links libhdf5.
ifneq ($(HDF5),)
export GOFLAGS += -tags=hdf5
endif

.PHONY: help demo demo-hand test gpu-test check lint layout packaging build bench bench-gpu bundle mistakes formats docs image image-check setup fmt clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing, build the C++ libraries
	@bash scripts/setup.sh
	@$(if $(HDF5),bash scripts/hdf5.sh)

build: setup ## build/simgan; HDF5=1: reads gazeh5: too
	@. build/env.sh && go build -ldflags "-X main.commit=$(COMMIT)" -o build/simgan ./cmd/simgan

demo: build ## train on the built-in eyes and evaluate: runs/demo
	@if [ -e $(RUN)/DONE ]; then echo "$(RUN) is trained already; remove it to train anew"; \
	elif [ -e $(RUN)/config.yaml ]; then build/simgan train --run $(RUN) --resume; \
	else build/simgan train --preset gaze-demo --run $(RUN); fi
	build/simgan eval gaze --run $(RUN) --steps 150 --batch 32 --json $(RUN)/eval.json
	build/simgan report --run $(RUN)

demo-hand: build ## the same with built-in hands: runs/demo-hand
	@if [ -e runs/demo-hand/DONE ]; then echo "runs/demo-hand is trained already; remove it to train anew"; \
	elif [ -e runs/demo-hand/config.yaml ]; then build/simgan train --run runs/demo-hand --resume; \
	else build/simgan train --preset hand-demo --run runs/demo-hand; fi
	build/simgan eval hand --run runs/demo-hand --width 16 --steps 1200 --batch 16 --lr 3e-3 --seeds 5 --json runs/demo-hand/eval.json
	build/simgan report --run runs/demo-hand

test: export CUDA = 1
test: setup ## all tests
	@. build/env.sh && OMP_NUM_THREADS=1 go test -timeout 30m ./... # packages run side by side: more threads than cores wait for each other

bench: build ## CPU speed beside PyTorch: build/bench.json, the table for BENCHMARKS.md
	build/simgan bench train --python "$$(bash scripts/python.sh)" --device cpu --set train.batch=32 --json build/bench.json --markdown build/bench.md

bench-gpu: build ## the same on a GPU, gaze, hand and the paper's gaze: build/bench-gpu.json and .md
	@build/simgan bench train --device cuda --only device # ends here without a GPU, before Python's 5 GB come
	build/simgan bench train --python "$$(bash scripts/python.sh)" --device cuda --preset gaze-paper-v1 --preset gaze,train.batch=512 --preset hand --rounds 3 --json build/bench-gpu.json --markdown build/bench-gpu.md

gpu-test: export CUDA = 1
gpu-test: setup ## the tests that need a GPU; each says why it skips. SIMGAN_GPU=require: it must not, cpu: on the CPU instead
	@. build/env.sh && go test -count=1 -v -p 1 -run '^TestGPU' ./cgo ./models ./trainer

bundle: export CUDA = 1
bundle: setup ## build/bundle: to check and measure on a GPU machine without Go (docs/dev/gpu-checks.md)
	@. build/env.sh && bash scripts/bundle.sh build/bundle

mistakes: setup ## check that tests see the mistakes of other implementations (minutes)
	@bash scripts/mistakes.sh

formats: build ## check exported ONNX in onnxruntime, events in TensorBoard
	@bash scripts/formats.sh

docs: setup ## docs/config.md from the config's comments
	@. build/env.sh && go generate ./trainer

image: ## simgan-train, for docker run: docs/docker.md
	docker build -f Dockerfile.cuda --build-arg COMMIT=$(COMMIT) -t simgan-train .

image-check: ## build the image without a Docker engine and use it (root, minutes)
	@bash scripts/image-check.sh $(COMMIT)

lint: setup layout packaging ## format, vet, staticcheck, layout rules, Dockerfile and scripts
	@! git grep -nE '^(<<<<<<<|>>>>>>>) ' || { echo "a merge was not finished"; exit 1; }
	@test -z "$$(gofmt -l .)" || { echo "gofmt -w these:"; gofmt -l .; exit 1; }
	@. build/env.sh && go vet ./... && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

layout: setup ## arrows between folders: cgo <- models <- trainer <- eval <- cmd, data knows no torch
	@. build/env.sh && bash scripts/layout.sh

packaging: setup ## hadolint, shellcheck, pins of the image against those of torch
	@. build/env.sh && bash scripts/packaging.sh

check: lint test ## what CI runs

fmt: ## format the Go code
	@gofmt -w .

clean: ## remove build/
	@rm -rf build
