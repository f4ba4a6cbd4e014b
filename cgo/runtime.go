package cgo

// #include "libsimgan/allocator.h"
// #include "libsimgan/autograd.h"
// #include "libsimgan/extras.h"
// #include "libsimgan/runtime.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"simgan/internal/exit"
)

// Start makes the calling goroutine the one that owns libtorch. It locks the goroutine to its thread and switches the
// recording of gradients on. It sets the number of threads of operations (0: $OMP_NUM_THREADS, else all cores; gotorch
// would use half of them), and returns it. From now on the memory of large CPU tensors is kept and used again.
func Start(threads int) (int, error) {
	runtime.LockOSThread()
	var was C.int
	if err := check("grad mode", C.sg_grad_mode(1, &was)); err != nil {
		return 0, err
	}
	if err := check("cache memory", C.sg_cache_memory()); err != nil {
		return 0, err
	}
	if threads <= 0 {
		threads = defaultThreads(os.Getenv("OMP_NUM_THREADS"))
	}
	return threads, check("threads", C.sg_threads(C.int32_t(threads)))
}

// defaultThreads returns the number of threads that a value of OMP_NUM_THREADS asks for, or that of all cores. The
// value may be a list, one number per level of nested parallelism; only the first counts for libtorch.
func defaultThreads(value string) int {
	first, _, _ := strings.Cut(value, ",")
	if n, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// Seed seeds libtorch's default generators, from which weights are initialised on the CPU.
func Seed(seed uint64) error { return check("seed", C.sg_seed(C.uint64_t(seedOn(CPU, seed)))) }

// Version returns libtorch's version and the instruction set that its kernels use on this CPU.
func Version() (version, instructions string, err error) {
	var v, i *C.char
	if err := check("version", C.sg_version(&v, &i)); err != nil {
		return "", "", err
	}
	return take(v), take(i), nil
}

// HasBFloat16 reports whether the device multiplies bfloat16 in hardware: CPUs with AVX512-BF16 (or AMX), GPUs from
// compute capability 8.0 on. It is true for a GPU that cannot be asked, because libsimgan_cuda.so is missing.
func HasBFloat16(device Device) bool {
	var yes C.int
	err := check("bfloat16", C.sg_bfloat16(C.int32_t(device), &yes))
	return yes != 0 || err != nil && device != CPU
}

// Memory returns the bytes in use now and at most. On the CPU both are this process's resident memory. On a GPU, now is
// the memory of libtorch's tensors; peak is what libtorch held of the device for them, including fragments and the
// pools of CUDA graphs (PyTorch's max_memory_reserved).
func Memory(device Device) (now, peak int64, err error) {
	var n, p C.int64_t
	err = check("memory", C.sg_memory(C.int32_t(device), &n, &p))
	return int64(n), int64(p), err
}

// Synchronize waits until the device has done all that was asked of it.
func Synchronize(device Device) error {
	return check("synchronize", C.sg_synchronize(C.int32_t(device)))
}

// CuDNN returns cuDNN's version as a number (91900 is 9.19.0). The error says why there is none.
func CuDNN() (int64, error) {
	if err := loadCUDA(); err != nil {
		return 0, err
	}
	var v C.int64_t
	err := check("cuDNN", C.sg_cudnn(&v))
	if err == nil && v == 0 {
		err = errors.New("libtorch was built without cuDNN")
	}
	return int64(v), err
}

// CUDAExtras loads libsimgan_cuda.so, which simgan adds to libtorch on a GPU. The error says why it is missing.
func CUDAExtras() error {
	if err := loadCUDA(); err != nil {
		return err
	}
	return check("load libsimgan_cuda.so", C.sg_cuda_extras())
}

var loadCUDA = sync.OnceValue(func() error { return check("load CUDA", C.sg_cuda_load()) })

// CUDADevices returns the number of CUDA devices. If there are none, the error says what is missing.
func CUDADevices() (int, error) {
	if err := loadCUDA(); err != nil {
		return 0, err
	}
	var n C.int32_t
	if err := check("CUDA devices", C.sg_cuda_devices(&n)); err != nil {
		return 0, err
	}
	return int(n), nil
}

// oldestGPU is the least compute capability, 10 major + minor, that libtorch has kernels for.
const oldestGPU = 75

// capabilities returns the compute capability of each GPU, 10 major + minor; 0 if it cannot be asked, because
// libsimgan_cuda.so is missing.
func capabilities() ([]int, error) {
	n, err := CUDADevices()
	all := make([]int, n)
	for i := range all {
		var c C.int32_t
		if check("compute capability", C.sg_capability(C.int32_t(i), &c)) == nil {
			all[i] = int(c)
		}
	}
	return all, err
}

// ParseDevice returns the device for "auto", "cpu", "cuda" or "cuda:N", which must exist. auto is the first GPU that
// libtorch has kernels for, else the CPU.
func ParseDevice(name string) (Device, error) {
	if name == "cpu" {
		return CPU, nil
	}
	kind, number, indexed := strings.Cut(name, ":")
	index, bad := strconv.Atoi(number)
	if !indexed {
		index, bad = 0, nil
	}
	if (kind != "cuda" && name != "auto") || bad != nil || index < 0 {
		return CPU, exit.Usagef("device %q: use auto, cpu, cuda or cuda:N", name)
	}
	gpus, err := capabilities()
	if name == "auto" {
		return firstFit(gpus), nil
	}
	if err != nil {
		return CPU, fmt.Errorf("device %q: %w; use --device cpu, or see simgan doctor", name, err)
	}
	return fit(name, index, gpus)
}

// firstFit returns the first GPU that libtorch has kernels for, else the CPU.
func firstFit(gpus []int) Device {
	for i := range gpus {
		if d, err := fit("auto", i, gpus); err == nil {
			return d
		}
	}
	return CPU
}

// fit returns the index-th of the GPUs with these compute capabilities.
func fit(name string, index int, gpus []int) (Device, error) {
	if index >= len(gpus) {
		return CPU, fmt.Errorf("device %q: this machine has %d CUDA device(s), cuda:0 to cuda:%d",
			name, len(gpus), len(gpus)-1)
	}
	if c := gpus[index]; c != 0 && c < oldestGPU {
		return CPU, fmt.Errorf("device %q: its compute capability is %d.%d; libtorch has kernels from 7.5 (Turing) on; "+
			"use another GPU or --device cpu", name, c/10, c%10)
	}
	return Device(index), nil
}

// Generator draws random numbers on one device. Its state can be saved and restored.
type Generator struct{ g C.sg_generator }

// NewGenerator returns a generator of the device. All 64 bits of the seed count. Close frees the generator.
func NewGenerator(device Device, seed uint64) (*Generator, error) {
	g := &Generator{}
	return g, check("generator", C.sg_generator_new(C.int32_t(device), C.uint64_t(seedOn(device, seed)), &g.g))
}

// seedOn returns what to give libtorch as the seed. Its generator of the CPU, the Mersenne Twister, ignores the high 32
// bits, so they are mixed into the low ones, by MurmurHash3's finalizer. Seeds below 2^32 stay as they are.
func seedOn(device Device, seed uint64) uint64 {
	if device != CPU {
		return seed
	}
	high := uint32(seed >> 32)
	high = (high ^ high>>16) * 0x85ebca6b
	high = (high ^ high>>13) * 0xc2b2ae35
	return uint64(uint32(seed) ^ high ^ high>>16)
}

// Close frees the generator.
func (g *Generator) Close() {
	C.sg_generator_free(g.g)
	g.g = nil
}

// State returns the state that the generator's next numbers depend on.
func (g *Generator) State() ([]byte, error) {
	var state []byte
	err := Within(func(s *Scope) (err error) {
		t := s.op("generator state", func(out *C.sg_tensor) *C.char { return C.sg_generator_state(g.g, out) })
		if s.err != nil {
			return s.err
		}
		state, err = ReadBytes(t)
		return err
	})
	return state, err
}

// Restore sets the state to one that State returned.
func (g *Generator) Restore(state []byte) error {
	return Within(func(s *Scope) error {
		t := s.FromBytes(state)
		if s.err != nil {
			return s.err
		}
		return check("generator restore", C.sg_generator_restore(g.g, ptr(t)), t)
	})
}

// Randn returns standard normal numbers, drawn on the generator's device.
func (s *Scope) Randn(g *Generator, shape ...int64) Tensor {
	return s.op("randn"+TensorInfo{Shape: shape}.String(), func(out *C.sg_tensor) *C.char {
		return C.sg_randn(g.g, sizes(shape), C.int64_t(len(shape)), out)
	})
}
