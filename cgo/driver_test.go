package cgo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// twoGPUs is a driver with a GPU and a part of a GPU.
const twoGPUs = `
#include <string.h>
int cuInit(unsigned flags) { return 0; }
int cuDeviceGet(int *handle, int index) { return *handle = 40 + index, index < 2 ? 0 : 101; }
int cuDeviceGetName(char *text, int size, int handle) {
  return strncpy(text, handle == 40 ? "NVIDIA L4" : "NVIDIA H100 MIG 1g.10gb", size), 0;
}
int cuDeviceGetUuid_v2(unsigned char *bytes, int handle) {
  for (int i = 0; i < 16; i++) bytes[i] = 16 * i + handle - 40;
  return 0;
}
`

// A fake driver is asked in a process of its own, because a process keeps the first libcuda.so.1 that it loads.
func TestDriverNamesGPUs(t *testing.T) {
	if os.Getenv("SIMGAN_FAKE_DRIVER") != "" {
		for i := range Device(3) {
			gpu, err := DriverGPU(i)
			fmt.Printf("%s %s %v\n", gpu.Name, gpu.UUID, err)
		}
		return
	}
	dir := t.TempDir()
	compiler := exec.Command("gcc", "-x", "c", "-shared", "-fPIC", "-o", filepath.Join(dir, "libcuda.so.1"), "-")
	compiler.Stdin = strings.NewReader(twoGPUs)
	if out, err := compiler.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again := exec.Command(os.Args[0], "-test.run=^TestDriverNamesGPUs$")
	again.Env = append(os.Environ(), "SIMGAN_FAKE_DRIVER=1", "LD_LIBRARY_PATH="+dir)
	out, err := again.CombinedOutput()
	for _, want := range []string{
		"NVIDIA L4 GPU-00102030-4050-6070-8090-a0b0c0d0e0f0 <nil>\n",
		"NVIDIA H100 MIG 1g.10gb MIG-01112131-4151-6171-8191-a1b1c1d1e1f1 <nil>\n",
		"cuDeviceGet failed with error 101\n",
	} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, %q lacks %q", err, out, want)
		}
	}
}
